"""What is true about joining: states, what a decision does, when an answer is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portal.clock import local_date
from portal.errors import Refused
from portal.programs.rules import ProgramTerms


class ApplicationState(StrEnum):
    UNCONFIRMED = "unconfirmed"  # sent; the address is not confirmed yet
    IN_REVIEW = "in_review"
    ASKED = "asked"  # a manager wants to know more; the applicant answers on the status page
    APPROVED = "approved"
    DECLINED = "declined"


class EnrollmentState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Verdict(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an application came from, as far as its first page view told."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    referrer: str = ""  # a host
    via: str = ""  # the slug of the affiliate who recommended the program
    recruiter: UUID | None = None  # and that affiliate's enrollment


# Declined applicants may apply again after three months.
AGAIN_AFTER_DAYS = 90
CONFIRM_WITHIN = timedelta(days=7)
# A decision takes effect, and its letter leaves, when this time is over. Until then it can be undone.
UNDO_WITHIN = timedelta(minutes=1)

# An application that is being written: how long it is kept after the last word, and how much of it.
DRAFT_LASTS = timedelta(days=30)
SENT_DRAFT_LASTS = timedelta(days=1)  # so that a mistyped address can be mended and sent again
DRAFT_BIGGEST = 24_000
REMIND_AFTER = timedelta(hours=24)

SPELLED = dict(enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2))

# From so many decisions on, what was usual says more than the promise.
USUAL_FROM = 5

OUTCOMES = {
    Verdict.APPROVE: ApplicationState.APPROVED,
    Verdict.DECLINE: ApplicationState.DECLINED,
    Verdict.ASK: ApplicationState.ASKED,
}


def after(state: ApplicationState, verdict: Verdict) -> ApplicationState:
    """The state that a decision leads to. Raises Refused when there is nothing left to decide."""
    match state:
        case ApplicationState.IN_REVIEW:
            return OUTCOMES[verdict]
        case ApplicationState.ASKED if verdict is not Verdict.ASK:
            return OUTCOMES[verdict]
        case ApplicationState.ASKED:
            raise Refused("A question waits for its answer already.")
        case ApplicationState.UNCONFIRMED:
            raise Refused(
                "The applicant has not confirmed the e-mail address yet. It can be decided from then on."
            )
        case ApplicationState.APPROVED:
            raise Refused("This application is approved already.")
        case ApplicationState.DECLINED:
            raise Refused("This application is declined already.")


def must_be_confirmable(state: ApplicationState, sent_at: datetime, now: datetime) -> None:
    """Raises Refused when the letter that confirms an address was used or is too old."""
    if state is not ApplicationState.UNCONFIRMED:
        raise Refused("This application is confirmed already. The letter that came then leads to its state.")
    if now - sent_at >= CONFIRM_WITHIN:
        raise Refused("This link is too old. Please apply again; it takes two minutes.")


def must_be_changeable(state: ApplicationState, opened_at: datetime | None) -> None:
    """Raises Refused: what a manager has begun to read stands as it was sent."""
    if state is not ApplicationState.IN_REVIEW or opened_at is not None:
        raise Refused("Your application is being read already, so your answers stand as you sent them.")


def due(since: datetime, terms: ProgramTerms) -> date:
    """The day by which an application is answered, in the program's time zone."""
    return working_days_after(local_date(since, terms.timezone), terms.answer_days)


def working_days_after(day: date, days: int) -> date:
    while days:
        day = date.fromordinal(day.toordinal() + 1)
        days -= day.weekday() < 5
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days come after the first one, up to the last: Friday to Monday is one."""
    return sum(
        date.fromordinal(day).weekday() < 5 for day in range(first.toordinal() + 1, last.toordinal() + 1)
    )


def usual_time(decided: Sequence[tuple[datetime, datetime]], timezone: str) -> str:
    """The middle of the times between asked and answered, in words: `the same working day`.

    Counted in working days, as the promise is: an application of Friday evening that is answered on Monday
    morning took one.
    """
    days = sorted(
        working_days_between(local_date(asked, timezone), local_date(answered, timezone))
        for asked, answered in decided
    )
    middle = days[len(days) // 2]  # the later of two middles: rather surprised by an early answer
    if middle == 0:
        return "the same working day"
    return f"{'one' if middle == 1 else SPELLED.get(middle, middle)} working day{'' if middle == 1 else 's'}"


def may_become(now: EnrollmentState, wanted: EnrollmentState) -> None:
    """Raises Refused: an ended enrollment stays ended, and nothing becomes what it is."""
    if now is EnrollmentState.ENDED:
        raise Refused("This enrollment has ended. Its affiliate can apply again.")
    if now is wanted:
        raise Refused(f"This enrollment is {wanted} already.")
