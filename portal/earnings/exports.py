"""A list as a file: exactly the rows that its filter shows, amounts as exact decimals with their currency."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import msgspec

from portal.earnings.forms import Filter
from portal.earnings.rows import LedgerRow, all_rows
from portal.earnings.shelf import Shelf

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A spreadsheet takes a text that begins like this for a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
PIECE = 64 * 1024
Batches = AsyncIterator[Sequence[LedgerRow]]


@dataclass(frozen=True)
class Line:
    """A row of the file; its fields are the columns."""

    day: date
    order: str
    what: str
    customer: str
    country: str
    came_from: str
    base: Decimal
    rate_percent: Decimal | None
    commission: Decimal
    currency: str
    state: str
    until: date | None
    reason: str


HEADS = (
    "Paid by customer",
    "Order number",
    "What",
    "Customer",
    "Country",
    "Came from",
    "Base",
    "Rate in %",
    "Commission",
    "Currency",
    "State",
    "Held until, or paid on",
    "Why it did not count",
)
WIDTHS = (16, 26, 34, 18, 18, 22, 12, 10, 14, 10, 14, 22, 60)


def line_of(row: LedgerRow) -> Line:
    return Line(
        day=row.on,
        order=row.order,
        what=row.title,
        customer=row.customer.removeprefix("Customer "),
        country=row.country,
        came_from=row.came_from,
        base=Decimal(row.base.decimal_text()),
        rate_percent=None if row.rate_bps is None else Decimal(row.rate_bps).scaleb(-2),
        commission=Decimal(row.amount.decimal_text()),
        currency=row.amount.currency,
        state=row.state.replace("_", " "),
        until=row.until,
        reason=row.why,
    )


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _cells(line: Line) -> list[Any]:
    values = (getattr(line, name) for name in Line.__dataclass_fields__)
    return [harmless(value) if isinstance(value, str) else value for value in values]


def file_name(program: str, today: date, kind: str) -> str:
    return f"earnings-{program}-{today.isoformat()}.{kind}"


async def export(shelf: Shelf, wanted: Filter, sales: set[UUID] | None, kind: str) -> AsyncIterator[bytes]:
    """The file in pieces, the first of them at once."""
    batches = all_rows(shelf, wanted, sales)
    if kind == "csv":
        async for piece in _csv(batches):
            yield piece
    elif kind == "json":
        async for piece in _json(batches, shelf, wanted):
            yield piece
    else:
        async for piece in _xlsx(batches):
            yield piece


def _csv_text(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(
        ["" if value is None else value.isoformat() if isinstance(value, date) else value for value in row]
        for row in rows
    )
    return text.getvalue().encode()


def _csv_piece(batch: Iterable[LedgerRow]) -> bytes:
    return _csv_text(_cells(line_of(row)) for row in batch)


def _json_piece(batch: Iterable[LedgerRow]) -> tuple[bytes, Decimal]:
    lines = [line_of(row) for row in batch]
    # A list without its brackets.
    return msgspec.json.encode(lines)[1:-1], sum((line.commission for line in lines), Decimal(0))


async def _csv(batches: Batches) -> AsyncIterator[bytes]:
    # The mark tells Excel that this is UTF-8.
    yield b"\xef\xbb\xbf" + _csv_text([HEADS])
    async for batch in batches:
        yield await asyncio.to_thread(_csv_piece, batch)


async def _json(batches: Batches, shelf: Shelf, wanted: Filter) -> AsyncIterator[bytes]:
    head = {"as_of": shelf.today, "currency": wanted.currency, "filter": wanted.asked("")}
    yield msgspec.json.encode(head)[:-1] + b',"lines":['
    first, total = True, Decimal(0)
    async for batch in batches:
        piece, sum_of = await asyncio.to_thread(_json_piece, batch)
        total += sum_of
        yield piece if first else b"," + piece
        first = False
    yield b'],"total":' + msgspec.json.encode(total) + b"}"


async def _xlsx(batches: Batches) -> AsyncIterator[bytes]:
    """Row by row into a file on disk, in a thread: a year of a large affiliate fits no memory twice."""
    with tempfile.TemporaryDirectory(prefix="portal-export-") as folder:
        path = Path(folder) / "earnings.xlsx"
        sheet = await asyncio.to_thread(_Sheet, path)
        async for batch in batches:
            await asyncio.to_thread(sheet.add, batch)
        await asyncio.to_thread(sheet.close)
        with await asyncio.to_thread(path.open, "rb") as written:
            while piece := await asyncio.to_thread(_read, written):
                yield piece


def _read(written: IO[bytes]) -> bytes:
    return written.read(PIECE)


class _Sheet:
    """A workbook that keeps one row in memory."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter

        self._book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._sheet = self._book.add_worksheet("Earnings")
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._amount = self._book.add_format({"num_format": "0.00#"})
        bold = self._book.add_format({"bold": True})
        for column, width in enumerate(WIDTHS):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(1, 0)
        for column, head in enumerate(HEADS):
            self._sheet.write_string(0, column, head, bold)
        self._row = 1

    def add(self, batch: Iterable[LedgerRow]) -> None:
        for row in batch:
            for column, value in enumerate(_cells(line_of(row))):
                self._write(column, value)
            self._row += 1

    def _write(self, column: int, value: Any) -> None:
        if isinstance(value, str):
            self._sheet.write_string(self._row, column, value)
        elif isinstance(value, date):
            self._sheet.write_datetime(self._row, column, value, self._day)
        elif isinstance(value, Decimal):
            self._sheet.write_number(self._row, column, value, self._amount)

    def close(self) -> None:
        self._book.close()
