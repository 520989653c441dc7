"""What somebody who applies is shown: the form, where letters went, how the application stands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal.clock import local_date
from portal.enrollments.answers import Answers, Choice, answers_in, form_answered
from portal.enrollments.drafts import Saved
from portal.enrollments.exchanges import Exchange, exchanges_about
from portal.enrollments.forms import KINDS, ApplicationDraft
from portal.enrollments.rules import (
    SPELLED,
    USUAL_FROM,
    ApplicationState,
    due,
    must_be_changeable,
    must_be_confirmable,
    usual_time,
)
from portal.enrollments.tables import Application, Draft
from portal.errors import NotYours
from portal.programs.queries import terms_at
from portal.programs.questions import Form
from portal.programs.rules import ProgramTerms

CORE_QUESTIONS = 7
LABELS = {
    "name": "Name",
    "email": "E-mail",
    "web_address": "Web address",
    "kind": "What you are",
    "ways": "How you promote",
    "other_way": "How else",
    "audience": "Audience",
    "consent": "Terms",
}


@dataclass(frozen=True)
class Opened:
    """What the form carries in hidden fields: which draft it writes, and what it had seen of it."""

    draft: str  # sealed id
    page: str  # sealed id that holds when the form was shown; bots are too fast
    base: int  # the draft's revision when it was shown
    source: str  # where its writer came from, as a query
    terms: int  # versions that were shown
    form: int


@dataclass(frozen=True)
class ApplyPage:
    """enrollments/apply.html; its block `saved` alone answers each save."""

    path: str
    terms: ProgramTerms
    questions: Form
    draft: ApplicationDraft
    kinds: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    answer_by: date
    opened: Opened
    saved: Saved | None  # what became of the last save, here or on an earlier visit
    sent_to: str = ""  # the draft that is shown was sent to this address already

    @property
    def number_in_words(self) -> str:
        number = CORE_QUESTIONS + len(self.questions.questions)
        return SPELLED.get(number, str(number))

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.questions)


@dataclass(frozen=True)
class GoOnPage:
    """enrollments/go_on.html"""

    email: str
    program: str


@dataclass(frozen=True)
class CheckMailPage:
    """enrollments/check_mail.html: the same for known and unknown addresses."""

    email: str
    has_mailbox: bool
    path: str


@dataclass(frozen=True)
class ConfirmPage:
    """enrollments/confirm.html: what was written, and one button that posts to the same address."""

    answers: Answers


@dataclass(frozen=True)
class StatusPage:
    """enrollments/status.html. Its forms post below `path`."""

    path: str
    state: ApplicationState
    answers: Answers
    sent_at: datetime
    confirmed_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    reason: str
    again_from: date | None
    answer_by: date
    answer_days: int
    usual: str  # how long deciding has taken lately, in words; empty while too few were decided
    contact: str
    program: str
    may_apply_again: bool
    is_reminded: bool  # a letter waits for the day
    emptied: bool  # the answers were deleted
    may_change: bool
    exchanges: tuple[Exchange, ...]  # oldest first; the last one may wait for its answer
    typed: str = ""  # an answer that came back, and why
    error: str = ""

    @property
    def open_question(self) -> Exchange | None:
        waits = self.state is ApplicationState.ASKED and self.exchanges
        return self.exchanges[-1] if waits else None


@dataclass(frozen=True)
class ChangePage:
    """enrollments/change.html: the answers once more, until a manager has opened the application."""

    path: str
    terms: ProgramTerms
    questions: Form
    draft: ApplicationDraft
    kinds: tuple[Choice, ...]
    ways: tuple[Choice, ...]

    @property
    def labels(self) -> dict[str, str]:
        return labels_of(self.questions)


@dataclass(frozen=True)
class FindPage:
    """enrollments/find.html"""

    email: str = ""
    error: str = ""


def labels_of(form: Form) -> dict[str, str]:
    """What each field is called in the summary of errors."""
    return {**LABELS, **{question.field: question.label.rstrip("?") for question in form.questions}}


def choices_of_kind() -> tuple[Choice, ...]:
    return tuple(Choice(key, label) for key, label in KINDS.items())


def choices_of_ways(terms: ProgramTerms) -> tuple[Choice, ...]:
    return tuple(Choice(way.key, way.name) for way in terms.words.ways)


async def confirm_page(application_id: UUID, terms: ProgramTerms, now: datetime) -> ConfirmPage:
    """Raises Refused for a letter that is too old."""
    row = await _application(application_id)
    must_be_confirmable(ApplicationState(row["state"]), row["sent_at"], now)
    return ConfirmPage(await _answers(row, terms))


async def is_confirmed(application_id: UUID) -> bool:
    return (await _application(application_id))["confirmed_at"] is not None


async def status_page(application_id: UUID, terms: ProgramTerms, path: str, now: datetime) -> StatusPage:
    row = await _application(application_id)
    again_from, state = row["again_from"], ApplicationState(row["state"])
    return StatusPage(
        path=path,
        state=state,
        answers=await _answers(row, terms),
        sent_at=_local(row["sent_at"], terms),
        confirmed_at=_local(row["confirmed_at"], terms) if row["confirmed_at"] else None,
        decided_at=_local(row["decided_at"], terms) if row["decided_at"] else None,
        decided_by=row["manager_name"] or "",
        reason=row["reason"],
        again_from=local_date(again_from, terms.timezone) if again_from else None,
        answer_by=due(row["waits_since"] or row["confirmed_at"] or row["sent_at"], terms),
        answer_days=terms.answer_days,
        usual=await time_to_decide(UUID(str(row["program"])), terms, now),
        contact=terms.contact,
        program=terms.name,
        may_apply_again=state is ApplicationState.DECLINED and (again_from is None or again_from <= now),
        is_reminded=row["reminder"] is not None,
        emptied=row["emptied_at"] is not None,
        may_change=state is ApplicationState.IN_REVIEW and row["opened_at"] is None,
        exchanges=await exchanges_about(application_id, terms),
    )


async def change_page(
    application_id: UUID, draft: ApplicationDraft | None, path: str, now: datetime
) -> ChangePage:
    """Raises Refused once a manager has opened it."""
    row = await _application(application_id)
    must_be_changeable(ApplicationState(row["state"]), row["opened_at"])
    program_id = UUID(str(row["program"]))
    terms = await terms_at(program_id, now)
    return ChangePage(
        path=path,
        terms=terms,
        # The questions that were answered: with today's, an answer to one that is gone would be lost.
        questions=await form_answered(program_id, row["form"]),
        draft=draft or msgspec.json.decode(row["answers"], type=ApplicationDraft),
        kinds=choices_of_kind(),
        ways=choices_of_ways(terms),
    )


async def program_of(application_id: UUID) -> UUID:
    return UUID(str((await _application(application_id))["program"]))


async def time_to_decide(program_id: UUID, terms: ProgramTerms, now: datetime) -> str:
    """The usual time between a confirmed address and the answer, over the last 90 days, in words."""
    rows = (
        await Application.select(Application.confirmed_at, Application.decided_at)
        .where(
            (Application.program == program_id)
            & (Application.decided_at > now - timedelta(days=90))
            & Application.confirmed_at.is_not_null()
        )
        .order_by(Application.decided_at, ascending=False)
        .limit(500)
    )
    if len(rows) < USUAL_FROM:
        return ""
    return usual_time([(row["confirmed_at"], row["decided_at"]) for row in rows], terms.timezone)


async def median_seconds(program_id: UUID, now: datetime) -> int | None:
    """The middle time from the first keystroke to sending, over the last 90 days; None while nobody has sent.

    Measured by the server's clock alone. A break counts, which is why it is the middle and not the average.
    """
    measured = (
        (Draft.program == program_id)
        & (Draft.sent_at > now - timedelta(days=90))
        & Draft.seconds.is_not_null()
    )
    number = await Draft.count().where(measured)
    if not number:
        return None
    middle = (
        await Draft.select(Draft.seconds)
        .where(measured)
        .order_by(Draft.seconds)
        .offset((number - 1) // 2)
        .limit(1 + (number + 1) % 2)
    )
    seconds: list[int] = [row["seconds"] for row in middle]
    return round(sum(seconds) / len(seconds))


def _local(moment: datetime, terms: ProgramTerms) -> datetime:
    return moment.astimezone(ZoneInfo(terms.timezone))


async def _application(application_id: UUID) -> dict[str, Any]:
    rows = await Application.raw(
        "SELECT ap.program, ap.state, ap.answers, ap.form, ap.sent_at, ap.confirmed_at, ap.opened_at, "
        "ap.decided_at, ap.reason, ap.again_from, ap.waits_since, ap.reminder, ap.emptied_at, "
        "m.name AS manager_name FROM application ap "
        "LEFT JOIN manager m ON m.id = ap.decided_by WHERE ap.id = {}",
        application_id,
    )
    if not rows:
        raise NotYours
    return dict(rows[0])


async def _answers(row: dict[str, Any], terms: ProgramTerms) -> Answers:
    return answers_in(row["answers"], terms, await form_answered(UUID(str(row["program"])), row["form"]))
