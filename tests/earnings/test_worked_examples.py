"""The worked examples of domain.md under their numbers, in both shapes of Stripe's invoices."""

from datetime import timedelta

import pytest

from portal.earnings import samples
from portal.money import Money
from tests.cast import Cast
from tests.earnings.books import GROWTH, Desk, day


@pytest.fixture(params=[True, False], ids=["since_2025", "before_2025"])
def desk(cast: Cast, request: pytest.FixtureRequest, stage: object, bound: None) -> Desk:
    return Desk(cast, since_2025=request.param)


async def _trial_and_rebill(desk: Desk) -> None:
    click = await desk.click(desk.cast.ada, day("1 Mar", 9))
    trial_end = day("31 Mar", 10)
    await desk.tell(
        desk.checkout(day("1 Mar", 10), "eve", click=click),
        samples.subscription_said(
            "created",
            day("1 Mar", 10),
            "cus_eve",
            "sub_eve",
            began_at=day("1 Mar", 10),
            price="price_growth_monthly",
            amount=GROWTH,
            trial_end=trial_end,
        ),
        desk.paid(desk.bill(day("1 Mar", 10), "eve", 0, Money(100, "USD"), price="price_trial", first=True)),
        desk.paid(desk.bill(day("31 Mar"), "eve", 1, price="price_growth_monthly")),
    )


async def test_example_1_a_trial_is_no_sale_and_its_rebill_is(desk: Desk) -> None:
    await _trial_and_rebill(desk)
    assert await desk.decisions() == {"in_eve_0": "trial", "in_eve_1": "sale"}
    assert await desk.lines("14 May") == [("in_eve_1", "sale", 3570, "held", "15 May")]
    assert await desk.lines("15 May") == [("in_eve_1", "sale", 3570, "released", "15 May")]
