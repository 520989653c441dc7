"""The rows of an affiliate's books: every line, and every payment that did not count with its reason."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
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
from portal.earnings.shelf import Shelf, where_of
from portal.earnings.tables import Commission, Entry, Transaction
from portal.earnings.timeline import DisputeSpan, LineState, Month, next_run
from portal.earnings.totals import (
    AFTER_ALL,
    BEFORE_ALL,
    OPEN_DISPUTES,
    Tally,
    chip_of,
    place_of,
    standing,
)
from portal.earnings.upkeep import NOT_COUNTED, REVERSED, TAKEN_BACK
from portal.money import Money
from portal.programs.rules import ProgramTerms

AT_ONCE = 500  # rows that an export reads at a time
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


ENTRY = "e.id, e.event, e.sale, e.currency, e.at, e.booked_on, e.released_on, e.minor, e.kind, e.look, e.run"


async def ledger_rows(
    shelf: Shelf, wanted: Filter, *, limit: int, sales: Collection[UUID] | None = None
) -> list[LedgerRow]:
    """The newest first, from the filter's cursor on. `sales`: only these payments."""
    where, cursor = where_of(shelf, wanted, sales), wanted.cursor
    order = "ASC" if cursor and not cursor.older else "DESC"
    rows = await Entry.raw(
        f"SELECT {ENTRY} FROM {where.tables} WHERE {where.sql} "  # noqa: S608 - our own words
        f"ORDER BY e.at {order}, e.id {order} LIMIT {{}}",
        *where.values,
        limit,
    )
    return await _told(rows if order == "DESC" else rows[::-1], shelf)


async def all_rows(
    shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None = None
) -> AsyncIterator[LedgerRow]:
    """Every row of the filter, the newest first, read in pieces."""
    cursor: Cursor | None = None
    while True:
        rows = await ledger_rows(shelf, replace(wanted, cursor=cursor), limit=AT_ONCE, sales=sales)
        for row in rows:
            yield row
        if len(rows) < AT_ONCE:
            return
        cursor = rows[-1].entry


async def count_chips(
    shelf: Shelf, wanted: Filter, sales: Collection[UUID] | None = None
) -> dict[str, Tally]:
    """By what the list's chips are called, with every filter but the state."""
    if not wanted.origin and sales is None:
        return await _chips_of_days(shelf, wanted)
    where = where_of(shelf, wanted.with_(state=ALL), sales)
    rows = await Entry.raw(
        f"""
        SELECT e.look, e.run, CASE WHEN e.released_on <= {{}} THEN 1 ELSE 0 END AS free,
            CASE WHEN e.sale IN ({OPEN_DISPUTES}) THEN 1 ELSE 0 END AS disputed,
            SUM(e.minor) AS minor, COUNT(*) AS lines
        FROM {where.tables} WHERE {where.sql} GROUP BY 1, 2, 3, 4
        """,  # noqa: S608 - placeholders
        shelf.today,
        shelf.today,
        shelf.today,
        *where.values,
    )
    found: dict[str, Tally] = {}
    for row in rows:
        day = BEFORE_ALL if row["free"] else date.max
        spans = [DisputeSpan(BEFORE_ALL)] if row["disputed"] else []
        state = place_of(shelf.runs.get(row["run"]), day, shelf.today, spans)
        found.setdefault(chip_of(state, row["look"]), Tally()).add(int(row["minor"]), int(row["lines"]), 0)
    return found


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


async def told_of(events: set[UUID], timezone: str) -> dict[UUID, Told]:
    if not events:
        return {}
    marks = ", ".join("{}" for _ in events)
    found = await Commission.raw(
        f"""
        SELECT d."transaction" AS event, d.outcome, d.because, d.enrollment, t.happened_at, t.base,
            t.external_id, u.external_id AS customer, u.country
        FROM decision d
        JOIN money_event t ON t.id = d."transaction"
        LEFT JOIN customer u ON u.id = t.customer
        WHERE d."transaction" IN ({marks}) AND {NEWEST}
        """,  # noqa: S608 - placeholders
        *sorted(events),
    )
    return {
        identity(row["event"]): Told(
            Outcome(row["outcome"]),
            msgspec.json.decode(row["because"], type=Because),
            local_date(row["happened_at"], timezone),
            row["customer"] or "",
            row["country"] or "",
            row["external_id"],
            row["base"],
            identity(row["enrollment"]) if row["enrollment"] else None,
        )
        for row in found
    }


async def _lines_of(ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Rate and base of lines."""
    if not ids:
        return {}
    rows = await Commission.select(Commission.id, Commission.rate_bps, Commission.base_minor).where(
        Commission.id.is_in(list(ids))
    )
    return {identity(row["id"]): (row["rate_bps"], row["base_minor"]) for row in rows}


async def _told(rows: Sequence[Mapping[str, Any]], shelf: Shelf) -> list[LedgerRow]:
    named = {identity(row[name]) for row in rows for name in ("sale", "event")}
    told = await told_of(named, shelf.terms.timezone)
    lines = await _lines_of([identity(row["id"]) for row in rows if row["look"] != NOT_COUNTED])
    disputed = await _disputed_among({identity(row["sale"]) for row in rows}, shelf.today)
    return [_row(row, told, lines, disputed, shelf) for row in rows]


async def _disputed_among(sales: set[UUID], today: date) -> set[UUID]:
    if not sales:
        return set()
    rows = await Commission.raw(
        f"{OPEN_DISPUTES} AND d.sale IN ({', '.join('{}' for _ in sales)})", today, today, *sorted(sales)
    )
    return {identity(row["sale"]) for row in rows}


def _row(
    row: Mapping[str, Any],
    told: Mapping[UUID, Told],
    lines: Mapping[UUID, tuple[int, int]],
    disputed: set[UUID],
    shelf: Shelf,
) -> LedgerRow:
    sale, event = told[identity(row["sale"])], told[identity(row["event"])]
    look, currency, counted = row["look"], row["currency"], row["look"] != NOT_COUNTED
    rate, base = lines[identity(row["id"])] if counted else (None, event.base)
    run, stands = shelf.runs.get(row["run"]), None
    if counted:
        spans = [DisputeSpan(BEFORE_ALL)] if identity(row["sale"]) in disputed else []
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
