"""Money is whole minor units with an ISO 4217 currency (domain.md, rule 1): no floats, no conversions."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

BASIS_POINTS = 10_000


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum. Balances are kept per currency and never converted."""


class NotMoney(ValueError):
    """A text that is no amount of its currency, or a code that is no currency."""


def divided(numerator: int, denominator: int) -> int:
    """The whole number nearest to the quotient, halves away from zero: the only rounding there is."""
    if denominator <= 0:
        raise ValueError("money is divided by a positive number only")
    quotient, rest = divmod(abs(numerator), denominator)
    rounded = quotient + (2 * rest >= denominator)
    return rounded if numerator >= 0 else -rounded


@functools.cache
def exponent(currency: str) -> int:
    """Digits after the decimal point: USD 2, JPY 0, KWD 3. Unknown codes are refused, not guessed."""
    if currency not in get_global("all_currencies"):
        raise NotMoney(f"{currency!r} is not an ISO 4217 currency")
    return get_currency_precision(currency)


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __post_init__(self) -> None:
        # A bool or a float that slipped in would be stored and summed silently.
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole numbers, not {self.minor!r}")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> "Money":
        """The sum of the amounts, or zero of that currency when there are none."""
        return sum(amounts, start=cls.zero(currency))

    @classmethod
    def from_decimal_text(cls, text: str, currency: str) -> "Money":
        """`"119.00"` and `"USD"`. More digits than the currency has are refused, never rounded."""
        digits = exponent(currency)
        try:
            minor = Decimal(text).scaleb(digits)
        except ArithmeticError as wrong:
            raise NotMoney(f"{text!r} is not an amount") from wrong
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise NotMoney(
                f"{text!r} is not an amount in {currency}, which has {digits} digits after the point"
            )
        return cls(int(minor), currency)

    def decimal_text(self) -> str:
        """The inverse of `from_decimal_text`, for files and machines; people get the `money` filter."""
        return f"{Decimal(self.minor).scaleb(-exponent(self.currency)):f}"

    def portion(self, rate_bps: int) -> "Money":
        """The part that a rate in basis points takes, rounded half away from zero."""
        return self.share(rate_bps, BASIS_POINTS)

    def share(self, numerator: int, denominator: int) -> "Money":
        """This amount times numerator : denominator, rounded once, half away from zero."""
        return Money(divided(self.minor * numerator, denominator), self.currency)

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other).minor

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} are never added or compared")
        return other
