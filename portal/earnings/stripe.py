"""Signed JSON in, our facts out. Nothing but this file and its shapes knows Stripe's words.

Webhook endpoints keep the API version they were made with, so both shapes of an invoice are read: before
2025-03-31 (`subscription`, `price`, `charge`) and since (`parent`, `pricing`, `payments`).
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from portal.accounts.rules import person_key
from portal.earnings import stripe_shapes as shapes
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
    PaymentNames,
    Refund,
    SubscriptionChange,
)
from portal.money import Money, NotMoney

TOLERANCE_SECONDS = 300
LONGEST = 255

# Stripe writes these two with two digits that are always zero.
HUNDREDFOLD = frozenset({"ISK", "UGX"})


class Forged(ValueError):
    """The signature is missing, wrong or too old."""


def verify(
    body: bytes,
    signature: str | None,
    secrets: Sequence[str],
    now: datetime,
    header: str = "Stripe-Signature",
) -> None:
    """Raises `Forged` unless one of the secrets signed exactly these bytes within the last five minutes."""
    parts = [part.strip().partition("=") for part in (signature or "").split(",")]
    times = [value for name, _, value in parts if name == "t" and value.isascii() and value.isdecimal()]
    signatures = [value for name, _, value in parts if name == "v1" and value.isascii()]
    if len(times) != 1 or len(times[0]) > 12 or not signatures:
        raise Forged(f"The {header} header is missing or incomplete.")
    signed = f"{times[0]}.".encode() + body
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    # Every pair is compared, so that the time taken does not tell which secret matched.
    matches = [hmac.compare_digest(one, other) for one in wanted for other in signatures]
    if not any(matches):
        raise Forged("The signature does not match any secret of this portal.")
    age = now.timestamp() - int(times[0])
    if age > TOLERANCE_SECONDS:
        raise Forged("The signature is older than five minutes.")
    if age < -TOLERANCE_SECONDS:
        raise Forged("The time of the signature is wrong: it is more than five minutes ahead of ours.")


def read(body: bytes) -> Event:
    """What an event says. Kinds that the portal does not know have no facts. Raises `Malformed`."""
    envelope = _decode(body, shapes.Envelope)
    reader = READERS.get(envelope.type)
    if reader is None:
        meaning = Meaning.NOTHING if envelope.type in OF_NO_CONSEQUENCE else Meaning.UNKNOWN
        return Event(envelope.id, envelope.type, _moment(envelope.created), meaning, ())
    try:
        facts = reader(envelope)
    except NotMoney as wrong:
        raise Malformed(str(wrong)) from wrong
    meaning = _meaning(facts)
    return Event(envelope.id, envelope.type, _moment(envelope.created), meaning, facts)


def _meaning(facts: tuple[Fact, ...]) -> Meaning:
    match facts:
        case ():
            return Meaning.NOTHING
        case (Checkout() | SubscriptionChange(), *_):
            return Meaning.SUBSCRIPTION
        case (PaymentNames(), *_):
            return Meaning.NAMES
        case _:
            return Meaning.MONEY


def _checkout(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    session = _decode(envelope.data.object, shapes.Session)
    if session.subscription is None or session.customer is None:
        return ()  # a purchase that is no subscription
    buyer = session.customer_details or shapes.Buyer()
    metadata = session.metadata or {}
    return (
        Checkout(
            at=_moment(envelope.created),
            customer=_id(session.customer),
            subscription=_id(session.subscription),
            clicks=_texts(session.client_reference_id, metadata.get("click_id")),
            codes=_codes(session.discounts or (), metadata),
            address=_person(buyer.email or session.customer_email),
            country=_country(buyer.address),
        ),
    )


def _subscription(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    said = _decode(envelope.data.object, shapes.Subscription)
    at = _moment(envelope.created)
    gone = envelope.type == "customer.subscription.deleted" or said.status in {
        "canceled",
        "incomplete_expired",
    }
    price = next((item.price for item in said.items.data if item.price), None)
    metadata = said.metadata or {}
    return (
        SubscriptionChange(
            at=at,
            external_id=envelope.id,
            customer=_id(said.customer),
            subscription=said.id,
            began_at=_moment(said.created or said.start_date or envelope.created),
            trial_ends_at=_moment(said.trial_end) if said.trial_end else None,
            ended_at=(_moment(said.ended_at) if said.ended_at else at) if gone else None,
            stripe_price=price.id if price else None,
            price=_money(price.unit_amount, said.currency)
            if price and price.unit_amount is not None
            else None,
            clicks=_texts(metadata.get("click_id")),
            codes=_codes([said.discount] if said.discount else (), metadata),
        ),
    )


def _invoice_paid(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    invoice = _decode(envelope.data.object, shapes.Invoice)
    currency = invoice.currency
    included, added = _taxes(invoice)
    shipping = invoice.shipping_cost.amount_subtotal if invoice.shipping_cost else 0
    price_paid = _money(invoice.total - added - shipping, currency)
    paid_at = invoice.status_transitions.paid_at if invoice.status_transitions else None
    details = (
        invoice.parent.subscription_details if invoice.parent else None
    ) or invoice.subscription_details
    subscription = invoice.subscription or (details.subscription if details else None)
    without_tax = _money(invoice.total - added - included - shipping, currency)
    return (
        Payment(
            at=_moment(paid_at or envelope.created),
            external_id=invoice.id,
            customer=_id(invoice.customer),
            subscription=_id(subscription) if subscription else None,
            charged=_money(invoice.amount_paid, currency),
            # What a balance from earlier days paid was commissioned when that money came in.
            base=without_tax.share(min(invoice.amount_paid, invoice.total), invoice.total)
            if invoice.total > 0
            else _money(0, currency),
            tax=_money(included + added, currency),
            price_paid=price_paid,
            lines=tuple(_line(line, currency) for line in invoice.lines.data),
            discounts=_discounts(invoice),
            names=_names(invoice),
            at_checkout=invoice.billing_reason in {"subscription_create", None},
            address=_person(invoice.customer_email),
            country=_country(invoice.customer_address),
            clicks=_texts((details.metadata or {}).get("click_id") if details else None),
        ),
    )


def _taxes(invoice: shapes.Invoice) -> tuple[int, int]:
    """Tax that prices include, and tax that is added to them."""
    taxes = invoice.total_taxes or invoice.total_tax_amounts
    if taxes is None:
        return 0, invoice.tax or 0
    included = sum(tax.amount for tax in taxes if tax.inclusive or tax.tax_behavior == "inclusive")
    return included, sum(tax.amount for tax in taxes) - included


def _line(line: shapes.Line, currency: str) -> PaymentLine:
    details = line.pricing.price_details if line.pricing else None
    named = (details.price if details else None) or line.price
    unit = line.price.unit_amount if line.price else None
    if unit is None and line.pricing and (line.pricing.unit_amount_decimal or "").isdecimal():
        unit = int(line.pricing.unit_amount_decimal or "")
    parent = line.parent or shapes.LineParent()
    item = parent.subscription_item_details or parent.invoice_item_details
    return PaymentLine(
        amount=_money(line.amount, currency),
        price=_money(unit, currency) if unit is not None else None,
        stripe_price=(named if isinstance(named, str) else named.id) if named else None,
        quantity=line.quantity or 1,
        proration=line.proration or bool(item and item.proration),
    )


def _discounts(invoice: shapes.Invoice) -> tuple[Discount, ...]:
    told = [one for one in invoice.discounts or () if isinstance(one, shapes.Discount)]
    told += [invoice.discount] if invoice.discount else []
    by_id = {one.id: one for one in told if one.id}
    found = []
    for part in invoice.total_discount_amounts or ():
        whole = (
            part.discount if isinstance(part.discount, shapes.Discount) else by_id.get(part.discount or "")
        )
        # With one discount in all there is no doubt which one it is.
        whole = whole or (told[0] if len(told) == 1 else None)
        amount = _money(part.amount, invoice.currency)
        found.append(Discount(amount, _known_by(whole), _reference(whole)) if whole else Discount(amount))
    return tuple(discount for discount in found if not discount.amount.is_zero)


def _known_by(discount: shapes.Discount) -> tuple[str, ...]:
    """The code that was typed, or the coupon that somebody put on; see `_reference` for an id alone."""
    if isinstance(discount.promotion_code, shapes.Promotion):
        return _texts(discount.promotion_code.code)
    if discount.promotion_code:
        return ()
    coupon = discount.coupon or (discount.source.coupon if discount.source else None)
    if isinstance(coupon, shapes.Coupon):
        return _texts(coupon.id, coupon.name)
    return _texts(coupon)


def _reference(discount: shapes.Discount) -> str:
    """Stripe's id of a promotion code that it did not spell out, as it seldom does."""
    told = discount.promotion_code
    if isinstance(told, shapes.Promotion):
        return "" if told.code else "".join(_texts(told.id))
    return "".join(_texts(told))


def _codes(discounts: Iterable[shapes.Discount], metadata: dict[str, str]) -> tuple[str, ...]:
    told = ((*_known_by(discount), _reference(discount)) for discount in discounts)
    return (*_texts(metadata.get("discount_code")), *(name for names in told for name in names if name))


def _names(invoice: shapes.Invoice) -> tuple[str, ...]:
    paid_by = [one.payment for one in (invoice.payments.data if invoice.payments else ()) if one.payment]
    references = [invoice.payment_intent, invoice.charge]
    references += [reference for one in paid_by for reference in (one.payment_intent, one.charge)]
    return tuple(dict.fromkeys(_id(reference) for reference in references if reference))


def _invoice_payment(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    """Since 2025 this event alone says which payment intent paid an invoice."""
    said = _decode(envelope.data.object, shapes.InvoicePayment)
    if said.invoice is None or said.payment is None:
        return ()
    references = (said.payment.payment_intent, said.payment.charge)
    return tuple(PaymentNames(_id(said.invoice), _id(reference)) for reference in references if reference)


def _charge_refunded(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    charge = _decode(envelope.data.object, shapes.Charge)
    before = _decode(envelope.data.previous_attributes, shapes.RefundedBefore).amount_refunded or 0
    if charge.amount_refunded == 0:
        return ()
    names = tuple(_id(name) for name in (charge.payment_intent, charge.id) if name)
    invoice = _id(charge.invoice) if charge.invoice else None
    return (
        Refund(
            at=_moment(envelope.created),
            external_id=f"{charge.id}:{charge.amount_refunded}",
            reference=invoice or names[0],
            amount=_money(max(charge.amount_refunded - before, 0), charge.currency),
            total=_money(charge.amount_refunded, charge.currency),
        ),
        *(PaymentNames(invoice, name) for name in names if invoice),
    )


def _refund_object(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    """`charge.refunded` tells what went back in all. Only that a refund failed is told here alone."""
    said = _decode(envelope.data.object, shapes.RefundObject)
    reference = said.payment_intent or said.charge
    if said.status not in {"failed", "canceled"} or reference is None or not said.amount:
        return ()
    return (
        Refund(
            at=_moment(envelope.created),
            external_id=f"{said.id}:failed",
            reference=_id(reference),
            amount=-_money(said.amount, said.currency),
        ),
    )


def _credit_note(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    """What was given back outside Stripe. A refund through Stripe is told by its charge, and credit for later
    invoices takes nothing back now: those will be commissioned on what is paid then."""
    said = _decode(envelope.data.object, shapes.CreditNote)
    if not said.out_of_band_amount:
        return ()
    voided = envelope.type == "credit_note.voided"
    amount = _money(said.out_of_band_amount, said.currency)
    return (
        Refund(
            at=_moment(envelope.created),
            external_id=f"{said.id}:voided" if voided else said.id,
            reference=_id(said.invoice),
            amount=-amount if voided else amount,
        ),
    )


def _dispute(envelope: shapes.Envelope) -> tuple[Fact, ...]:
    said = _decode(envelope.data.object, shapes.Dispute)
    reference = said.payment_intent or said.charge
    if reference is None:
        raise Malformed("A dispute names neither charge nor payment intent.")
    closed = envelope.type == "charge.dispute.closed"
    step = (DisputeStep.LOST if said.status == "lost" else DisputeStep.WON) if closed else DisputeStep.OPENED
    opened_at = said.created if said.created and not closed else envelope.created
    return (
        Dispute(
            at=_moment(opened_at),
            external_id=f"{said.id}:{step}",
            dispute=said.id,
            reference=_id(reference),
            step=step,
            amount=_money(said.amount, said.currency),
        ),
    )


READERS = {
    "checkout.session.completed": _checkout,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.trial_will_end": _subscription,
    "invoice.paid": _invoice_paid,
    "invoice_payment.paid": _invoice_payment,
    "charge.refunded": _charge_refunded,
    "charge.refund.updated": _refund_object,
    "refund.created": _refund_object,
    "refund.updated": _refund_object,
    "refund.failed": _refund_object,
    "credit_note.created": _credit_note,
    "credit_note.voided": _credit_note,
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
}
OF_NO_CONSEQUENCE = frozenset(
    {
        "invoice.payment_succeeded",  # invoice.paid says the same
        "invoice.payment_failed",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "credit_note.updated",
    }
)

Shape = TypeVar("Shape", bound=msgspec.Struct)


def _decode(body: bytes | msgspec.Raw, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Malformed(f"This is not an event as Stripe sends it: {wrong}") from wrong


def _id(reference: shapes.Ref) -> str:
    return reference if isinstance(reference, str) else reference.id


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _money(minor: int, currency: str) -> Money:
    code = currency.upper()
    return Money(minor // 100 if code in HUNDREDFOLD else minor, code)


def _texts(*texts: str | None) -> tuple[str, ...]:
    return tuple(text[:LONGEST] for text in texts if text and text.isprintable())


def _person(address: str | None) -> str:
    return person_key(address) if address and "@" in address else ""


def _country(address: shapes.Address | None) -> str:
    country = (address.country if address else None) or ""
    return country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else ""
