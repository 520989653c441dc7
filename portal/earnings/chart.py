"""What was booked per week or month of payment, by where it stands today, as the bars of a chart."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from portal import db
from portal.earnings.forms import MONTH
from portal.earnings.tables import DaySum
from portal.earnings.timeline import LineState, Month
from portal.earnings.totals import AFTER_ALL, BEFORE_ALL, Disputed, Run, place_of
from portal.money import Money

WEEKS, MONTHS = 25, 24
FIRST_OF_MONTH = {
    "sqlite": "substr(booked_on, 1, 8) || '01'",
    "postgres": "CAST(date_trunc('month', booked_on) AS DATE)",
}


@dataclass(frozen=True)
class Bar:
    """What was booked from a day on, for a week or a month; corrections stand on the day they were made."""

    first: date
    last: date
    label: str  # of the axis; empty where another one stands too near
    amounts: tuple[tuple[LineState, Money], ...]
    total: Money


@dataclass(frozen=True)
class Chart:
    by: str
    bars: tuple[Bar, ...]
    currency: str

    @property
    def is_empty(self) -> bool:
        return all(bar.total.is_zero and not bar.amounts for bar in self.bars)

    @property
    def top(self) -> Money:
        """A round amount that no bar is higher than."""
        highest = max((sum(max(part.minor, 0) for _, part in bar.amounts) for bar in self.bars), default=0)
        step = 10 ** max(len(str(max(highest, 1))) - 1, 0)
        return Money(
            next(step * times for times in (1, 2, 4, 6, 8, 10) if step * times >= highest), self.currency
        )

    @property
    def half(self) -> Money:
        return Money(self.top.minor // 2, self.currency)


async def chart(
    enrollment: UUID,
    currency: str,
    today: date,
    runs: Mapping[str, Run],
    disputed: Sequence[Disputed],
    *,
    by: str,
    first: date | None = None,
    last: date | None = None,
) -> Chart:
    """Of the days that were asked for, but no more bars than can be told apart: the newest ones."""
    spans = _spans(by, first, min(last or today, today))
    day = FIRST_OF_MONTH[db.dialect()] if by == MONTH else "booked_on"
    rows = await DaySum.raw(
        f"""
        SELECT {day} AS day, run, CASE WHEN released_on <= {{}} THEN 1 ELSE 0 END AS free, SUM(minor) AS minor
        FROM ledger_sum WHERE enrollment = {{}} AND currency = {{}} AND look IN ('', 'reversed', 'taken_back')
            AND booked_on >= {{}} AND booked_on <= {{}}
        GROUP BY 1, 2, 3
        """,  # noqa: S608 - our own words
        today,
        enrollment,
        currency,
        spans[0][0],
        spans[-1][1],
    )
    sums: dict[date, dict[LineState, int]] = defaultdict(lambda: defaultdict(int))
    starts = {_start(by, begin): begin for begin, _ in spans}
    for row in rows:
        state = place_of(runs.get(row["run"]), BEFORE_ALL if row["free"] else AFTER_ALL, today)
        sums[starts[_start(by, _day(row["day"]))]][state] += int(row["minor"])
    for one in disputed:
        start = starts.get(_start(by, one.booked_on))
        if start is not None and spans[0][0] <= one.booked_on <= spans[-1][1] and not one.look:
            was = place_of(runs.get(one.run), one.released_on, today)
            sums[start][was] -= one.minor
            sums[start][LineState.DISPUTED] += one.minor
    return Chart(by, tuple(_bar(by, span, sums[span[0]], currency, spans) for span in spans), currency)


def _day(value: date | str) -> date:
    """SQLite forgets the type of a column that went through a function, and gives its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


ORDER = (LineState.PAID, LineState.IN_PAYOUT, LineState.RELEASED, LineState.HELD, LineState.DISPUTED)


def _bar(
    by: str,
    span: tuple[date, date],
    sums: Mapping[LineState, int],
    currency: str,
    spans: Sequence[tuple[date, date]],
) -> Bar:
    amounts = tuple((state, Money(sums[state], currency)) for state in ORDER if sums.get(state))
    return Bar(*span, _label(by, span, spans), amounts, Money(sum(sums.values()), currency))


def _label(by: str, span: tuple[date, date], spans: Sequence[tuple[date, date]]) -> str:
    """A month's name under its first bar; on a chart of months under every third."""
    begin, place = span[0], spans.index(span)
    if by == MONTH:
        return f"{begin:%b}" if (len(spans) - 1 - place) % 3 == 0 else ""
    before = spans[place - 1][0] if place else None
    fresh = before is None or before.month != begin.month
    return f"{begin:%b}" if fresh and (place == 0 or place > 1) else ""


def _start(by: str, day: date) -> date:
    return day.replace(day=1) if by == MONTH else day - timedelta(days=day.weekday())


def _spans(by: str, first: date | None, last: date) -> list[tuple[date, date]]:
    """The first and last day of every bar, within the days that were asked for."""
    most = MONTHS if by == MONTH else WEEKS
    start, found = _start(by, last), []
    for _ in range(most):
        end = Month.of(start).last_day if by == MONTH else start + timedelta(days=6)
        found.append((max(start, first) if first else start, min(end, last)))
        if first and start <= first:
            break
        start = _start(by, start - timedelta(days=1))
    return found[::-1]
