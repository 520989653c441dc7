"""What is shown of earnings: the first page's figures and the list of every line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from portal.clock import local_date
from portal.earnings.bands import Band, CalendarMonth, band, payout_calendar
from portal.earnings.chart import Chart, chart
from portal.earnings.forms import ALL, STATES, Cursor, Filter
from portal.earnings.gather import identity
from portal.earnings.rows import LedgerRow, count_chips, ledger_rows, origins_of, sales_named
from portal.earnings.shelf import Shelf
from portal.earnings.tables import DaySum
from portal.earnings.timeline import LineState, Month
from portal.earnings.totals import (
    Equation,
    Tally,
    currencies_of,
    disputed_entries,
    equation_of,
    runs_of,
    standing,
)
from portal.earnings.upkeep import NOT_COUNTED
from portal.enrollments.tables import Enrollment
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms, TermsHistory

ROWS = 18


@dataclass(frozen=True)
class LedgerMonth:
    """Rows of one month; `earned` is the whole month's sum, and None where a filter shows a part of it."""

    month: date
    earned: Money | None
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class Chip:
    key: str
    count: int
    current: bool


@dataclass(frozen=True)
class Origin:
    """Something that sales can have come from, to filter by."""

    key: str
    label: str


@dataclass(frozen=True)
class Ledger:
    """The list with its filters and chart, for affiliates and their managers. `path` is where it stands."""

    path: str
    today: date
    terms: ProgramTerms
    currency: str
    filter: Filter
    origins: tuple[Origin, ...]
    chips: tuple[Chip, ...]
    chart: Chart | None  # None where the filter takes lines out that a chart would have to show
    months: tuple[LedgerMonth, ...]
    total: int  # lines of the filter
    amount: Money  # their sum
    newer: Cursor | None
    older: Cursor | None

    @property
    def shown(self) -> int:
        return sum(len(month.rows) for month in self.months)

    def address(self, **changes: object) -> str:
        """Of the same list, but for these changes of its filter."""
        return self._at(self.path, self.filter.with_(**changes))

    def paged(self, cursor: Cursor) -> str:
        return self._at(self.path, replace(self.filter, cursor=cursor))

    def export(self, kind: str) -> str:
        return self._at(f"{self.path}/export/{kind}", self.filter.with_())

    def _at(self, path: str, wanted: Filter) -> str:
        asked = wanted.asked(self.terms.currency)
        return f"{path}?{asked}" if asked else path


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
    ledger: Ledger

    @property
    def bands(self) -> tuple[Band, ...]:
        return tuple(band(month, self.today) for month in self.calendar)


async def earnings_page(
    enrollment: UUID, now: datetime, wanted: Filter, path: str = "/earnings"
) -> EarningsPage:
    """All of it in one currency: that of the filter, if there is a row in it, else the program's."""
    history = await history_of(enrollment)
    terms = history.at(now)
    today = local_date(now, terms.timezone)
    currencies = await currencies_of(enrollment)
    currency = wanted.currency if wanted.currency in currencies else terms.currency
    runs = await runs_of(enrollment, currency)
    shelf = Shelf(enrollment, today, terms, runs)
    whole = await standing(enrollment, currency, today, runs)
    sums = equation_of(whole, currency)
    wanted = replace(wanted, currency=currency)
    return EarningsPage(
        today=today,
        terms=terms,
        currency=currency,
        currencies=tuple(sorted({*currencies, terms.currency})) if currencies else (currency,),
        since=await _since(enrollment),
        equation=sums,
        payouts=sum(1 for run in runs.values() if run.claim.paid_on and run.claim.paid_on <= today),
        disputed=sums.amount(LineState.DISPUTED),
        calendar=await payout_calendar(enrollment, currency, today, terms, history, runs),
        ledger=await ledger(shelf, wanted, path, chips=whole.chips() if wanted.is_plain else None),
    )


@dataclass(frozen=True)
class MissedPage:
    """earnings/missed.html: what did not count, why, and what would have made it count."""

    currency: str
    currencies: tuple[str, ...]
    ledger: Ledger


async def missed_page(
    enrollment: UUID, now: datetime, wanted: Filter, path: str = "/earnings/not-counted"
) -> MissedPage:
    shelf, found = await shelf_of(enrollment, now, wanted)
    found = replace(found, state=NOT_COUNTED, cursor=wanted.cursor)
    currencies = tuple(await currencies_of(enrollment)) or (found.currency,)
    return MissedPage(found.currency, currencies, await ledger(shelf, found, path))


async def ledger(
    shelf: Shelf, wanted: Filter, path: str, *, chips: Mapping[str, Tally] | None = None
) -> Ledger:
    """`chips`: how many rows there are by look, if that is known already."""
    currency, terms = wanted.currency, shelf.terms
    sales = await searched(shelf, wanted)
    counts = chips if chips is not None else await count_chips(shelf, wanted, sales)
    known = [tally for key, tally in counts.items() if wanted.state in (ALL, key)]
    total = sum(tally.lines for tally in known)
    rows: list[LedgerRow] = []
    if total:
        rows = await ledger_rows(shelf, wanted, limit=ROWS + 1, sales=sales)
    rows, newer, older = _paged(rows, wanted.cursor)
    whole = wanted.state == ALL and not (wanted.origin or wanted.search)
    return Ledger(
        path=path,
        today=shelf.today,
        terms=terms,
        currency=currency,
        filter=wanted,
        origins=tuple(_origin(key) for key in await origins_of(shelf.enrollment, currency)),
        chips=_chips(counts, wanted.state),
        chart=await _chart(shelf, wanted) if whole else None,
        months=await _by_month(rows, shelf, wanted, whole=whole and wanted.is_plain),
        total=total,
        amount=Money(sum(tally.minor for tally in known), currency),
        newer=newer,
        older=older,
    )


async def searched(shelf: Shelf, wanted: Filter) -> set[UUID] | None:
    """The payments that a search names; None where nothing is searched."""
    if not wanted.search:
        return None
    rows = await Enrollment.select(Enrollment.program).where(Enrollment.id == shelf.enrollment)
    return await sales_named(identity(rows[0]["program"]), wanted.search)


async def _chart(shelf: Shelf, wanted: Filter) -> Chart:
    disputed = await disputed_entries(shelf.enrollment, wanted.currency, shelf.today)
    return await chart(
        shelf.enrollment,
        wanted.currency,
        shelf.today,
        shelf.runs,
        disputed,
        by=wanted.by,
        first=wanted.first,
        last=wanted.last,
    )


def _paged(
    rows: list[LedgerRow], cursor: Cursor | None
) -> tuple[list[LedgerRow], Cursor | None, Cursor | None]:
    """The page's own rows, and where the pages around it begin. One row more was read than is shown."""
    more = len(rows) > ROWS
    if cursor and not cursor.older:
        rows = rows[-ROWS:]
        has_newer, has_older = more, True
    else:
        rows = rows[:ROWS]
        has_newer, has_older = cursor is not None, more
    if not rows:
        return rows, None, None
    newer = replace(rows[0].entry, older=False) if has_newer else None
    return rows, newer, rows[-1].entry if has_older else None


def _origin(key: str) -> Origin:
    kind, _, name = key.partition(":")
    return Origin(key, {"code": f"Code {name}", "at": name}.get(kind, "My link, no placement"))


async def history_of(enrollment: UUID) -> TermsHistory:
    rows = await Enrollment.select(Enrollment.program).where(Enrollment.id == enrollment)
    return await terms_history(identity(rows[0]["program"]))


async def shelf_of(enrollment: UUID, now: datetime, wanted: Filter) -> tuple[Shelf, Filter]:
    """For a list without its page: an export shows exactly what the page does."""
    terms = (await history_of(enrollment)).at(now)
    currency = wanted.currency if wanted.currency in await currencies_of(enrollment) else terms.currency
    today = local_date(now, terms.timezone)
    shelf = Shelf(enrollment, today, terms, await runs_of(enrollment, currency))
    return shelf, replace(wanted.with_(), currency=currency)


async def _since(enrollment: UUID) -> date | None:
    rows = await DaySum.raw(
        "SELECT booked_on FROM ledger_sum WHERE enrollment = {} AND look <> {} ORDER BY booked_on LIMIT 1",
        enrollment,
        NOT_COUNTED,
    )
    return rows[0]["booked_on"] if rows else None


def _chips(counts: Mapping[str, Tally], current: str) -> tuple[Chip, ...]:
    lines = {key: tally.lines for key, tally in counts.items()}
    all_of = Chip(ALL, sum(lines.values()), current == ALL)
    return (
        all_of,
        *(
            Chip(key, lines.get(key, 0), current == key)
            for key in STATES[1:]
            if lines.get(key) or key == current
        ),
    )


async def _by_month(
    rows: Sequence[LedgerRow], shelf: Shelf, wanted: Filter, *, whole: bool
) -> tuple[LedgerMonth, ...]:
    """Rows under their month, with the whole month's sum even where the page shows a part of it."""
    months: dict[Month, list[LedgerRow]] = {}
    for row in rows:
        months.setdefault(Month.of(row.on), []).append(row)
    sums = await _earned_in(shelf, wanted.currency, list(months)) if whole and months else {}
    return tuple(
        LedgerMonth(
            month.first_day,
            Money(sums.get(str(month), 0), wanted.currency) if whole else None,
            tuple(own),
        )
        for month, own in months.items()
    )


async def _earned_in(shelf: Shelf, currency: str, months: Sequence[Month]) -> dict[str, int]:
    one = (
        "SELECT {} AS month, SUM(minor) AS minor FROM ledger_sum "
        "WHERE enrollment = {} AND currency = {} AND booked_on >= {} AND booked_on <= {}"
    )
    values = [
        (str(month), shelf.enrollment, currency, month.first_day, min(month.last_day, shelf.today))
        for month in months
    ]
    rows = await DaySum.raw(
        " UNION ALL ".join(one for _ in values), *(value for some in values for value in some)
    )
    return {row["month"]: int(row["minor"] or 0) for row in rows}
