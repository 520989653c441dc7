"""The rows of an affiliate's books: every line, and every payment that did not count with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.gather import identity
from portal.earnings.rules import Because, LineKind, Outcome
from portal.earnings.sentences import (
    came_from,
    correction_title,
    country_name,
    row_title,
    short_reason,
)
from portal.earnings.tables import Commission
from portal.earnings.timeline import LineState, Month, next_run
from portal.earnings.totals import LINES, NOT_COUNTED, REVERSED, state_sql
from portal.money import Money
from portal.programs.rules import ProgramTerms

ALL = "all"
OF_THEIR_OWN = frozenset({LineKind.SALE, LineKind.SECOND_TIER, LineKind.ADJUSTMENT})


@dataclass(frozen=True)
class LedgerRow:
    """A line, or a payment that did not count. `sale` is the id of the page that explains it."""

    sale: UUID
    on: date
    title: str
    customer: str
    country: str
    came_from: str
    is_correction: bool
    corrects: date | None
    reason: str  # for what did not count
    base: Money
    rate_bps: int | None
    state: str
    until: date | None  # released on that day, where it is held
    taken_in: Month | None  # the run that takes a reversal
    amount: Money
    struck: bool


@dataclass(frozen=True)
class Filter:
    """`state` is a LineState, reversed, not_counted or all."""

    state: str = ALL
    currency: str = ALL


# The newest decision of an event is the one that counts.
NEWEST = """NOT EXISTS (
    SELECT 1 FROM decision later WHERE later."transaction" = d."transaction" AND later.seq > d.seq
)"""


def _ledger_sql(today: date) -> str:
    """Takes the enrollment, today and the enrollment again."""
    return f"""
        SELECT c.id AS line, c.sale, c."transaction" AS event, c.booked_on, c.released_on, c.kind, c.minor,
            c.base_minor, c.rate_bps, c.currency, t.happened_at, p.run_month, p.paid_on,
            CASE WHEN pl.id IS NULL AND (
                SELECT SUM(n.minor) FROM commission n WHERE n.sale = c.sale AND n.enrollment = c.enrollment
            ) = 0 THEN '{REVERSED}' ELSE {state_sql(today)} END AS look
        {LINES}
        JOIN money_event t ON t.id = c."transaction"
        WHERE c.enrollment = {{}} AND c.booked_on <= {{}}
        UNION ALL
        SELECT NULL, d."transaction", d."transaction", NULL, NULL, '', 0,
            t.base, NULL, t.currency, t.happened_at, NULL, NULL, '{NOT_COUNTED}'
        FROM decision d
        JOIN money_event t ON t.id = d."transaction"
        WHERE d.enrollment = {{}} AND t.kind = 'payment' AND d.outcome <> 'sale' AND {NEWEST}
        AND NOT EXISTS (
            SELECT 1 FROM commission x WHERE x."transaction" = d."transaction" AND x.enrollment = d.enrollment
        )
    """  # noqa: S608 - our own words and a date


async def currencies_of(enrollment: UUID) -> list[str]:
    """Every currency that has a row."""
    rows = await Commission.raw(
        f"""
        SELECT currency FROM commission WHERE enrollment = {{}}
        UNION
        SELECT t.currency FROM decision d JOIN money_event t ON t.id = d."transaction"
        WHERE d.enrollment = {{}} AND t.kind = 'payment' AND d.outcome <> 'sale' AND {NEWEST}
        ORDER BY currency
        """,  # noqa: S608 - our own words
        enrollment,
        enrollment,
    )
    return [row["currency"] for row in rows]


async def count_rows(enrollment: UUID, today: date, currency: str) -> dict[str, int]:
    """By look."""
    rows = await Commission.raw(
        f"SELECT look, COUNT(*) AS number FROM ({_ledger_sql(today)}) x WHERE currency = {{}} GROUP BY look",  # noqa: S608
        enrollment,
        today,
        enrollment,
        currency,
    )
    return {row["look"]: int(row["number"]) for row in rows}


async def ledger_rows(
    enrollment: UUID, today: date, terms: ProgramTerms, wanted: Filter, *, limit: int, offset: int = 0
) -> list[LedgerRow]:
    """The newest first."""
    asked = {"currency": wanted.currency, "look": wanted.state}
    asked = {column: value for column, value in asked.items() if value != ALL}
    conditions = "".join(f" AND {column} = {{}}" for column in asked)
    rows = await Commission.raw(
        f"""
        SELECT * FROM ({_ledger_sql(today)}) x WHERE 1 = 1{conditions}
        ORDER BY happened_at DESC, event, line LIMIT {int(limit)} OFFSET {int(offset)}
        """,  # noqa: S608 - our own words and two numbers
        enrollment,
        today,
        enrollment,
        *asked.values(),
    )
    events = {identity(row[key]) for row in rows for key in ("sale", "event")}
    told = await told_of(events, terms.timezone)
    return [_row(row, told, today, terms) for row in rows]


@dataclass(frozen=True)
class Told:
    """The decision that counts for an event, with the day and the customer of its payment."""

    outcome: Outcome
    because: Because
    at: date
    customer: str
    country: str


async def told_of(events: set[UUID], timezone: str) -> dict[UUID, Told]:
    if not events:
        return {}
    marks = ", ".join("{}" for _ in events)
    found = await Commission.raw(
        f"""
        SELECT d."transaction" AS event, d.outcome, d.because, t.happened_at,
            u.external_id AS customer, u.country
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
        )
        for row in found
    }


def _row(row: Mapping[str, Any], told: Mapping[UUID, Told], today: date, terms: ProgramTerms) -> LedgerRow:
    sale, event = told[identity(row["sale"])], told[identity(row["event"])]
    look, currency = row["look"], row["currency"]
    counted = look != NOT_COUNTED
    is_correction = counted and row["kind"] not in OF_THEIR_OWN
    released_on = _day(row["released_on"])
    until = {LineState.HELD: released_on, LineState.PAID: _day(row["paid_on"])}
    return LedgerRow(
        sale=identity(row["sale"]),
        on=_day(row["booked_on"]) or event.at,
        title=correction_title(LineKind(row["kind"]), event.outcome)
        if is_correction
        else row_title(LineKind(row["kind"] or LineKind.SALE), sale.outcome, sale.because, terms),
        customer=f"Customer {masked(sale.customer)}" if sale.customer else "",
        country=country_name(sale.country),
        came_from=came_from(sale.because),
        is_correction=is_correction,
        corrects=sale.at if is_correction else None,
        reason="" if counted or event.outcome is Outcome.TRIAL else short_reason(event.outcome),
        base=Money(row["base_minor"], currency),
        rate_bps=row["rate_bps"] if counted and row["kind"] != LineKind.ADJUSTMENT else None,
        state=look,
        until=until.get(look),
        taken_in=next_run(released_on, today, terms) if released_on and look == LineState.RELEASED else None,
        amount=Money(row["minor"], currency),
        struck=look == REVERSED,
    )


def _day(value: date | str | None) -> date | None:
    """SQLite forgets the type of a column behind UNION, and gives its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def masked(customer: str) -> str:
    """The last characters of the vendor's id: enough to speak about a customer, not enough to find one."""
    return customer[-4:].upper()
