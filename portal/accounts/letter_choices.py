"""Which letters an account wants. Those about its applications, its money and its safety always come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal import db
from portal.accounts.tables import Affiliate, LetterChoice
from portal.errors import NotFound
from portal.ids import new_id

FIRST_WEEK = "first_week"
# What each kind is called on a page: "Letters about your first steps are off."
KINDS = {FIRST_WEEK: "about your first steps"}


@dataclass(frozen=True)
class ChoicePage:
    """accounts/letters.html"""

    about: str
    email: str
    off: bool


async def choice_of(affiliate_id: UUID, kind: str) -> UUID:
    """The row that a letter of this kind names, made when there is none. In the caller's transaction."""
    await LetterChoice.insert(LetterChoice(id=new_id(), affiliate=affiliate_id, kind=kind)).on_conflict(
        target=(LetterChoice.affiliate, LetterChoice.kind), action="DO NOTHING"
    )
    rows = await LetterChoice.select(LetterChoice.id).where(
        (LetterChoice.affiliate == affiliate_id) & (LetterChoice.kind == kind)
    )
    return UUID(str(rows[0]["id"]))


async def switch(choice_id: UUID, *, off: bool, now: datetime) -> None:
    """Pressing twice is pressing once. Raises NotFound."""
    async with db.transaction():
        row = await db.for_update(LetterChoice.objects().where(LetterChoice.id == choice_id)).first()
        if row is None:
            raise NotFound
        if (row.off_at is not None) != off:
            await LetterChoice.update({LetterChoice.off_at: now if off else None}).where(
                LetterChoice.id == choice_id
            )


async def choice_page(choice_id: UUID) -> ChoicePage:
    """Raises NotFound."""
    rows = await LetterChoice.select(LetterChoice.kind, LetterChoice.off_at, LetterChoice.affiliate).where(
        LetterChoice.id == choice_id
    )
    if not rows or rows[0]["kind"] not in KINDS:
        raise NotFound
    account = await Affiliate.select(Affiliate.email).where(Affiliate.id == rows[0]["affiliate"])
    return ChoicePage(KINDS[rows[0]["kind"]], account[0]["email"], rows[0]["off_at"] is not None)
