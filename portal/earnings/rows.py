"""The rows of an affiliate's books: every line, and every payment that did not count with its reason."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.forms import ALL, Cursor, Filter
from portal.earnings.gather import identity
from portal.earnings.rules import Because, LineKind, Outcome
from portal.earnings.sentences import (
    came_from,
    correction_title,
    country_name,
    row_title,
    short_reason,
    what_would,
    why_not,
)
from portal.earnings.shelf import Shelf, chip_told, where_of
from portal.earnings.tables import Commission, Entry, Transaction
from portal.earnings.timeline import DisputeSpan, LineState, Month, next_run
from portal.earnings.totals import (
    AFTER_ALL,
    BEFORE_ALL,
    Tally,
    chip_of,
    disputed_entries,
    place_of,
    standing,
)
from portal.earnings.upkeep import NOT_COUNTED, REVERSED, TAKEN_BACK
from portal.money import Money
from portal.programs.rules import ProgramTerms

AT_ONCE = 1_000  # rows that an export reads at a time
OF_THEIR_OWN = frozenset({LineKind.SALE, LineKind.SECOND_TIER, LineKind.ADJUSTMENT})

# The newest decision of an event is the one that counts.
NEWEST = """NOT EXISTS (
    SELECT 1 FROM decision later WHERE later."transaction" = d."transaction" AND later.seq > d.seq
)"""


@dataclass(frozen=True)
class LedgerRow:
    """A line, or a payment that did not count. `sale` is the id of the page that explains it."""

    entry: Cursor
    sale: UUID
    order: str  # the vendor's id of the payment
    on: date
    title: str
    customer: str
    country: str
    came_from: str
    is_correction: bool
    corrects: date | None
    reason: str  # for what did not count, in two words
    why: str  # the same as a sentence
    would_count: str  # what would have made it count
    base: Money
    rate_bps: int | None
    state: str  # as it looks: a LineState, reversed or not_counted
    stands: LineState | None  # the state that it is summed under
    until: date | None  # released on that day, where it is held
    taken_in: Month | None  # the run that takes a reversal
    amount: Money
    struck: bool


@dataclass(frozen=True)
class Told:
    """The decision that counts for an event, with the day and the customer of its payment."""

    outcome: Outcome
    because: Because
    at: date
    customer: str
    country: str
    order: str
    base: int
    enrollment: UUID | None  # whose customer it was


ENTRY = "e.id, e.event, e.sale, e.currency, e.at, e.booked_on, e.released_on, e.minor, e.kind, e.look, e.run"
TOLD = """d.outcome, d.because, d.enrollment, t.happened_at, t.base, t.external_id, u.external_id AS customer,
    u.country"""


async def ledger_rows(
    shelf: Shelf, wanted: Filter, *, limit: int, sales: Collection[UUID] | None = None
) -> list[LedgerRow]:
    """The newest first, from the filter's cursor on. `sales`: only these payments."""
    rows = await _entries(shelf, wanted, limit, sales)
    return _rows(rows, await _others_told(rows, shelf), shelf)


async def _entries(
    shelf: Shelf, wanted: Filter, limit: int, sales: Collection[UUID] | None
) -> list[dict[str, Any]]:
    """Each with its line's rate and base, and with what is told of its payment."""
    where, cursor = where_of(shelf, wanted, sales), wanted.cursor
    order = "ASC" if cursor and not cursor.older else "DESC"
    rows = await Entry.raw(
        f"""
        SELECT e.*, c.rate_bps, c.base_minor, {TOLD},
            EXISTS (
                SELECT 1 FROM disputed_time x WHERE x.sale = e.sale
                AND x.opened_on <= {{}} AND (x.closed_on IS NULL OR x.closed_on > {{}})
            ) AS disputed
        FROM (
            SELECT {ENTRY} FROM {where.tables} WHERE {where.sql}
            ORDER BY e.at {order}, e.id {order} LIMIT {{}}
        ) e
        LEFT JOIN commission c ON c.id = e.id
        LEFT JOIN decision d ON d."transaction" = e.sale AND {NEWEST}
        LEFT JOIN money_event t ON t.id = e.sale
        LEFT JOIN customer u ON u.id = t.customer
        ORDER BY e.at DESC, e.id DESC
        """,  # noqa: S608 - our own words
        shelf.today,
        shelf.today,
        *where.values,
        limit,
    )
    return list(rows)


async def all_rows(
    shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None = None
) -> AsyncIterator[Sequence[LedgerRow]]:
    """Every row of the filter, the newest first, in pieces; each is made in a thread while the next is read.

    Never inside a transaction: the next piece is read by a task.
    """
    reading = asyncio.ensure_future(_piece(shelf, replace(wanted, cursor=None), sales))
    try:
        while True:
            rows, told = await reading
            more = len(rows) == AT_ONCE
            if more:
                cursor = Cursor(rows[-1]["at"], identity(rows[-1]["id"]))
                reading = asyncio.ensure_future(_piece(shelf, replace(wanted, cursor=cursor), sales))
            if rows:
                yield await asyncio.to_thread(_rows, rows, told, shelf)
            if not more:
                return
    finally:
        reading.cancel()


async def _piece(
    shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None
) -> tuple[list[dict[str, Any]], dict[UUID, Told]]:
    rows = await _entries(shelf, wanted, AT_ONCE, sales)
    return rows, await _others_told(rows, shelf)


async def count_chips(
    shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None = None
) -> dict[str, Tally]:
    """By what the list's chips are called, with every filter but the state."""
    if not wanted.origin and sales is None:
        return await _chips_of_days(shelf, wanted)
    where = where_of(shelf, wanted.with_(state=ALL), sales)
    chip, chips = chip_told(shelf)
    # Few groups: SQLite sorts every row by them.
    rows = await Entry.raw(
        f"""
        SELECT x.chip, SUM(x.minor) AS minor, COUNT(*) AS lines FROM (
            SELECT {chip} AS chip, e.minor FROM {where.tables} WHERE {where.sql}
        ) x GROUP BY x.chip
        """,  # noqa: S608 - placeholders
        *chips,
        *where.values,
    )
    found = {row["chip"]: Tally(int(row["minor"]), int(row["lines"])) for row in rows}
    await _set_disputed_apart(found, shelf, wanted, sales)
    return {chip: tally for chip, tally in found.items() if tally.lines}


async def _set_disputed_apart(
    found: dict[str, Tally], shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None
) -> None:
    """There are few, so they are read one by one."""
    disputed = {one.sale for one in await disputed_entries(shelf.enrollment, wanted.currency, shelf.today)}
    if sales is not None:
        disputed &= set(sales)
    if not disputed:
        return
    where = where_of(shelf, wanted.with_(state=ALL), disputed)
    rows = await Entry.raw(
        f"SELECT e.look, e.run, e.released_on, e.minor FROM {where.tables} WHERE {where.sql}",  # noqa: S608
        *where.values,
    )
    for row in rows:
        run, released_on = shelf.runs.get(row["run"]), row["released_on"] or date.max
        for disputes, sign in (((), -1), ((DisputeSpan(BEFORE_ALL),), 1)):
            chip = chip_of(place_of(run, released_on, shelf.today, disputes), row["look"])
            found.setdefault(chip, Tally()).add(sign * row["minor"], sign, 0)


async def _chips_of_days(shelf: Shelf, wanted: Filter) -> dict[str, Tally]:
    """From daily sums: lines are booked on their day in the program's zone. What is not booked is counted."""
    first, last = wanted.first or BEFORE_ALL, wanted.last or AFTER_ALL
    whole = await standing(shelf.enrollment, wanted.currency, shelf.today, shelf.runs, first=first, last=last)
    chips = whole.chips()
    chips.pop(NOT_COUNTED, None)
    where = where_of(shelf, wanted.with_(state=NOT_COUNTED), None)
    rows = await Entry.raw(f"SELECT COUNT(*) AS lines FROM ledger_entry e WHERE {where.sql}", *where.values)  # noqa: S608
    if lines := int(rows[0]["lines"]):
        chips[NOT_COUNTED] = Tally(0, lines)
    return chips


async def sales_named(program: UUID, name: str) -> set[UUID]:
    """The payments that the vendor knows by this id, or by that of a charge or refund of theirs."""
    rows = await Transaction.raw(
        """
        SELECT t.id, t.kind FROM money_event t WHERE t.program = {} AND t.external_id = {}
        UNION
        SELECT t.id, t.kind FROM payment_name n
        JOIN money_event t ON t.program = n.program AND t.external_id = n.payment
        WHERE n.program = {} AND n.name = {}
        """,
        program,
        name,
        program,
        name,
    )
    found = {identity(row["id"]) for row in rows if row["kind"] == "payment"}
    others = [identity(row["id"]) for row in rows if row["kind"] != "payment"]
    if others:
        lines = await Commission.select(Commission.sale).where(Commission.transaction.is_in(others))
        found |= {identity(row["sale"]) for row in lines}
    return found


async def origins_of(enrollment: UUID, currency: str) -> list[str]:
    """Where sales came from, each once: the index is stepped through from one to the next."""
    rows = await Entry.raw(
        """
        WITH RECURSIVE step(origin) AS (
            SELECT MIN(origin) FROM ledger_entry WHERE enrollment = {} AND currency = {}
            UNION ALL
            SELECT (SELECT MIN(e.origin) FROM ledger_entry e
                WHERE e.enrollment = {} AND e.currency = {} AND e.origin > step.origin)
            FROM step WHERE step.origin IS NOT NULL
        )
        SELECT origin FROM step WHERE origin IS NOT NULL LIMIT 200
        """,
        enrollment,
        currency,
        enrollment,
        currency,
    )
    return [row["origin"] for row in rows if row["origin"]]


async def _others_told(rows: Sequence[Mapping[str, Any]], shelf: Shelf) -> dict[UUID, Told]:
    """What is told of the refunds and disputes among these entries."""
    events = {identity(row["event"]) for row in rows if row["event"] != row["sale"]}
    if not events:
        return {}
    marks = ", ".join("{}" for _ in events)
    found = await Commission.raw(
        f"""
        SELECT d."transaction" AS event, {TOLD}
        FROM decision d
        JOIN money_event t ON t.id = d."transaction"
        LEFT JOIN customer u ON u.id = t.customer
        WHERE d."transaction" IN ({marks}) AND {NEWEST}
        """,  # noqa: S608 - placeholders
        *sorted(events),
    )
    return {identity(row["event"]): _told(row, shelf.terms.timezone) for row in found}


_because = msgspec.json.Decoder(Because)


def _told(row: Mapping[str, Any], timezone: str) -> Told:
    return Told(
        Outcome(row["outcome"]),
        _because.decode(row["because"]),
        local_date(row["happened_at"], timezone),
        row["customer"] or "",
        row["country"] or "",
        row["external_id"],
        row["base"],
        identity(row["enrollment"]) if row["enrollment"] else None,
    )


def _rows(rows: Iterable[Mapping[str, Any]], others: Mapping[UUID, Told], shelf: Shelf) -> list[LedgerRow]:
    return [_row(row, others, shelf) for row in rows]


def _row(
    row: Mapping[str, Any],
    others: Mapping[UUID, Told],
    shelf: Shelf,
) -> LedgerRow:
    sale = _told(row, shelf.terms.timezone)
    event = sale if row["event"] == row["sale"] else others[identity(row["event"])]
    look, currency, counted = row["look"], row["currency"], row["look"] != NOT_COUNTED
    rate, base = (row["rate_bps"], row["base_minor"]) if counted else (None, event.base)
    run, stands = shelf.runs.get(row["run"]), None
    if counted:
        spans = [DisputeSpan(BEFORE_ALL)] if row["disputed"] else []
        stands = place_of(run, row["released_on"], shelf.today, spans)
    is_correction = counted and row["kind"] not in OF_THEIR_OWN
    state = chip_of(stands, look)
    until = {str(LineState.HELD): row["released_on"], str(LineState.PAID): run.claim.paid_on if run else None}
    taken_in = None
    if look == TAKEN_BACK or state == LineState.RELEASED:
        taken_in = next_run(row["released_on"], shelf.today, shelf.terms)
    return LedgerRow(
        entry=Cursor(row["at"], identity(row["id"])),
        sale=identity(row["sale"]),
        order=sale.order,
        on=row["booked_on"] or event.at,
        title=correction_title(LineKind(row["kind"]), event.outcome)
        if is_correction
        else row_title(LineKind(row["kind"] or LineKind.SALE), sale.outcome, sale.because, shelf.terms),
        customer=f"Customer {shown(sale.customer, shelf.terms)}" if sale.customer else "",
        country=country_name(sale.country),
        came_from=came_from(sale.because) if sale.enrollment == shelf.enrollment else "–",
        is_correction=is_correction,
        corrects=sale.at if is_correction else None,
        reason="" if counted or event.outcome is Outcome.TRIAL else short_reason(event.outcome),
        why="" if counted else why_not(event.outcome, event.because, shelf.terms, shelf.today),
        would_count="" if counted else what_would(event.outcome, event.because, shelf.terms),
        base=Money(base, currency),
        rate_bps=None if row["kind"] == LineKind.ADJUSTMENT else rate,
        state=state,
        stands=stands,
        until=until.get(state),
        taken_in=taken_in,
        amount=Money(row["minor"], currency),
        struck=look == REVERSED,
    )


def shown(customer: str, terms: ProgramTerms) -> str:
    """The last characters of the vendor's id: enough to speak about a customer, not enough to find one.

    A program may show the whole id.
    """
    return customer if terms.show_customers else customer[-4:].upper()
