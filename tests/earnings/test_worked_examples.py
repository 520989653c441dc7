"""The worked examples of the domain under their numbers, with Stripe's invoices of both shapes."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from portal.earnings import samples
from portal.earnings.ledger import account_of
from portal.earnings.rules import Outcome, commission_due
from portal.earnings.timeline import Month, pay_window, run_month
from portal.earnings.verify import book_problems
from portal.money import Money
from portal.payouts.actions import approve, mark_paid, prepare_run
from portal.payouts.rules import OpenLine, payable
from tests.cast import Cast
from tests.earnings.books import GROWTH, NOW, Desk, at
from tests.earnings.pure import ADA, PROGRAM, a_code, a_payment, judged_alone


@pytest.fixture(params=[True, False], ids=["since_2025", "before_2025"])
def desk(cast: Cast, request: pytest.FixtureRequest, bound: None) -> Desk:
    return Desk(cast, since_2025=request.param)


async def _trial_and_rebill(desk: Desk) -> None:
    click = await desk.click(desk.cast.ada, at("1 Mar", 9))
    await desk.tell(
        desk.checkout(at("1 Mar", 10), "eve", click=click),
        samples.subscription_said(
            "created",
            at("1 Mar", 10),
            "cus_eve",
            "sub_eve",
            began_at=at("1 Mar", 10),
            price="price_growth_monthly",
            amount=GROWTH,
            trial_end=at("31 Mar", 10),
        ),
        desk.paid(desk.bill(at("1 Mar", 10), "eve", 0, Money(100, "USD"), price="price_trial", first=True)),
        desk.paid(desk.bill(at("31 Mar"), "eve", 1)),
    )


async def test_example_1_a_trial_is_no_sale_and_its_rebill_is(desk: Desk) -> None:
    await _trial_and_rebill(desk)
    assert await desk.decisions() == {"in_eve_0": "trial", "in_eve_1": "sale"}
    assert await desk.lines("14 May") == [("in_eve_1", "sale", 3570, "held", "15 May")]
    assert await desk.lines("15 May") == [("in_eve_1", "sale", 3570, "released", "15 May")]
    june = run_month(date(2027, 5, 15))
    assert june == Month(2027, 6)
    window = pay_window(june, desk.cast.terms)
    assert (window.first, window.last) == (date(2027, 6, 15), date(2027, 6, 20))


async def test_example_2_each_renewal_has_its_own_hold(desk: Desk) -> None:
    await _trial_and_rebill(desk)
    await desk.tell(desk.paid(desk.bill(at("30 Apr"), "eve", 2)))
    assert (await desk.lines())[1] == ("in_eve_2", "sale", 3570, "released", "14 Jun")
    assert run_month(date(2027, 6, 14)) == Month(2027, 7)


def test_example_3_a_discount_that_the_program_gave_keeps_it_a_sale() -> None:
    listed = Money(12_375, "USD")
    payment = a_payment(charged=9_900, price=listed, discount=2_475, code="ADA20")
    judged, known = judged_alone(payment, listed=listed, codes=[a_code("ADA20", 2_000)])
    assert judged.verdict.outcome is Outcome.SALE
    (due,) = account_of(judged, [], known).dues
    assert (due.base.minor, due.amount.minor) == (9_900, 2_970)


async def test_example_4_two_refunds_that_add_up_leave_exactly_zero(desk: Desk) -> None:
    bill = await _sale(desk, "2 Jan")
    await desk.tell(
        desk.refunded(bill, at("9 Jan"), total=1_900),
        desk.refunded(bill, at("20 Jan"), total=11_900, before=1_900),
    )
    assert [line[1:3] for line in await desk.lines()] == [("sale", 3570), ("refund", -570), ("refund", -3000)]
    assert {line[4] for line in await desk.lines()} == {"16 Feb"}


async def test_example_5_a_refund_after_the_payout_is_absorbed_by_the_next_one(desk: Desk) -> None:
    bill = await _sale(desk, "2 Jan")
    assert (await desk.lines("15 Feb"))[0][3] == "held"
    assert (await desk.lines("16 Feb"))[0][3] == "released"
    await _pay_run(desk, Month(2027, 3), on="16 Mar")
    assert (await desk.lines("15 Mar"))[0][3] == "in_payout"
    assert (await desk.lines("16 Mar"))[0][3] == "paid"
    await desk.tell(desk.refunded(bill, at("1 Apr"), total=11_900))
    assert [(line[2], line[3]) for line in await desk.lines("1 Apr")] == [(3570, "paid"), (-3570, "released")]
    await _pay_run(desk, Month(2027, 5), on="16 May")
    assert [line[3] for line in await desk.lines("16 May")] == ["paid", "released"], "nothing to pay: carried"
    assert await book_problems(NOW) == []


def test_example_5_a_released_50_dollars_pays_14_30_after_the_refund() -> None:
    back = OpenLine(UUID(int=1), ADA, Money(-3_570, "USD"), date(2027, 4, 1))
    new = OpenLine(UUID(int=2), ADA, Money(5_000, "USD"), date(2027, 4, 20))
    assert payable([back], Month(2027, 5)) == []
    (payout,) = payable([back, new], Month(2027, 5))
    assert (payout.amount, payout.lines) == (Money(1_430, "USD"), (back.id, new.id))


async def test_example_6_a_dispute_suspends_and_a_won_one_releases(desk: Desk) -> None:
    bill = await _sale(desk, "2 Jan")
    await desk.tell(samples.dispute(bill, at("5 Feb")), samples.dispute(bill, at("20 Mar"), "won"))
    seen = {on: (await desk.lines(on))[0][3] for on in ("4 Feb", "5 Feb", "16 Feb", "19 Mar", "20 Mar")}
    assert seen == {
        "4 Feb": "held",
        "5 Feb": "disputed",
        "16 Feb": "disputed",
        "19 Mar": "disputed",
        "20 Mar": "released",
    }
    assert len(await desk.lines()) == 1


def test_example_7_euros_are_rounded_half_away_from_zero_and_stay_euros() -> None:
    base = Money(2_950, "EUR")
    assert commission_due(base, 2_900, base, Money.zero("EUR")) == Money(856, "EUR")


async def test_example_8_a_code_at_checkout_beats_the_newer_click(desk: Desk) -> None:
    older = await desk.click(desk.cast.ada, at("1 Mar"))
    newer = await desk.click(desk.cast.ben, at("3 Mar"))
    assert older != newer
    bill = desk.bill(at("4 Mar"), "eve", 1, taken_off=2_380, code=desk.cast.ada.code, first=True)
    await desk.tell(
        desk.checkout(at("4 Mar"), "eve", click=newer, code=desk.cast.ada.code),
        desk.paid(bill),
    )
    assert [line[1:3] for line in await desk.lines(of=desk.cast.ada)] == [("sale", 2856)]
    assert await desk.lines(of=desk.cast.ben) == []


async def test_example_9_the_payment_that_reaches_a_tier_is_still_at_the_old_rate(desk: Desk) -> None:
    for number in range(9):
        await _sale(desk, f"{number + 1} May", who=f"customer{number}")
    await _sale(desk, "10 May", who="tenth")
    await _sale(desk, "11 May", who="eleventh")
    amounts = {line[0]: line[2] for line in await desk.lines()}
    assert amounts["in_tenth_1"] == 3570
    assert amounts["in_eleventh_1"] == 4165


async def test_example_10_a_refund_waits_for_its_payment(desk: Desk) -> None:
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    bill = desk.bill(at("2 Jan"), "eve", 1, first=True)
    refund = desk.refunded(bill, at("9 Jan"), total=1_900)
    await desk.tell(refund)
    assert list((await desk.decisions()).values()) == ["waiting_for_payment"]
    assert await desk.lines() == []
    await desk.tell(desk.paid(bill), desk.checkout(at("2 Jan"), "eve", click=click))
    assert sorted((await desk.decisions()).values()) == ["refunded_in_part", "sale"]
    assert [line[1:] for line in await desk.lines()] == [
        ("sale", 3570, "released", "16 Feb"),
        ("refund", -570, "released", "16 Feb"),
    ]


async def _sale(desk: Desk, on: str, who: str = "eve") -> samples.Bill:
    """Somebody who came through Ada's link pays the list price."""
    click = await desk.click(desk.cast.ada, at(on, 9))
    bill = desk.bill(at(on), who, 1, first=True)
    await desk.tell(desk.checkout(at(on, 11), who, click=click), desk.paid(bill))
    return bill


async def _pay_run(desk: Desk, month: Month, on: str) -> None:
    mira, noor = desk.cast.mira.id, desk.cast.noor.id
    first = datetime(month.year, month.month, 2, 9, tzinfo=UTC)
    run = await prepare_run(desk.cast.program, month, mira, first)
    await approve(run, noor, first + timedelta(days=3))
    await mark_paid(run, noor, at(on))


def test_the_program_of_the_pure_tests_is_the_one_of_the_examples() -> None:
    assert (PROGRAM.hold_days, PROGRAM.link_window_days, PROGRAM.tiers[0].rate_bps) == (45, 30, 3_000)
