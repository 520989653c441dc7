"""What a manager decides about money: overruling, tying, giving and taking, each with a reason.

Decided: a ruling is an event like those of a billing system, stored word for word and booked by the same
command. So it is replayed with them, and a late event finds it whenever it comes. Rejected: changing
decisions and lines themselves, which no replay would know of.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.audit.actions import Actor, record
from portal.clock import local_date
from portal.earnings.actions import receive
from portal.earnings.facts import (
    Adjustment,
    AdjustmentKind,
    Event,
    Fact,
    Meaning,
    Overrule,
    Tie,
)
from portal.earnings.gather import identity
from portal.earnings.rows import NEWEST
from portal.earnings.rules import OVERRULABLE, Outcome
from portal.earnings.ruling_events import KINDS
from portal.earnings.sources import MANAGER
from portal.earnings.store import Delivery
from portal.earnings.tables import Subscription, Transaction
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.money import Money
from portal.programs.queries import terms_history

LONGEST_REASON = 500
MOST = 10**12  # minor units; more is a slip of the hand


async def overrule(payment: UUID, *, counts: bool, reason: str, by: Actor, now: datetime) -> None:
    """Decides otherwise whether a payment's price counts. Its lines follow as of the payment's date."""
    told = _reason(reason)
    async with db.transaction():
        row = await _payment(payment)
        outcome = Outcome(row["outcome"])
        if counts and outcome not in OVERRULABLE:
            raise Refused("This payment did not fail for its price, so there is nothing here to overrule.")
        if counts and row["base"] <= 0:
            raise Refused("Nothing was paid, so nothing can be owed for it.")
        if not counts and outcome is not Outcome.SALE:
            raise Refused("This payment earns nothing already.")
        fact = Overrule(now, _name(), row["external_id"], counts, told, by.id)
        await _rule(identity(row["program"]), fact, now)
        await record(
            by,
            "overruled",
            "payment",
            str(payment),
            now,
            before={"outcome": outcome},
            after={"counts": counts, "reason": told},
        )


async def move_subscription(
    subscription: UUID,
    enrollment: UUID,
    *,
    reason: str,
    by: Actor,
    now: datetime,
    since: datetime | None,
) -> None:
    """Ties a subscription to another affiliate, for what is paid from `since` on; None: from its start."""
    told = _reason(reason)
    async with db.transaction():
        row = await _subscription(subscription)
        await _must_earn(enrollment, identity(row["program"]))
        if row["enrollment"] and identity(row["enrollment"]) == enrollment and since is not None:
            raise Refused("This subscription is tied to that affiliate already.")
        fact = Tie(now, _name(), row["external_id"], enrollment, told, by.id, since)
        await _rule(identity(row["program"]), fact, now)
        await record(
            by,
            "tied",
            "subscription",
            str(subscription),
            now,
            before={"enrollment": row["enrollment"]},
            after={"enrollment": enrollment, "since": since, "reason": told},
        )


async def accept_claim(payment: UUID, enrollment: UUID, *, reason: str, by: Actor, now: datetime) -> datetime:
    """Credits a missing sale (rule 13). Answers from when on: in time the payment's own, else now."""
    async with db.transaction():
        row = await _payment(payment)
        if row["subscription"] is None:
            raise Refused("This payment belongs to no subscription, so nobody can be tied to it.")
        terms = (await terms_history(identity(row["program"]))).at(row["happened_at"])
        days = local_date(now, terms.timezone) - local_date(row["happened_at"], terms.timezone)
        since = row["happened_at"] if days <= timedelta(days=terms.claim_days) else now
        tied = identity(row["subscription"])
        await move_subscription(tied, enrollment, reason=reason, by=by, now=now, since=since)
    return since


async def adjust(
    enrollment: UUID, kind: AdjustmentKind, amount: Money, *, reason: str, by: Actor, now: datetime
) -> None:
    """A bonus or a correction as a line of its own, released at once."""
    told = _reason(reason)
    if amount.is_zero or abs(amount.minor) > MOST:
        raise Refused("Give an amount that is more than nothing, and that somebody could pay.")
    if kind is AdjustmentKind.BONUS and amount.minor < 0:
        raise Refused("A bonus gives. To take something back, make a correction.")
    async with db.transaction():
        rows = await Enrollment.select(Enrollment.program).where(Enrollment.id == enrollment)
        if not rows:
            raise NotFound
        fact = Adjustment(now, _name(), enrollment, kind, amount, told, by.id)
        await _rule(identity(rows[0]["program"]), fact, now)
        await record(
            by,
            f"adjusted_{kind}",
            "enrollment",
            str(enrollment),
            now,
            after={"minor": amount.minor, "currency": amount.currency, "reason": told},
        )


# As events


async def _rule(program: UUID, fact: Overrule | Tie | Adjustment, now: datetime) -> None:
    kind = next(name for name, shape in KINDS.items() if isinstance(fact, shape))
    body = msgspec.json.encode({"kind": kind, "fact": fact})
    facts: tuple[Fact, ...] = (fact,)
    event = Event(fact.external_id, f"ruling.{kind}", fact.at, Meaning.RULING, facts)
    await receive(program, Delivery(event, body), now, MANAGER)


def _name() -> str:
    return f"ruling_{new_id().hex}"


def _reason(text: str) -> str:
    told = " ".join(text.split())
    if not told:
        raise Refused("Say why. The reason is shown to the affiliate.")
    if len(told) > LONGEST_REASON:
        raise Refused(f"Say it in {LONGEST_REASON} characters or fewer.")
    return told


async def _payment(payment: UUID) -> dict[str, Any]:
    rows = await Transaction.raw(
        f"""
        SELECT t.program, t.external_id, t.subscription, t.happened_at, t.base, d.outcome
        FROM money_event t JOIN decision d ON d."transaction" = t.id
        WHERE t.id = {{}} AND t.kind = 'payment' AND {NEWEST}
        """,  # noqa: S608 - our own words
        payment,
    )
    if not rows:
        raise NotFound
    return dict(rows[0])


async def _subscription(subscription: UUID) -> dict[str, Any]:
    rows = await Subscription.select(
        Subscription.program, Subscription.external_id, Subscription.enrollment
    ).where(Subscription.id == subscription)
    if not rows:
        raise NotFound
    return dict(rows[0])


async def _must_earn(enrollment: UUID, program: UUID) -> None:
    rows = await Enrollment.select(Enrollment.state).where(
        (Enrollment.id == enrollment) & (Enrollment.program == program)
    )
    if not rows:
        raise NotFound
    if rows[0]["state"] != EnrollmentState.ACTIVE:
        raise Refused("This affiliate is not active, so nothing can be tied to it now.")
