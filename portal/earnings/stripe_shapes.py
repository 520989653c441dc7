"""Stripe's objects, only what is read of them, in the shapes before and since 2025-03-31."""

from typing import Annotated

import msgspec

# Stripe promises no more than 255 and uses about 30; refunds get the amount added to the charge's.
Id = Annotated[str, msgspec.Meta(pattern="^[!-~]{1,200}\\Z")]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000)]
Minor = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=10**15)]


class Shape(msgspec.Struct):
    pass


class Expanded(Shape):
    id: Id


Ref = Id | Expanded


class Data(Shape):
    object: msgspec.Raw
    previous_attributes: msgspec.Raw = msgspec.Raw(b"{}")


class Envelope(Shape):
    id: Id
    type: Annotated[str, msgspec.Meta(pattern="^[!-~]{1,80}\\Z")]
    created: Seconds
    data: Data


class Address(Shape):
    country: str | None = None


class Buyer(Shape):
    email: str | None = None
    address: Address | None = None


class Coupon(Shape):
    id: str = ""
    name: str | None = None


class DiscountSource(Shape):
    coupon: str | Coupon | None = None


class Promotion(Shape):
    id: str = ""
    code: str | None = None


class Discount(Shape):
    id: str = ""
    coupon: str | Coupon | None = None
    source: DiscountSource | None = None  # where the coupon stands since 2025-09-30
    promotion_code: str | Promotion | None = None


class Session(Shape):
    id: Id
    mode: str = "subscription"
    customer: Ref | None = None
    subscription: Ref | None = None
    client_reference_id: str | None = None
    customer_details: Buyer | None = None
    customer_email: str | None = None
    discounts: list[Discount] | None = None
    metadata: dict[str, str] | None = None


class Price(Shape):
    id: str = ""
    unit_amount: Minor | None = None


class Item(Shape):
    price: Price | None = None


class Items(Shape):
    data: list[Item] = []


class Subscription(Shape):
    id: Id
    customer: Ref
    currency: str = "usd"
    created: Seconds | None = None
    start_date: Seconds | None = None
    trial_end: Seconds | None = None
    ended_at: Seconds | None = None
    status: str = ""
    items: Items = msgspec.field(default_factory=Items)
    discount: Discount | None = None
    metadata: dict[str, str] | None = None


class PriceDetails(Shape):
    price: str | Price | None = None


class Pricing(Shape):
    price_details: PriceDetails | None = None
    unit_amount_decimal: str | None = None


class ItemDetails(Shape):
    proration: bool = False


class LineParent(Shape):
    subscription_item_details: ItemDetails | None = None
    invoice_item_details: ItemDetails | None = None


class Line(Shape):
    amount: Minor
    quantity: int | None = None
    price: Price | None = None
    pricing: Pricing | None = None
    proration: bool = False
    parent: LineParent | None = None


class Lines(Shape):
    data: list[Line] = []


class Tax(Shape):
    amount: Minor
    inclusive: bool = False
    tax_behavior: str | None = None


class DiscountAmount(Shape):
    amount: Amount
    discount: str | Discount | None = None


class SubscriptionDetails(Shape):
    subscription: Ref | None = None
    metadata: dict[str, str] | None = None


class InvoiceParent(Shape):
    subscription_details: SubscriptionDetails | None = None


class PaidBy(Shape):
    payment_intent: Ref | None = None
    charge: Ref | None = None


class InvoicePayment(Shape):
    payment: PaidBy | None = None
    invoice: Ref | None = None


class InvoicePayments(Shape):
    data: list[InvoicePayment] = []


class Transitions(Shape):
    paid_at: Seconds | None = None


class Shipping(Shape):
    amount_subtotal: Amount = 0


class Invoice(Shape):
    id: Id
    customer: Ref
    currency: str
    amount_paid: Amount
    total: Minor
    billing_reason: str | None = None
    customer_email: str | None = None
    customer_address: Address | None = None
    subscription: Ref | None = None
    subscription_details: SubscriptionDetails | None = None
    parent: InvoiceParent | None = None
    tax: Minor | None = None
    total_taxes: list[Tax] | None = None
    total_tax_amounts: list[Tax] | None = None
    total_discount_amounts: list[DiscountAmount] | None = None
    discount: Discount | None = None
    discounts: list[str | Discount] | None = None
    charge: Ref | None = None
    payment_intent: Ref | None = None
    payments: InvoicePayments | None = None
    shipping_cost: Shipping | None = None
    lines: Lines = msgspec.field(default_factory=Lines)
    status_transitions: Transitions | None = None


class Charge(Shape):
    id: Id
    currency: str
    amount_refunded: Amount
    invoice: Ref | None = None
    payment_intent: Ref | None = None


class RefundedBefore(Shape):
    amount_refunded: Amount | None = None


class Dispute(Shape):
    id: Id
    currency: str
    amount: Amount
    status: str
    created: Seconds | None = None
    charge: Ref | None = None
    payment_intent: Ref | None = None


class RefundObject(Shape):
    id: Id
    currency: str
    amount: Amount
    status: str | None = None
    charge: Ref | None = None
    payment_intent: Ref | None = None


class CreditNote(Shape):
    id: Id
    currency: str
    invoice: Ref
    out_of_band_amount: Amount | None = None
