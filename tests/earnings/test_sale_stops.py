"""The way of a sale in the order of its dates, also where money went back late."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal.audit.actions import Actor
from portal.earnings import samples
from portal.earnings.rulings import overrule
from portal.earnings.sale import SalePage, sale_page
from portal.earnings.tables import Transaction
from portal.earnings.timeline import Month
from portal.money import Money
from tests.cast import Cast
from tests.earnings.books import GROWTH, Desk, at
from tests.earnings.test_worked_examples import _pay_run


@pytest.fixture
async def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


async def shown(desk: Desk, name: str, day: str) -> SalePage:
    (row,) = await Transaction.select(Transaction.id).where(Transaction.external_id == name)
    return await sale_page(desk.cast.ada.enrollment, UUID(str(row["id"])), at(day))


async def sold(desk: Desk, day: str) -> samples.Bill:
    click = await desk.click(desk.cast.ada, at(day) - timedelta(days=1))
    bill = desk.bill(at(day), "eve")
    await desk.tell(desk.checkout(at(day), "eve", click=click), desk.paid(bill))
    return bill


async def test_example_5_what_went_back_after_the_payout_stands_behind_it(desk: Desk) -> None:
    bill = await sold(desk, "2 Jan")
    await _pay_run(desk, Month(2027, 3), on="16 Mar")
    await desk.tell(desk.refunded(bill, at("1 Apr"), total=1_900))
    page = await shown(desk, "in_eve_1", "2 Apr")
    assert [stop.name for stop in page.stops] == [
        "Click",
        "Full price",
        "Released",
        "March run",
        "Paid",
        "Part refund, −$5.70",
        "Next payouts",
    ]
    assert [stop.words for stop in page.stops if stop.name == "Paid"] == ["$35.70"]
    assert page.stops[-1].words == "$5.70 comes off what you get"
    assert "You got $35.70 on 16\xa0March. It was corrected since:" in page.sentence
    assert page.emphasis == "$5.70 comes off your next payouts."
    assert page.amount == Money(3_000, "USD")


async def test_a_refund_between_release_and_run_stands_between_them(desk: Desk) -> None:
    bill = await sold(desk, "2 Jan")
    await desk.tell(desk.refunded(bill, at("20 Feb"), total=1_900))
    page = await shown(desk, "in_eve_1", "21 Feb")
    names = [stop.name for stop in page.stops]
    assert names == ["Click", "Full price", "Released", "Part refund, −$5.70", "March run", "Paid"]
    assert page.stops[-1].words == "$30.00"


async def test_what_came_to_nothing_within_its_payout_is_reversed_not_paid(desk: Desk) -> None:
    bill = await sold(desk, "2 Jan")
    other, click = desk.bill(at("3 Jan"), "zoe"), await desk.click(desk.cast.ada, at("2 Jan"))
    await desk.tell(desk.checkout(at("3 Jan"), "zoe", click=click), desk.paid(other))
    await desk.tell(desk.refunded(bill, at("20 Feb"), total=GROWTH.minor))
    await _pay_run(desk, Month(2027, 3), on="16 Mar")
    page = await shown(desk, "in_eve_1", "20 Mar")
    assert [stop.name for stop in page.stops] == ["Click", "Full price", "Refunded in full, −$35.70"]
    assert (page.state, page.until, page.stops[-1].then) == ("reversed", None, "")
    assert "nothing of it is left" in page.sentence
    assert [line.state for line in page.lines] == ["paid", "paid"]


async def test_a_trial_that_a_manager_lets_count_had_no_trial_before_it(desk: Desk) -> None:
    began = at("2 Jan")
    click = await desk.click(desk.cast.ada, began - timedelta(days=1))
    trial = desk.bill(began, "eve", amount=Money(100, "USD"))
    said = samples.subscription_said(
        "created",
        began,
        "cus_eve",
        "sub_eve",
        began_at=began,
        price="price_growth_monthly",
        amount=GROWTH,
        trial_end=began + timedelta(days=30),
    )
    await desk.tell(desk.checkout(began, "eve", click=click), said, desk.paid(trial))
    (row,) = await Transaction.select(Transaction.id)
    by = Actor("manager", str(desk.cast.mira.id))
    await overrule(UUID(str(row["id"])), counts=True, reason="A setup fee.", by=by, now=at("5 Jan"))
    page = await shown(desk, "in_eve_1", "6 Jan")
    assert [stop.name for stop in page.stops][:2] == ["Click", "Counts after all"]
    assert "A manager decided" in [check.name for check in page.checks]
