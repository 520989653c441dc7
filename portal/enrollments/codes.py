"""Discount codes on their way to the vendor's checkout, and away from it when an enrollment ends.

Approving someone makes the code here, in one transaction. That the checkout takes it is somebody else's work:
the worker's (see errands.py) where the program has a key of Stripe's API, a manager's where it has none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from piccolo.query import Select

from portal import db
from portal.audit.actions import Actor, record
from portal.enrollments.tables import DiscountCode, Enrollment
from portal.errors import NotYours, Refused


class CodeState(StrEnum):
    WAITING = "waiting"  # the worker creates it at Stripe
    BY_HAND = "by_hand"  # somebody has to create it at the vendor's checkout
    FAILED = "failed"  # Stripe refused; `problem` says why
    MADE = "made"
    LEAVING = "leaving"  # its enrollment has ended: the worker switches it off at Stripe
    OFF_BY_HAND = "off_by_hand"  # or somebody has to, at the vendor's checkout
    GONE = "gone"


# Who has ended keeps no code; all other states are on their way to it or there.
ENDED = frozenset({CodeState.LEAVING, CodeState.OFF_BY_HAND, CodeState.GONE})

TRIES = 12
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


def wait_after(tries: int) -> timedelta | None:
    """A minute, doubling up to six hours; None once Stripe was silent for most of a day."""
    if tries >= TRIES:
        return None
    return min(FIRST_WAIT * (1 << min(tries - 1, 16)), LONGEST_WAIT)


async def mark_made(code_id: UUID, program_id: UUID, actor: Actor, now: datetime) -> str:
    """Somebody created it at the checkout; gives back the code. Raises Refused without need."""
    async with db.transaction():
        kept = await _locked(code_id, program_id)
        if kept.at_checkout == CodeState.MADE:
            raise Refused(f"{kept.code} is created already. Nothing was changed.")
        if kept.at_checkout in ENDED:
            raise Refused(f"{kept.code} belongs to a partnership that has ended. Nothing was changed.")
        await _become(kept, CodeState.MADE, actor, now)
        return str(kept.code)


async def mark_gone(code_id: UUID, program_id: UUID, actor: Actor, now: datetime) -> str:
    """Somebody switched it off at the checkout; gives back the code. Raises Refused for others."""
    async with db.transaction():
        kept = await _locked(code_id, program_id)
        if kept.at_checkout == CodeState.GONE:
            raise Refused(f"{kept.code} is switched off already. Nothing was changed.")
        if kept.at_checkout not in ENDED:
            raise Refused(f"{kept.code} belongs to a partnership that goes on. Nothing was changed.")
        await _become(kept, CodeState.GONE, actor, now)
        return str(kept.code)


async def try_again(code_id: UUID, program_id: UUID, actor: Actor, now: datetime) -> str:
    """Hands what Stripe refused to the worker once more; gives back the code."""
    async with db.transaction():
        kept = await _locked(code_id, program_id)
        if kept.at_checkout != CodeState.FAILED:
            raise Refused(f"Stripe hasn’t refused {kept.code}, or somebody was faster. Nothing was changed.")
        await _become(kept, CodeState.WAITING, actor, now)
        return str(kept.code)


async def try_all_again(program_id: UUID, actor: Actor, now: datetime) -> int:
    """All that Stripe refused, as after a new key; gives back how many."""
    async with db.transaction():
        refused: Sequence[DiscountCode] = await db.for_update(
            DiscountCode.objects()
            .where(
                (DiscountCode.at_checkout == CodeState.FAILED)
                & DiscountCode.enrollment.is_in(_inside(program_id))
            )
            .order_by(DiscountCode.id)
        )
        for kept in refused:
            await _become(kept, CodeState.WAITING, actor, now)
        return len(refused)


async def retire_codes(enrollment_id: UUID) -> None:
    """Inside the transaction that ends an enrollment: what a checkout may know has to be switched off.

    A pause leaves codes alone: they are printed and said, and a pause passes.
    """
    kept: Sequence[DiscountCode] = await db.for_update(
        DiscountCode.objects().where(DiscountCode.enrollment == enrollment_id)
    )
    for code in kept:
        # A worker may have it in hand just now. Its lease stays, so nobody looks at Stripe too early.
        tried = code.at_checkout == CodeState.WAITING and code.tries
        known = tried or code.at_checkout == CodeState.MADE
        await DiscountCode.update(
            {
                DiscountCode.at_checkout: CodeState.LEAVING if known else CodeState.GONE,
                DiscountCode.problem: "",
                DiscountCode.try_after: code.try_after if tried else None,
                DiscountCode.tries: 0,
            }
        ).where(DiscountCode.id == code.id)


def _inside(program_id: UUID) -> Select[Enrollment]:
    return Enrollment.select(Enrollment.id).where(Enrollment.program == program_id)


async def _locked(code_id: UUID, program_id: UUID) -> DiscountCode:
    kept = await db.for_update(
        DiscountCode.objects().where(
            (DiscountCode.id == code_id) & DiscountCode.enrollment.is_in(_inside(program_id))
        )
    ).first()
    if kept is None:
        raise NotYours
    return kept


async def _become(kept: DiscountCode, state: CodeState, actor: Actor, now: datetime) -> None:
    await DiscountCode.update(
        {
            DiscountCode.at_checkout: state,
            DiscountCode.problem: "",
            DiscountCode.tries: 0,
            DiscountCode.try_after: None,
        }
    ).where(DiscountCode.id == kept.id)
    await record(
        actor,
        f"code_{state}",
        "discount_code",
        str(kept.id),
        now,
        before={"at_checkout": kept.at_checkout, "problem": kept.problem},
        after={"at_checkout": state, "code": kept.code},
    )
