"""Who counts for an affiliate, and which tiers that reached: kept so that a sale need not count everybody."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.earnings.facts import Place
from portal.earnings.gather import TIE, chunks, enrollment_histories, identity
from portal.earnings.store import insert, lock
from portal.earnings.tables import PayingSpan, Ruling, Subscription, TierStep
from portal.earnings.tiers import EnrollmentHistory, Span, steps_of
from portal.enrollments.tables import Enrollment
from portal.ids import new_id
from portal.programs.queries import terms_history
from portal.programs.rules import TermsHistory

LAST_TURN = "~"  # behind every turn of its moment


async def keep_spans(spans: Mapping[UUID, Collection[Span]]) -> set[UUID]:
    """Rewrites when these customers counted; answers the enrollments for which that changed."""
    kept: dict[UUID, set[Span]] = defaultdict(set)
    for some in chunks(spans, 5_000):
        for row in await PayingSpan.select().where(PayingSpan.customer.is_in(some)):
            kept[identity(row["customer"])].add(span_of(row))
    changed = {customer: own for customer, own in spans.items() if set(own) != kept[customer]}
    for some in chunks(changed, 5_000):
        await PayingSpan.delete().where(PayingSpan.customer.is_in(some))
    await insert(
        PayingSpan,
        [
            {
                "id": new_id(),
                "enrollment": span.enrollment,
                "customer": customer,
                "began_at": span.began.at,
                "began_by": span.began.turn,
                "ended_at": span.ended.at if span.ended else None,
                "ended_by": span.ended.turn if span.ended else None,
            }
            for customer, own in changed.items()
            for span in own
        ],
    )
    return {
        span.enrollment
        for customer, own in changed.items()
        for span in kept[customer].symmetric_difference(own)
    }


def span_of(row: dict[str, Any]) -> Span:
    ended = Place(row["ended_at"], row["ended_by"]) if row["ended_at"] else None
    return Span(identity(row["enrollment"]), Place(row["began_at"], row["began_by"]), ended)


async def keep_steps(enrollments: Collection[UUID], terms: TermsHistory, now: datetime) -> set[UUID]:
    """Rewrites when tiers were reached; answers the enrollments for which that changed."""
    lifted = set()
    histories = await enrollment_histories(enrollments)
    for enrollment in sorted(enrollments):
        rows = await PayingSpan.select().where(PayingSpan.enrollment == enrollment)
        steps = steps_of([span_of(row) for row in rows], terms)
        if steps == histories[enrollment].steps:
            continue
        lifted.add(enrollment)
        await TierStep.delete().where(TierStep.enrollment == enrollment)
        await insert(
            TierStep,
            [
                {
                    "id": new_id(),
                    "enrollment": enrollment,
                    "tier": step.tier,
                    "reached_at": step.reached.at,
                    "reached_by": step.reached.turn,
                    "customers": step.customers,
                }
                for step in steps
            ],
        )
        history = replace(histories[enrollment], steps=steps)
        await keep_tier(enrollment, history, terms, now)
    return lifted


async def keep_tier(enrollment: UUID, history: EnrollmentHistory, terms: TermsHistory, now: datetime) -> None:
    """The tier of today under the terms of today; steps that lie ahead are not there yet."""
    best = history.standing(Place(now, LAST_TURN), terms.at(now)).tier
    await Enrollment.update({Enrollment.tier: best}).where(Enrollment.id == enrollment)


async def follow_terms(program: UUID, now: datetime) -> None:
    """Inside the transaction that brings new terms: whom they lift or let fall from the day they start.

    They start on a day to come, so no payment that was made is under them.
    """
    rows = await PayingSpan.raw(
        "SELECT DISTINCT s.enrollment FROM paying_span s JOIN enrollment e ON e.id = s.enrollment "
        "WHERE e.program = {}",
        program,
    )
    enrollments = {identity(row["enrollment"]) for row in rows}
    await lock(Enrollment, enrollments)
    await keep_steps(enrollments, await terms_history(program), now)


async def customers_of(enrollments: Collection[UUID], *, offers_to_tiers: bool = False) -> set[UUID]:
    """Whose payments the tiers of these affiliates decide about: rates, and where an offer asks, sales."""
    found = set()
    for some in chunks(enrollments, 5_000):
        rows = await Subscription.select(Subscription.customer).where(Subscription.enrollment.is_in(some))
        found |= {identity(row["customer"]) for row in rows}
        # Those whose subscription was tied to somebody else since.
        rows = await PayingSpan.select(PayingSpan.customer).where(PayingSpan.enrollment.is_in(some))
        found |= {identity(row["customer"]) for row in rows}
        if offers_to_tiers:
            found |= await _moved_without_a_sale(some)
    return found


async def _moved_without_a_sale(enrollments: Collection[UUID]) -> set[UUID]:
    """Customers who paid in the time of one of these, for nothing so far, and belong to somebody else now."""
    rows = await Ruling.raw(
        """
        SELECT DISTINCT s.customer, d.enrollment FROM ruling r
        JOIN subscription s ON s.program = r.program AND s.external_id = r.subject
        JOIN money_event t ON t.subscription = s.id
        JOIN decision d ON d."transaction" = t.id
        WHERE r.kind = {}
        """,
        TIE,
    )
    return {
        identity(row["customer"])
        for row in rows
        if row["enrollment"] and identity(row["enrollment"]) in enrollments
    }
