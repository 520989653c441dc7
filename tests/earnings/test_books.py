"""The books as a whole: replayed, raced for, told to machines, and checked."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from portal import db
from portal.earnings import samples
from portal.earnings.actions import Receipt, catch_up, receive, receive_many
from portal.earnings.books import books_on, lines_on
from portal.earnings.tables import (
    BillingEvent,
    Commission,
    Decision,
    DisputedTime,
    Payout,
    PayoutLine,
    TierStep,
    Transaction,
)
from portal.earnings.timeline import LineState, Month
from portal.earnings.totals import equation
from portal.earnings.verify import book_problems
from portal.enrollments.tables import Enrollment
from portal.ids import new_id
from portal.payouts.actions import approve, mark_paid, prepare_run
from portal.referrals.tables import Click
from tests.cast import Cast
from tests.earnings.books import NOW, Desk, at, delivery, main_link

END = date(2029, 1, 1)


@pytest.fixture
def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


async def sale(desk: Desk, who: str = "eve", on: str = "2 Jan") -> samples.Bill:
    click = await desk.click(desk.cast.ada, at(on, 9))
    bill = desk.bill(at(on), who, 1, first=True)
    await desk.tell(desk.checkout(at(on, 11), who, click=click), desk.paid(bill))
    return bill


async def test_replaying_all_events_gives_the_same_lines(desk: Desk) -> None:
    class Undo(Exception):
        pass

    async def told() -> list[tuple[object, ...]]:
        return [
            (line.transaction, line.kind, line.minor, line.booked_on, line.released_on)
            for line in await books_on(END)
        ]

    click = await desk.click(desk.cast.ada, at("1 Jan"))
    first: list[tuple[object, ...]] = []
    try:
        async with db.transaction():
            bill = desk.bill(at("2 Jan"), "eve", 1, first=True)
            await desk.tell(
                desk.refunded(bill, at("9 Jan"), total=1_900),
                desk.paid(bill),
                desk.checkout(at("2 Jan"), "eve", click=click),
                desk.refunded(bill, at("20 Jan"), total=11_900, before=1_900),
            )
            first = await told()
            raise Undo  # noqa: TRY301
    except Undo:
        assert await BillingEvent.count() == 0
    await receive_many(desk.cast.program, [delivery(body) for body in desk.bodies], NOW)
    assert await told() == first
    assert len(first) == 3


async def test_a_long_history_that_is_half_known_is_completed(desk: Desk) -> None:
    bodies = []
    for number in range(40):
        click = await desk.click(desk.cast.ada, at("1 Jan"))
        paid = at("2 Jan") + timedelta(hours=number)
        who = f"customer{number:02}"
        bodies += [desk.checkout(paid, who, click=click), desk.paid(desk.bill(paid, who, 1, first=True))]
    for body in bodies[:9]:
        await receive(desk.cast.program, delivery(body), NOW)
    deliveries = [delivery(body) for body in bodies]
    assert await receive_many(desk.cast.program, deliveries, NOW) == 71
    assert await receive_many(desk.cast.program, deliveries, NOW) == 0
    assert (await BillingEvent.count(), await Transaction.count()) == (80, 40)
    assert sum(line.minor for line in await books_on(END)) == 10 * 3_570 + 30 * 4_165
    assert await book_problems(NOW) == []


async def test_the_same_event_twenty_times_at_once_is_booked_once(desk: Desk) -> None:
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    await desk.tell(desk.checkout(at("2 Jan", 11), "eve", click=click))
    paid = delivery(desk.paid(desk.bill(at("2 Jan"), "eve", 1, first=True)))
    receipts = await asyncio.gather(*(receive(desk.cast.program, paid, NOW) for _ in range(20)))
    assert sorted(receipts) == [Receipt.BOOKED, *[Receipt.KNOWN] * 19]
    assert (await Transaction.count(), await Commission.count()) == (1, 1)


async def test_many_customers_of_one_affiliate_at_once_reach_the_tier_in_order(desk: Desk) -> None:
    bodies = []
    for number in range(12):
        click = await desk.click(desk.cast.ada, at("1 Jan"))
        who = f"customer{number:02}"
        paid = at("2 Jan") + timedelta(minutes=number)
        bodies += [
            desk.checkout(paid, who, click=click),
            desk.paid(desk.bill(paid, who, 1, first=True)),
        ]
    await asyncio.gather(*(receive(desk.cast.program, delivery(body), NOW) for body in bodies))
    lines = sorted(await books_on(END), key=lambda line: line.sale)
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.sale] = sums.get(line.sale, 0) + line.minor
    assert list(sums.values()) == [3_570] * 10 + [4_165] * 2
    (step,) = await TierStep.select(TierStep.tier, TierStep.customers)
    assert (step["tier"], step["customers"]) == ("partner", 10)
    (ada,) = await Enrollment.select(Enrollment.tier).where(Enrollment.id == desk.cast.ada.enrollment)
    assert ada["tier"] == "partner"


async def test_a_payment_and_its_refund_at_the_same_moment_see_each_other(desk: Desk) -> None:
    bodies = []
    for number in range(8):
        click = await desk.click(desk.cast.ada, at("1 Jan"))
        bill = desk.bill(at("2 Jan"), f"customer{number}", 1, first=True)
        bodies += [
            desk.checkout(at("2 Jan", 11), f"customer{number}", click=click),
            desk.refunded(bill, at("9 Jan"), total=11_900),
            desk.paid(bill),
        ]
    await asyncio.gather(*(receive(desk.cast.program, delivery(body), NOW) for body in bodies))
    assert sorted(set((await desk.decisions()).values())) == ["refunded_in_full", "sale"]
    assert sum(line.minor for line in await books_on(END)) == 0
    assert await book_problems(NOW) == []


async def test_a_click_that_is_stored_late_is_caught_up(desk: Desk) -> None:
    bill = desk.bill(at("2 Jan"), "eve", 1, first=True)
    await desk.tell(desk.checkout(at("2 Jan", 11), "eve", click="a-late-one"), desk.paid(bill))
    assert await desk.decisions() == {"in_eve_1": "no_referral"}
    assert await catch_up(NOW) == 0
    ada = desk.cast.ada
    await Click.insert(
        Click(token="a-late-one", link=await main_link(ada), enrollment=ada.enrollment, at=at("1 Jan"))
    )
    assert await catch_up(NOW) == 1
    assert await catch_up(NOW) == 0
    assert await desk.decisions() == {"in_eve_1": "sale"}
    assert [line[2] for line in await desk.lines()] == [3_570]


async def test_a_late_end_makes_no_new_decision_about_earlier_payments(desk: Desk) -> None:
    await sale(desk)
    await desk.tell(desk.ended(at("9 Feb"), "eve", began_at=at("2 Jan", 11)))
    assert await Decision.count() == 1


async def test_machines_get_every_line_with_its_state(desk: Desk) -> None:
    bill = await sale(desk)
    await _pay(desk, Month(2027, 3), "16 Mar")
    await desk.tell(desk.refunded(bill, at("1 Apr"), total=11_900))
    told = [line async for line in lines_on(date(2027, 4, 1))]
    assert told[0] == {
        "affiliate": "ada@northbound.example",
        "program": "kartra",
        "customer": "cus_eve",
        "transaction": "in_eve_1",
        "kind": "sale",
        "minor": 3_570,
        "currency": "USD",
        "state": "paid",
        "released_on": "2027-02-16",
        "payout": "2027-03",
    }
    assert [(line["transaction"], line["minor"], line["state"], line["payout"]) for line in told[1:]] == [
        ("ch_in_eve_1:11900", -3_570, "released", None)
    ]


async def test_sums_on_pages_are_the_sums_of_the_lines_on_every_day(desk: Desk) -> None:
    await sale(desk, "eve")
    disputed, refunded = await sale(desk, "finn", "5 Jan"), await sale(desk, "gus", "9 Jan")
    await desk.tell(
        samples.dispute(disputed, at("8 Jan")),
        samples.dispute(disputed, at("4 Apr"), "lost"),
        desk.refunded(refunded, at("28 Feb"), total=5_000),
    )
    await _pay(desk, Month(2027, 3), "16 Mar")
    await _pay(desk, Month(2027, 5), "17 May")
    for number in range(0, 150, 3):
        today = date(2027, 1, 1) + timedelta(days=number)
        listed = dict.fromkeys(LineState, 0)
        for line in await books_on(today):
            listed[line.state] += line.minor
        shown = await equation(desk.cast.ada.enrollment, "USD", today)
        assert {part.state: part.amount.minor for part in shown.parts} == listed, today
    assert await book_problems(NOW) == []


async def _pay(desk: Desk, month: Month, on: str) -> None:
    first = at(f"2 {month.first_day:%b}")
    run = await prepare_run(desk.cast.program, month, desk.cast.mira.id, first)
    await approve(run, desk.cast.noor.id, first)
    await mark_paid(run, desk.cast.mira.id, at(on))


# The checks must notice what they are there for.


async def _a_payout_of_another_amount(bill: samples.Bill) -> None:
    await Payout.update({Payout.minor: Payout.minor + 1}, force=True)


async def _a_payout_without_lines(bill: samples.Bill) -> None:
    await PayoutLine.delete(force=True)


async def _a_negative_payout(bill: samples.Bill) -> None:
    await Payout.update({Payout.minor: -5}, force=True)


async def _an_undecided_transaction(bill: samples.Bill) -> None:
    row = (await Transaction.select().limit(1))[0]
    await Transaction.insert(Transaction(**{**row, "id": new_id(), "external_id": "in_lost"}))


async def _a_trial_that_earns(bill: samples.Bill) -> None:
    row = (await Decision.select().limit(1))[0]
    await Decision.insert(Decision(**{**row, "id": new_id(), "seq": 2, "outcome": "trial"}))


async def _a_refund_that_left_something(bill: samples.Bill) -> None:
    row = (await Decision.select().limit(1))[0]
    await Decision.insert(Decision(**{**row, "id": new_id(), "seq": 2, "outcome": "refunded_in_full"}))


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_a_payout_of_another_amount, "Payout .* is 3571 USD, but its lines are 3570"),
        (_a_payout_without_lines, "Payout .* is 3570 USD, but its lines are 0"),
        (_a_negative_payout, "a payout is more than nothing"),
        (_an_undecided_transaction, "Transaction in_lost has no decision"),
        (_a_trial_that_earns, "Payment in_eve_1 is decided trial, but 3570 is booked"),
        (_a_refund_that_left_something, "Payment in_eve_1 was given back in full, but 3570 of it is left"),
    ],
)
async def test_what_does_not_add_up_is_named(
    desk: Desk, spoil: Callable[[samples.Bill], Awaitable[None]], named: str
) -> None:
    bill = await sale(desk)
    await _pay(desk, Month(2027, 3), "16 Mar")
    assert await book_problems(NOW) == []
    await spoil(bill)
    problems = await book_problems(NOW)
    assert any(re.search(named, problem) for problem in problems), problems


async def test_a_dispute_that_was_heard_late_changes_only_its_own_days(desk: Desk) -> None:
    bill = await sale(desk)
    await desk.tell(samples.dispute(bill, at("20 Mar"), "won"))
    assert await DisputedTime.count() == 0
    await desk.tell(samples.dispute(bill, at("5 Feb")))
    assert [str(line.state) for line in await books_on(date(2027, 3, 1))] == ["disputed"]
    assert [str(line.state) for line in await books_on(date(2027, 3, 20))] == ["released"]
