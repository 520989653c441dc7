"""Events as Stripe would send them, for the demo and for trying out an installation.

`since_2025` chooses between the shapes of an invoice before and since 2025-03-31.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from portal.money import Money

Event = dict[str, Any]


def event(event_id: str, kind: str, at: datetime, thing: Event, before: Event | None = None) -> bytes:
    data = {"object": thing, **({"previous_attributes": before} if before else {})}
    return msgspec.json.encode(
        {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created": seconds(at),
            "livemode": False,
            "data": data,
        }
    )


def signature(body: bytes, secret: str, at: datetime) -> str:
    """The Stripe-Signature header for this body."""
    signed = f"{seconds(at)}.".encode() + body
    return f"t={seconds(at)},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def checkout_completed(
    at: datetime,
    customer: str,
    subscription: str,
    *,
    click: str | None = None,
    code: str | None = None,
    email: str | None = None,
    country: str | None = None,
    event_id: str = "",
) -> bytes:
    session = {
        "id": f"cs_{subscription}",
        "object": "checkout.session",
        "mode": "subscription",
        "payment_status": "paid",
        "customer": customer,
        "subscription": subscription,
        "client_reference_id": click,
        "customer_details": {"email": email, "address": {"country": country}},
        "discounts": [_discount(code)] if code else [],
        "metadata": {},
    }
    return event(event_id or f"evt_checkout_{subscription}", "checkout.session.completed", at, session)


def subscription_said(  # noqa: PLR0913 - Stripe says so much
    verb: str,
    at: datetime,
    customer: str,
    subscription: str,
    *,
    began_at: datetime,
    price: str,
    amount: Money,
    trial_end: datetime | None = None,
    ended_at: datetime | None = None,
    event_id: str = "",
) -> bytes:
    """`verb` is created, updated, deleted or trial_will_end."""
    status = "canceled" if ended_at else "trialing" if trial_end and at < trial_end else "active"
    thing = {
        "id": subscription,
        "object": "subscription",
        "customer": customer,
        "currency": amount.currency.lower(),
        "created": seconds(began_at),
        "start_date": seconds(began_at),
        "trial_end": seconds(trial_end) if trial_end else None,
        "ended_at": seconds(ended_at) if ended_at else None,
        "status": status,
        "items": {"data": [{"price": {"id": price, "unit_amount": amount.minor}, "quantity": 1}]},
        "metadata": {},
    }
    name = event_id or f"evt_{verb}_{subscription}_{seconds(at)}"
    return event(name, f"customer.subscription.{verb}", at, thing)


@dataclass(frozen=True)
class Bill:
    """An invoice over one plan. `taken_off` is what a discount took off the price, and `tax` comes on top."""

    id: str
    at: datetime
    customer: str
    subscription: str
    price: str
    amount: Money
    taken_off: int = 0
    code: str | None = None  # a code that was typed
    coupon: str | None = None  # a coupon that support put on
    tax: int = 0
    first: bool = False
    email: str | None = None
    country: str | None = None
    proration: bool = False

    @property
    def total(self) -> int:
        return self.amount.minor - self.taken_off + self.tax

    @property
    def intent(self) -> str:
        return f"pi_{self.id}"

    @property
    def charge(self) -> str:
        return f"ch_{self.id}"


def invoice_paid(bill: Bill, *, since_2025: bool = True, event_id: str = "") -> bytes:
    shape = _since_2025(bill) if since_2025 else _before_2025(bill)
    off = [{"amount": bill.taken_off, "discount": f"di_{bill.id}"}] if bill.taken_off else []
    invoice = {
        "id": bill.id,
        "object": "invoice",
        "customer": bill.customer,
        "customer_email": bill.email,
        "customer_address": {"country": bill.country},
        "currency": bill.amount.currency.lower(),
        "billing_reason": "subscription_create" if bill.first else "subscription_cycle",
        "amount_paid": bill.total,
        "amount_due": bill.total,
        "subtotal": bill.amount.minor,
        "total": bill.total,
        "total_discount_amounts": off,
        "status": "paid",
        "status_transitions": {"paid_at": seconds(bill.at)},
        **shape,
    }
    return event(event_id or f"evt_{bill.id}", "invoice.paid", bill.at, invoice)


def _since_2025(bill: Bill) -> Event:
    details = {"subscription": bill.subscription, "metadata": {}}
    line = {
        "amount": bill.amount.minor,
        "currency": bill.amount.currency.lower(),
        "quantity": 1,
        "pricing": {
            "type": "price_details",
            "price_details": {"price": bill.price, "product": "prod_plan"},
            "unit_amount_decimal": str(bill.amount.minor),
        },
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {"proration": bill.proration, "subscription": bill.subscription},
        },
    }
    paid = {"payment": {"type": "payment_intent", "payment_intent": bill.intent}, "invoice": bill.id}
    return {
        "parent": {"type": "subscription_details", "subscription_details": details},
        "lines": {"data": [line]},
        "total_taxes": [{"amount": bill.tax, "tax_behavior": "exclusive"}] if bill.tax else [],
        "payments": {"data": [paid]} if bill.total else None,
        "discounts": [{"id": f"di_{bill.id}", **_discount(bill.code, bill.coupon)}] if bill.taken_off else [],
    }


def _before_2025(bill: Bill) -> Event:
    line = {
        "amount": bill.amount.minor,
        "currency": bill.amount.currency.lower(),
        "quantity": 1,
        "price": {"id": bill.price, "unit_amount": bill.amount.minor},
        "proration": bill.proration,
    }
    return {
        "subscription": bill.subscription,
        "lines": {"data": [line]},
        "tax": bill.tax or None,
        "total_tax_amounts": [{"amount": bill.tax, "inclusive": False}] if bill.tax else [],
        "charge": bill.charge if bill.total else None,
        "payment_intent": bill.intent if bill.total else None,
        "discount": {"id": f"di_{bill.id}", **_discount(bill.code, bill.coupon)} if bill.taken_off else None,
    }


def charge_refunded(
    bill: Bill, at: datetime, *, total: int, before: int = 0, since_2025: bool = True, event_id: str = ""
) -> bytes:
    """`total` is what went back so far, `before` what had gone back until now."""
    charge = {
        "id": bill.charge,
        "object": "charge",
        "amount": bill.total,
        "amount_refunded": total,
        "refunded": total >= bill.total,
        "currency": bill.amount.currency.lower(),
        "customer": bill.customer,
        "payment_intent": bill.intent,
        **({} if since_2025 else {"invoice": bill.id}),
    }
    name = event_id or f"evt_refund_{bill.id}_{total}"
    return event(name, "charge.refunded", at, charge, {"amount_refunded": before})


def dispute(bill: Bill, at: datetime, status: str = "needs_response", event_id: str = "") -> bytes:
    """`status`: needs_response opens it, won and lost close it."""
    closed = status in {"won", "lost"}
    thing = {
        "id": f"dp_{bill.id}",
        "object": "dispute",
        "amount": bill.total,
        "currency": bill.amount.currency.lower(),
        "charge": bill.charge,
        "payment_intent": bill.intent,
        "status": status,
    }
    kind = "charge.dispute.closed" if closed else "charge.dispute.created"
    return event(event_id or f"evt_{status}_{bill.id}", kind, at, thing)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def _discount(code: str | None, coupon: str | None = None) -> Mapping[str, Any]:
    if code:
        return {"coupon": {"id": "coupon_code"}, "promotion_code": {"id": f"promo_{code}", "code": code}}
    return {"coupon": {"id": coupon or "coupon", "name": coupon}, "promotion_code": None}
