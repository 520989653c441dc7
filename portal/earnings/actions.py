"""Booking: an event is stored, and what follows from it is written, in one transaction."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from piccolo.table import Table

from portal import db
from portal.audit.actions import PORTAL
from portal.audit.actions import record as audit
from portal.earnings.facts import (
    Checkout,
    Dispute,
    Fact,
    Payment,
    PaymentNames,
    Refund,
    SubscriptionChange,
)
from portal.earnings.gather import CHANGE, CHECKOUT, chunks, correction_of, identity
from portal.earnings.record import decide_waiting, insert, lock, rebook
from portal.earnings.rules import TransactionKind
from portal.earnings.stripe import Event
from portal.earnings.tables import (
    BillingEvent,
    Decision,
    PaymentName,
    Subscription,
    SubscriptionFact,
    Transaction,
)
from portal.ids import new_id
from portal.referrals.tables import Customer

STRIPE = "stripe"
# A year of a program is booked in bites: each bite is one transaction and one pass over its customers.
BITE = 2_000


class Receipt(StrEnum):
    BOOKED = "booked"
    KNOWN = "known"  # the very same event came before
    ALTERED = "altered"  # the same id came before with another body


@dataclass(frozen=True, slots=True)
class Delivery:
    event: Event
    body: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


async def receive(program: UUID, delivery: Delivery, now: datetime, source: str = STRIPE) -> Receipt:
    """Stores one event and books what follows from it. An altered one changes nothing and is audited."""
    async with db.transaction():
        fresh = await _store_events(program, source, [delivery], now)
        if fresh:
            await _book(program, fresh, now)
            return Receipt.BOOKED
        rows = await BillingEvent.select(BillingEvent.digest).where(
            (BillingEvent.source == source) & (BillingEvent.external_id == delivery.event.external_id)
        )
        if rows[0]["digest"] == delivery.digest:
            return Receipt.KNOWN
        after = {"digest": delivery.digest, "kind": delivery.event.kind}
        await audit(
            PORTAL, "event_altered", source, delivery.event.external_id, now, before=rows[0], after=after
        )
        return Receipt.ALTERED


async def receive_many(
    program: UUID,
    deliveries: Sequence[Delivery],
    now: datetime,
    source: str = STRIPE,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Books a history by the same rules as single events; answers how many events were new."""
    booked = 0
    for start in range(0, len(deliveries), BITE):
        async with db.transaction():
            fresh = await _store_events(program, source, deliveries[start : start + BITE], now)
            await _book(program, fresh, now)
        booked += len(fresh)
        progress(min(start + BITE, len(deliveries)))
    return booked


async def refuse(why: str, now: datetime, body: bytes, source: str = STRIPE) -> None:
    """Leaves a trace of an event that was forged, stale or unreadable."""
    digest = hashlib.sha256(body).hexdigest()
    await audit(PORTAL, "event_refused", source, digest[:16], now, after={"why": why[:500], "digest": digest})


async def catch_up(program: UUID, now: datetime) -> int:
    """Books anew the subscriptions whose click was stored only after their checkout; answers how many."""
    async with db.transaction():
        late = await Subscription.raw(
            "SELECT s.customer FROM subscription s JOIN click c ON c.token = s.awaits_click "
            "WHERE s.program = {}",
            program,
        )
        customers = {identity(row["customer"]) for row in late}
        await _rebook_locked(program, customers, now)
    return len(customers)


async def _rebook_locked(program: UUID, customers: set[UUID], now: datetime) -> None:
    if customers:
        await lock(Customer, customers)
        await rebook(program, customers, now)


# Storing


async def _store_events(
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


async def _book(program: UUID, events: Sequence[tuple[UUID, Event]], now: datetime) -> None:
    facts = [(row, fact) for row, event in events for fact in event.facts]
    if not facts:
        return
    customers = await _store_customers(program, [fact for _, fact in facts])
    subscriptions = await _store_subscriptions(program, [fact for _, fact in facts], customers)
    payers = {*customers.values(), *(owner for _, owner in subscriptions.values())}
    await lock(Customer, payers)
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
    await _store_transactions(program, facts, customers, subscriptions)
    await _store_names(program, [fact for _, fact in facts])
    concerned = payers | await _payers(program, [fact for _, fact in facts])
    await lock(Customer, concerned)
    await rebook(program, concerned, now)
    await _answer_the_waiting(program, [fact for _, fact in facts], now)


async def _store_customers(program: UUID, facts: Iterable[Fact]) -> dict[str, UUID]:
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


async def _store_subscriptions(
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


async def _store_transactions(
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


async def _store_names(program: UUID, facts: Iterable[Fact]) -> None:
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


async def _payers(program: UUID, facts: Iterable[Fact]) -> set[UUID]:
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


async def _answer_the_waiting(program: UUID, facts: Iterable[Fact], now: datetime) -> None:
    """Every transaction has a decision: refunds and disputes of unknown payments wait for them."""
    told = {fact.external_id for fact in facts if isinstance(fact, Refund | Dispute)}
    for some in chunks(told, 5_000):
        rows = await Transaction.select().where(
            (Transaction.program == program) & Transaction.external_id.is_in(some)
        )
        ids = {row["external_id"]: identity(row["id"]) for row in rows}
        answered = await Decision.select(Decision.transaction).where(
            Decision.transaction.is_in(list(ids.values()))
        )
        done = {identity(row["transaction"]) for row in answered}
        open_rows = [row for row in rows if ids[row["external_id"]] not in done]
        await decide_waiting([correction_of(row) for row in open_rows], ids, now)


async def _insert_new(table: type[Table], rows: Sequence[Table], once: tuple[Any, ...]) -> set[UUID]:
    """Inserts what is not there yet; answers the ids that were."""
    stored = set()
    for start in range(0, len(rows), 500):
        query = table.insert(*rows[start : start + 500]).on_conflict(target=once, action="DO NOTHING")
        stored |= {identity(row["id"]) for row in await query}
    return stored
