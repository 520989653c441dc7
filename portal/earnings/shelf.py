"""Whose rows a list shows, and its filter as conditions of SQL."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.earnings.forms import Filter
from portal.earnings.timeline import LineState
from portal.earnings.totals import OPEN_DISPUTES, Run
from portal.earnings.upkeep import NOT_COUNTED
from portal.programs.rules import ProgramTerms

APART = timedelta(days=2)  # two time zones, if a program ever moved


@dataclass(frozen=True)
class Shelf:
    """Whose rows they are, and what is needed to tell where each of them stands."""

    enrollment: UUID
    today: date
    terms: ProgramTerms
    runs: Mapping[str, Run]


class Where:
    """Conditions over an entry `e`, with their values in order."""

    def __init__(self) -> None:
        self.tables = "ledger_entry e"
        self.words: list[str] = []
        self.values: list[Any] = []

    def add(self, words: str, *values: Any) -> None:
        self.words.append(words)
        self.values += values

    @property
    def sql(self) -> str:
        return " AND ".join(self.words)


def where_of(shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None) -> Where:
    where, zone, today = Where(), ZoneInfo(shelf.terms.timezone), shelf.today
    where.add("e.enrollment = {} AND e.currency = {}", shelf.enrollment, wanted.currency)
    # Lines count on the day they are booked on, as in their sums; the moment narrows the index, and is all
    # that there is of what did not count. SQLite narrows it by one moment on each side: the nearest one.
    apart = timedelta() if wanted.state == NOT_COUNTED else APART
    since, cursor = None, wanted.cursor
    if first := wanted.first:
        begin = _utc(first, zone)
        since = begin - apart
        if apart:
            where.add("(e.booked_on >= {} OR (e.booked_on IS NULL AND e.at >= {}))", first, begin)
    # What is dated after today is not booked yet.
    last = min(wanted.last or today, today)
    end = _utc(last + timedelta(days=1), zone)
    before = end + apart
    if apart:
        where.add("(e.booked_on <= {} OR (e.booked_on IS NULL AND e.at < {}))", last, end)
    if cursor and cursor.older:
        before = min(before, cursor.at + timedelta(microseconds=1))
        where.add("(e.at, e.id) < ({}, {})", cursor.at, cursor.id)
    elif cursor:
        since = max(since or cursor.at, cursor.at)
        where.add("(e.at, e.id) > ({}, {})", cursor.at, cursor.id)
    if since:
        where.add("e.at >= {}", since)
    where.add("e.at < {}", before)
    if wanted.origin:
        where.add("e.origin = {}", wanted.origin)
    if sales is not None:
        # CROSS: SQLite would rather read the whole list than look these few up.
        where.tables = "money_event t CROSS JOIN ledger_entry e"
        where.add(f"e.sale = t.id AND {_is_in('t.id', sales)}", *sorted(sales))
    _by_state(where, shelf, wanted.state)
    return where


def _utc(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))


def chip_told(shelf: Shelf) -> tuple[str, tuple[Any, ...]]:
    """By which of the list's chips an entry is counted if nobody disputes it: SQL and its values."""
    unpaid = _unpaid(shelf)
    return (
        f"""CASE WHEN e.look = 'not_counted' THEN 'not_counted' WHEN e.look <> '' THEN 'reversed'
            WHEN e.run = '' AND e.released_on > {{}} THEN 'held' WHEN e.run = '' THEN 'released'
            WHEN {_is_in("e.run", unpaid)} THEN 'in_payout' ELSE 'paid' END""",
        (shelf.today, *unpaid),
    )


def _unpaid(shelf: Shelf) -> list[str]:
    return [key for key, run in shelf.runs.items() if run.state(shelf.today) is not LineState.PAID]


def _by_state(where: Where, shelf: Shelf, state: str) -> None:
    """Says what `timeline.state_on` says, in the terms of entries."""
    unpaid = _unpaid(shelf)
    # A run lets go of a disputed line until it is approved.
    open_runs = [key for key in unpaid if not shelf.runs[key].is_approved(shelf.today)]
    disputed = f"e.sale IN ({OPEN_DISPUTES})"
    match state:
        case LineState.HELD | LineState.RELEASED:
            sign = ">" if state == LineState.HELD else "<="
            where.add(f"e.run = '' AND e.look = '' AND e.released_on {sign} {{}}", shelf.today)
            where.add(f"NOT {disputed}", shelf.today, shelf.today)
        case LineState.IN_PAYOUT:
            where.add(f"e.run <> '' AND {_is_in('e.run', unpaid)}", *unpaid)
            if open_runs:
                where.add(
                    f"NOT ({_is_in('e.run', open_runs)} AND {disputed})", *open_runs, shelf.today, shelf.today
                )
        case LineState.PAID:
            where.add(f"e.run <> '' AND NOT {_is_in('e.run', unpaid)}", *unpaid)
        case LineState.DISPUTED:
            where.add(f"e.look = '' AND (e.run = '' OR {_is_in('e.run', open_runs)})", *open_runs)
            where.add(disputed, shelf.today, shelf.today)
        case "reversed":
            where.add("e.look <> '' AND e.look IN ('reversed', 'taken_back')")
        case "not_counted":
            where.add("e.look <> '' AND e.look = 'not_counted'")


def _is_in(column: str, values: Collection[Any]) -> str:
    return f"{column} IN ({', '.join('{}' for _ in values)})" if values else "1 = 0"
