"""Keeps events and their facts as they came. Whatever is there already stays as it is."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column
from piccolo.table import Table

from portal import db
from portal.earnings.facts import (
    Checkout,
    Dispute,
    Fact,
    Payment,
    PaymentNames,
    Refund,
    SubscriptionChange,
)
from portal.earnings.gather import CHANGE, CHECKOUT, chunks, identity
from portal.earnings.rules import TransactionKind
from portal.earnings.stripe import Event
from portal.earnings.tables import (
    BillingEvent,
    PaymentName,
    Subscription,
    SubscriptionFact,
    Transaction,
)
from portal.ids import new_id
from portal.referrals.tables import Customer

# Payments share a fixed number of locks by their names, so that a year takes no more of them than an event.
FIRST_TURN_LOCK, TURN_LOCKS = 7_500, 64
MANY = 50


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
    rows = {
        delivery.event.external_id: BillingEvent(
            id=new_id(),
            program=program,
            source=source,
            external_id=delivery.event.external_id,
            kind=delivery.event.kind,
            meaning=str(delivery.event.meaning),
            body=delivery.body.decode(),
            digest=delivery.digest,
            happened_at=delivery.event.happened_at,
            received_at=now,
        )
        for delivery in deliveries
    }
    stored = await _insert_new(
        BillingEvent, list(rows.values()), (BillingEvent.source, BillingEvent.external_id)
    )
    return [
        (rows[delivery.event.external_id].id, delivery.event)
        for delivery in {delivery.event.external_id: delivery for delivery in deliveries}.values()
        if rows[delivery.event.external_id].id in stored
    ]


async def take_turns(facts: Iterable[Fact]) -> None:
    """A payment and its refund of the same moment must see each other, so one waits for the other."""
    names = {name for fact in facts for name in _payment_names(fact)}
    buckets = {zlib.crc32(name.encode()) % TURN_LOCKS for name in names}
    for bucket in sorted(buckets):
        await db.exclusively("payment", FIRST_TURN_LOCK + bucket)


def _payment_names(fact: Fact) -> tuple[str, ...]:
    match fact:
        case Payment():
            return (fact.external_id, *fact.names)
        case Refund() | Dispute():
            return (fact.reference,)
        case PaymentNames():
            return (fact.payment, fact.name)
        case _:
            return ()


async def store_customers(program: UUID, facts: Iterable[Fact]) -> dict[str, UUID]:
    told = [fact for fact in facts if isinstance(fact, Checkout | SubscriptionChange | Payment)]
    seen = {fact.customer: fact for fact in sorted(told, key=lambda fact: fact.at, reverse=True)}
    rows: list[Table] = [
        Customer(
            id=new_id(),
            program=program,
            external_id=name,
            country="" if isinstance(fact, SubscriptionChange) else fact.country,
            first_seen_at=fact.at,
        )
        for name, fact in sorted(seen.items())
    ]
    await _insert_new(Customer, rows, (Customer.program, Customer.external_id))
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
    rows: list[Table] = [
        Subscription(id=new_id(), program=program, customer=customers[customer], external_id=name)
        for name, customer in sorted(told.items())
    ]
    await _insert_new(Subscription, rows, (Subscription.program, Subscription.external_id))
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
    rows: dict[str, Table] = {}
    for event, fact in facts:
        if isinstance(fact, Payment):
            subscription, owner = subscriptions.get(fact.subscription or "", (None, customers[fact.customer]))
            rows[fact.external_id] = Transaction(
                id=new_id(),
                event=event,
                program=program,
                customer=owner,
                subscription=subscription,
                kind=str(TransactionKind.PAYMENT),
                external_id=fact.external_id,
                reference=fact.external_id,
                happened_at=fact.at,
                currency=fact.charged.currency,
                charged=fact.charged.minor,
                base=fact.base.minor,
                tax=fact.tax.minor,
                discount=fact.discount.minor,
                fact=msgspec.json.encode(fact).decode(),
            )
        elif isinstance(fact, Refund | Dispute):
            kind = TransactionKind.REFUND if isinstance(fact, Refund) else TransactionKind.DISPUTE
            rows[fact.external_id] = Transaction(
                id=new_id(),
                event=event,
                program=program,
                kind=str(kind),
                external_id=fact.external_id,
                reference=fact.reference,
                happened_at=fact.at,
                currency=fact.amount.currency,
                charged=fact.amount.minor,
                fact=msgspec.json.encode(fact).decode(),
            )
    await _insert_new(Transaction, list(rows.values()), (Transaction.program, Transaction.external_id))


async def store_names(program: UUID, facts: Iterable[Fact]) -> None:
    names = {}
    for fact in facts:
        if isinstance(fact, Payment):
            names.update(dict.fromkeys(fact.names, fact.external_id))
        elif isinstance(fact, PaymentNames):
            names[fact.name] = fact.payment
    rows: list[Table] = [
        PaymentName(id=new_id(), program=program, name=name, payment=payment)
        for name, payment in sorted(names.items())
    ]
    await _insert_new(PaymentName, rows, (PaymentName.program, PaymentName.name))


async def payers_of(program: UUID, facts: Iterable[Fact]) -> set[UUID]:
    """Who made the payments that refunds, disputes and names speak of."""
    spoken = {fact.reference for fact in facts if isinstance(fact, Refund | Dispute)}
    spoken |= {fact.payment for fact in facts if isinstance(fact, PaymentNames)}
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
    return found


async def _insert_new(table: type[Table], rows: Sequence[Table], once: tuple[Column, Column]) -> set[UUID]:
    """Inserts what is not there yet; answers the new ids. All rows are alike in the first of the columns."""
    if len(rows) > MANY:
        new = await _not_there(table, rows, *once)
        await insert(table, new)
        return {identity(_value(row, "id")) for row in new}
    if not rows:
        return set()
    query = table.insert(*rows).on_conflict(target=once, action="DO NOTHING")
    return {identity(row["id"]) for row in await query}


async def _not_there(table: type[Table], rows: Sequence[Table], scope: Column, name: Column) -> list[Table]:
    """For a long history, asking first is many times faster than one careful insert for each."""
    key = name._meta.name
    there: set[str] = set()
    for some in chunks({_value(row, key) for row in rows}, 5_000):
        within = scope == _value(rows[0], scope._meta.name)
        there |= {found[key] for found in await table.select(name).where(within & name.is_in(some))}
    return [row for row in rows if _value(row, key) not in there]


def _value(row: Table, column: str) -> Any:
    return getattr(row, column)


async def lock(table: type[Table], ids: Iterable[UUID]) -> None:
    """In the order of their ids, so that two bookings never wait for each other."""
    for some in chunks(ids, 5_000):
        column = table._meta.primary_key
        await db.for_update(table.select(column).where(column.is_in(some)).order_by(column))


async def insert(table: type[Table], rows: Sequence[Table]) -> None:
    if rows:
        columns = [column._meta.name for column in table._meta.columns]
        await db.insert_many(
            table._meta.tablename, columns, [[getattr(row, name) for name in columns] for row in rows]
        )


async def store_subscription_facts(
    facts: Iterable[tuple[UUID, Fact]], subscriptions: dict[str, tuple[UUID, UUID]]
) -> None:
    await insert(
        SubscriptionFact,
        [
            SubscriptionFact(
                id=new_id(),
                event=row,
                subscription=subscriptions[fact.subscription][0],
                happened_at=fact.at,
                kind=CHECKOUT if isinstance(fact, Checkout) else CHANGE,
                fact=msgspec.json.encode(fact).decode(),
            )
            for row, fact in facts
            if isinstance(fact, Checkout | SubscriptionChange)
        ],
    )
