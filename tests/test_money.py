from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.money import CurrencyMismatch, Money, NotMoney, divided, exponent

amounts = st.integers(-(10**15), 10**15)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


def test_a_commission_of_29_percent_on_29_euros_50_is_8_euros_56() -> None:
    assert Money(2_950, "EUR").portion(2_900) == Money(856, "EUR")


@pytest.mark.parametrize(
    ("minor", "rate_bps", "expected"),
    [
        (11_900, 3_000, 3_570),
        (5, 1_000, 1),
        (-5, 1_000, -1),
        (4, 1_000, 0),
        (15, 1_000, 2),
        (1, 4_999, 0),
        (0, 4_000, 0),
    ],
)
def test_halves_are_rounded_away_from_zero(minor: int, rate_bps: int, expected: int) -> None:
    assert Money(minor, "USD").portion(rate_bps).minor == expected


@given(amounts, st.integers(1, 10_000))
def test_rounding_agrees_with_decimal_arithmetic(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    doubled = Decimal(numerator * 2) / 2  # exact, so that only the division below rounds
    assert abs(exact - divided(numerator, denominator)) <= Fraction(1, 2)
    if denominator in (1, 2, 4, 5, 8, 10, 100, 1_000, 10_000):
        expected = (doubled / denominator).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        assert divided(numerator, denominator) == int(expected)


@given(amounts, st.integers(0, 10_000), currencies)
def test_giving_and_taking_back_cancel_exactly(minor: int, rate_bps: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert amount.portion(rate_bps) + (-amount).portion(rate_bps) == Money.zero(currency)


@given(amounts, amounts, currencies)
def test_sums_order_and_signs_are_those_of_whole_numbers(a: int, b: int, currency: str) -> None:
    first, second = Money(a, currency), Money(b, currency)
    assert (first + second).minor == a + b
    assert (first - second) + second == first
    assert (first < second) == (a < b)
    assert (first >= second) == (a >= b)
    assert abs(first).minor == abs(a)
    assert first.is_zero == (a == 0)
    assert Money.total([first, second], currency) == first + second


@given(amounts, currencies)
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.from_decimal_text(amount.decimal_text(), currency) == amount


def test_yen_have_no_cents_and_dinars_have_three_digits() -> None:
    assert [exponent(currency) for currency in ("USD", "JPY", "KWD")] == [2, 0, 3]
    assert Money.from_decimal_text("119", "JPY") == Money(119, "JPY")
    assert Money.from_decimal_text("1.234", "KWD") == Money(1_234, "KWD")
    assert Money.from_decimal_text("119.00", "USD") == Money(11_900, "USD")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.5", "JPY"),
        ("1.005", "USD"),
        ("", "USD"),
        ("12,00", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1", "XYZ"),
        ("1", "usd"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(NotMoney):
        Money.from_decimal_text(text, currency)


def test_two_currencies_are_never_added_or_compared() -> None:
    dollars, euros = Money(1, "USD"), Money(1, "EUR")
    for mix in (
        lambda: dollars + euros,
        lambda: dollars - euros,
        lambda: dollars < euros,
        lambda: dollars >= euros,
    ):
        with pytest.raises(CurrencyMismatch):
            mix()
    assert dollars != euros


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_a_float_never_becomes_money(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "USD")  # type: ignore[arg-type]
