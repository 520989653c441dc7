"""Mira prepares, Noor approves, the affiliates are paid once."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from portal import db
from portal.earnings import samples
from portal.earnings.books import books_on
from portal.earnings.tables import Payout, PayoutLine
from portal.earnings.timeline import Month
from portal.earnings.verify import book_problems
from portal.errors import Conflict, NotFound, Refused
from portal.payouts.actions import approve, exclude, mark_paid, prepare_run
from tests.cast import Cast
from tests.conftest import Stage
from tests.earnings.books import NOW, Desk, at

MARCH = Month(2027, 3)
AFTER_CUT_OFF = datetime(2027, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
async def desk(stage: Stage, cast: Cast, anyio_backend: str) -> AsyncIterator[Desk]:
    async with db.connected(stage.settings.database_url):
        yield Desk(cast)


async def sale(desk: Desk, who: str, on: str = "2 Jan") -> samples.Bill:
    click = await desk.click(desk.cast.ada, at(on, 9))
    bill = desk.bill(at(on), who, 1, first=True)
    await desk.tell(desk.checkout(at(on, 11), who, click=click), desk.paid(bill))
    return bill


async def states(on: date = date(2027, 3, 31)) -> list[str]:
    return [str(line.state) for line in await books_on(on)]


async def test_a_run_takes_what_is_released_and_leaves_what_is_held(desk: Desk) -> None:
    await sale(desk, "eve")
    await sale(desk, "finn", "20 Jan")
    run = await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    await approve(run, desk.cast.noor.id, AFTER_CUT_OFF)
    await mark_paid(run, desk.cast.noor.id, at("16 Mar"))
    assert [row["minor"] for row in await Payout.select(Payout.minor)] == [3_570]
    assert await states() == ["paid", "released"]
    assert await book_problems(NOW) == []


async def test_nobody_approves_what_they_prepared(desk: Desk) -> None:
    await sale(desk, "eve")
    run = await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    with pytest.raises(Refused, match="another manager"):
        await approve(run, desk.cast.mira.id, AFTER_CUT_OFF)
    with pytest.raises(Refused, match="not approved yet"):
        await mark_paid(run, desk.cast.mira.id, AFTER_CUT_OFF)
    await approve(run, desk.cast.noor.id, AFTER_CUT_OFF)
    with pytest.raises(Refused, match="approved already"):
        await approve(run, desk.cast.noor.id, AFTER_CUT_OFF)
    await mark_paid(run, desk.cast.mira.id, at("16 Mar"))
    with pytest.raises(Refused, match="paid already"):
        await mark_paid(run, desk.cast.mira.id, at("16 Mar"))


async def test_no_line_is_claimed_before_the_cut_off(desk: Desk) -> None:
    with pytest.raises(Refused, match="2027-02-28"):
        await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, at("28 Feb"))


async def test_a_month_has_one_run(desk: Desk) -> None:
    await sale(desk, "eve")
    await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    with pytest.raises(Conflict):
        await prepare_run(desk.cast.program, MARCH, desk.cast.noor.id, AFTER_CUT_OFF)
    assert await PayoutLine.count() == 1


async def test_a_disputed_line_leaves_a_run_that_is_not_approved(desk: Desk) -> None:
    kept, disputed = await sale(desk, "eve"), await sale(desk, "finn")
    run = await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    await desk.tell(samples.dispute(disputed, at("3 Mar")))
    await approve(run, desk.cast.noor.id, at("5 Mar"))
    await mark_paid(run, desk.cast.noor.id, at("16 Mar"))
    found = {line.sale: str(line.state) for line in await books_on(date(2027, 3, 31))}
    assert found == {kept.id: "paid", disputed.id: "disputed"}
    assert await book_problems(NOW) == []


async def test_a_payout_whose_only_line_is_disputed_dissolves(desk: Desk) -> None:
    bill = await sale(desk, "eve")
    await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    await desk.tell(samples.dispute(bill, at("3 Mar")))
    assert (await Payout.count(), await PayoutLine.count()) == (0, 0)
    await desk.tell(samples.dispute(bill, at("9 Mar"), "won"))
    await prepare_run(
        desk.cast.program, Month(2027, 4), desk.cast.mira.id, AFTER_CUT_OFF + timedelta(days=31)
    )
    assert [row["run_month"] for row in await Payout.select(Payout.run_month)] == ["2027-04"]


async def test_what_is_excluded_comes_back_next_month(desk: Desk) -> None:
    await sale(desk, "eve")
    await sale(desk, "finn")
    run = await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    line = (await books_on(date(2027, 3, 31)))[0].id
    await exclude(run, line, desk.cast.noor.id, "asked the customer first", AFTER_CUT_OFF)
    with pytest.raises(NotFound):
        await exclude(run, line, desk.cast.noor.id, "twice", AFTER_CUT_OFF)
    await approve(run, desk.cast.noor.id, AFTER_CUT_OFF)
    with pytest.raises(Refused, match="stay as they are"):
        await exclude(run, line, desk.cast.noor.id, "too late", AFTER_CUT_OFF)
    await prepare_run(
        desk.cast.program, Month(2027, 4), desk.cast.mira.id, AFTER_CUT_OFF + timedelta(days=31)
    )
    amounts = await Payout.select(Payout.run_month, Payout.minor).order_by(Payout.run_month)
    assert [(row["run_month"], row["minor"]) for row in amounts] == [("2027-03", 3_570), ("2027-04", 3_570)]


async def test_a_refund_of_a_paid_sale_is_absorbed_by_the_next_payout(desk: Desk) -> None:
    bill = await sale(desk, "eve")
    run = await prepare_run(desk.cast.program, MARCH, desk.cast.mira.id, AFTER_CUT_OFF)
    await approve(run, desk.cast.noor.id, AFTER_CUT_OFF)
    await mark_paid(run, desk.cast.noor.id, at("16 Mar"))
    await desk.tell(desk.refunded(bill, at("1 Apr"), total=11_900))
    may = datetime(2027, 5, 2, tzinfo=UTC)
    await prepare_run(desk.cast.program, Month(2027, 5), desk.cast.mira.id, may)
    assert await Payout.count() == 1, "a payout is never negative"
    for who in ("finn", "gus"):
        await sale(desk, who, "3 May")
    await prepare_run(desk.cast.program, Month(2027, 7), desk.cast.mira.id, may + timedelta(days=62))
    (july,) = await Payout.select(Payout.minor).where(Payout.run_month == "2027-07")
    assert july["minor"] == 3_570, "71.40 earned, 35.70 taken back"
    assert await book_problems(NOW) == []


async def test_a_run_of_nobody_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await approve(UUID(int=1), desk.cast.noor.id, AFTER_CUT_OFF)
