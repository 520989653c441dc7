"""Deliveries that come together are booked together, and each is answered for itself."""

import asyncio
from dataclasses import replace

import pytest

from portal.earnings import actions, intake
from portal.earnings.actions import Delivery, Receipt
from portal.earnings.facts import Payment
from portal.earnings.intake import Intake
from portal.earnings.tables import BillingEvent, Transaction
from portal.earnings.verify import book_problems
from portal.money import CurrencyMismatch, Money
from tests.cast import Cast
from tests.earnings.books import NOW, Desk, at, delivery


@pytest.fixture
def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


async def test_what_comes_together_is_booked_in_few_transactions(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    async def watched(program: object, deliveries: list[Delivery], *rest: object) -> list[Receipt]:
        sizes.append(len(deliveries))
        return await actions.receive_each(program, deliveries, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "receive_each", watched)
    bodies = [desk.paid(desk.bill(at("2 Jan"), f"customer{number:03}")) for number in range(120)]
    desk_intake = Intake()
    receipts = await asyncio.gather(
        *(desk_intake.receive(desk.cast.program, delivery(body), NOW) for body in bodies)
    )
    assert receipts == [Receipt.BOOKED] * 120
    assert sizes == [100, 20]
    assert (await BillingEvent.count(), await Transaction.count()) == (120, 120)


async def test_repeats_and_alterations_within_one_batch_are_told_apart(desk: Desk) -> None:
    bill = desk.bill(at("2 Jan"), "eve")
    plain, altered = desk.paid(bill), desk.paid(replace(bill, tax=5))
    desk_intake = Intake()
    receipts = await asyncio.gather(
        *(
            desk_intake.receive(desk.cast.program, delivery(body), NOW)
            for body in (plain, plain, altered, plain)
        )
    )
    assert receipts == [Receipt.BOOKED, Receipt.KNOWN, Receipt.ALTERED, Receipt.KNOWN]
    (kept,) = await BillingEvent.select(BillingEvent.body)
    assert kept["body"].encode() == plain


async def test_one_that_cannot_be_booked_costs_only_itself(desk: Desk) -> None:
    good = [delivery(desk.paid(desk.bill(at("2 Jan"), f"customer{number}"))) for number in range(4)]
    broken = delivery(desk.paid(desk.bill(at("2 Jan"), "eve")))
    (payment,) = broken.event.facts
    assert isinstance(payment, Payment)
    mixed = replace(payment, price_paid=Money(1, "EUR"))
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    await desk.tell(desk.checkout(at("2 Jan", 11), "eve", click=click))
    broken = replace(broken, event=replace(broken.event, facts=(mixed,)))
    desk_intake = Intake()
    answers = await asyncio.gather(
        *(desk_intake.receive(desk.cast.program, one, NOW) for one in [*good[:2], broken, *good[2:]]),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Receipt, Receipt, CurrencyMismatch, Receipt, Receipt]
    assert await Transaction.count() == 4
    assert await book_problems(NOW) == []


async def test_who_hangs_up_is_booked_all_the_same(desk: Desk) -> None:
    desk_intake = Intake()
    asking = asyncio.ensure_future(
        desk_intake.receive(desk.cast.program, delivery(desk.paid(desk.bill(at("2 Jan"), "eve"))), NOW)
    )
    await asyncio.sleep(0)
    asking.cancel()
    await desk_intake.settled()
    assert asking.cancelled()
    assert await Transaction.count() == 1
