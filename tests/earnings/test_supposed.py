"""Ada asks whether a sale would count, and hears what the books would say of it."""

from datetime import timedelta

import httpx
import pytest

from portal.earnings.figures import home_figures
from portal.money import Money
from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.earnings.books import Desk


@pytest.mark.parametrize(
    ("query", "amount", "says"),
    [
        ("?plan=growth", "$35.70", "The first full payment counts"),
        ("?plan=growth&trial=yes", "$35.70", "The trial before it ties the customer to you"),
        ("?plan=growth&way=code", "$28.56", "The first full payment counts"),
        ("?plan=growth&way=coupon", "$0.00", "The full price, or your code instead of that discount."),
        ("?plan=growth&customer=returning", "$0.00", "Somebody who has not paid for Kartra before."),
        ("?plan=growth&customer=me", "$0.00", "The purchase of somebody else"),
        ("?plan=essentials&trial=yes&country=AU", "$17.70", "Buying from Australia changes nothing"),
    ],
)
async def test_ada_hears_whether_it_counts_and_what_it_earns(
    ada: httpx.AsyncClient, query: str, amount: str, says: str
) -> None:
    page = (await ada.get(f"/earnings/check{query}")).text
    whole, cents = amount.split(".")
    assert f'{whole}<span class="cents">.{cents}' in page
    assert says in page


@pytest.mark.parametrize("query", ["?plan=none", "?way=x&country=ZZZ", "?trial=maybe&customer=nobody", ""])
async def test_odd_questions_are_answered_like_plain_ones(ada: httpx.AsyncClient, query: str) -> None:
    page = await ada.get(f"/earnings/check{query}")
    assert page.status_code == 200
    assert "The first full payment counts" in page.text


async def test_the_books_say_the_same_of_such_a_sale_when_it_happens(
    ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    desk, began = Desk(cast), clock()
    click = await desk.click(cast.ada, began - timedelta(minutes=5))
    bill = desk.bill(began, "gus", taken_off=2_380, code=cast.ada.code, first=True)
    await desk.tell(desk.checkout(began, "gus", click=click, code=cast.ada.code), desk.paid(bill))
    (row,) = (await home_figures(cast.ada.enrollment, began)).latest
    assert row.amount == Money(2_856, "USD"), "as promised above"


async def test_an_answer_comes_alone_when_only_a_choice_changed(ada: httpx.AsyncClient) -> None:
    part = await ada.get("/earnings/check?way=coupon", headers={"HX-Request": "true"})
    assert part.text.strip().startswith('<div class="stack" id="answer"')
