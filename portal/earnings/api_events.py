"""The neutral events of `POST /api/v1/events`: their shapes, and what they say in our own words.

The same shapes make the OpenAPI document, so the two can't drift apart. Amounts are whole minor units.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from portal.accounts.rules import person_key
from portal.earnings.facts import (
    Checkout,
    Discount,
    Dispute,
    DisputeStep,
    Event,
    Fact,
    Malformed,
    Meaning,
    Payment,
    PaymentLine,
    Refund,
    SubscriptionChange,
)
from portal.earnings.stripe_shapes import Amount, Id
from portal.money import Money, NotMoney

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its time zone")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
Text = Annotated[str, Meta(max_length=255)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166, two letters")]
Email = Annotated[
    str,
    Meta(max_length=320, pattern="^[^@\\s]+@[^@\\s]+$", description="Kept only as what tells people apart"),
]


class Shape(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    kind: ClassVar[str]

    id: Annotated[Id, Meta(description="The event's own id. The same id again is answered, not booked again")]
    at: Annotated[Moment, Meta(description="When it happened")]


class LeadEvent(Shape, tag="lead"):
    """Somebody began a subscription: where the buyer came from, and the code that was typed."""

    kind = "lead"
    customer: Id
    subscription: Id
    click: Text | None = None  # the click_id that came with the visit
    code: Text | None = None
    email: Email | None = None
    country: Country | None = None


class SubscriptionEvent(Shape, tag="subscription"):
    """What is true of a subscription now: when it began, its trial, its price, its end."""

    kind = "subscription"
    customer: Id
    subscription: Id
    began_at: Moment
    trial_ends_at: Moment | None = None
    ended_at: Moment | None = None
    price: Annotated[Text | None, Meta(description="The price's id, as the program's plans list it")] = None
    currency: Currency | None = None
    amount: Annotated[Amount | None, Meta(description="What a period costs")] = None


class DiscountPart(msgspec.Struct, forbid_unknown_fields=True):
    amount: Amount
    code: Text | None = None


class LinePart(msgspec.Struct, forbid_unknown_fields=True):
    amount: Annotated[int, Meta(ge=-(10**15), le=10**15, description="Before discounts")]
    price: Text | None = None
    quantity: Annotated[int, Meta(ge=1, le=10**6)] = 1
    proration: bool = False


class PaymentEvent(Shape, tag="payment"):
    """Money that a customer paid. A payment's id is one whoever tells it."""

    kind = "payment"
    payment: Id
    customer: Id
    currency: Currency
    charged: Annotated[Amount, Meta(description="All that was paid, with tax and shipping")]
    subscription: Id | None = None
    tax: Amount = 0
    tax_included: Annotated[bool, Meta(description="Whether the plans' list prices include tax")] = False
    shipping: Amount = 0
    discounts: Annotated[Sequence[DiscountPart], Meta(max_length=20)] = ()
    lines: Annotated[Sequence[LinePart], Meta(max_length=100)] = ()
    price: Annotated[Text | None, Meta(description="The price's id, where there are no lines")] = None
    first: Annotated[bool, Meta(description="Paid at the checkout that began the subscription")] = False
    click: Text | None = None
    email: Email | None = None
    country: Country | None = None


class RefundEvent(Shape, tag="refund"):
    """Money that went back. Several refunds of one payment add up."""

    kind = "refund"
    refund: Id
    payment: Id
    currency: Currency
    amount: Annotated[int, Meta(ge=1, le=10**15)]


class DisputeEvent(Shape, tag="dispute"):
    """A customer's bank asks for the money back, and how that ends."""

    kind = "dispute"
    dispute: Id
    payment: Id
    step: Literal["opened", "won", "lost"]
    currency: Currency
    amount: Amount


ApiEvent = LeadEvent | SubscriptionEvent | PaymentEvent | RefundEvent | DisputeEvent
KINDS: tuple[str, ...] = ("lead", "subscription", "payment", "refund", "dispute")
_READER = msgspec.json.Decoder(ApiEvent)


def read(body: bytes) -> Event:
    """Raises `Malformed` with what is wrong, and where."""
    try:
        told: ApiEvent = _READER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Malformed(f"{wrong}.") from wrong
    return event_of(told)


def event_of(told: ApiEvent) -> Event:
    try:
        fact, meaning = _fact(told)
    except NotMoney as wrong:
        raise Malformed(f"{wrong}.") from wrong
    return Event(told.id, told.kind, told.at, meaning, (fact,))


def _fact(told: ApiEvent) -> tuple[Fact, Meaning]:
    match told:
        case LeadEvent():
            return _lead(told), Meaning.SUBSCRIPTION
        case SubscriptionEvent():
            return _subscription(told), Meaning.SUBSCRIPTION
        case PaymentEvent():
            return _payment(told), Meaning.MONEY
        case RefundEvent():
            amount = Money(told.amount, told.currency)
            return Refund(told.at, told.refund, told.payment, amount), Meaning.MONEY
        case DisputeEvent():
            return Dispute(
                told.at,
                f"{told.dispute}:{told.step}",
                told.dispute,
                told.payment,
                DisputeStep(told.step),
                Money(told.amount, told.currency),
            ), Meaning.MONEY


def _lead(told: LeadEvent) -> Checkout:
    return Checkout(
        told.at,
        told.customer,
        told.subscription,
        clicks=_known(told.click),
        codes=_known(told.code),
        address=person_key(told.email) if told.email else "",
        country=told.country or "",
    )


def _subscription(told: SubscriptionEvent) -> SubscriptionChange:
    if (told.amount is None) is not (told.currency is None):
        raise Malformed("amount and currency are given together - at `$.amount`.")
    amount = Money(told.amount, told.currency) if told.amount is not None and told.currency else None
    return SubscriptionChange(
        told.at,
        told.id,
        told.customer,
        told.subscription,
        told.began_at,
        told.trial_ends_at,
        told.ended_at,
        told.price,
        amount,
    )


def _payment(told: PaymentEvent) -> Payment:
    base = told.charged - told.tax - told.shipping
    if base < 0:
        raise Malformed("tax and shipping are more than what was charged - at `$.charged`.")

    def money(minor: int) -> Money:
        return Money(minor, told.currency)

    price_paid = money(base + (told.tax if told.tax_included else 0))
    discounts = tuple(Discount(money(one.amount), _known(one.code)) for one in told.discounts if one.amount)
    whole = Money.total((one.amount for one in discounts), told.currency) + price_paid
    lines = tuple(
        # What one costs is known only where the line is whole.
        PaymentLine(money(one.amount), _each(one, told.currency), one.price, one.quantity, one.proration)
        for one in told.lines
    )
    return Payment(
        at=told.at,
        external_id=told.payment,
        customer=told.customer,
        subscription=told.subscription,
        charged=money(told.charged),
        base=money(base),
        tax=money(told.tax),
        price_paid=price_paid,
        lines=lines or (PaymentLine(whole, whole, told.price),),
        discounts=discounts,
        at_checkout=told.first,
        address=person_key(told.email) if told.email else "",
        country=told.country or "",
        clicks=_known(told.click),
    )


def _each(line: LinePart, currency: str) -> Money | None:
    whole, rest = divmod(line.amount, line.quantity)
    return None if rest or line.proration else Money(whole, currency)


def _known(text: str | None) -> tuple[str, ...]:
    return (text,) if text and text.isprintable() else ()
