"""Tiers that change on a day to come: falls are told thirty days before, today's tier is kept (rule 11)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal import db
from portal.clock import local_date
from portal.earnings.gather import enrollment_histories, identity
from portal.earnings.reach import keep_tier
from portal.earnings.store import insert_new
from portal.earnings.tables import FallTold, TierStep
from portal.earnings.tiers import FALL, NEW_TERMS, TOLD_BEFORE
from portal.enrollments.tables import Enrollment
from portal.ids import new_id
from portal.outbox.actions import post
from portal.programs.queries import terms_history

# A worker that stood still for so long still finds what fell meanwhile.
LOOKS_BACK = timedelta(days=60)


async def watch_tiers(now: datetime) -> int:
    """Tells what will fall within thirty days, keeps what fell or rose; answers how many it told."""
    told = 0
    async with db.transaction():
        for row in await TierStep.raw(
            """
            SELECT s.enrollment, s.tier, s.reached_at, s.reached_by, s.customers,
                e.program, e.tier AS held, a.name, a.email
            FROM tier_step s
            JOIN enrollment e ON e.id = s.enrollment
            JOIN affiliate a ON a.id = e.affiliate
            WHERE s.reached_by IN ({}, {}) AND s.reached_at > {} AND s.reached_at <= {} AND e.state = 'active'
            """,
            FALL,
            NEW_TERMS,
            now - LOOKS_BACK,
            now + TOLD_BEFORE,
        ):
            if row["reached_at"] <= now:
                await _keep(identity(row["enrollment"]), identity(row["program"]), now)
            elif row["reached_by"] == FALL:
                told += await _tell(row, now)
    return told


async def _tell(row: dict[str, Any], now: datetime) -> bool:
    enrollment, at = identity(row["enrollment"]), row["reached_at"]
    notice = {"id": new_id(), "enrollment": enrollment, "falls_at": at, "told_at": now}
    if not await insert_new(FallTold, [notice], "enrollment", "falls_at"):
        return False
    terms = (await terms_history(identity(row["program"]))).at(at)
    held, tier = terms.tier(row["held"]), terms.tier(row["tier"])
    await post(
        "tier_falls",
        program=identity(row["program"]),
        to=row["email"],
        at=now,
        name=row["name"],
        held=held.name,
        tier=tier.name,
        rate_bps=tier.rate_bps,
        needed=held.from_customers,
        customers=row["customers"],
        on=f"{local_date(at, terms.timezone):%-d %B %Y}",
    )
    return True


async def _keep(enrollment: UUID, program: UUID, now: datetime) -> None:
    history = (await enrollment_histories([enrollment]))[enrollment]
    await db.for_update(Enrollment.select(Enrollment.id).where(Enrollment.id == enrollment))
    await keep_tier(enrollment, history, await terms_history(program), now)
