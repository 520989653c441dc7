"""Refunds that fail, and what is given back outside Stripe."""

from typing import Any

import pytest

from portal.earnings import samples
from portal.earnings.books import books_on
from portal.earnings.facts import Meaning
from portal.earnings.samples import Bill
from portal.earnings.stripe import read
from portal.earnings.verify import book_problems
from tests.cast import Cast
from tests.earnings.books import NOW, Desk, at
from tests.earnings.test_books import END, sale


@pytest.fixture
def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


def refund(bill: Bill, day: str, amount: int, status: str, kind: str = "refund.failed") -> bytes:
    thing = {
        "id": f"re_{bill.id}",
        "object": "refund",
        "amount": amount,
        "currency": "usd",
        "charge": bill.charge,
        "payment_intent": bill.intent,
        "status": status,
    }
    return samples.event(f"evt_{kind}_{day.replace(' ', '')}", kind, at(day), thing)


def credit_note(bill: Bill, day: str, kind: str = "created", **amounts: Any) -> bytes:
    thing = {"id": f"cn_{bill.id}", "object": "credit_note", "invoice": bill.id, "currency": "usd", **amounts}
    return samples.event(f"evt_cn_{kind}_{bill.id}", f"credit_note.{kind}", at(day), thing)


async def amounts() -> list[tuple[str, int]]:
    return [(line.transaction, line.minor) for line in await books_on(END)]


@pytest.mark.parametrize("late", [False, True], ids=["in order", "the failure first"])
async def test_a_refund_that_fails_gives_back_what_it_took(desk: Desk, late: bool) -> None:
    bill = await sale(desk)
    told = [desk.refunded(bill, at("9 Jan"), total=11_900), refund(bill, "12 Jan", 11_900, "failed")]
    await desk.tell(*(reversed(told) if late else told))
    sums: dict[str, int] = {}
    for name, minor in await amounts():
        sums[name] = sums.get(name, 0) + minor
    assert sums == {"in_eve_1": 3_570, "ch_in_eve_1:11900": -3_570, "re_in_eve_1:failed": 3_570}
    assert (await desk.decisions())["re_in_eve_1:failed"] == "refund_failed"
    assert await book_problems(NOW) == []


async def test_a_second_refund_after_one_that_failed_counts(desk: Desk) -> None:
    bill = await sale(desk)
    await desk.tell(
        desk.refunded(bill, at("9 Jan"), total=1_900),
        refund(bill, "12 Jan", 1_900, "canceled", kind="charge.refund.updated"),
        refund(bill, "12 Jan", 1_900, "failed"),
        desk.refunded(bill, at("20 Jan"), total=5_950),
    )
    assert sum(minor for _, minor in await amounts()) == 1_785
    assert await book_problems(NOW) == []


async def test_a_refund_on_its_way_is_told_by_its_charge_alone(desk: Desk) -> None:
    bill = await sale(desk)
    for kind in ("refund.created", "refund.updated"):
        event = read(refund(bill, "9 Jan", 1_900, "succeeded", kind))
        assert (event.facts, event.meaning) == ((), Meaning.NOTHING)


async def test_a_credit_note_counts_only_what_was_given_back_outside_stripe(desk: Desk) -> None:
    bill, other = await sale(desk), await sale(desk, "finn", "3 Jan")
    await desk.tell(
        credit_note(bill, "9 Jan", out_of_band_amount=5_950),
        credit_note(other, "9 Jan", customer_balance_transaction="cbtxn_1"),
    )
    assert (await amounts())[-1] == ("cn_in_eve_1", -1_785)
    assert sum(minor for _, minor in await amounts()) == 2 * 3_570 - 1_785
    await desk.tell(credit_note(bill, "10 Jan", "voided", out_of_band_amount=5_950))
    assert sum(minor for _, minor in await amounts()) == 2 * 3_570
    assert await book_problems(NOW) == []


def test_a_coupon_is_found_where_stripe_puts_it_since_autumn_2025(desk: Desk) -> None:
    import json

    bill = desk.bill(at("2 Jan"), "eve", taken_off=1_000, coupon="GOODWILL")
    event = json.loads(desk.paid(bill))
    (discount,) = event["data"]["object"]["discounts"]
    discount["source"] = {"type": "coupon", "coupon": discount.pop("coupon")}
    (payment, *_) = read(json.dumps(event).encode()).facts
    assert payment.discounts[0].names == ("GOODWILL", "GOODWILL")  # type: ignore[union-attr]
