"""What managers see of the way from a visit to a first sale.

People are counted by the day on which they began: in each row the same people are followed, however long they
take. Visits are of nobody in particular, and are counted on their own day.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.clock import local_date
from portal.enrollments.rules import Source
from portal.enrollments.tables import Draft
from portal.insights.rules import (
    PERIODS,
    Counts,
    FunnelStep,
    Stage,
    funnel,
    median_minutes,
    source_of,
    source_words,
    spoken,
)
from portal.insights.tables import PageVisits
from portal.programs.rules import ProgramTerms

MONTHS = 6
SOURCES = 12


@dataclass(frozen=True)
class SourceRow:
    source: str
    words: str
    counts: Counts


@dataclass(frozen=True)
class Cohort:
    """Everybody who began in one month."""

    month: date
    counts: Counts
    young: bool  # its people have had less than 30 days, so later steps will still come


@dataclass(frozen=True)
class FunnelPage:
    """insights/funnel.html"""

    days: int
    periods: tuple[int, ...]
    first: date
    last: date
    counts: Counts
    steps: tuple[FunnelStep, ...]
    sources: tuple[SourceRow, ...]
    more_sources: int
    cohorts: tuple[Cohort, ...]
    ever: bool  # whether anybody came at all


@dataclass(frozen=True)
class _Way:
    """A group of people who began in one month, from one source, in or before the period."""

    month: int
    recent: bool
    source: str
    counts: Counts


# One row for everybody who sent: from a draft, or `alone`, without one. `{}` are program and day, twice.
WAYS = """
    SELECT d.started_at AS started, d.sent_at AS sent, d.source, 0 AS alone, e.began_at AS approved,
        e.id AS enrollment
    FROM application_draft d LEFT JOIN enrollment e ON e.application = d.application
    WHERE d.program = {} AND d.started_at >= {} AND d.sent_at IS NOT NULL
    UNION ALL
    SELECT a.sent_at, a.sent_at, a.source, 1, e.began_at, e.id
    FROM application a LEFT JOIN enrollment e ON e.application = a.id
    WHERE a.program = {} AND a.sent_at >= {}
        AND NOT EXISTS (SELECT 1 FROM application_draft d WHERE d.application = a.id)
"""
CLICKED = "(SELECT k.at FROM click k WHERE k.enrollment = w.enrollment AND k.counted ORDER BY k.at LIMIT 1)"
SOLD = (
    "(SELECT c.booked_on FROM commission c WHERE c.enrollment = w.enrollment AND c.kind = 'sale' "
    "ORDER BY c.booked_on LIMIT 1)"
)
# Minutes from one moment to the next; a sale is known by its day.
SPANS: dict[db.Dialect, dict[Stage, str]] = {
    "sqlite": {
        Stage.SENT: "CAST(round((julianday(sent) - julianday(started)) * 1440) AS INTEGER)",
        Stage.APPROVED: "CAST(round((julianday(approved) - julianday(sent)) * 1440) AS INTEGER)",
        Stage.CLICKED: "CAST(round((julianday(clicked) - julianday(approved)) * 1440) AS INTEGER)",
        Stage.SOLD: "CAST(julianday(sold) - julianday(substr(clicked, 1, 10)) AS INTEGER) * 1440",
    },
    "postgres": {
        Stage.SENT: "CAST(round(extract(epoch FROM sent - started) / 60) AS INTEGER)",
        Stage.APPROVED: "CAST(round(extract(epoch FROM approved - sent) / 60) AS INTEGER)",
        Stage.CLICKED: "CAST(round(extract(epoch FROM clicked - approved) / 60) AS INTEGER)",
        Stage.SOLD: "(sold - CAST(clicked AT TIME ZONE 'UTC' AS DATE)) * 1440",
    },
}


async def funnel_page(program_id: UUID, terms: ProgramTerms, days: int, now: datetime) -> FunnelPage:
    today = local_date(now, terms.timezone)
    first = today - timedelta(days=days - 1)
    months = _months(today)
    ways = await _ways(program_id, months, first, terms.timezone)
    visits = await _visits_by_day(program_id, min(months[0], first))
    found = await _by_source(program_id, first, [way for way in ways if way.recent])
    counts = sum((row.counts for row in found), Counts())
    medians = await _medians(program_id, _begin(first, terms.timezone))
    cohorts = tuple(
        Cohort(month, _cohort(number, month, ways, visits), (today - month).days < 61)
        for number, month in reversed(list(enumerate(months)))
    )
    return FunnelPage(
        days=days,
        periods=PERIODS,
        first=first,
        last=today,
        counts=counts,
        steps=funnel(counts, medians),
        sources=tuple(found[:SOURCES]),
        more_sources=max(0, len(found) - SOURCES),
        cohorts=tuple(cohort for cohort in cohorts if cohort.counts != Counts()),
        ever=any(way.counts.started for way in ways) or bool(visits),
    )


async def sources_of(
    program_id: UUID, terms: ProgramTerms, days: int, now: datetime
) -> tuple[date, date, list[SourceRow]]:
    """First day, last day and every source of the period."""
    today = local_date(now, terms.timezone)
    first = today - timedelta(days=days - 1)
    ways = await _ways(program_id, [first.replace(day=1)], first, terms.timezone)
    return first, today, await _by_source(program_id, first, [way for way in ways if way.recent])


def _months(today: date) -> list[date]:
    """The first days of this month and those before, oldest first."""
    months = [today.replace(day=1)]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


async def _ways(program_id: UUID, months: list[date], first: date, timezone: str) -> list[_Way]:
    """Counted by the engine. What began before the period needs no source."""
    begins = [_begin(month, timezone) for month in months]
    recent_from = _begin(first, timezone)
    since = min(begins[0], recent_from)
    cases = " ".join(f"WHEN w.started < {{}} THEN {number}" for number in range(len(begins) - 1))
    month = f"CASE {cases} ELSE {len(begins) - 1} END" if cases else "0"
    group = f"""
        {month} AS month, CASE WHEN w.started >= {{}} THEN 1 ELSE 0 END AS recent,
        CASE WHEN w.started >= {{}} THEN w.source ELSE '' END AS source"""
    values = (*begins[1:], recent_from, recent_from, program_id, since)
    # Most who begin never send, so they are counted apart, from an index alone.
    begun = await Draft.raw(
        f"""
        SELECT month, recent, source, COUNT(*) AS started FROM (
            SELECT {group} FROM (
                SELECT started_at AS started, source FROM application_draft
                WHERE program = {{}} AND started_at >= {{}}
            ) w
        ) x GROUP BY month, recent, source
        """,  # noqa: S608 - our own words
        *values,
    )
    sent = await Draft.raw(
        f"""
        SELECT month, recent, source, SUM(alone) AS started, COUNT(*) AS sent, COUNT(approved) AS approved,
            SUM(clicked) AS clicked, SUM(sold) AS sold
        FROM (
            SELECT {group}, w.alone, w.approved,
                CASE WHEN {CLICKED} IS NULL THEN 0 ELSE 1 END AS clicked,
                CASE WHEN {SOLD} IS NULL THEN 0 ELSE 1 END AS sold
            FROM ({WAYS}) w
        ) x GROUP BY month, recent, source
        """,  # noqa: S608 - our own words
        *values,
        program_id,
        since,
    )
    return [_way(row) for row in (*begun, *sent)]


def _way(row: dict[str, Any]) -> _Way:
    counts = Counts(0, *(int(row.get(stage, 0)) for stage in list(Stage)[1:]))
    return _Way(row["month"], bool(row["recent"]), row["source"], counts)


async def _by_source(program_id: UUID, first: date, ways: Iterable[_Way]) -> list[SourceRow]:
    """Those that brought most people first."""
    by_source: dict[str, Counts] = defaultdict(Counts)
    rows = await PageVisits.raw(
        "SELECT source, SUM(visits) AS visits FROM page_visits WHERE program = {} AND day >= {} "
        "GROUP BY source",
        program_id,
        first,
    )
    for row in rows:
        by_source[row["source"]] += Counts(visited=int(row["visits"]))
    for way in ways:
        by_source[_source(way.source)] += way.counts
    found = [SourceRow(source, source_words(source), counts) for source, counts in by_source.items()]
    return sorted(found, key=lambda row: (-row.counts.visited, -row.counts.started, row.words))


def _source(text: str) -> str:
    kept = msgspec.json.decode(text or "{}", type=Source)
    return source_of(utm_source=kept.utm_source, via=kept.via, referrer=kept.referrer)


async def _visits_by_day(program_id: UUID, first: date) -> dict[date, int]:
    rows = await PageVisits.raw(
        "SELECT day, SUM(visits) AS visits FROM page_visits WHERE program = {} AND day >= {} GROUP BY day",
        program_id,
        first,
    )
    return {row["day"]: int(row["visits"]) for row in rows}


def _cohort(number: int, month: date, ways: Iterable[_Way], visits: dict[date, int]) -> Counts:
    visited = sum(
        count for day, count in visits.items() if (day.year, day.month) == (month.year, month.month)
    )
    return sum((way.counts for way in ways if way.month == number), Counts(visited=visited))


async def _medians(program_id: UUID, since: datetime) -> dict[Stage, str]:
    """Between two steps, of those who took both."""
    spans = SPANS[db.dialect()]
    each = " UNION ALL ".join(
        f"SELECT '{stage}' AS stage, {span} AS minutes, COUNT(*) AS people FROM way "  # noqa: S608 - our own words
        f"WHERE {span} IS NOT NULL GROUP BY 2"
        for stage, span in spans.items()
    )
    rows = await Draft.raw(
        f"""
        WITH way AS (
            SELECT w.started, w.sent, w.approved, {CLICKED} AS clicked, {SOLD} AS sold FROM ({WAYS}) w
        ) {each}
        """,  # noqa: S608 - our own words
        program_id,
        since,
        program_id,
        since,
    )
    by_stage: dict[Stage, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        by_stage[Stage(row["stage"])].append((int(row["minutes"]), row["people"]))
    return {stage: spoken(median_minutes(spans)) for stage, spans in by_stage.items()}


def _begin(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
