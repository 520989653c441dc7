"""A manager lets a changed brand kit go public, or sends it back with a reason."""

from datetime import datetime
from uuid import UUID

from portal import db
from portal.accounts.tables import Affiliate
from portal.audit.actions import Actor, record
from portal.creatives.kit_reviews import reviewed_since, whose_kit
from portal.creatives.kits import kept_kits
from portal.creatives.rules import KitVerdict
from portal.creatives.tables import KitReview
from portal.errors import Refused
from portal.ids import new_id
from portal.outbox.actions import post

LETTERS = {KitVerdict.APPROVED: "kit_approved", KitVerdict.RETURNED: "kit_returned"}


async def decide_kit(
    program: UUID, kit: UUID, verdict: KitVerdict, *, reason: str, manager: UUID, now: datetime
) -> str:
    """The affiliate's name. Raises NotFound for a kit of nobody in this program, Refused where another one
    decided first or the affiliate has saved something else meanwhile.
    """
    async with db.transaction():
        whose = await whose_kit(program, kit)
        # The turn of whoever saves a kit, so that what is decided about is what was shown.
        await db.for_update(Affiliate.select(Affiliate.id).where(Affiliate.id == whose.affiliate))
        if await reviewed_since(program, now) is None:
            raise Refused("Brand kits are public at once now, so there is nothing to decide.")
        (newest,) = await kept_kits(whose.affiliate, 1)
        if newest.id != kit:
            raise Refused("The kit was changed again meanwhile. Nothing was decided; the new one waits.")
        decided = await KitReview.select(KitReview.decided_by.name.as_alias("by")).where(
            (KitReview.kit == newest.root) & (KitReview.program == program)
        )
        if decided:
            raise Refused(f"{decided[0]['by']} has decided about this kit already. Nothing was changed.")
        review = KitReview(
            id=new_id(),
            program=program,
            kit=newest.root,
            verdict=verdict,
            reason=reason,
            decided_by=manager,
            decided_at=now,
        )
        await KitReview.insert(review)
        await post(
            LETTERS[verdict],
            program=program,
            to=whose.email,
            at=now,
            name=whose.name,
            kit=newest.kit.name,
            saved_on=newest.saved_at.date().isoformat(),
            reason=reason,
        )
        by = Actor("manager", str(manager))
        await record(by, f"{verdict}_kit", "brand_kit", str(newest.root), now, after={"reason": reason})
    return whose.name
