"""The people of the tests: Ada and Ben are affiliates, Cleo is paused, Dora waits, Mira and Noor decide."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from portal.accounts import actions as accounts
from portal.accounts.managers import add_manager
from portal.accounts.rules import Purpose, Role, email_key
from portal.accounts.signing_in import Device, open_for_manager, open_for_person
from portal.accounts.tables import LetterToken, Manager, Membership, Person
from portal.audit.actions import Actor
from portal.enrollments import actions as enrollments
from portal.enrollments import applying
from portal.enrollments.codes import CodeState
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Application, DiscountCode
from portal.ids import new_id
from portal.programs.actions import load_program
from portal.programs.queries import all_programs, terms_at
from portal.programs.rules import ProgramTerms

BEGINNING = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PASSWORD = "seven quiet herons"
DEVICE = Device("Tests", "127.0.0.1")
KARTRA = Path(__file__).parents[1] / "portal" / "demo" / "kartra.toml"


@dataclass(frozen=True)
class Partner:
    id: UUID
    enrollment: UUID
    name: str
    email: str
    slug: str
    code: str


@dataclass(frozen=True)
class Staff:
    id: UUID
    name: str
    email: str
    totp_secret: str


@dataclass(frozen=True)
class Applicant:
    application: UUID
    name: str
    email: str


@dataclass(frozen=True)
class Cast:
    program: UUID
    terms: ProgramTerms
    ada: Partner
    ben: Partner
    cleo: Partner
    dora: Applicant
    mira: Staff
    noor: Staff


async def gather_cast(now: datetime) -> Cast:
    """Brings everybody into the bound database, each the way that people take."""
    await load_program(KARTRA, now)
    (program,) = await all_programs()
    terms = await terms_at(program.id, now)
    mira = await _manager("Mira Voss", "mira@kartra.example", now)
    noor = await _manager("Noor Haddad", "noor@kartra.example", now)

    async def partner(name: str, email: str) -> Partner:
        return await _approved(program.id, terms, await apply(program.id, terms, name, email, now), mira, now)

    ada = await partner("Ada Lindqvist", "ada@northbound.example")
    ben = await partner("Ben Okafor", "ben@lowtide.example")
    cleo = await partner("Cleo Marsh", "cleo@fieldnotes.example")
    await enrollments.set_state(
        cleo.enrollment, EnrollmentState.PAUSED, "asked for it", Actor("manager", str(mira.id)), now
    )
    dora = await apply(program.id, terms, "Dora Jansen", "dora@inkwell.example", now)
    return Cast(program.id, terms, ada, ben, cleo, dora, mira, noor)


async def apply(program: UUID, terms: ProgramTerms, name: str, email: str, now: datetime) -> Applicant:
    """Sends an application and confirms its address."""
    draft = ApplicationDraft(
        name=name,
        email=email,
        web_address=f"https://{email.partition('@')[2]}",
        kind="reviewer",
        ways=("blog",),
        audience="People who run small businesses.",
        consent=True,
    )
    application = await applying.submit_application(program, terms, draft, now)
    assert application is not None
    await applying.confirm_address(application, now)
    return Applicant(application, name, email)


async def _approved(
    program: UUID, terms: ProgramTerms, applicant: Applicant, manager: Staff, now: datetime
) -> Partner:
    slug = applicant.name.split()[0].lower()
    code = f"{slug.upper()}20"
    enrollment = await enrollments.approve(
        applicant.application, manager.id, terms, tier=terms.tiers[0].key, slug=slug, code=code, now=now
    )
    # The checkout takes it; see enrollments/codes.py for those that it doesn't take yet.
    await DiscountCode.update({DiscountCode.at_checkout: CodeState.MADE}).where(
        DiscountCode.enrollment == enrollment
    )
    await accounts.set_password(await _newest(Purpose.PASSWORD), PASSWORD, DEVICE, now)
    kept = await Application.objects().get(Application.id == applicant.application)
    assert kept is not None
    return Partner(UUID(str(kept.affiliate)), enrollment, applicant.name, applicant.email, slug, code)


async def _manager(name: str, email: str, now: datetime) -> Staff:
    secret = await add_manager(email, name, PASSWORD, now)
    kept = await Manager.objects().get(Manager.email == email)
    assert kept is not None
    return Staff(UUID(str(kept.id)), name, email, secret)


async def _newest(purpose: Purpose) -> UUID:
    token = (
        await LetterToken.objects()
        .where((LetterToken.purpose == purpose) & LetterToken.used_at.is_null())
        .order_by(LetterToken.id, ascending=False)
        .first()
    )
    assert token is not None
    return UUID(str(token.id))


async def joins(partner: Partner, name: str, email: str, role: Role, now: datetime) -> Partner:
    """Somebody else on a partner's account, with the cast's password."""
    owner = await Person.objects().where(Person.email_key == email_key(partner.email)).first()
    assert owner is not None
    person = Person(
        id=new_id(),
        email=email,
        email_key=email_key(email),
        name=name,
        password_hash=owner.password_hash,
        email_verified_at=now,
        created_at=now,
    )
    await Person.insert(person)
    await Membership.insert(
        Membership(
            id=new_id(),
            person=person.id,
            affiliate=partner.id,
            role=role,
            invited_by=owner.id,
            began_at=now,
            opened_at=now,
        )
    )
    return replace(partner, name=name, email=email)


async def session_of(person: Partner | Staff, now: datetime, *, second_factor: bool = True) -> str:
    """The cookie of somebody who signed in just now, without the work of a password."""
    if isinstance(person, Staff):
        return (await open_for_manager(person.id, DEVICE, now, second_factor=second_factor)).token
    kept = await Person.select(Person.id).where(Person.email_key == email_key(person.email)).first()
    assert kept is not None
    return (await open_for_person(kept["id"], DEVICE, now, person.id)).token
