"""Keeps events and their facts as they came. Whatever is there already stays as it is."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.table import Table

from portal import db
from portal.earnings.facts import (
    Adjustment,
    Checkout,
    Dispute,
    Event,
    Fact,
    MoneyFact,
    Overrule,
    Payment,
    PaymentNames,
    Refund,
    SubscriptionChange,
    Tie,
)
from portal.earnings.gather import CHANGE, CHECKOUT, OVERRULE, TIE, chunks, identity
from portal.earnings.rules import TransactionKind
from portal.earnings.tables import (
    BillingEvent,
    PaymentName,
    Ruling,
    Subscription,
    SubscriptionFact,
    Transaction,
)
from portal.ids import new_id
from portal.money import Money
from portal.referrals.tables import Customer

# Payments share a fixed number of locks by their names, so that a year takes no more of them than an event.
FIRST_TURN_LOCK, TURN_LOCKS = 1_000_000, 1_024

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    event: Event
    body: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


async def store_events(
    program: UUID, source: str, deliveries: Sequence[Delivery], now: datetime
) -> list[tuple[UUID, Event]]:
    """Stores the events that are new; the unique promise of the table decides which these are."""
    # Of several with one id the first counts. In the order of their ids, so that two bookings never wait
    # for each other.
    first = {delivery.event.external_id: delivery for delivery in reversed(deliveries)}
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "program": program,
            "source": source,
            "external_id": name,
            "kind": first[name].event.kind,
            "meaning": str(first[name].event.meaning),
            "body": first[name].body.decode(),
            "digest": first[name].digest,
            "happened_at": first[name].event.happened_at,
            "received_at": now,
        }
        for name in sorted(first)
    ]
    stored = await insert_new(BillingEvent, rows, "program", "source", "external_id")
    return [(row["id"], first[row["external_id"]].event) for row in rows if row["id"] in stored]


async def take_turns(facts: Iterable[Fact]) -> None:
    """A payment and its refund of the same moment must see each other, so one waits for the other."""
    names = {name for fact in facts for name in _payment_names(fact)}
    buckets = {zlib.crc32(name.encode()) % TURN_LOCKS for name in names}
    await db.exclusively("payment", *(FIRST_TURN_LOCK + bucket for bucket in buckets))


def _payment_names(fact: Fact) -> tuple[str, ...]:
    match fact:
        case Payment():
            return (fact.external_id, *fact.names)
        case Refund() | Dispute():
            return (fact.reference,)
        case PaymentNames():
            return (fact.payment, fact.name)
        case Overrule():
            return (fact.payment,)
        case _:
            return ()


async def store_customers(program: UUID, facts: Iterable[Fact]) -> dict[str, UUID]:
    told = [fact for fact in facts if isinstance(fact, Checkout | SubscriptionChange | Payment)]
    seen = {fact.customer: fact for fact in sorted(told, key=lambda fact: fact.at, reverse=True)}
    rows = [
        {
            "id": new_id(),
            "program": program,
            "external_id": name,
            "country": "" if isinstance(fact, SubscriptionChange) else fact.country,
            "first_seen_at": fact.at,
        }
        for name, fact in sorted(seen.items())
    ]
    await insert_new(Customer, rows, "program", "external_id")
    found = {}
    for some in chunks(seen, 5_000):
        for row in await Customer.select(Customer.id, Customer.external_id, Customer.country).where(
            (Customer.program == program) & Customer.external_id.is_in(some)
        ):
            found[row["external_id"]] = identity(row["id"])
            await _learn_country(row, told)
    return found


async def _learn_country(row: dict[str, Any], told: Iterable[Fact]) -> None:
    if row["country"]:
        return
    countries = [
        fact.country
        for fact in told
        if isinstance(fact, Checkout | Payment) and fact.customer == row["external_id"] and fact.country
    ]
    if countries:
        await Customer.update({Customer.country: countries[0]}).where(Customer.id == row["id"])


async def store_subscriptions(
    program: UUID, facts: Iterable[Fact], customers: dict[str, UUID]
) -> dict[str, tuple[UUID, UUID]]:
    """The row and the customer of each. The first customer stays: a subscription does not change hands."""
    told = {
        fact.subscription: fact.customer
        for fact in facts
        if isinstance(fact, Checkout | SubscriptionChange | Payment) and fact.subscription
    }
    rows = [
        {
            "id": new_id(),
            "program": program,
            "customer": customers[customer],
            "external_id": name,
            "placement": "",
        }
        for name, customer in sorted(told.items())
    ]
    await insert_new(Subscription, rows, "program", "external_id")
    found = {}
    for some in chunks(told, 5_000):
        for row in await Subscription.select(
            Subscription.id, Subscription.external_id, Subscription.customer
        ).where((Subscription.program == program) & Subscription.external_id.is_in(some)):
            found[row["external_id"]] = identity(row["id"]), identity(row["customer"])
    return found


async def store_transactions(
    program: UUID,
    facts: Iterable[tuple[UUID, Fact]],
    customers: dict[str, UUID],
    subscriptions: dict[str, tuple[UUID, UUID]],
) -> None:
    rows: dict[str, Row] = {}
    for event, fact in facts:
        if isinstance(fact, Payment):
            subscription, owner = subscriptions.get(fact.subscription or "", (None, customers[fact.customer]))
            rows[fact.external_id] = _money_row(
                event,
                program,
                fact,
                kind=TransactionKind.PAYMENT,
                reference=fact.external_id,
                amounts=(fact.charged, fact.base, fact.tax, fact.discount),
                customer=owner,
                subscription=subscription,
            )
        elif isinstance(fact, Refund | Dispute):
            kind = TransactionKind.REFUND if isinstance(fact, Refund) else TransactionKind.DISPUTE
            rows[fact.external_id] = _money_row(
                event, program, fact, kind=kind, reference=fact.reference, amounts=(fact.amount,)
            )
        elif isinstance(fact, Adjustment):
            rows[fact.external_id] = _money_row(
                event,
                program,
                fact,
                kind=TransactionKind.ADJUSTMENT,
                reference=fact.external_id,
                amounts=(fact.amount,),
            )
    ordered = [rows[name] for name in sorted(rows)]
    await insert_new(Transaction, ordered, "program", "external_id")


def _money_row(
    event: UUID,
    program: UUID,
    fact: MoneyFact,
    *,
    kind: TransactionKind,
    reference: str,
    amounts: Sequence[Money],
    customer: UUID | None = None,
    subscription: UUID | None = None,
) -> Row:
    """`amounts` are what was charged, the base, the tax and the discount; a correction has only the first."""
    charged, base, tax, discount = (*(amount.minor for amount in amounts), 0, 0, 0)[:4]
    return {
        "id": new_id(),
        "event": event,
        "program": program,
        "customer": customer,
        "subscription": subscription,
        "kind": str(kind),
        "external_id": fact.external_id,
        "reference": reference,
        "happened_at": fact.at,
        "currency": amounts[0].currency,
        "charged": charged,
        "base": base,
        "tax": tax,
        "discount": discount,
        "fact": msgspec.json.encode(fact).decode(),
    }


async def store_names(program: UUID, facts: Iterable[Fact]) -> None:
    names = {}
    for fact in facts:
        if isinstance(fact, Payment):
            names.update(dict.fromkeys(fact.names, fact.external_id))
        elif isinstance(fact, PaymentNames):
            names[fact.name] = fact.payment
    rows = [
        {"id": new_id(), "program": program, "name": name, "payment": payment}
        for name, payment in sorted(names.items())
    ]
    await insert_new(PaymentName, rows, "program", "name")


async def payers_of(program: UUID, facts: Iterable[Fact]) -> set[UUID]:
    """Who made the payments that refunds, disputes and names speak of."""
    spoken = {fact.reference for fact in facts if isinstance(fact, Refund | Dispute)}
    spoken |= {fact.payment for fact in facts if isinstance(fact, PaymentNames | Overrule)}
    payments = set(spoken)
    for some in chunks(spoken, 5_000):
        rows = await PaymentName.select(PaymentName.payment).where(
            (PaymentName.program == program) & PaymentName.name.is_in(some)
        )
        payments |= {row["payment"] for row in rows}
    found = set()
    for some in chunks(payments, 5_000):
        rows = await Transaction.select(Transaction.customer).where(
            (Transaction.program == program)
            & Transaction.external_id.is_in(some)
            & Transaction.customer.is_not_null()
        )
        found |= {identity(row["customer"]) for row in rows}
    for some in chunks({fact.subscription for fact in facts if isinstance(fact, Tie)}, 5_000):
        rows = await Subscription.select(Subscription.customer).where(
            (Subscription.program == program) & Subscription.external_id.is_in(some)
        )
        found |= {identity(row["customer"]) for row in rows}
    return found


async def store_rulings(program: UUID, facts: Iterable[tuple[UUID, Fact]]) -> None:
    rows = [
        {
            "id": new_id(),
            "event": event,
            "program": program,
            "kind": OVERRULE if isinstance(fact, Overrule) else TIE,
            "subject": fact.payment if isinstance(fact, Overrule) else fact.subscription,
            "fact": msgspec.json.encode(fact).decode(),
        }
        for event, fact in facts
        if isinstance(fact, Overrule | Tie)
    ]
    await insert(Ruling, rows)


async def insert_new(table: type[Table], rows: Sequence[Row], *once: str) -> set[UUID]:
    """Inserts what is not there yet; answers the new ids."""
    if not rows:
        return set()
    name, columns = table._meta.tablename, list(rows[0])
    new = await db.insert_new(name, columns, [list(row.values()) for row in rows], once)
    return {identity(one) for one in new}


async def lock(table: type[Table], ids: Iterable[UUID]) -> None:
    """In the order of their ids, so that two bookings never wait for each other."""
    for some in chunks(ids, 5_000):
        column = table._meta.primary_key
        await db.for_update(table.select(column).where(column.is_in(some)).order_by(column))


async def insert(table: type[Table], rows: Sequence[Row]) -> None:
    if rows:
        await db.insert_many(table._meta.tablename, list(rows[0]), [list(row.values()) for row in rows])


async def store_subscription_facts(
    facts: Iterable[tuple[UUID, Fact]], subscriptions: dict[str, tuple[UUID, UUID]]
) -> None:
    await insert(
        SubscriptionFact,
        [
            {
                "id": new_id(),
                "event": row,
                "subscription": subscriptions[fact.subscription][0],
                "happened_at": fact.at,
                "kind": CHECKOUT if isinstance(fact, Checkout) else CHANGE,
                "fact": msgspec.json.encode(fact).decode(),
            }
            for row, fact in facts
            if isinstance(fact, Checkout | SubscriptionChange)
        ],
    )
