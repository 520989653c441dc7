"""Whoever recomputes the page of a sale finds every line true."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from portal.clock import local_date
from portal.earnings.facts import Payment
from portal.earnings.rules import Arithmetic, Because, Outcome, TransactionKind, base_left, commission_due
from portal.earnings.story import Happening, Tale
from portal.earnings.sums import Sum, arithmetic
from portal.money import Money, exponent
from tests.earnings.pure import BEGAN, PROGRAM, a_payment

STARTER = PROGRAM.tiers[0]


def test_a_code_and_tax_on_top_add_up_to_the_base() -> None:
    sums = arithmetic(_sale(5_900, discount=1_180, tax=897))
    assert [(one.sign, one.amount) for one in sums[1:4]] == [("", "$59.00"), ("−", "$11.80"), ("=", "$47.20")]
    assert sums[3].note == "Charged to the customer: $56.17, $8.97 of it tax"


def test_a_code_on_a_price_with_its_tax_in_it_shows_the_tax_taken_out() -> None:
    sums = arithmetic(_sale(5_900, discount=1_180, tax=754, inclusive=True))
    assert [one.amount for one in sums[1:6]] == ["$59.00", "$11.80", "$47.20", "$7.54", "$39.66"]


def test_a_payment_without_a_code_starts_from_what_was_charged() -> None:
    sums = arithmetic(_sale(5_900, tax=1_121))
    assert [(one.sign, one.amount) for one in sums[1:4]] == [("", "$70.21"), ("−", "$11.21"), ("=", "$59.00")]


@pytest.mark.parametrize("seed", range(300))
def test_nobody_finds_a_line_that_does_not_follow_from_those_above(seed: int) -> None:
    luck = Random(seed)  # noqa: S311 - prices, no secrets
    price = luck.randint(500, 30_000)
    discount = luck.choice([0, price // 5, luck.randint(1, price // 2)])
    tale = _sale(
        price,
        discount=discount,
        tax=luck.choice([0, luck.randint(1, (price - discount) // 4)]),
        inclusive=luck.random() < 0.5,
        credit=luck.choice([0, 0, luck.randint(1, (price - discount) // 3)]),
        refunded=luck.choice([0, luck.randint(1, price // 2)]),
        currency=luck.choice(["USD", "JPY"]),
    )
    _recompute(arithmetic(tale), tale)
    _recompute(arithmetic(replace(tale, outcome=Outcome.DISCOUNTED)), tale)


def _recompute(sums: tuple[Sum, ...], tale: Tale) -> None:
    currency = tale.payment.charged.currency
    cent = Decimal(1).scaleb(-exponent(currency))
    result, rounded = Decimal(0), False
    for line in sums:
        if not line.amount or line.amount == "No":
            continue
        number = _number(line.amount)
        match line.sign:
            case "−":
                result -= number
            case "×":
                result = result * number / 100
            case "=":
                tolerance = cent if rounded else cent / 2
                assert abs(result - number) <= tolerance, (line, sums)
                result = number
            case _:
                result, rounded = number, line.note.startswith("rounded")


def _number(text: str) -> Decimal:
    return Decimal("".join("-" if sign == "−" else sign for sign in text if sign in "−.0123456789"))


def _sale(
    price: int,
    *,
    discount: int = 0,
    tax: int = 0,
    inclusive: bool = False,
    credit: int = 0,
    refunded: int = 0,
    currency: str = "USD",
) -> Tale:
    def cash(minor: int) -> Money:
        return Money(minor, currency)

    plain = a_payment(price=cash(price), discount=discount, charged=price - discount, currency=currency)
    total = price - discount + (0 if inclusive else tax)
    without_tax = total - tax
    payment = replace(
        plain,
        charged=cash(total - credit),
        tax=cash(tax),
        base=cash(without_tax).share(total - credit, total),
        price_paid=cash(price - discount),
    )
    return _tale(payment, cash(price), cash(discount), cash(refunded))


def _tale(payment: Payment, listed: Money, given: Money, refunded: Money) -> Tale:
    sums = Arithmetic(payment.charged, payment.tax, payment.base, STARTER.rate_bps)
    due = payment.base.portion(STARTER.rate_bps)
    left = commission_due(payment.base, STARTER.rate_bps, payment.charged, refunded)
    day = local_date(BEGAN, PROGRAM.timezone)
    back = Happening(
        day + timedelta(days=3),
        TransactionKind.REFUND,
        Outcome.REFUNDED_IN_PART,
        refunded,
        replace(
            sums,
            refunded=refunded,
            base_left=base_left(payment.base, payment.charged, refunded),
            due=left,
            booked_before=due,
        ),
    )
    return Tale(
        payment=payment,
        paid_on=day,
        outcome=Outcome.SALE,
        because=Because(tier=STARTER.key, list_price=listed, given=given, number=1),
        arithmetic=replace(sums, due=due),
        terms=PROGRAM,
        today=day,
        happenings=() if refunded.is_zero else (back,),
        trial=None,
        state=None,
        released_on=None,
        run=None,
        window=None,
        taken_paid_on=None,
        due=left,
        renews_on=None,
        renewal=None,
    )
