"""How the people of the demo applied: what they answered, how long it took, what some left unfinished."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal.demo.people import Applicant, Partner, email_of
from portal.enrollments.applying import submit_application
from portal.enrollments.drafts import encoded
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.rules import Source
from portal.enrollments.tables import Draft
from portal.ids import new_id
from portal.programs.queries import current_form
from portal.programs.rules import ProgramTerms

REACH = ("Under 1,000", "1,000 to 10,000", "10,000 to 100,000")
SECONDS = (84, 97, 141, 76, 118, 103, 212, 91, 109, 133, 68, 455)
SOURCES = (
    Source(referrer="duckduckgo.com"),
    Source(utm_source="newsletter", utm_medium="email", utm_campaign="partners"),
    Source(),
    Source(referrer="kartra.com", utm_source="kartra", utm_medium="footer"),
    Source(referrer="www.youtube.com"),
)


@dataclass(frozen=True)
class Unfinished:
    """Somebody who began to write `hours` ago and has not sent it."""

    name: str
    email: str
    web_address: str
    hours: int


UNFINISHED = (
    Unfinished("Theo Marin", "theo@marinwrites.example", "marinwrites.example", 5),
    Unfinished("", "hello@slowfunnel.example", "", 26),
    Unfinished("Ruth Adeyemi", "", "ruthadeyemi.example", 74),
)


async def send(program: UUID, terms: ProgramTerms, person: Partner | Applicant, at: datetime) -> UUID:
    """The application as the form would have sent it, with the draft that it was."""
    form, draft = await current_form(program), answers_of(person)
    seconds, source = SECONDS[_number(person) % len(SECONDS)], SOURCES[_number(person) % len(SOURCES)]
    application = await submit_application(
        program, terms, draft, at, form_id=form.form_id, source=source, seconds=seconds
    )
    if application is None:
        raise LookupError(f"{person.name} applies twice")
    identity = new_id()
    await Draft.insert(
        Draft(
            id=identity,
            program=program,
            form=form.form_id,
            source=msgspec.json.encode(source).decode(),
            writer=identity,
            started_at=at - timedelta(seconds=seconds),
            saved_at=at,
            sent_at=at,
            seconds=seconds,
            application=application,
            emptied_at=at + timedelta(days=1),
        )
    )
    return application


async def leave_unfinished(program: UUID, now: datetime) -> None:
    form = await current_form(program)
    for one in UNFINISHED:
        at, identity = now - timedelta(hours=one.hours), new_id()
        typed = ApplicationDraft(name=one.name, email=one.email, web_address=one.web_address)
        await Draft.insert(
            Draft(
                id=identity,
                program=program,
                form=form.form_id,
                email=one.email,
                answers=encoded(typed),
                revision=1,
                writer=identity,
                started_at=at,
                saved_at=at + timedelta(seconds=40),
            )
        )


def answers_of(person: Partner | Applicant) -> ApplicationDraft:
    number = _number(person)
    extra: dict[str, tuple[str, ...]] = {"reach": (REACH[number % len(REACH)],)}
    if number % 2:
        extra["examples"] = (f"https://{person.site}/reviews",)
    return ApplicationDraft(
        name=person.name,
        email=email_of(person),
        web_address=f"https://{person.site}",
        kind=person.kind,
        ways=person.ways,
        audience=person.audience,
        consent=True,
        extra=extra,
    )


def _number(person: Partner | Applicant) -> int:
    """Some number of each person, the same in every demo."""
    return sum(person.site.encode())
