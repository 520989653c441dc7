"""What is true about joining: states, what a decision does, how links and codes are worded."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
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
    APPROVED = "approved"
    DECLINED = "declined"


class EnrollmentState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Verdict(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"


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

# An application that is being written: how long it is kept after the last word, and how much of it.
DRAFT_LASTS = timedelta(days=30)
SENT_DRAFT_LASTS = timedelta(days=1)  # so that a mistyped address can be mended and sent again
DRAFT_BIGGEST = 24_000
REMIND_AFTER = timedelta(hours=24)

SPELLED = dict(enumerate("two three four five six seven eight nine ten eleven twelve".split(), start=2))

# From so many decisions on, what was usual says more than the promise.
USUAL_FROM = 5

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,22}[A-Z0-9]")

# Words that would read as ours, or as somebody's promise.
RESERVED = frozenset(
    "admin affiliate affiliates api app apply billing code codes contact coupon demo discount free gratis "
    "help home kartra legal link links login manage manager money null offer official partner partners pay "
    "payout press program promo root sale sales settings shop sign signin staff status support system team "
    "test webhooks www".split()
)
OFFENSIVE = frozenset("arse ass cock cunt dick nazi nazis piss porn rape shit slut tits whore".split())
OFFENSIVE_INSIDE = ("fuck", "nigger", "faggot")


def after(state: ApplicationState, verdict: Verdict) -> ApplicationState:
    """The state that a decision leads to. Raises Refused when there is nothing left to decide."""
    match state:
        case ApplicationState.IN_REVIEW:
            return ApplicationState.APPROVED if verdict is Verdict.APPROVE else ApplicationState.DECLINED
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


def plain_letters(name: str) -> str:
    """A name in a-z, 0-9 and spaces: `Jürgen Groß` becomes `jurgen gross`. Other scripts become empty."""
    spelled = name.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("ł", "l").replace("đ", "d")
    bare = unicodedata.normalize("NFKD", spelled.casefold()).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def slug_proposals(name: str) -> Iterator[str]:
    """Slugs for a name, best first, without end: `ada`, `ada-lindqvist`, `ada-2`, `ada-3` …"""
    words = plain_letters(name).split()
    first = words[0][:30] if words else "partner"
    if is_decent(first) and len(first) > 1:
        yield first
    whole = "-".join(words)[:30].strip("-")
    if len(words) > 1 and is_decent(whole):
        yield whole
    stem = first if is_decent(first) else "partner"
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def code_proposals(name: str, percent: int, pattern: str) -> Iterator[str]:
    """Codes by the program's pattern, best first; a taken name gets letters that can be read aloud."""
    words = plain_letters(name).upper().split() or ["PARTNER"]
    first = words[0][:12] if is_decent(words[0]) else "PARTNER"
    stems = dict.fromkeys((first, "".join(words)[:16]))
    wordings = (_worded(pattern, stem, percent) for stem in (*stems, *(first + tail for tail in _tails())))
    return (code for code in wordings if code_problem(code) is None)


def is_decent(word: str) -> bool:
    """Short words count only when they stand alone: Larsen, Draper and Yoshitaka are names."""
    plain = word.casefold()
    alone = set(re.findall(r"[a-z]+", plain))
    inside = any(bad in plain.replace("-", "") for bad in OFFENSIVE_INSIDE)
    return plain.replace("-", "") not in RESERVED and not alone & OFFENSIVE and not inside


def slug_problem(slug: str) -> str | None:
    if not SLUG.fullmatch(slug):
        return "Use small letters, digits and hyphens, 40 at most, like ada or ada-lindqvist."
    return None if is_decent(slug) else "This word is kept for the portal. Choose another one."


def code_problem(code: str) -> str | None:
    if not CODE.fullmatch(code):
        return "Use 3 to 24 capitals, digits and hyphens, like ADA20."
    return None if is_decent(code.rstrip("0123456789-")) else "This word can't be a code. Choose another one."


def _worded(pattern: str, stem: str, percent: int) -> str:
    return pattern.replace("{NAME}", stem).replace("{PERCENT}", str(percent) if percent else "")


def _tails() -> Iterator[str]:
    clear = "ACEFHJKMNPRTWXY"  # none of them is taken for a digit or another letter
    yield from clear
    yield from (a + b for a in clear for b in clear)
    yield from (a + b + c for a in clear for b in clear for c in clear)
