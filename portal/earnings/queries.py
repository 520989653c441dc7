"""What is shown of earnings: the first page's figures and the list of every line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from portal.earnings.forecast import expected_by_run
from portal.earnings.gather import identity
from portal.earnings.rows import ALL, Filter, LedgerRow, count_rows, currencies_of, ledger_rows
from portal.earnings.tables import Commission, PayingSpan
from portal.earnings.timeline import LineState, Month, PayWindow, next_run, pay_window
from portal.earnings.totals import (
    NOT_COUNTED,
    REVERSED,
    ComingPayout,
    Equation,
    PayoutPart,
    coming_payouts,
    equation,
    paid_by_month,
)
from portal.enrollments.tables import Enrollment
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms

ROWS = 18
LATEST = 6
MONTHS_BACK, MONTHS_AHEAD = 3, 4
FILTERS = (ALL, *LineState, REVERSED, NOT_COUNTED)


# The first page


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


# The list


@dataclass(frozen=True)
class LedgerMonth:
    month: date
    earned: Money
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class Chip:
    key: str
    count: int
    current: bool


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


@dataclass(frozen=True)
class EarningsPage:
    """earnings/index.html"""

    today: date
    terms: ProgramTerms
    currency: str
    currencies: tuple[str, ...]
    since: date | None
    equation: Equation
    payouts: int
    disputed: Money
    calendar: tuple[CalendarMonth, ...]
    filter: str
    chips: tuple[Chip, ...]
    months: tuple[LedgerMonth, ...]
    first: int
    last: int
    total: int
    page: int

    @property
    def has_older(self) -> bool:
        return self.last < self.total

    @property
    def bands(self) -> tuple[Band, ...]:
        return tuple(_band(month, self.today) for month in self.calendar)

    def address(self, state: str, page: int) -> str:
        """Of the same list with another filter or page."""
        values = {
            "state": "" if state == ALL else state,
            "page": "" if page == 1 else str(page),
            "currency": "" if self.currency == self.terms.currency else self.currency,
        }
        asked = urlencode({key: value for key, value in values.items() if value})
        return f"/earnings?{asked}" if asked else "/earnings"


def _band(month: CalendarMonth, today: date) -> Band:
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


async def home_figures(enrollment: UUID, today: date) -> HomeFigures:
    terms = await _terms(enrollment)
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
    rows = await ledger_rows(enrollment, today, terms, Filter(), limit=LATEST)
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
        latest=tuple(rows),
        other_currencies=tuple(one.amount for payouts in others for one in payouts),
    )


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
    rows = await Commission.raw(
        "SELECT booked_on, SUM(minor) AS minor, SUM(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS sales "
        "FROM commission WHERE enrollment = {} AND currency = {} AND booked_on >= {} AND booked_on <= {} "
        "GROUP BY booked_on",
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


async def earnings_page(
    enrollment: UUID, today: date, *, state: str = ALL, page: int = 1, currency: str = ""
) -> EarningsPage:
    """One page of the list. An unknown filter shows everything, a page beyond the last one is empty."""
    terms = await _terms(enrollment)
    currencies = await currencies_of(enrollment)
    currency = currency if currency in currencies else terms.currency
    state = state if state in FILTERS else ALL
    counts = await count_rows(enrollment, today, currency)
    total = sum(counts.values()) if state == ALL else counts.get(state, 0)
    offset = (page - 1) * ROWS
    wanted = Filter(state, currency)
    rows = await ledger_rows(enrollment, today, terms, wanted, limit=ROWS, offset=offset)
    sums = await equation(enrollment, currency, today)
    paid = await paid_by_month(enrollment, currency)
    return EarningsPage(
        today=today,
        terms=terms,
        currency=currency,
        currencies=tuple(sorted({*currencies, terms.currency})) if currencies else (currency,),
        since=await _since(enrollment),
        equation=sums,
        payouts=len(paid),
        disputed=sums.amount(LineState.DISPUTED),
        calendar=await _calendar(enrollment, currency, today, terms, paid),
        filter=state,
        chips=_chips(counts, state),
        months=await _by_month(rows, enrollment, currency),
        first=offset + 1 if rows else 0,
        last=offset + len(rows),
        total=total,
        page=page,
    )


async def _terms(enrollment: UUID) -> ProgramTerms:
    rows = await Enrollment.select(Enrollment.program).where(Enrollment.id == enrollment)
    return (await terms_history(identity(rows[0]["program"]))).versions[-1]


async def _since(enrollment: UUID) -> date | None:
    rows = await Commission.raw(
        "SELECT booked_on FROM commission WHERE enrollment = {} ORDER BY booked_on LIMIT 1", enrollment
    )
    return rows[0]["booked_on"] if rows else None


def _chips(counts: Mapping[str, int], current: str) -> tuple[Chip, ...]:
    all_of = Chip(ALL, sum(counts.values()), current == ALL)
    return (
        all_of,
        *(
            Chip(key, counts.get(key, 0), current == key)
            for key in FILTERS[1:]
            if counts.get(key) or key == current
        ),
    )


async def _by_month(rows: Sequence[LedgerRow], enrollment: UUID, currency: str) -> tuple[LedgerMonth, ...]:
    """Rows under their month, with the whole month's sum even where the page shows a part of it."""
    months: dict[Month, list[LedgerRow]] = {}
    for row in rows:
        months.setdefault(Month.of(row.on), []).append(row)
    found = []
    for month, own in months.items():
        sums = await Commission.raw(
            "SELECT COALESCE(SUM(minor), 0) AS minor FROM commission "
            "WHERE enrollment = {} AND currency = {} AND booked_on >= {} AND booked_on <= {}",
            enrollment,
            currency,
            month.first_day,
            month.last_day,
        )
        found.append(LedgerMonth(month.first_day, Money(int(sums[0]["minor"]), currency), tuple(own)))
    return tuple(found)


async def _calendar(
    enrollment: UUID,
    currency: str,
    today: date,
    terms: ProgramTerms,
    paid: Mapping[Month, tuple[Money, date]],
) -> tuple[CalendarMonth, ...]:
    coming = {one.run: one for one in await coming_payouts(enrollment, currency, today, terms)}
    first_open = min(coming, default=next_run(today, today, terms))
    expected = await expected_by_run(enrollment, currency, today, terms)
    nothing = Money.zero(currency)
    months = []
    for number in range(-MONTHS_BACK, MONTHS_AHEAD):
        run = first_open.plus(number)
        payout, done = coming.get(run), paid.get(run)
        months.append(
            CalendarMonth(
                run=run,
                window=pay_window(run, terms),
                paid_on=done[1] if done else None,
                paid=done[0] if done else nothing,
                certain=payout.of(LineState.RELEASED, LineState.IN_PAYOUT, REVERSED) if payout else nothing,
                held=payout.of(LineState.HELD) if payout else nothing,
                expected=expected.get(run, nothing),
                is_next=run == first_open,
            )
        )
    return tuple(replace(month, certain=max(month.certain, nothing)) for month in months)
