"""What the first page says of earnings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.clock import local_date
from portal.earnings.forms import Filter
from portal.earnings.queries import history_of
from portal.earnings.rows import LedgerRow, ledger_rows
from portal.earnings.shelf import Shelf
from portal.earnings.tables import DaySum, PayingSpan
from portal.earnings.timeline import Month
from portal.earnings.totals import ComingPayout, PayoutPart, coming_payouts, currencies_of, runs_of
from portal.money import Money
from portal.programs.rules import ProgramTerms

LATEST = 6


@dataclass(frozen=True)
class NextPayout:
    amount: Money
    paid_from: date
    paid_to: date
    parts: tuple[PayoutPart, ...]


@dataclass(frozen=True)
class LaterPayout:
    amount: Money
    paid_from: date
    paid_to: date


@dataclass(frozen=True)
class HomeFigures:
    currency: str
    next: NextPayout | None
    later: tuple[LaterPayout, ...]
    sales: int
    sales_before: int  # on the same days of the month before
    sales_per_day: tuple[int, ...]
    earned: Money
    earned_before: Money
    earned_per_day: tuple[int, ...]  # minor units
    customers: int  # active and paying now
    latest: tuple[LedgerRow, ...]
    other_currencies: tuple[Money, ...]  # their next payouts


async def home_figures(enrollment: UUID, now: datetime) -> HomeFigures:
    terms = (await history_of(enrollment)).at(now)
    today = local_date(now, terms.timezone)
    currencies = await currencies_of(enrollment)
    currency = terms.currency
    payouts = await coming_payouts(enrollment, currency, today, terms)
    this, before = (
        await _month_so_far(enrollment, currency, today),
        await _month_before(enrollment, currency, today),
    )
    others = [
        (await coming_payouts(enrollment, other, today, terms))[:1]
        for other in currencies
        if other != currency
    ]
    return HomeFigures(
        currency=currency,
        next=_next(payouts[0]) if payouts else None,
        later=tuple(LaterPayout(one.amount, one.window.first, one.window.last) for one in payouts[1:3]),
        sales=sum(this.sales),
        sales_before=sum(before.sales),
        sales_per_day=this.sales,
        earned=Money(sum(this.earned), currency),
        earned_before=Money(sum(before.earned), currency),
        earned_per_day=this.earned,
        customers=await paying_customers(enrollment),
        latest=await _latest(enrollment, today, terms, currencies),
        other_currencies=tuple(one.amount for payouts in others for one in payouts),
    )


async def _latest(
    enrollment: UUID, today: date, terms: ProgramTerms, currencies: Sequence[str]
) -> tuple[LedgerRow, ...]:
    """Of every currency, for the list's index knows them apart."""
    rows: list[LedgerRow] = []
    for currency in currencies:
        shelf = Shelf(enrollment, today, terms, await runs_of(enrollment, currency))
        rows += await ledger_rows(shelf, Filter(currency=currency), limit=LATEST)
    return tuple(sorted(rows, key=lambda row: (row.entry.at, row.entry.id), reverse=True)[:LATEST])


def _next(payout: ComingPayout) -> NextPayout:
    return NextPayout(payout.amount, payout.window.first, payout.window.last, payout.parts)


async def paying_customers(enrollment: UUID) -> int:
    """Customers with an active subscription and a sale that is not fully refunded."""
    query = PayingSpan.count(distinct=[PayingSpan.customer])
    return int(await query.where((PayingSpan.enrollment == enrollment) & PayingSpan.ended_at.is_null()))


@dataclass(frozen=True)
class _Days:
    sales: tuple[int, ...]
    earned: tuple[int, ...]


async def _month_so_far(enrollment: UUID, currency: str, today: date) -> _Days:
    return await _days(enrollment, currency, today.replace(day=1), today)


async def _month_before(enrollment: UUID, currency: str, today: date) -> _Days:
    month = Month.of(today).plus(-1)
    last = month.first_day.replace(day=min(today.day, month.last_day.day))
    return await _days(enrollment, currency, month.first_day, last)


async def _days(enrollment: UUID, currency: str, first: date, last: date) -> _Days:
    rows = await DaySum.raw(
        "SELECT booked_on, SUM(minor) AS minor, SUM(sales) AS sales FROM ledger_sum "
        "WHERE enrollment = {} AND currency = {} AND booked_on >= {} AND booked_on <= {} GROUP BY booked_on",
        enrollment,
        currency,
        first,
        last,
    )
    found = {row["booked_on"]: row for row in rows}
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return _Days(
        tuple(int(found[day]["sales"]) if day in found else 0 for day in days),
        tuple(int(found[day]["minor"]) if day in found else 0 for day in days),
    )
