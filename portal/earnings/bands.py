"""The calendar of payouts: what was paid, what is certain, held and expected, by the month of its run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from portal.earnings.forecast import expected_by_run, window_in
from portal.earnings.timeline import LineState, Month, PayWindow, next_run
from portal.earnings.totals import Run, coming_payouts
from portal.earnings.upkeep import REVERSED
from portal.money import Money
from portal.programs.rules import ProgramTerms, TermsHistory

MONTHS_BACK, MONTHS_AHEAD = 3, 4


@dataclass(frozen=True)
class CalendarMonth:
    run: Month
    window: PayWindow
    paid_on: date | None
    paid: Money
    certain: Money
    held: Money
    expected: Money
    is_next: bool

    @property
    def total(self) -> Money:
        return self.paid + self.certain + self.held + self.expected


@dataclass(frozen=True)
class Band:
    """A month of the calendar as it is drawn."""

    label: str
    window: str
    total: Money
    shares: tuple[tuple[str, int], ...]
    is_next: bool


def band(month: CalendarMonth, today: date) -> Band:
    first, last = month.window.first, month.window.last
    label = f"{first:%B}" if first.year == today.year or first.month > 1 else f"{first:%B %Y}"
    days = f"paid {first.day}–{last.day} {last:%b}"
    if month.paid_on:
        days = f"paid on {month.paid_on.day} {month.paid_on:%b}"
    elif last < today:
        days = "nothing was due"
    shares = (
        ("paid", month.paid.minor),
        ("released", month.certain.minor),
        ("held", month.held.minor),
        ("expected", month.expected.minor),
    )
    return Band(label, days, month.total, shares, month.is_next)


async def payout_calendar(
    enrollment: UUID,
    currency: str,
    today: date,
    terms: ProgramTerms,
    history: TermsHistory,
    runs: Mapping[str, Run],
) -> tuple[CalendarMonth, ...]:
    """`terms` are those of today; what is still to come is told by the version of its day."""
    coming = {one.run: one for one in await coming_payouts(enrollment, currency, today, terms, runs)}
    first_open = min(coming, default=next_run(today, today, terms))
    expected = await expected_by_run(enrollment, currency, today, history)
    nothing = Money.zero(currency)
    months = []
    for number in range(-MONTHS_BACK, MONTHS_AHEAD):
        run = first_open.plus(number)
        payout, done = coming.get(run), runs.get(str(run))
        paid = done if done and done.claim.paid_on else None
        months.append(
            CalendarMonth(
                run=run,
                window=window_in(history, run),
                paid_on=paid.claim.paid_on if paid else None,
                paid=paid.amount if paid else nothing,
                certain=payout.of(LineState.RELEASED, LineState.IN_PAYOUT, REVERSED) if payout else nothing,
                held=payout.of(LineState.HELD) if payout else nothing,
                expected=expected.get(run, nothing),
                is_next=run == first_open,
            )
        )
    return tuple(replace(month, certain=max(month.certain, nothing)) for month in months)
