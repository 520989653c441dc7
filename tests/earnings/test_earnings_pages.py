"""Ada looks at her earnings; Ben must not see them."""

import httpx

from portal.earnings import samples
from portal.earnings.samples import Bill
from tests.cast import Cast
from tests.conftest import STRIPE_SECRET, FrozenClock
from tests.earnings.books import GROWTH, Desk


async def post_event(
    visitor: httpx.AsyncClient, body: bytes, clock: FrozenClock, **more: str
) -> httpx.Response:
    signature = samples.signature(body, STRIPE_SECRET, clock.at)
    return await visitor.post(
        "/webhooks/stripe", content=body, headers={"Stripe-Signature": signature, **more}
    )


async def test_a_sale_of_ada_stands_on_her_page_and_not_on_bens(
    visitor: httpx.AsyncClient,
    ada: httpx.AsyncClient,
    ben: httpx.AsyncClient,
    cast: Cast,
    clock: FrozenClock,
) -> None:
    desk = Desk(cast)
    clock.forward(days=1)
    click = await desk.click(cast.ada, clock.at, "newsletter")
    began = clock.forward(hours=1)
    bill = Bill("in_eve", began, "cus_eve4821", "sub_eve", "price_growth_monthly", GROWTH, first=True)
    for body in (desk.checkout(began, "eve", click=click), samples.invoice_paid(bill)):
        answer = await post_event(visitor, body, clock)
        assert (answer.status_code, answer.json()) == (200, {"received": "booked"})
    page = await ada.get("/earnings")
    assert page.status_code == 200
    assert "$35.70" in page.text
