"""When is a commission held, released, paid? The answer follows from dates; no job has to run for it."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.programs.rules import ProgramTerms


class LineState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    IN_PAYOUT = "in_payout"
    PAID = "paid"
    DISPUTED = "disputed"


class PayoutState(StrEnum):
    PREPARED = "prepared"
    APPROVED = "approved"
    PAID = "paid"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """`2026-12`. Raises ValueError."""
        first = date.fromisoformat(f"{text}-01")
        return cls(first.year, first.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def plus(self, months: int) -> "Month":
        count = self.year * 12 + self.month - 1 + months
        return Month(count // 12, count % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def cut_off(self) -> date:
        """The last day whose releases are in this month's run."""
        return self.plus(-1).last_day


@dataclass(frozen=True, slots=True)
class PayWindow:
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class DisputeSpan:
    """Disputed from `opened_on` on, and no longer on `closed_on`."""

    opened_on: date
    closed_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a payout did with a line. A payout that is not approved lets go of a disputed line."""

    claimed_on: date
    approved_on: date | None = None
    paid_on: date | None = None


def released_on(paid_on: date, hold_days: int) -> date:
    return paid_on + timedelta(days=hold_days)


def correction_released_on(corrected_released_on: date, happened_on: date) -> date:
    """Together with the line that it corrects, or at once if that one is released already (rule 7)."""
    return max(corrected_released_on, happened_on)


def state_on(
    day: date,
    *,
    booked_on: date,
    released_on: date,
    disputes: Sequence[DisputeSpan] = (),
    claim: Claim | None = None,
) -> LineState | None:
    """The one state of a line on a day; None before the day on which it was booked."""
    if day < booked_on:
        return None
    if claim and claim.paid_on and claim.paid_on <= day:
        return LineState.PAID
    if claim and claim.approved_on and claim.approved_on <= day:
        return LineState.IN_PAYOUT
    if any(dispute.covers(day) for dispute in disputes):
        return LineState.DISPUTED
    if claim and claim.claimed_on <= day:
        return LineState.IN_PAYOUT
    return LineState.RELEASED if released_on <= day else LineState.HELD


def run_month(released_on: date) -> Month:
    """A run takes what was released up to the last day of the month before it (rule 10)."""
    return Month.of(released_on).plus(1)


def pay_window(run: Month, terms: ProgramTerms) -> PayWindow:
    first = run.first_day
    return PayWindow(first.replace(day=terms.pay_from_day), first.replace(day=terms.pay_to_day))


def next_run(released_on: date, today: date, terms: ProgramTerms) -> Month:
    """The run that will take a line which no run has taken yet."""
    open_run = Month.of(today)
    if today > pay_window(open_run, terms).last:
        open_run = open_run.plus(1)
    return max(run_month(released_on), open_run)


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month."""
    month = Month.of(day).plus(months)
    return month.first_day.replace(day=min(day.day, month.last_day.day))
