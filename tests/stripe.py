"""Stripe's side of the wire: events as its API sent them before and since 2025-03-31, and their signature."""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

Shape = Literal["before", "since"]
Event = dict[str, Any]


def signature(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """The headers that Stripe sends with these bytes."""
    stamp = int(at.timestamp())
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={made}", "Content-Type": "application/json"}


def event(kind: str, at: datetime, thing: dict[str, Any]) -> Event:
    return {
        "id": f"evt_{uuid4().hex[:24]}",
        "object": "event",
        "type": kind,
        "created": int(at.timestamp()),
        "livemode": False,
        "data": {"object": thing},
    }


def checkout_completed(
    at: datetime, *, customer: str, subscription: str, click: str | None = None, email: str
) -> Event:
    return event(
        "checkout.session.completed",
        at,
        {
            "id": f"cs_{uuid4().hex}",
            "object": "checkout.session",
            "mode": "subscription",
            "payment_status": "paid",
            "status": "complete",
            "client_reference_id": click,
            "customer": customer,
            "subscription": subscription,
            "customer_details": {"email": email, "address": {"country": "US"}},
            "metadata": {},
        },
    )


def invoice_paid(
    at: datetime, *, customer: str, subscription: str, email: str, price: str, cents: int, shape: Shape
) -> Event:
    """One line at the list price, without tax or discount."""
    line: dict[str, Any] = {"id": f"il_{uuid4().hex}", "object": "line_item", "amount": cents, "quantity": 1}
    invoice: dict[str, Any] = {
        "id": f"in_{uuid4().hex[:24]}",
        "object": "invoice",
        "currency": "usd",
        "customer": customer,
        "customer_email": email,
        "billing_reason": "subscription_create",
        "amount_paid": cents,
        "total": cents,
        "subtotal": cents,
        "created": int(at.timestamp()),
        "status": "paid",
        "status_transitions": {"paid_at": int(at.timestamp())},
        "discounts": [],
        "total_discount_amounts": [],
    }
    if shape == "before":
        line |= {"type": "subscription", "proration": False, "price": {"id": price, "unit_amount": cents}}
        invoice |= {"subscription": subscription, "tax": None, "charge": f"ch_{uuid4().hex[:24]}"}
    else:
        line |= {
            "pricing": {
                "type": "price_details",
                "price_details": {"price": price},
                "unit_amount_decimal": str(cents),
            },
            "parent": {
                "type": "subscription_item_details",
                "subscription_item_details": {"subscription": subscription, "proration": False},
            },
        }
        invoice |= {
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription, "metadata": {}},
            },
            "total_taxes": [],
            "payments": {
                "data": [{"payment": {"type": "payment_intent", "payment_intent": f"pi_{uuid4().hex[:24]}"}}]
            },
        }
    invoice["lines"] = {"object": "list", "data": [line]}
    return event("invoice.paid", at, invoice)
