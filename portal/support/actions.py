"""Reporting a missing sale, and answering it: one transaction each, with its letter."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal import db
from portal.audit.actions import Actor, record
from portal.earnings.gather import identity
from portal.earnings.rulings import accept_claim
from portal.earnings.tables import Commission
from portal.enrollments.tables import Enrollment
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.money import Money
from portal.outbox.actions import post
from portal.programs.queries import terms_at
from portal.support.forms import ClaimDraft
from portal.support.rules import OPEN_MOST, ClaimState, order_key
from portal.support.tables import Claim
from portal.templating import money


async def report(enrollment: UUID, program: UUID, draft: ClaimDraft, by: Actor, now: datetime) -> UUID:
    """Keeps a claim and tells the program. Raises Refused while too many of one affiliate are open."""
    terms = await terms_at(program, now)
    claim = Claim(
        id=new_id(),
        program=program,
        enrollment=enrollment,
        order_number=draft.order,
        order_key=order_key(draft.order or draft.customer),
        customer=draft.customer,
        paid_on=draft.day,
        why=draft.why,
        state=ClaimState.OPEN,
        reported_at=now,
        answer="",
    )
    async with db.transaction():
        # Whoever reports twice at once is answered one after the other.
        await db.for_update(Enrollment.select(Enrollment.id).where(Enrollment.id == enrollment))
        waiting = await Claim.select(Claim.order_key, Claim.paid_on).where(
            (Claim.enrollment == enrollment) & (Claim.state == ClaimState.OPEN)
        )
        if any((one["order_key"], one["paid_on"]) == (claim.order_key, draft.day) for one in waiting):
            raise Refused("You have reported this sale already. A manager looks at it.")
        if len(waiting) >= OPEN_MOST:
            raise Refused(
                f"{OPEN_MOST} of your reports wait for an answer already. Send the next one after that."
            )
        await Claim.insert(claim)
        (whose,) = await Enrollment.select(Enrollment.affiliate.name).where(Enrollment.id == enrollment)
        await post(
            "claim_reported",
            program=program,
            to=terms.contact,
            at=now,
            affiliate=whose["affiliate.name"],
            order=draft.order,
            customer=draft.customer,
            paid_on=draft.day.isoformat(),
            why=draft.why,
            claim=str(claim.id),
        )
        await record(by, "reported", "claim", str(claim.id), now, after={"order": draft.order})
    return identity(claim.id)


async def accept(
    program: UUID, claim: UUID, payment: UUID, *, reason: str, manager: UUID, now: datetime
) -> None:
    """Credits the payment: itself in time, else what its subscription pays from now on."""
    by = Actor("manager", str(manager))
    async with db.transaction():
        row = await _open(program, claim)
        enrollment = identity(row["enrollment"])
        since = await accept_claim(payment, enrollment, reason=reason, by=by, now=now)
        changes = {Claim.state: ClaimState.ACCEPTED, Claim.payment: payment, Claim.credited_since: since}
        await _answer(claim, changes, reason, manager, now)
        amounts = await Commission.select(Commission.minor, Commission.currency).where(
            (Commission.sale == payment) & (Commission.enrollment == enrollment)
        )
        earned = [Money(one["minor"], one["currency"]) for one in amounts]
        await _tell(
            "claim_accepted",
            row,
            now,
            reason=reason,
            amount=money(Money.total(earned, earned[0].currency)) if earned else "",
            late=since == now,
            payment=str(payment) if earned else "",
        )
        await record(by, "accepted", "claim", str(claim), now, after={"payment": payment, "since": since})


async def decline(program: UUID, claim: UUID, *, reason: str, manager: UUID, now: datetime) -> None:
    async with db.transaction():
        row = await _open(program, claim)
        await _answer(claim, {Claim.state: ClaimState.DECLINED}, reason, manager, now)
        await _tell("claim_declined", row, now, reason=reason)
        by = Actor("manager", str(manager))
        await record(by, "declined", "claim", str(claim), now, after={"reason": reason})


async def _open(program: UUID, claim: UUID) -> dict[str, Any]:
    """Raises NotFound for a claim of another program, Refused for one that is answered."""
    rows = await db.for_update(
        Claim.select(Claim.id, Claim.state, Claim.enrollment).where(
            (Claim.id == claim) & (Claim.program == program)
        )
    )
    if not rows:
        raise NotFound
    if rows[0]["state"] != ClaimState.OPEN:
        raise Refused(f"This claim was {rows[0]['state']} meanwhile. Nothing was changed.")
    (found,) = await Claim.select(
        Claim.program, Claim.enrollment, Claim.order_number, Claim.customer, Claim.paid_on
    ).where(Claim.id == claim)
    (whose,) = await Enrollment.select(Enrollment.affiliate.name, Enrollment.affiliate.email).where(
        Enrollment.id == found["enrollment"]
    )
    return {**found, "name": whose["affiliate.name"], "email": whose["affiliate.email"]}


async def _answer(claim: UUID, changes: dict[Any, Any], reason: str, manager: UUID, now: datetime) -> None:
    await Claim.update(
        {**changes, Claim.answer: reason, Claim.answered_at: now, Claim.answered_by: manager}
    ).where(Claim.id == claim)


async def _tell(message: str, row: dict[str, Any], now: datetime, **values: Any) -> None:
    paid_on: date = row["paid_on"]
    await post(
        message,
        program=identity(row["program"]),
        to=row["email"],
        at=now,
        name=row["name"],
        sale=row["order_number"] or row["customer"],
        paid_on=paid_on.isoformat(),
        **values,
    )
