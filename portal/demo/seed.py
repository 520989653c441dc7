"""Fills an empty portal with the demo: people in every state, a year of clicks and sales, months paid out.

Everything goes through the portal's own actions and Stripe's own words, so the demo is also a rehearsal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal import db
from portal.accounts import passwords
from portal.accounts.tables import Affiliate, Manager, Person
from portal.audit.actions import PORTAL
from portal.demo import DEMO_PROGRAM
from portal.demo.applying import leave_unfinished, send
from portal.demo.history import DemoClick, Promoter, history_of
from portal.demo.kits import dress_up
from portal.demo.offers import announce_a_week
from portal.demo.payouts import pay_the_year
from portal.demo.people import (
    APPLICANTS,
    PARTNERS,
    Applicant,
    Partner,
    SignIn,
    keep_sign_ins,
    new_sign_ins,
)
from portal.demo.team import bring_colleagues
from portal.demo.visits import open_the_page
from portal.earnings.actions import Delivery, receive_many
from portal.earnings.stripe import read
from portal.enrollments.actions import answer_more, approve, ask, decline, set_state
from portal.enrollments.applying import confirm_address
from portal.enrollments.codes import CodeState
from portal.enrollments.deciding import add_note
from portal.enrollments.proposals import free_code, free_slug
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import DiscountCode, Link
from portal.ids import new_id
from portal.outbox.tables import Letter
from portal.programs.actions import load_program
from portal.programs.queries import program_by_slug, terms_history
from portal.programs.rules import ProgramTerms
from portal.settings import Settings

DEMO_LOCK = 7_403
STOPPED_BEFORE = timedelta(days=35)  # how long ago paused and ended partners stopped


@dataclass(frozen=True)
class Scene:
    program: UUID
    terms: ProgramTerms
    now: datetime
    manager: UUID


async def seed_demo(settings: Settings, now: datetime) -> bool:
    """All of it in one transaction, so that a half demo never stands; False when there is one already."""
    if await _has_people():
        return False
    now = now.replace(microsecond=0)
    sign_ins = new_sign_ins()
    hashes = {one.email: await passwords.hashed(one.password) for one in sign_ins}
    async with db.transaction():
        await db.exclusively("demo", DEMO_LOCK)
        if await _has_people():
            return False
        await load_program(DEMO_PROGRAM, now)
        program = await program_by_slug("kartra")
        terms = (await terms_history(program.id)).at(now)
        managers = [await _manager(one, hashes[one.email], now) for one in sign_ins if one.totp_secret]
        scene = Scene(program.id, terms, now, managers[0])
        await announce_a_week(program.id, terms.timezone, managers[0], now)
        promoters = [await _partner(scene, partner) for partner in PARTNERS]
        # Their codes were created at the checkout long ago.
        await DiscountCode.update({DiscountCode.at_checkout: CodeState.MADE}).where(
            DiscountCode.at_checkout == CodeState.WAITING
        )
        for applicant in APPLICANTS:
            await _applicant(scene, applicant)
        await leave_unfinished(program.id, now)
        await open_the_page(program.id, terms.timezone, now)
        await _play(scene, promoters)
        await pay_the_year(program.id, managers[0], managers[1], now)
        await dress_up(settings, now)
        await bring_colleagues(now)
        for one in sign_ins:
            if one.totp_secret is None:
                await Person.update({Person.password_hash: hashes[one.email]}).where(
                    Person.email == one.email
                )
        # Those letters were read long ago.
        await Letter.update({Letter.sent_at: now}).where(Letter.sent_at.is_null())
        await _came_back(scene)
        # Last, and inside: a demo that nobody can sign in to must not stand.
        keep_sign_ins(settings, sign_ins)
    return True


async def _came_back(scene: Scene) -> None:
    """One letter went to an address that is not there."""
    at = scene.now - timedelta(days=4)
    await Letter.insert(
        Letter(
            id=new_id(at),
            message="confirm_address",
            program=scene.program,
            to="hello@morgenkurs.example",
            values="{}",
            created_at=at,
            send_after=at,
            attempts=1,
            given_up_at=at,
            last_problem="The mail server refused it: 550 5.1.1 No such user here",
        )
    )


async def _has_people() -> bool:
    return await Manager.exists() or await Affiliate.exists()


async def _manager(sign_in: SignIn, password_hash: str, now: datetime) -> UUID:
    made = new_id()
    await Manager.insert(
        Manager(
            id=made,
            email=sign_in.email,
            email_key=sign_in.email,
            name=sign_in.name,
            password_hash=password_hash,
            totp_secret=sign_in.totp_secret,
            created_at=now - timedelta(days=400),
        )
    )
    return made


async def _partner(scene: Scene, partner: Partner) -> Promoter:
    """Applied, confirmed, approved; the paused and the ended ones stopped a while ago."""
    began = scene.now - timedelta(days=partner.days)
    application = await _apply(scene, partner, began - timedelta(hours=30))
    slug, code = await free_slug(partner.name), await free_code(partner.name, scene.terms)
    enrollment = await approve(
        application,
        scene.manager,
        scene.terms,
        tier=scene.terms.first_tier.key,
        slug=slug,
        code=code,
        now=began,
    )
    stops_at = None
    if partner.state != EnrollmentState.ACTIVE:
        stops_at = scene.now - STOPPED_BEFORE
        because = (
            "Asked for a break." if partner.state == EnrollmentState.PAUSED else "Bid on the brand name."
        )
        await set_state(enrollment, EnrollmentState(partner.state), because, PORTAL, stops_at)
    link = await Link.select(Link.id).where(Link.enrollment == enrollment).first()
    kept = await DiscountCode.select(DiscountCode.code).where(DiscountCode.enrollment == enrollment).first()
    if link is None or kept is None:
        raise LookupError("an approval makes a link and a code")
    return Promoter(
        enrollment, UUID(str(link["id"])), kept["code"], began, partner.ways, partner.pull, stops_at
    )


async def _applicant(scene: Scene, applicant: Applicant) -> None:
    sent = scene.now - timedelta(hours=applicant.hours)
    if applicant.outcome == "unconfirmed":
        await send(scene.program, scene.terms, applicant, sent)
        return
    application = await _apply(scene, applicant, sent)
    if applicant.note:
        await add_note(application, scene.manager, applicant.note, sent + timedelta(hours=1))
    match applicant.outcome:
        case "declined":
            await decline(application, scene.manager, applicant.reason, sent + timedelta(hours=26))
        case "asked" | "answered":
            await ask(application, scene.manager, applicant.reason, sent + timedelta(hours=20))
    if applicant.outcome == "answered":
        await answer_more(application, applicant.answer, sent + timedelta(hours=30))


async def _apply(scene: Scene, person: Partner | Applicant, at: datetime) -> UUID:
    """Sent and confirmed eight minutes later."""
    application = await send(scene.program, scene.terms, person, at)
    await confirm_address(application, at + timedelta(minutes=8))
    return application


async def _play(scene: Scene, promoters: list[Promoter]) -> None:
    history = history_of(promoters, scene.terms, scene.now)
    await _keep_clicks(history.clicks)
    events = sorted(
        (Delivery(read(body), body) for body in history.events), key=lambda one: one.event.happened_at
    )
    await receive_many(scene.program, events, scene.now)


async def _keep_clicks(clicks: list[DemoClick]) -> None:
    columns = (
        "token link enrollment at placement referrer_host device country counted why_not visitor_key".split()
    )
    await db.insert_many(
        "click",
        columns,
        [
            (
                click.token,
                click.promoter.link,
                click.promoter.enrollment,
                click.at,
                click.placement,
                click.referrer_host,
                click.device,
                "",
                True,
                "",
                click.visitor_key,
            )
            for click in sorted(clicks, key=lambda click: click.at)
        ],
    )
