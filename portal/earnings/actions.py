"""Booking: an event is stored, and what follows from it is written, in one transaction."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from portal import db
from portal.audit.actions import PORTAL
from portal.audit.actions import record as audit
from portal.earnings.facts import Adjustment, Dispute, Event, Fact, Refund
from portal.earnings.gather import chunks, correction_of, identity
from portal.earnings.record import book_adjustments, decide_waiting, rebook
from portal.earnings.sources import STRIPE
from portal.earnings.store import (
    Delivery,
    lock,
    payers_of,
    store_customers,
    store_events,
    store_names,
    store_rulings,
    store_subscription_facts,
    store_subscriptions,
    store_transactions,
    take_turns,
)
from portal.earnings.tables import BillingEvent, Decision, Subscription, Transaction
from portal.referrals.tables import Customer

__all__ = ["Delivery", "Receipt", "catch_up", "receive", "receive_each", "receive_many", "refuse"]

# A year of a program is booked in bites: each bite is one transaction and one pass over its customers.
BITE = 2_000


class Receipt(StrEnum):
    BOOKED = "booked"
    KNOWN = "known"  # the very same event came before
    ALTERED = "altered"  # the same id came before with another body


async def receive(program: UUID, delivery: Delivery, now: datetime, source: str = STRIPE) -> Receipt:
    """Stores one event and books what follows from it. An altered one changes nothing and is audited."""
    (receipt,) = await receive_each(program, [delivery], now, source)
    return receipt


async def receive_each(
    program: UUID, deliveries: Sequence[Delivery], now: datetime, source: str = STRIPE
) -> list[Receipt]:
    """The same for several in one transaction, with a receipt for each."""
    async with db.transaction():
        fresh = await store_events(program, source, deliveries, now)
        await _book(program, fresh, now)
        new = {event.external_id for _, event in fresh}
        receipts = []
        for delivery in deliveries:
            name = delivery.event.external_id
            if name in new:
                new.remove(name)
                receipts.append(Receipt.BOOKED)
            else:
                receipts.append(await _again(program, delivery, now, source))
    return receipts


async def _again(program: UUID, delivery: Delivery, now: datetime, source: str) -> Receipt:
    event = delivery.event
    rows = await BillingEvent.select(BillingEvent.digest).where(
        (BillingEvent.program == program)
        & (BillingEvent.source == source)
        & (BillingEvent.external_id == event.external_id)
    )
    if rows[0]["digest"] == delivery.digest:
        return Receipt.KNOWN
    after = {"digest": delivery.digest, "kind": event.kind}
    await audit(PORTAL, "event_altered", source, event.external_id, now, before=rows[0], after=after)
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
            fresh = await store_events(program, source, deliveries[start : start + BITE], now)
            await _book(program, fresh, now)
        booked += len(fresh)
        progress(min(start + BITE, len(deliveries)))
    return booked


async def refuse(why: str, now: datetime, body: bytes, source: str = STRIPE) -> None:
    """Leaves a trace of an event that was forged, stale or unreadable."""
    digest = hashlib.sha256(body).hexdigest()
    await audit(PORTAL, "event_refused", source, digest[:16], now, after={"why": why[:500], "digest": digest})


async def catch_up(now: datetime) -> int:
    """Books anew the subscriptions whose click was stored only after their checkout; answers how many."""
    async with db.transaction():
        late = await Subscription.raw(
            """
            SELECT s.program, s.customer FROM subscription s
            JOIN click c ON c.token = s.awaits_click
            JOIN enrollment e ON e.id = c.enrollment AND e.program = s.program
            WHERE c.why_not IN ('', 'repeat')
            """
        )
        waiting: dict[UUID, set[UUID]] = {}
        for row in late:
            waiting.setdefault(identity(row["program"]), set()).add(identity(row["customer"]))
        for program, customers in sorted(waiting.items()):
            await _rebook_locked(program, customers, now)
    return sum(map(len, waiting.values()))


async def _rebook_locked(program: UUID, customers: set[UUID], now: datetime) -> None:
    if customers:
        await lock(Customer, customers)
        await rebook(program, customers, now)


async def _book(program: UUID, events: Sequence[tuple[UUID, Event]], now: datetime) -> None:
    facts = [(row, fact) for row, event in events for fact in event.facts]
    if not facts:
        return
    await take_turns([fact for _, fact in facts])
    customers = await store_customers(program, [fact for _, fact in facts])
    subscriptions = await store_subscriptions(program, [fact for _, fact in facts], customers)
    await store_subscription_facts(facts, subscriptions)
    await store_transactions(program, facts, customers, subscriptions)
    await store_names(program, [fact for _, fact in facts])
    await store_rulings(program, facts)
    concerned = {*customers.values(), *(owner for _, owner in subscriptions.values())}
    concerned |= await payers_of(program, [fact for _, fact in facts])
    await lock(Customer, concerned)
    await rebook(program, concerned, now)
    await _answer_the_waiting(program, [fact for _, fact in facts], now)
    await _book_adjustments(program, [fact for _, fact in facts if isinstance(fact, Adjustment)], now)


async def _book_adjustments(program: UUID, adjustments: Sequence[Adjustment], now: datetime) -> None:
    if adjustments:
        rows = await Transaction.select(Transaction.id, Transaction.external_id).where(
            (Transaction.program == program)
            & Transaction.external_id.is_in([one.external_id for one in adjustments])
        )
        ids = {row["external_id"]: identity(row["id"]) for row in rows}
        await book_adjustments(program, adjustments, ids, now)


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
