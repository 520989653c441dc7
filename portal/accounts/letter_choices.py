"""Which letters an account wants. Those about its applications, its money and its safety always come."""

from collections.abc import Sequence
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


async def choices_of(affiliates: Sequence[UUID], kind: str) -> dict[UUID, UUID]:
    """By account, the rows that letters of this kind name, made where there are none.

    In the caller's transaction.
    """
    if not affiliates:
        return {}
    made = [LetterChoice(id=new_id(), affiliate=one, kind=kind) for one in affiliates]
    await LetterChoice.insert(*made).on_conflict(
        target=(LetterChoice.affiliate, LetterChoice.kind), action="DO NOTHING"
    )
    rows = await LetterChoice.select(LetterChoice.id, LetterChoice.affiliate).where(
        LetterChoice.affiliate.is_in(list(affiliates)) & (LetterChoice.kind == kind)
    )
    return {UUID(str(row["affiliate"])): UUID(str(row["id"])) for row in rows}


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
