"""What billing systems tell us, in our own words. Amounts of one fact are all in one currency.

Facts are kept as they came; what follows from them is worked out from all of them together, in the order
in which things happened.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from portal.money import Money


class Place(NamedTuple):
    """When a thing happened, and its turn among the things of the same moment (domain.md, rule 14)."""

    at: datetime
    turn: str

    @classmethod
    def of(cls, at: datetime, precedence: int, external_id: str) -> "Place":
        return cls(at, f"{precedence}:{external_id}")


class Meaning(StrEnum):
    """What a billing event was understood as."""

    MONEY = "money"
    SUBSCRIPTION = "subscription"
    NAMES = "names"
    RULING = "ruling"  # what a manager decided
    NOTHING = "nothing"  # known, and of no consequence
    UNKNOWN = "unknown"


SUBSCRIPTION, PAYMENT, REFUND, DISPUTE, END = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Checkout:
    """A finished checkout: where the buyer came from and the codes it used."""

    at: datetime
    customer: str
    subscription: str
    clicks: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    address: str = ""  # a person_key, so that no address is kept
    country: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """What is said of a subscription at one moment."""

    at: datetime
    external_id: str
    customer: str
    subscription: str
    began_at: datetime
    trial_ends_at: datetime | None = None
    ended_at: datetime | None = None
    stripe_price: str | None = None
    price: Money | None = None
    clicks: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return Place.of(self.at, SUBSCRIPTION, self.external_id)


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """`amount` is before discounts and as list prices are written: with tax only where they include it."""

    amount: Money
    price: Money | None = None  # for one
    stripe_price: str | None = None
    quantity: int = 1
    proration: bool = False


@dataclass(frozen=True, slots=True)
class Discount:
    """`names` are what it could be known by; none when the billing system does not tell."""

    amount: Money
    names: tuple[str, ...] = ()
    reference: str = ""  # the billing system's id of the code, where it tells no more


@dataclass(frozen=True, slots=True)
class Payment:
    at: datetime
    external_id: str
    customer: str
    subscription: str | None
    charged: Money
    base: Money  # paid for the plan: without tax and shipping, after discounts and credit
    tax: Money
    price_paid: Money  # what the plan cost after discounts, as list prices are written, before credit
    lines: tuple[PaymentLine, ...] = ()
    discounts: tuple[Discount, ...] = ()
    names: tuple[str, ...] = ()  # its charge, its payment intent
    at_checkout: bool = False
    address: str = ""
    country: str = ""
    clicks: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return Place.of(self.at, PAYMENT, self.external_id)

    @property
    def discount(self) -> Money:
        return Money.total((discount.amount for discount in self.discounts), self.charged.currency)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back. Where `total` is told, it is all that went back so far; else `amount` adds up."""

    at: datetime
    external_id: str
    reference: str
    amount: Money
    total: Money | None = None
    names: tuple[tuple[str, str], ...] = ()  # (name, payment) pairs that it mentions

    @property
    def place(self) -> Place:
        # Of two totals of one second the smaller one was first.
        so_far = f"{self.total.minor:015}" if self.total else ""
        return Place.of(self.at, REFUND, f"{so_far}:{self.external_id}")


class DisputeStep(StrEnum):
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Dispute:
    at: datetime
    external_id: str  # of this step; `dispute` is the same for all steps
    dispute: str
    reference: str
    step: DisputeStep
    amount: Money

    @property
    def place(self) -> Place:
        return Place.of(self.at, DISPUTE, f"{self.step is not DisputeStep.OPENED:d}:{self.external_id}")


@dataclass(frozen=True, slots=True)
class PaymentNames:
    """Another name by which refunds and disputes know a payment."""

    payment: str
    name: str


@dataclass(frozen=True, slots=True)
class Overrule:
    """A manager decides about a payment whether its price counts; the newest one holds."""

    at: datetime
    external_id: str
    payment: str
    counts: bool
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A manager ties a subscription to an affiliate, for payments from `since` on; without it, for all."""

    at: datetime
    external_id: str
    subscription: str
    enrollment: UUID
    reason: str
    by: str
    since: datetime | None = None


class AdjustmentKind(StrEnum):
    BONUS = "bonus"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Money that a manager gives or takes, with a reason. It belongs to no customer."""

    at: datetime
    external_id: str
    enrollment: UUID
    kind: AdjustmentKind
    amount: Money
    reason: str
    by: str


Ruling = Overrule | Tie
SubscriptionFact = Checkout | SubscriptionChange
MoneyFact = Payment | Refund | Dispute | Adjustment
Fact = Checkout | SubscriptionChange | Payment | Refund | Dispute | PaymentNames | Overrule | Tie | Adjustment


class Malformed(ValueError):
    """Rightly signed, and yet nothing that the sender's kind of events may say."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a billing system, or of a manager, and what it says."""

    external_id: str
    kind: str
    happened_at: datetime
    meaning: Meaning
    facts: tuple[Fact, ...]
