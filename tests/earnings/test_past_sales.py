"""Past sales from a file: told row by row, brought as a whole or not at all."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from portal import db
from portal.__main__ import main
from portal.earnings.books import books_on
from portal.earnings.facts import Malformed
from portal.earnings.past_sales import import_sales
from portal.earnings.tables import BillingEvent, Transaction
from portal.earnings.verify import book_problems
from tests.cast import Cast
from tests.conftest import Stage
from tests.earnings.books import NOW, Desk, at
from tests.earnings.test_books import END

HEAD = "payment,paid_at,customer,currency,amount,code,refunded,refunded_at,price\n"
GOOD = (
    HEAD
    + "p-1,2027-01-02,c-1,USD,119.00,ADA20,,,\n"
    + "p-2,2027-02-01T08:00:00Z,c-1,usd,119.00,,19.00,2027-02-09,\n"
    + "p-3,2027-01-02,c-2,USD,119.00,,,,\n"
    + "p-4,2027-01-02,c-3,USD,77.00,BEN20,,,price_of_nobody\n"
)


@pytest.fixture
def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


async def test_a_file_of_sales_is_booked_like_any_other_event(desk: Desk) -> None:
    report = await import_sales(GOOD, desk.cast.program, NOW, dry_run=False)
    assert [(row.line, row.payment, row.told) for row in report.rows] == [
        (2, "p-1", "35.70 USD for ada@northbound.example"),
        (3, "p-2", "30.00 USD for ada@northbound.example"),
        (4, "p-3", "no referral"),
        (5, "p-4", "price of no plan"),
    ]
    assert (report.imported, report.refused) == (True, 0)
    assert sum(line.minor for line in await books_on(END)) == 6_570
    assert await book_problems(NOW) == []


async def test_a_dry_run_tells_the_same_and_keeps_nothing(desk: Desk) -> None:
    dry = await import_sales(GOOD, desk.cast.program, NOW, dry_run=True)
    assert not dry.imported
    assert (await BillingEvent.count(), await Transaction.count()) == (0, 0)
    assert (await import_sales(GOOD, desk.cast.program, NOW, dry_run=False)).rows == dry.rows


async def test_a_second_time_and_what_stripe_told_change_nothing(desk: Desk) -> None:
    await desk.tell(desk.paid(desk.bill(at("2 Jan"), "eve")))
    text = GOOD + "in_eve_1,2027-01-02,cus_eve,USD,119.00,ADA20,,,\n"
    first = await import_sales(text, desk.cast.program, NOW, dry_run=False)
    assert first.rows[-1].told == "in the books already"
    events = await BillingEvent.count()
    again = await import_sales(text, desk.cast.program, NOW, dry_run=False)
    assert {row.told for row in again.rows} == {"in the books already"}
    assert await BillingEvent.count() == events


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("p-9,2027-01-02,c-9,USD,-1.00,,,,", "must not be negative"),
        ("p-9,2027-01-02,c-9,USD,1.005,,,,", "2 digits after the point"),
        ("p-9,2027-01-02,c-9,USD,,,,,", "is not an amount"),
        ("p-9,2027-01-02,c-9,QQQ,1.00,,,,", "not an ISO 4217 currency"),
        ("p-9,2027-13-02,c-9,USD,1.00,,,,", "must look like"),
        ("p-9,2027-01-02T08:00:00,c-9,USD,1.00,,,,", "needs a time zone"),
        ("p-9,2031-01-02,c-9,USD,1.00,,,,", "that has come"),
        ("p-9,,c-9,USD,1.00,,,,", "that has come"),
        ("p-9,2027-01-02,,USD,1.00,,,,", "customer must be an id"),
        (",2027-01-02,c-9,USD,1.00,,,,", "payment must be an id"),
        ("p-9,2027-01-02,c-9,USD,1.00,,2.00,,", "more than amount"),
        ("p-1,2027-01-02,c-9,USD,1.00,,,,", "stands in line 2 already"),
    ],
)
async def test_one_bad_row_is_told_with_its_line_and_nothing_is_imported(
    desk: Desk, row: str, told: str
) -> None:
    report = await import_sales(GOOD + row + "\n", desk.cast.program, NOW, dry_run=False)
    (bad,) = [one for one in report.rows if one.refused]
    assert (bad.line, report.imported) == (6, False)
    assert told in bad.told, bad.told
    assert len(report.rows) == 5
    assert await BillingEvent.count() == 0


@pytest.mark.parametrize("text", ["", "payment,paid_at\n", HEAD.replace("code", "colour"), HEAD + '"p-1,\n'])
async def test_a_file_that_is_something_else_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(Malformed):
        await import_sales(text, desk.cast.program, NOW, dry_run=True)


def test_the_command_reports_each_row_and_fails_for_a_bad_one(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(stage.settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", stage.settings.database_url)
    file = tmp_path / "sales.csv"
    file.write_text(GOOD.replace("2027", "2024"))
    run = CliRunner().invoke
    dry = run(main, ["import", str(file), "--program", "kartra", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "4 rows could be imported." in dry.output
    file.write_text(GOOD.replace("2027", "2024") + "p-9,2024-01-02,c-9,USD,x,,,,\n")
    bad = run(main, ["import", str(file), "--program", "kartra"])
    assert bad.exit_code == 1
    assert "line      6  p-9" in bad.output
    assert "nothing was imported" in bad.output
    db.bind(db.make_engine(stage.settings.database_url))
