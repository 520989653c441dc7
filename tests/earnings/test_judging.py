"""Is it a sale? Each rule with the case that it decides, and the one just beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.earnings.facts import Discount, Dispute, DisputeStep, PaymentLine, Refund
from portal.earnings.history import Judged
from portal.earnings.ledger import Booked, account_of, missing_lines
from portal.earnings.rules import LineKind, Outcome
from portal.earnings.tiers import Change
from portal.enrollments.rules import EnrollmentState
from portal.money import Money
from portal.programs.rules import Existing
from portal.referrals.rules import Visit
from tests.earnings.pure import (
    ADA,
    BEGAN,
    BEN,
    PROGRAM,
    START,
    a_change,
    a_checkout,
    a_code,
    a_payment,
    judged_all,
    judged_alone,
    known,
    version,
)

DAY = timedelta(days=1)
TRIAL_END = BEGAN + 30 * DAY


def outcomes(found: list[Judged]) -> list[str]:
    return [str(one.verdict.outcome) for one in found]


def test_the_list_price_is_a_sale() -> None:
    judged, _ = judged_alone(a_payment())
    assert judged.verdict.outcome is Outcome.SALE
    assert judged.verdict.because.plan == "growth"


@pytest.mark.parametrize(
    ("days", "outcome"),
    [(29, "trial"), (30, "discounted_outside_program")],
    ids=["before its end", "from its end on"],
)
def test_a_payment_in_a_trial_is_never_a_sale(days: int, outcome: str) -> None:
    fee = PaymentLine(Money(100, "USD"), Money(11_900, "USD"), "price_growth_monthly")
    payment = a_payment(charged=100, at=BEGAN + days * DAY, lines=(fee,))
    found = judged_all([payment], [a_checkout(), a_change(trial_ends_at=TRIAL_END)], known())
    assert outcomes(found) == [outcome]


def test_a_free_trial_pays_nothing_and_says_trial() -> None:
    free = a_payment(charged=0, price=Money(11_900, "USD"), lines=(PaymentLine(Money(0, "USD")),))
    assert outcomes(judged_all([free], [a_checkout(), a_change(trial_ends_at=TRIAL_END)], known())) == [
        "trial"
    ]


def test_a_dollar_at_the_start_is_a_trial_even_where_none_was_announced() -> None:
    assert outcomes(judged_all([a_payment(charged=100)], [a_checkout()], known())) == ["trial"]
    later = a_payment(charged=100, at=BEGAN + 40 * DAY, number=2)
    assert outcomes(judged_all([later], [a_checkout()], known())) == ["unknown_plan"]


def test_who_pays_the_full_price_within_a_trial_has_ended_it() -> None:
    paid = a_payment(at=BEGAN + DAY)
    assert outcomes(judged_all([paid], [a_checkout(), a_change(trial_ends_at=TRIAL_END)], known())) == [
        "sale"
    ]


def test_a_payment_of_zero_is_no_sale() -> None:
    nothing = a_payment(charged=0, price=Money(11_900, "USD"), discount=11_900, code="goodwill")
    assert outcomes([judged_alone(nothing)[0]]) == ["zero_payment"]


def test_a_price_of_no_plan_waits_for_a_manager() -> None:
    assert outcomes([judged_alone(a_payment(charged=7_777))[0]]) == ["unknown_plan"]


def test_one_line_of_no_plan_is_enough_to_wait() -> None:
    lines = (PaymentLine(Money(11_900, "USD")), PaymentLine(Money(500, "USD"), stripe_price="price_hat"))
    assert outcomes([judged_alone(a_payment(charged=12_400, lines=lines))[0]]) == ["unknown_plan"]


@pytest.mark.parametrize(
    ("name", "off", "outcome"),
    [
        ("ADA20", 2_380, "sale"),
        ("ada20", 2_380, "sale"),
        ("goodwill", 2_380, "discounted_outside_program"),
        ("goodwill", 1, "discounted_outside_program"),
    ],
)
def test_only_discounts_of_the_program_keep_a_sale(name: str, off: int, outcome: str) -> None:
    payment = a_payment(charged=11_900 - off, price=Money(11_900, "USD"), discount=off, code=name)
    assert outcomes([judged_alone(payment, codes=[a_code("ADA20")])[0]]) == [outcome]


def test_a_second_discount_from_outside_spoils_the_first() -> None:
    payment = replace(
        a_payment(charged=9_020, price=Money(11_900, "USD"), discount=2_880),
        discounts=(Discount(Money(2_380, "USD"), ("ADA20",)), Discount(Money(500, "USD"), ("goodwill",))),
    )
    assert outcomes([judged_alone(payment, codes=[a_code("ADA20")])[0]]) == ["discounted_outside_program"]


def test_a_discount_without_a_name_is_ours_if_the_checkout_used_our_code() -> None:
    unnamed = a_payment(charged=9_520, price=Money(11_900, "USD"), discount=2_380)
    about = known(codes=[a_code("ADA20")])
    assert outcomes(judged_all([unnamed], [a_checkout(codes=("ADA20",))], about)) == ["sale"]
    assert outcomes(judged_all([unnamed], [a_checkout()], about)) == ["discounted_outside_program"]


def test_an_upgrade_is_a_sale_of_what_it_charges() -> None:
    lines = (
        PaymentLine(Money(-2_950, "USD"), Money(5_900, "USD"), "price_essentials_monthly", proration=True),
        PaymentLine(Money(5_950, "USD"), Money(11_900, "USD"), "price_growth_monthly", proration=True),
    )
    judged, about = judged_alone(a_payment(charged=3_000, lines=lines))
    (due,) = account_of(judged, [], about).dues
    assert (judged.verdict.because.plan, due.amount.minor) == ("growth", 900)


def test_a_yearly_payment_is_one_sale() -> None:
    judged, about = judged_alone(a_payment(charged=118_800))
    assert [due.amount.minor for due in account_of(judged, [], about).dues] == [35_640]


def test_tax_earns_nothing() -> None:
    judged, about = judged_alone(a_payment(charged=13_090, tax=1_190))
    assert [due.amount.minor for due in account_of(judged, [], about).dues] == [3_570]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(EnrollmentState.PAUSED, "enrollment_paused"), (EnrollmentState.ENDED, "enrollment_ended")],
)
def test_who_is_not_active_when_it_is_paid_earns_nothing(state: EnrollmentState, outcome: str) -> None:
    active = Change(START - DAY, EnrollmentState.ACTIVE, "starter")
    away = Change(BEGAN + DAY, state, "starter")
    back = Change(BEGAN + 40 * DAY, EnrollmentState.ACTIVE, "starter")
    payments = [
        a_payment(),
        a_payment(at=BEGAN + 30 * DAY, number=2),
        a_payment(at=BEGAN + 60 * DAY, number=3),
    ]
    found = judged_all(payments, [a_checkout()], known(changes=[active, away, back]))
    assert outcomes(found) == ["sale", outcome, "sale"]


def test_nothing_is_earned_before_the_approval() -> None:
    approved = Change(BEGAN + DAY, EnrollmentState.ACTIVE, "starter")
    assert outcomes(judged_all([a_payment()], [a_checkout()], known(changes=[approved]))) == [
        "not_yet_approved"
    ]


@pytest.mark.parametrize(("days", "outcome"), [(30, "sale"), (31, "click_too_old")])
def test_a_click_counts_for_thirty_days(days: int, outcome: str) -> None:
    visits = [Visit("click", ADA, BEGAN - days * DAY)]
    assert outcomes(judged_all([a_payment()], [a_checkout()], known(visits=visits))) == [outcome]


def test_a_click_after_the_checkout_is_nobodys() -> None:
    visits = [Visit("click", ADA, BEGAN + timedelta(seconds=1))]
    assert outcomes(judged_all([a_payment()], [a_checkout()], known(visits=visits))) == ["no_referral"]


def test_a_click_in_the_second_of_the_checkout_came_before_it() -> None:
    visits = [Visit("click", ADA, BEGAN + timedelta(milliseconds=700))]
    assert outcomes(judged_all([a_payment()], [a_checkout()], known(visits=visits))) == ["sale"]


def test_the_newest_click_wins() -> None:
    visits = [Visit("older", ADA, BEGAN - 2 * DAY), Visit("newer", BEN, BEGAN - DAY)]
    (judged,) = judged_all([a_payment()], [a_checkout(clicks=("older", "newer"))], known(visits=visits))
    assert judged.enrollment == BEN


@pytest.mark.parametrize("address", ["ada@northbound.example", "A.da+shop@Northbound.example"])
def test_nobody_refers_themselves(address: str) -> None:
    from portal.accounts.rules import person_key

    about = known(addresses=frozenset({person_key("ada@northbound.example")}))
    found = judged_all([a_payment()], [a_checkout(address=person_key(address))], about)
    assert outcomes(found) == ["self_referral"]


def test_a_code_on_a_later_invoice_changes_nothing() -> None:
    later = a_payment(
        charged=9_520, price=Money(11_900, "USD"), discount=2_380, code="BEN20", at=BEGAN + 30 * DAY, number=2
    )
    about = known(codes=[a_code("BEN20", enrollment=BEN)])
    found = judged_all([a_payment(), later], [a_checkout()], about)
    assert [(one.verdict.outcome, one.enrollment) for one in found] == [(Outcome.SALE, ADA)] * 2


def test_what_is_paid_after_the_end_is_no_longer_ours() -> None:
    end = BEGAN + 20 * DAY
    payments = [a_payment(), a_payment(at=end, number=2), a_payment(at=end + DAY, number=3)]
    found = judged_all(payments, [a_checkout(), a_change(at=end, ended_at=end)], known())
    assert outcomes(found) == ["sale", "sale", "subscription_ended"], (
        "a payment of the same moment came first"
    )


def test_a_program_can_pay_for_a_number_of_months() -> None:
    payments = [a_payment(at=BEGAN + 31 * number * DAY, number=number + 1) for number in range(4)]
    about = known(versions=[version(replace(PROGRAM, months_paid=2))])
    assert outcomes(judged_all(payments, [a_checkout()], about)) == [
        "sale",
        "sale",
        "months_over",
        "months_over",
    ]


@pytest.mark.parametrize(
    ("existing", "rates"), [(Existing.KEEP, [3_000, 3_000]), (Existing.FOLLOW, [3_000, 2_000])]
)
def test_new_terms_take_over_old_subscriptions_only_if_they_say_so(
    existing: Existing, rates: list[int]
) -> None:
    tiers = (replace(PROGRAM.tiers[0], rate_bps=2_000), *PROGRAM.tiers[1:])
    new = replace(PROGRAM, tiers=tiers, existing_subscriptions=existing)
    about = known(versions=[version(), version(new, 2, BEGAN + 10 * DAY)])
    found = judged_all([a_payment(), a_payment(at=BEGAN + 30 * DAY, number=2)], [a_checkout()], about)
    assert [due.rate_bps for one in found for due in account_of(one, [], about).dues] == rates


def a_refund(total: int, after: timedelta) -> Refund:
    return Refund(BEGAN + after, f"ch:{total}", "in_1", Money(total, "USD"), Money(total, "USD"))


def test_ten_partial_refunds_of_an_awkward_amount_leave_exactly_zero() -> None:
    judged, about = judged_alone(a_payment(charged=13_090, tax=1_190))
    refunds = [a_refund(1_309 * number, number * DAY) for number in range(1, 11)]
    dues = account_of(judged, refunds, about).dues
    assert sum(due.amount.minor for due in dues) == 0
    assert sum(due.base.minor for due in dues) == 0
    assert len(dues) == 11


def test_a_refund_after_the_release_is_released_at_once() -> None:
    judged, about = judged_alone(a_payment())
    before, after = account_of(judged, [a_refund(100, DAY), a_refund(200, 90 * DAY)], about).dues[1:]
    assert before.released_on == (BEGAN + 45 * DAY).date()
    assert after.released_on == after.booked_on == (BEGAN + 90 * DAY).date()


def test_a_refund_after_a_lost_dispute_finds_nothing_left() -> None:
    judged, about = judged_alone(a_payment())
    lost = Dispute(BEGAN + DAY, "dp:lost", "dp", "in_1", DisputeStep.LOST, Money(11_900, "USD"))
    account = account_of(judged, [lost, a_refund(11_900, 2 * DAY)], about)
    assert [decision.outcome for decision in account.decisions] == [
        "sale",
        "dispute_lost",
        "nothing_left_to_take_back",
    ]
    assert [due.amount.minor for due in account.dues] == [3_570, -3_570]


def test_books_that_are_right_need_no_line_and_others_just_the_difference() -> None:
    judged, about = judged_alone(a_payment())
    (due,) = account_of(judged, [], about).dues
    right = Booked(
        due.transaction, due.sale, ADA, due.amount, due.rate_bps, due.base, due.booked_on, due.released_on
    )
    assert missing_lines([right], [due]) == []
    short = replace(right, amount=Money(3_000, "USD"))
    (line,) = missing_lines([short], [due])
    assert (line.amount.minor, line.kind) == (570, LineKind.CORRECTION)
    (back,) = missing_lines([right], [])
    assert (back.amount.minor, back.base.minor) == (-3_570, -11_900)
    moved = missing_lines([replace(right, enrollment=BEN)], [due])
    assert sorted((line.enrollment.int, line.amount.minor) for line in moved) == [(1, 3_570), (2, -3_570)]
