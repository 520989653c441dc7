"""Rebuilds the books from the stored events in an empty database, and compares them with the ones that stand.

Who takes part (people, programs, enrollments, links, codes, clicks) is copied; everything about money is
worked out anew. Late events made corrections in the books that stand, where the second time nothing was
late, so what is compared is what came of each transaction: its amount by day, its decision, its tie.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from piccolo.columns import UUID as UUIDColumn
from piccolo.columns import Column, ForeignKey
from piccolo.engine.base import Engine
from piccolo.table import Table

from portal import db
from portal.accounts.tables import Membership
from portal.earnings.actions import BITE, Delivery, receive_many
from portal.earnings.gather import identity
from portal.earnings.sources import read
from portal.earnings.tables import BillingEvent, Commission
from portal.enrollments.tables import DiscountCode, Enrollment, EnrollmentChange
from portal.errors import Refused
from portal.migrate import migrate
from portal.piccolo_app import TABLES
from portal.programs.tables import Program, Terms
from portal.referrals.tables import Click

NEEDED: tuple[type[Table], ...] = (Terms, Membership, Enrollment, EnrollmentChange, DiscountCode, Click)
AT_ONCE = 1_000

COMPARED = {
    "amounts": """
        SELECT t.external_id AS name, e.id AS enrollment, c.booked_on, c.released_on, c.currency,
            CAST(SUM(c.minor) AS BIGINT) AS minor
        FROM commission c
        JOIN money_event t ON t.id = c."transaction"
        JOIN enrollment e ON e.id = c.enrollment
        GROUP BY t.external_id, e.id, c.booked_on, c.released_on, c.currency HAVING SUM(c.minor) <> 0
    """,
    "decisions": """
        SELECT t.external_id AS name, d.outcome, d.enrollment, d.terms, d.rate_bps
        FROM decision d JOIN money_event t ON t.id = d."transaction"
        WHERE NOT EXISTS (
            SELECT 1 FROM decision later WHERE later."transaction" = d."transaction" AND later.seq > d.seq
        )
    """,
    "disputes": """
        SELECT d.dispute AS name, d.opened_on, d.closed_on FROM disputed_time d
    """,
    "subscriptions": """
        SELECT s.external_id AS name, s.enrollment, s.credited_by, s.began_at, s.ended_at FROM subscription s
    """,
    "tiers": """
        SELECT e.id AS name, e.tier, s.tier AS reached, s.reached_at, s.customers
        FROM enrollment e LEFT JOIN tier_step s ON s.enrollment = e.id
    """,
}


@dataclass(frozen=True)
class Replayed:
    events: int
    amounts: int
    difference: str | None


async def replay(
    standing: str, into: str, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> Replayed:
    """Raises Refused where the other database is not empty."""
    async with db.connected(standing) as source:
        async with db.connected(into) as target:
            await migrate()
            if await Program.exists():
                raise Refused("The database to replay into is not empty. Name a new one.")
            await _copy(source)
            events = await _tell_again(source, now, progress)
            amounts, difference = await _compare(source, target)
        db.bind(source)
    return Replayed(events, amounts, difference)


@contextmanager
def _at(engine: Engine[Any]) -> Iterator[None]:
    """Reads from the other database for a moment."""
    before = db.engine()
    db.bind(engine)
    try:
        yield
    finally:
        db.bind(before)


# Who takes part


async def _copy(source: Engine[Any]) -> None:
    for table in _with_what_they_name(NEEDED):
        async for found in _rows_of(table, source):
            rows = found
            if table is Enrollment:
                rows = [{**row, "tier": await _given_tier(row["id"], source)} for row in found]
            columns = table._meta.columns
            names = [column._meta.db_column_name for column in columns]
            values = [[_plain(column, row[column._meta.name]) for column in columns] for row in rows]
            async with db.transaction():
                await db.insert_many(table._meta.tablename, names, values)


def _with_what_they_name(tables: tuple[type[Table], ...]) -> list[type[Table]]:
    """These tables and all that their rows refer to, in the order in which they can be filled."""
    found, waiting = set(), list(tables)
    while waiting:
        table = waiting.pop()
        if table not in found:
            found.add(table)
            waiting += [key._foreign_key_meta.resolved_references for key in table._meta.foreign_key_columns]
    return [table for table in TABLES if table in found]


async def _rows_of(table: type[Table], source: Engine[Any]) -> AsyncIterator[list[dict[str, Any]]]:
    key, last = table._meta.primary_key, None
    while True:
        query = table.select().order_by(key).limit(AT_ONCE)
        with _at(source):
            rows = await (query if last is None else query.where(key > last))
        if not rows:
            return
        yield rows
        last = rows[-1][key._meta.name]


async def _given_tier(enrollment: Any, source: Engine[Any]) -> str:
    """The one that a manager gave it. What customers reached is worked out anew."""
    with _at(source):
        newest = (
            await EnrollmentChange.select(EnrollmentChange.tier)
            .where(EnrollmentChange.enrollment == enrollment)
            .order_by(EnrollmentChange.at, EnrollmentChange.id, ascending=False)
            .first()
        )
    return str(newest["tier"]) if newest else ""


def _plain(column: Column, value: Any) -> Any:
    while isinstance(column, ForeignKey):
        column = column._foreign_key_meta.resolved_references._meta.primary_key
    return UUID(str(value)) if isinstance(column, UUIDColumn) and value is not None else value


# What was told


async def _tell_again(source: Engine[Any], now: datetime, progress: Callable[[int], None]) -> int:
    """In the order of arrival."""
    told, last = 0, None
    while True:
        query = BillingEvent.select().order_by(BillingEvent.id).limit(BITE)
        with _at(source):
            rows = await (query if last is None else query.where(BillingEvent.id > last))
        if not rows:
            return told
        for program, sender, some in _runs(rows):
            await receive_many(program, some, now, sender)
        told += len(rows)
        progress(told)
        last = rows[-1]["id"]


def _runs(rows: list[dict[str, Any]]) -> Iterator[tuple[UUID, str, list[Delivery]]]:
    """Neighbours of one program and sender together."""
    run: list[Delivery] = []
    before: tuple[UUID, str] | None = None
    for row in rows:
        key = identity(row["program"]), row["source"]
        if before and key != before:
            yield *before, run
            run = []
        body = row["body"].encode()
        run.append(Delivery(read(row["source"], body), body))
        before = key
    if before:
        yield *before, run


# Are they the same?


async def _compare(standing: Engine[Any], again: Engine[Any]) -> tuple[int, str | None]:
    amounts = 0
    for what, query in COMPARED.items():
        with _at(standing):
            old = sorted(_comparable(row) for row in await Commission.raw(query))
        with _at(again):
            new = sorted(_comparable(row) for row in await Commission.raw(query))
        amounts = len(old) if what == "amounts" else amounts
        for one, other in zip_longest(old, new):
            if one != other:
                return amounts, (
                    f"Not equal. The first difference is in the {what}:\n"
                    f"  the books say    {_said(one)}\n  replayed they say {_said(other)}"
                )
    return amounts, None


def _comparable(row: dict[str, Any]) -> tuple[str, ...]:
    """Both engines' values in one spelling."""
    return tuple(_spelled(value) for value in row.values())


def _spelled(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return "" if value is None else str(value)


def _said(row: tuple[str, ...] | None) -> str:
    return " · ".join(part for part in row if part) if row else "nothing"
