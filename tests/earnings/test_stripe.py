"""Stripe's words become ours: both shapes of an invoice say the same."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.earnings import samples
from portal.earnings.facts import (
    Checkout,
    Dispute,
    Malformed,
    Meaning,
    Payment,
    PaymentNames,
    Refund,
    SubscriptionChange,
)
from portal.earnings.samples import Bill
from portal.earnings.stripe import Forged, read, verify
from portal.money import Money

AT = datetime(2027, 1, 2, 12, tzinfo=UTC)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def a_bill(**more: Any) -> Bill:
    return Bill("in_1", AT, "cus_eve", "sub_eve", "price_growth_monthly", usd(11_900), **more)


def payment(body: bytes) -> Payment:
    fact = read(body).facts[0]
    assert isinstance(fact, Payment)
    return fact


def changed(body: bytes, **values: Any) -> bytes:
    event = json.loads(body)
    event["data"]["object"] |= values
    return json.dumps(event).encode()


@pytest.mark.parametrize("since_2025", [True, False])
def test_an_invoice_says_who_paid_what_for_which_plan(since_2025: bool) -> None:
    bill = a_bill(taken_off=2_380, code="ADA20", tax=952, first=True, email="Eve@Example.com", country="au")
    paid = payment(samples.invoice_paid(bill, since_2025=since_2025))
    assert (paid.external_id, paid.customer, paid.subscription) == ("in_1", "cus_eve", "sub_eve")
    assert (paid.charged, paid.base, paid.tax, paid.price_paid) == (
        usd(10_472),
        usd(9_520),
        usd(952),
        usd(9_520),
    )
    assert [(line.amount, line.price, line.stripe_price) for line in paid.lines] == [
        (usd(11_900), usd(11_900), "price_growth_monthly")
    ]
    assert [(discount.amount, discount.names) for discount in paid.discounts] == [(usd(2_380), ("ADA20",))]
    assert (paid.at_checkout, paid.address, paid.country) == (True, "eve@example.com", "AU")
    assert "pi_in_1" in paid.names
    assert paid.at == AT


@pytest.mark.parametrize("since_2025", [True, False])
def test_a_coupon_of_the_support_is_known_by_its_name(since_2025: bool) -> None:
    paid = payment(samples.invoice_paid(a_bill(taken_off=500, coupon="goodwill"), since_2025=since_2025))
    assert paid.discounts[0].names == ("goodwill", "goodwill")


def test_a_discount_that_is_only_an_id_has_no_name() -> None:
    body = changed(samples.invoice_paid(a_bill(taken_off=500)), discounts=["di_in_1"])
    assert payment(body).discounts[0].names == ()


def test_tax_inside_the_price_stays_part_of_the_price_that_was_paid() -> None:
    inclusive = [{"amount": 1_900, "tax_behavior": "inclusive"}]
    paid = payment(changed(samples.invoice_paid(a_bill()), total_taxes=inclusive))
    assert (paid.price_paid, paid.base, paid.tax) == (usd(11_900), usd(10_000), usd(1_900))


def test_what_a_credit_balance_paid_is_no_base_but_no_discount_either() -> None:
    paid = payment(changed(samples.invoice_paid(a_bill()), amount_paid=5_950))
    assert (paid.charged, paid.base, paid.price_paid) == (usd(5_950), usd(5_950), usd(11_900))


def test_yen_have_no_cents() -> None:
    bill = Bill("in_1", AT, "cus", "sub", "price", Money(1_500, "JPY"))
    assert payment(samples.invoice_paid(bill)).charged == Money(1_500, "JPY")


def test_an_old_charge_names_its_invoice_and_a_new_one_only_its_payment_intent() -> None:
    old, *names = read(samples.charge_refunded(a_bill(), AT, total=1_900, since_2025=False)).facts
    assert isinstance(old, Refund)
    assert (old.reference, old.amount, old.total) == ("in_1", usd(1_900), usd(1_900))
    assert PaymentNames("in_1", "pi_in_1") in names
    (new,) = read(samples.charge_refunded(a_bill(), AT, total=11_900, before=1_900)).facts
    assert isinstance(new, Refund)
    assert (new.reference, new.amount, new.total) == ("pi_in_1", usd(10_000), usd(11_900))


def test_an_invoice_payment_ties_the_payment_intent_to_its_invoice() -> None:
    said = {"invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_9"}}
    event = read(samples.event("evt_1", "invoice_payment.paid", AT, said))
    assert (event.meaning, event.facts) == (Meaning.NAMES, (PaymentNames("in_1", "pi_9"),))


@pytest.mark.parametrize(("status", "step"), [("needs_response", "opened"), ("won", "won"), ("lost", "lost")])
def test_a_dispute_opens_and_closes(status: str, step: str) -> None:
    (fact,) = read(samples.dispute(a_bill(), AT, status)).facts
    assert isinstance(fact, Dispute)
    assert (fact.step, fact.dispute, fact.reference) == (step, "dp_in_1", "pi_in_1")


def test_an_inquiry_that_was_closed_without_a_dispute_is_won() -> None:
    body = changed(samples.dispute(a_bill(), AT, "won"), status="warning_closed")
    (fact,) = read(body).facts
    assert isinstance(fact, Dispute)
    assert fact.step == "won"


def test_a_checkout_carries_the_click_and_the_code() -> None:
    body = samples.checkout_completed(AT, "cus", "sub", click="abc", code="ADA20", email="e.v.e+x@ex.com")
    assert read(body).facts == (
        Checkout(AT, "cus", "sub", clicks=("abc",), codes=("ADA20",), address="eve@ex.com"),
    )


def test_a_checkout_of_no_subscription_says_nothing() -> None:
    body = samples.checkout_completed(AT, "cus", "sub")
    event = read(changed(body, subscription=None, mode="payment"))
    assert (event.meaning, event.facts) == (Meaning.NOTHING, ())


def test_an_expanded_customer_is_its_id() -> None:
    body = changed(samples.invoice_paid(a_bill()), customer={"id": "cus_big", "email": "x"})
    assert payment(body).customer == "cus_big"


def test_a_subscription_tells_its_trial_and_its_end() -> None:
    trial_end, ended = AT + timedelta(days=30), AT + timedelta(days=40)
    body = samples.subscription_said(
        "deleted",
        ended,
        "cus",
        "sub",
        began_at=AT,
        price="p",
        amount=usd(1),
        trial_end=trial_end,
        ended_at=ended,
    )
    (fact,) = read(body).facts
    assert isinstance(fact, SubscriptionChange)
    assert (fact.began_at, fact.trial_ends_at, fact.ended_at) == (AT, trial_end, ended)


@pytest.mark.parametrize("value", [-1, "119", None, 10**16])
def test_an_amount_that_is_none_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        read(changed(samples.invoice_paid(a_bill()), amount_paid=value))


def test_two_secrets_are_good_while_one_takes_over_from_the_other() -> None:
    body = samples.invoice_paid(a_bill())
    for secret in ("old", "new"):
        verify(body, samples.signature(body, secret, AT), ("old", "new"), AT)
    both = samples.signature(body, "other", AT) + "," + samples.signature(body, "new", AT).partition(",")[2]
    verify(body, both, ("new",), AT)
    with pytest.raises(Forged):
        verify(body, samples.signature(body, "other", AT), ("old", "new"), AT)


def test_without_any_secret_nothing_is_believed() -> None:
    body = samples.invoice_paid(a_bill())
    with pytest.raises(Forged):
        verify(body, samples.signature(body, "", AT), (), AT)


@pytest.mark.parametrize(("minutes", "words"), [(-6, "older than five minutes"), (6, "ahead of ours")])
def test_whoever_signs_at_a_wrong_time_reads_which_way_it_is_wrong(minutes: int, words: str) -> None:
    body = samples.invoice_paid(a_bill())
    with pytest.raises(Forged, match=words):
        verify(body, samples.signature(body, "new", AT + timedelta(minutes=minutes)), ("new",), AT)
