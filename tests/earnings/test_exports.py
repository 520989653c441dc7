"""Files hold what the page shows, to the cent, and nothing that a spreadsheet would run."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from portal.earnings.exports import harmless
from portal.earnings.forms import Filter, read_filter
from portal.earnings.queries import earnings_page
from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.earnings.books import Desk


@pytest.fixture
async def sold(cast: Cast, clock: FrozenClock, visitor: httpx.AsyncClient, anyio_backend: str) -> None:
    desk, told = Desk(cast), list[bytes]()
    for number in range(25):
        who, at = f"b{number:02}", clock.at + timedelta(days=number)
        placement = "=HYPERLINK(1)" if number == 3 else "blog"
        click = await desk.click(cast.ada, at - timedelta(minutes=1), placement)
        bill = desk.bill(at, who, taken_off=1_000 if number == 7 else 0)
        told += [desk.checkout(at, who, click=click), desk.paid(bill)]
        if number == 5:
            told.append(desk.refunded(bill, at + timedelta(days=2), total=1_900))
    await desk.tell_all(told)
    clock.at += timedelta(days=40)


@pytest.mark.parametrize(
    "query", ["", "?state=held", "?state=not_counted", "?first=2026-03-10&last=2026-03-20"]
)
async def test_every_file_holds_the_lines_of_the_page_and_their_sum(
    sold: None, ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock, query: str
) -> None:
    asked = dict(httpx.QueryParams(query.removeprefix("?")))
    shown = (await earnings_page(cast.ada.enrollment, clock(), read_filter(asked))).ledger
    rows = list(
        csv.DictReader(io.StringIO((await ada.get(f"/earnings/export/csv{query}")).text.lstrip("\ufeff")))
    )
    told = json.loads((await ada.get(f"/earnings/export/json{query}")).content)
    assert len(rows) == len(told["lines"]) == shown.total
    total = Decimal(shown.amount.decimal_text())
    assert sum(Decimal(row["Commission"]) for row in rows) == Decimal(told["total"]) == total
    assert {row["Currency"] for row in rows} == {"USD"}
    sheet = await ada.get(f"/earnings/export/xlsx{query}")
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as book:
        assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == shown.total + 1


async def test_a_placement_that_looks_like_a_formula_is_a_text(sold: None, ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/earnings/export/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="earnings-kartra-2026-04-11.csv"'
    assert ",'=HYPERLINK(1)," in answer.text
    assert ",-5.70,USD," in answer.text, "a refund is a number, not a formula"
    with zipfile.ZipFile(io.BytesIO((await ada.get("/earnings/export/xlsx")).content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_whatever_begins_like_a_formula_is_quoted(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("plain") == "plain"


async def test_other_kinds_of_files_and_other_peoples_lines_are_not_there(
    sold: None, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    assert (await ada.get("/earnings/export/exe")).status_code == 404
    assert len((await ben.get("/earnings/export/csv")).text.splitlines()) == 1


async def test_what_did_not_count_says_why_and_what_would(sold: None, ada: httpx.AsyncClient) -> None:
    page = (await ada.get("/earnings/not-counted")).text
    assert "A lower price counts only if the discount comes from this program." in page
    assert "The full price, or your code instead of that discount." in page


async def test_where_everything_counted_the_page_says_so(
    ben: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    assert "Everything counted" in (await ben.get("/earnings/not-counted")).text
    page = await earnings_page(cast.ben.enrollment, clock(), Filter())
    assert page.ledger.total == 0
