"""The worker's way to Stripe with the codes that it has to create, and those that it has to switch off.

Never in a request or a transaction: a code is taken, Stripe is asked, what it answered is written down. Who
stops in between leaves a lease that runs out, and whoever comes then finds at Stripe what was done.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from portal import db
from portal.audit.actions import PORTAL, record
from portal.enrollments.codes import CodeState, wait_after
from portal.enrollments.stripe_codes import PATIENCE, Away, Errand, KeyRefused, StripeCodes, StripeRefused
from portal.enrollments.tables import DiscountCode, Enrollment
from portal.settings import Settings

AT_ONCE = 5  # codes a round, so that letters don't wait long
PATIENT_SECONDS = 40  # for one code
LEASE = timedelta(minutes=5)  # longer than a round takes


async def run_errands(settings: Settings, now: datetime) -> None:
    """One round, which ends where Stripe is away: the next code would only wait for it too."""
    await sort_out(settings)
    errand = await take(now)
    if errand is None:
        return
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        for _ in range(AT_ONCE):
            if errand is None or not await _run(errand, http, settings, now):
                return
            errand = await take(now)


async def sort_out(settings: Settings) -> None:
    """Who creates a code or switches it off: the worker where the program has a key, else people."""
    rows = await DiscountCode.raw(
        "SELECT c.id, c.at_checkout, c.percent_bps, p.slug FROM discount_code c "
        "JOIN enrollment e ON e.id = c.enrollment JOIN program p ON p.id = e.program "
        "WHERE c.at_checkout <> 'made' AND c.at_checkout IN ('waiting', 'leaving', 'by_hand')"
    )
    moves: dict[tuple[CodeState, CodeState], list[UUID]] = {}
    for row in rows:
        state = CodeState(row["at_checkout"])
        # A code that takes nothing off can't be one of Stripe's.
        has_key = settings.stripe_key_of(row["slug"]) is not None and row["percent_bps"] > 0
        wanted = {
            CodeState.WAITING: CodeState.WAITING if has_key else CodeState.BY_HAND,
            CodeState.BY_HAND: CodeState.WAITING if has_key else CodeState.BY_HAND,
            CodeState.LEAVING: CodeState.LEAVING if has_key else CodeState.OFF_BY_HAND,
        }[state]
        if wanted is not state:
            moves.setdefault((state, wanted), []).append(UUID(str(row["id"])))
    for (before, after), codes in moves.items():
        for start in range(0, len(codes), 500):
            await DiscountCode.update(
                {DiscountCode.at_checkout: after, DiscountCode.tries: 0, DiscountCode.try_after: None}
            ).where(DiscountCode.id.is_in(codes[start : start + 500]) & (DiscountCode.at_checkout == before))


async def take(now: datetime) -> Errand | None:
    """The oldest that is due, under a lease: two workers never have the same one in hand."""
    async with db.transaction():
        due = (
            DiscountCode.objects()
            .where(
                DiscountCode.at_checkout.is_in([CodeState.WAITING, CodeState.LEAVING])
                & (DiscountCode.try_after.is_null() | (DiscountCode.try_after <= now))
            )
            .order_by(DiscountCode.id)
            .limit(1)
        )
        rows = await db.for_update(due, skip_locked=True)
        if not rows:
            return None
        (kept,) = rows
        (place,) = await Enrollment.select(Enrollment.program.slug.as_alias("slug")).where(
            Enrollment.id == kept.enrollment
        )
        await DiscountCode.update(
            {DiscountCode.tries: kept.tries + 1, DiscountCode.try_after: now + LEASE}
        ).where(DiscountCode.id == kept.id)
    return Errand(
        code_id=UUID(str(kept.id)),
        code=kept.code,
        percent_bps=kept.percent_bps,
        enrollment=UUID(str(kept.enrollment)),
        program=place["slug"],
        leaving=kept.at_checkout == CodeState.LEAVING,
        tries=kept.tries + 1,
        at=now,
    )


async def _run(errand: Errand, http: httpx.AsyncClient, settings: Settings, now: datetime) -> bool:
    """Whether the next one may be tried at once."""
    key = settings.stripe_key_of(errand.program)
    if key is None:  # sorted out with other settings, by a worker that is being replaced
        return True
    stripe = StripeCodes(http, settings.stripe_api_url, key)
    done, stripe_id = CodeState.MADE, ""
    try:
        async with asyncio.timeout(PATIENT_SECONDS):
            if not errand.leaving:
                stripe_id = await stripe.create(errand)
            else:
                done = CodeState.GONE if await stripe.switch_off(errand) else CodeState.OFF_BY_HAND
    except (Away, TimeoutError) as away:
        await _try_later(errand, str(away) or "Stripe took too long.", now)
        return False
    except StripeRefused as refusal:
        refused = CodeState.OFF_BY_HAND if errand.leaving else CodeState.FAILED
        await _settle(errand, refused, now, problem=str(refusal))
        return not isinstance(refusal, KeyRefused)
    await _settle(errand, done, now, stripe_id=stripe_id)
    return True


async def _settle(
    errand: Errand, state: CodeState, now: datetime, *, problem: str = "", stripe_id: str = ""
) -> None:
    async with db.transaction():
        kept = await db.for_update(DiscountCode.objects().where(DiscountCode.id == errand.code_id)).first()
        if kept is None:
            return
        change: dict[Any, Any] = {DiscountCode.try_after: None}
        if stripe_id:
            change[DiscountCode.stripe_id] = stripe_id
        # Meanwhile a manager may have ticked it, or the enrollment may have ended: that stands.
        if kept.at_checkout == (CodeState.LEAVING if errand.leaving else CodeState.WAITING):
            change |= {DiscountCode.at_checkout: state, DiscountCode.problem: problem}
            await record(
                PORTAL,
                f"code_{state}",
                "discount_code",
                str(errand.code_id),
                now,
                before={"at_checkout": kept.at_checkout},
                after={"at_checkout": state, "code": errand.code, "problem": problem, "stripe": stripe_id},
            )
        await DiscountCode.update(change).where(DiscountCode.id == errand.code_id)


async def _try_later(errand: Errand, problem: str, now: datetime) -> None:
    wait = wait_after(errand.tries)
    if wait is None:
        state = CodeState.OFF_BY_HAND if errand.leaving else CodeState.FAILED
        await _settle(errand, state, now, problem=f"{problem} It was asked {errand.tries} times.")
        return
    await DiscountCode.update({DiscountCode.problem: problem, DiscountCode.try_after: now + wait}).where(
        (DiscountCode.id == errand.code_id)
        & DiscountCode.at_checkout.is_in([CodeState.WAITING, CodeState.LEAVING])
    )
