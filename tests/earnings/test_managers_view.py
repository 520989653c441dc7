"""Mira looks into Ada's books, gives, takes and decides; Ada reads why."""

from datetime import timedelta

import httpx
import pytest

from portal.earnings.tables import Transaction
from portal.earnings.verify import book_problems
from portal.money import Money
from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.earnings.books import Desk


@pytest.fixture
async def path(cast: Cast, clock: FrozenClock, mira: httpx.AsyncClient, anyio_backend: str) -> str:
    """Ada sold three: one at full price, one at half of it, one at a price that no plan has."""
    desk, told = Desk(cast), list[bytes]()
    for who, off, amount in (("gil", 0, 11_900), ("hal", 5_950, 11_900), ("ida", 0, 4_321)):
        at = clock.forward(minutes=5)
        click = await desk.click(cast.ada, at - timedelta(minutes=1), "blog")
        bill = desk.bill(at, who, taken_off=off, amount=Money(amount, "USD"))
        told += [desk.checkout(at, who, click=click), desk.paid(bill)]
    await desk.tell_all(told)
    clock.forward(hours=1)
    return f"/manage/affiliates/{cast.ada.enrollment}"


async def sale_of(path: str, name: str) -> str:
    row = await Transaction.select(Transaction.id).where(Transaction.external_id == name).first()
    assert row
    return f"{path}/sales/{row['id']}"


async def test_mira_sees_what_ada_sees(path: str, mira: httpx.AsyncClient, ada: httpx.AsyncClient) -> None:
    hers, adas = (await mira.get(path)).text, (await ada.get("/earnings")).text
    for words in ("Kartra Growth, first payment", "$35.70", "price of no plan", "discount from outside"):
        assert words in hers, words
        assert words in adas, words
    assert (await mira.get(f"{path}/export/csv")).text == (await ada.get("/earnings/export/csv")).text
    assert f"{path}/sales/" in hers


async def test_a_bonus_is_a_line_with_its_reason(
    path: str, mira: httpx.AsyncClient, ada: httpx.AsyncClient, clock: FrozenClock
) -> None:
    said = {"kind": "bonus", "amount": "25.00", "currency": "USD", "reason": "For the webinar"}
    answer = await mira.post(path, data=said)
    assert answer.status_code == 303
    assert "For the webinar" in (await mira.get(path)).text
    assert "Bonus: For the webinar" in (await ada.get("/earnings")).text
    assert await book_problems(clock()) == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"amount": "x", "reason": "r"}, "Write an amount such as 25.00"),
        ({"amount": "0", "reason": "r"}, "Give an amount that is more than nothing."),
        ({"amount": "-5", "reason": "r"}, "A bonus gives."),
        ({"amount": "5.001", "reason": "r"}, "Write an amount such as 25.00"),
        ({"amount": "5", "reason": "  "}, "Say why. The affiliate reads it."),
        ({"amount": "5", "reason": "r", "currency": "XXQ"}, "Write an amount such as 25.00"),
        ({"amount": "5", "reason": "r", "kind": "gift"}, "Choose a bonus or a correction."),
    ],
)
async def test_what_cannot_be_booked_comes_back_as_it_was_typed(
    path: str, mira: httpx.AsyncClient, said: dict[str, str], sentence: str
) -> None:
    answer = await mira.post(path, data={"kind": "bonus", "currency": "USD", **said})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{said["amount"]}"' in answer.text


async def test_a_price_of_no_plan_waits_until_mira_lets_it_count(
    path: str, mira: httpx.AsyncClient, ada: httpx.AsyncClient, clock: FrozenClock
) -> None:
    sale = await sale_of(path, "in_ida_1")
    assert sale in (await mira.get("/manage/decisions")).text
    assert "Let it count" in (await mira.get(sale)).text
    assert (await mira.post(sale, data={"verb": "overrule", "reason": ""})).status_code == 422
    answer = await mira.post(sale, data={"verb": "overrule", "reason": "An old price that we honour"})
    assert answer.status_code == 303
    assert "Nothing waits" in (await mira.get("/manage/decisions")).text
    hers = (await ada.get(f"/earnings/{sale.rpartition('/')[2]}")).text
    assert "An old price that we honour" in hers
    assert "$12.96" in hers
    assert await book_problems(clock()) == []


async def test_a_sale_that_mira_takes_out_says_who_decided_and_why(
    path: str, mira: httpx.AsyncClient, ada: httpx.AsyncClient, clock: FrozenClock
) -> None:
    sale = await sale_of(path, "in_gil_1")
    assert (await mira.post(sale, data={"verb": "overrule", "reason": "A test purchase"})).status_code == 303
    hers = (await ada.get(f"/earnings/{sale.rpartition('/')[2]}")).text
    assert "A manager decided" in hers
    assert "A test purchase" in hers
    assert "Decided by managers" in (await mira.get(path)).text
    assert await book_problems(clock()) == []


async def test_a_subscription_is_tied_to_ben_with_all_that_is_booked(
    path: str, mira: httpx.AsyncClient, ben: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    sale = await sale_of(path, "in_gil_1")
    nobody = await mira.post(sale, data={"verb": "move", "to": "nobody", "reason": "r", "since": "start"})
    assert nobody.status_code == 422
    assert "Nobody in this program" in nobody.text
    said = {"verb": "move", "to": cast.ben.code, "reason": "He showed the mail", "since": "start"}
    assert (await mira.post(sale, data=said)).status_code == 303
    assert "$35.70" in (await ben.get("/earnings")).text
    assert await book_problems(clock()) == []


async def test_affiliates_of_nobody_are_not_found(path: str, mira: httpx.AsyncClient, cast: Cast) -> None:
    assert (await mira.get(f"/manage/affiliates/{cast.program}")).status_code == 404
    sale = await sale_of(f"/manage/affiliates/{cast.ben.enrollment}", "in_gil_1")
    assert (await mira.get(sale)).status_code == 404
