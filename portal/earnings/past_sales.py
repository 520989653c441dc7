"""Past sales from a CSV file: read row by row, reported row by row, imported as a whole or not at all."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.audit.actions import PORTAL, record
from portal.earnings.actions import receive_many
from portal.earnings.api_events import (
    ApiEvent,
    DiscountPart,
    LeadEvent,
    PaymentEvent,
    RefundEvent,
    read,
)
from portal.earnings.facts import Malformed
from portal.earnings.gather import chunks
from portal.earnings.rows import NEWEST
from portal.earnings.rules import Outcome
from portal.earnings.sentences import SHORT
from portal.earnings.sources import IMPORT
from portal.earnings.store import Delivery
from portal.earnings.tables import Commission, Transaction
from portal.money import Money, NotMoney
from portal.programs.queries import terms_at

NEEDED = ("payment", "paid_at", "customer", "currency", "amount")
ALLOWED = (
    *NEEDED,
    *("subscription", "began_at", "tax", "discount", "code", "click", "price"),
    *("email", "country", "refunded", "refunded_at"),
)
MOST_ROWS = 100_000
ID = re.compile(r"[!-~]{1,180}")


@dataclass(frozen=True)
class RowReport:
    """What became of a row, or what would. `refused` says why nothing can."""

    line: int
    payment: str
    told: str
    refused: bool = False


@dataclass(frozen=True)
class Report:
    rows: tuple[RowReport, ...]
    imported: bool

    @property
    def refused(self) -> int:
        return sum(row.refused for row in self.rows)


@dataclass(frozen=True)
class _Row:
    line: int
    payment: str
    events: tuple[ApiEvent, ...]


class _DryRun(Exception):
    """Not an error: everything was worked out, and nothing is kept."""


async def import_sales(text: str, program: UUID, now: datetime, *, dry_run: bool) -> Report:
    """With one row refused nothing is imported. A payment that the books know already stays as it is."""
    timezone = (await terms_at(program, now)).timezone
    rows, refused = _read(text, timezone, now)
    reports: list[RowReport] = []
    whole = not refused and not dry_run
    try:
        async with db.transaction():
            known = await _known(program, [row.payment for row in rows])
            new = [row for row in rows if row.payment not in known]
            await receive_many(program, [_delivery(one) for row in new for one in row.events], now, IMPORT)
            reports = await _reports(program, rows, known)
            _must_be(whole)
            await record(PORTAL, "imported", "sales", str(program), now, after={"rows": len(rows)})
    except _DryRun:
        pass
    return Report(tuple(sorted((*reports, *refused), key=lambda row: row.line)), imported=whole)


def _must_be(whole: bool) -> None:
    if not whole:
        raise _DryRun


def _read(text: str, timezone: str, now: datetime) -> tuple[list[_Row], list[RowReport]]:
    rows: list[_Row] = []
    refused: list[RowReport] = []
    seen: dict[str, int] = {}
    for line, values in _lines(text):
        name = values["payment"]
        try:
            row = _row(line, values, timezone, now)
        except (Malformed, NotMoney) as wrong:
            refused.append(RowReport(line, name, str(wrong), refused=True))
            continue
        if name in seen:
            told = f"payment {name} stands in line {seen[name]} already."
            refused.append(RowReport(line, name, told, refused=True))
        else:
            seen[name] = line
            rows.append(row)
    return rows, refused


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers as an editor shows them. Raises `Malformed` for a file that has no use as a whole."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns = [name.strip() for name in reader.fieldnames or ()]
    if missing := [name for name in NEEDED if name not in columns]:
        raise Malformed(f"The first line names the columns. Missing: {', '.join(missing)}.")
    if strange := [name for name in columns if name not in ALLOWED]:
        raise Malformed(f"{strange[0]!r} is no column of past sales. There are: {', '.join(ALLOWED)}.")
    reader.fieldnames = columns
    try:
        for count, values in enumerate(reader, 1):
            if count > MOST_ROWS:
                raise Malformed(f"These are more than {MOST_ROWS:,} rows. Split the file.")
            plain = {name: value for name, value in values.items() if name}
            yield reader.line_num, {name: (value or "").strip() for name, value in plain.items()}
    except csv.Error as wrong:
        raise Malformed(f"Line {reader.line_num}: {wrong}.") from wrong


def _row(line: int, values: Mapping[str, str], timezone: str, now: datetime) -> _Row:
    paid_at = _moment(values, "paid_at", timezone)
    if paid_at is None or paid_at > now:
        raise Malformed("paid_at must be a day or a moment that has come.")
    for column in ("payment", "customer", "subscription"):
        if not ID.fullmatch(values.get(column) or "-" * (column == "subscription")):
            raise Malformed(f"{column} must be an id of 1 to 180 characters without spaces.")
    currency, name = values["currency"].upper(), values["payment"]
    about: dict[str, Any] = {
        "customer": values["customer"],
        "subscription": values.get("subscription") or f"of:{values['customer']}",
        "email": values.get("email") or None,
        "country": (values.get("country") or "").upper() or None,
    }
    code, click = values.get("code") or None, values.get("click") or None
    charged, discount = _amount(values, "amount", currency), _amount(values, "discount", currency)
    events: list[ApiEvent] = []
    if code or click:
        began = _moment(values, "began_at", timezone) or paid_at
        events.append(LeadEvent(id=f"lead:{name}", at=began, click=click, code=code, **about))
    payment = PaymentEvent(
        id=f"payment:{name}",
        at=paid_at,
        payment=name,
        currency=currency,
        charged=charged,
        tax=_amount(values, "tax", currency),
        discounts=[DiscountPart(discount, code)] if discount else [],
        price=values.get("price") or None,
        **about,
    )
    events.append(payment)
    if back := _amount(values, "refunded", currency):
        if back > charged:
            raise Malformed("refunded is more than amount.")
        at, own = _moment(values, "refunded_at", timezone) or paid_at, f"refund:{name}"
        events.append(RefundEvent(id=own, at=at, refund=own, payment=name, currency=currency, amount=back))
    for event in events:
        read(msgspec.json.encode(event))  # the same checks as on the wire
    return _Row(line, name, tuple(events))


def _delivery(event: ApiEvent) -> Delivery:
    body = msgspec.json.encode(event)
    return Delivery(read(body), body)


def _amount(values: Mapping[str, str], column: str, currency: str) -> int:
    text = values.get(column) or ""
    if not text and column not in NEEDED:
        return 0
    minor = Money.from_decimal_text(text, currency).minor
    if minor < 0:
        raise Malformed(f"{column} must not be negative.")
    return minor


def _moment(values: Mapping[str, str], column: str, timezone: str) -> datetime | None:
    """`2026-03-31` is noon of that day for the program; `2026-03-31T08:15:00Z` is exact."""
    text = values.get(column) or ""
    if not text:
        return None
    try:
        if len(text) == len("2026-03-31"):
            noon = datetime.combine(date.fromisoformat(text), time(12), ZoneInfo(timezone))
            return noon.astimezone(UTC)
        exact = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Malformed(f"{column} must look like 2026-03-31 or 2026-03-31T08:15:00Z.") from wrong
    if exact.tzinfo is None:
        raise Malformed(f"{column} needs a time zone, like 2026-03-31T08:15:00Z.")
    return exact.astimezone(UTC)


async def _known(program: UUID, names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(names, 5_000):
        rows = await Transaction.select(Transaction.external_id).where(
            (Transaction.program == program) & Transaction.external_id.is_in(some)
        )
        found |= {row["external_id"] for row in rows}
    return found


async def _reports(program: UUID, rows: list[_Row], known: set[str]) -> list[RowReport]:
    told: dict[str, str] = {}
    for some in chunks([row.payment for row in rows], 5_000):
        marks = ", ".join("{}" for _ in some)
        for found in await Commission.raw(
            f"""
            SELECT t.external_id, d.outcome, t.currency, a.email,
                (SELECT SUM(c.minor) FROM commission c WHERE c.sale = t.id AND c.enrollment = e.id) AS minor
            FROM money_event t
            JOIN decision d ON d."transaction" = t.id AND {NEWEST}
            LEFT JOIN enrollment e ON e.id = d.enrollment
            LEFT JOIN affiliate a ON a.id = e.affiliate
            WHERE t.program = {{}} AND t.external_id IN ({marks})
            """,  # noqa: S608 - placeholders
            program,
            *some,
        ):
            earned = Money(int(found["minor"] or 0), found["currency"])
            words = SHORT[Outcome(found["outcome"])]
            if found["outcome"] == Outcome.SALE:
                words = f"{earned.decimal_text()} {earned.currency} for {found['email']}"
            told[found["external_id"]] = words
    return [
        RowReport(
            row.line,
            row.payment,
            "in the books already" if row.payment in known else told.get(row.payment, "nothing"),
        )
        for row in rows
    ]
