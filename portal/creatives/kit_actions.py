"""Keeping brand kits: every change is a new revision, and no earlier one is ever lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec

from assets_gen import AssetError, Brand
from portal import db
from portal.accounts.tables import Affiliate
from portal.creatives.actions import KeptLogo
from portal.creatives.forms import KitDraft
from portal.creatives.kits import Kit, kept_kit, kit_of
from portal.creatives.tables import BrandKit
from portal.errors import NotFound, Refused
from portal.ids import new_id


@dataclass(frozen=True)
class Files:
    """What came with the form beside its texts, or was taken away with it. None leaves what is there."""

    logo: KeptLogo | None = None
    dark_logo: KeptLogo | None = None
    photo: KeptLogo | None = None
    removed: str = ""  # "logo", "dark_logo", "photo" or nothing

    def on(self, kit: Kit) -> Kit:
        if self.logo:
            kit = kit.with_logo(self.logo.key, self.logo.colours)
        if self.dark_logo:
            kit = replace(kit, dark_logo_key=self.dark_logo.key)
        if self.removed == "logo":
            kit = kit.without_logo
        if self.removed == "dark_logo":
            kit = replace(kit, dark_logo_key=None)
        if self.photo and self.photo.key != kit.photo_key:
            # Where the face was in the one before says nothing about this one.
            kit = replace(kit.without_photo, photo_key=self.photo.key)
        if self.removed == "photo":
            kit = kit.without_photo
        return kit if kit.logo_key else replace(kit, dark_logo_key=None)


async def save_kit(
    affiliate_id: UUID, account_name: str, draft: KitDraft, files: Files, by: UUID | None, now: datetime
) -> int:
    """The number of the newest revision. Saving what is already there makes no new one.

    `by` is the person, None for the portal itself.
    """
    async with _turn(affiliate_id):
        before = await kit_of(affiliate_id, account_name)
        kit = files.on(before.typed(draft))
        if kit == before and before.revision:
            return before.revision
        await _keep(affiliate_id, kit, before.revision, by, now)
        return before.revision + 1


async def use_again(
    affiliate_id: UUID, account_name: str, revision: int, by: UUID | None, now: datetime
) -> None:
    """The kit of that revision, as a new one. Raises NotFound for one that never was."""
    async with _turn(affiliate_id):
        newest = await kit_of(affiliate_id, account_name)
        earlier = await kept_kit(affiliate_id, revision)
        if earlier is None:
            raise NotFound
        await _keep(affiliate_id, earlier.kit, newest.revision, by, now, earlier.root)


async def undo(affiliate_id: UUID, account_name: str, revision: str, by: UUID | None, now: datetime) -> None:
    """Brings back what was there before that revision, which is undone in the same way.

    Raises Refused where it is not the newest one any more.
    """
    async with _turn(affiliate_id):
        newest = await kit_of(affiliate_id, account_name)
        if not newest.revision or str(newest.revision) != revision:
            raise Refused("The brand kit was changed meanwhile. Nothing was undone; please look again.")
        before = await kept_kit(affiliate_id, newest.revision - 1)
        kit = before.kit if before else Kit.of_account(account_name)
        await _keep(affiliate_id, kit, newest.revision, by, now, before.root if before else None)


@asynccontextmanager
async def _turn(affiliate_id: UUID) -> AsyncIterator[None]:
    """Those who change one account's kit at once go one after the other."""
    async with db.transaction():
        await db.for_update(Affiliate.select(Affiliate.id).where(Affiliate.id == affiliate_id))
        yield


async def _keep(
    affiliate_id: UUID,
    kit: Kit,
    newest: int,
    by: UUID | None,
    now: datetime,
    same_as: UUID | None = None,
) -> None:
    await BrandKit.insert(
        BrandKit(
            id=new_id(),
            affiliate=affiliate_id,
            revision=newest + 1,
            name=kit.name,
            logo_key=kit.logo_key,
            dark_logo_key=kit.dark_logo_key,
            photo_key=kit.photo_key,
            focus_x=kit.focus[0],
            focus_y=kit.focus[1],
            colours=msgspec.json.encode(kit.colours).decode(),
            web_address=kit.web_address,
            tagline=kit.tagline,
            saved_by=by,
            same_as=same_as,
            created_at=now,
        )
    )


def can_be_drawn(draft: KitDraft) -> bool:
    try:
        Brand(draft.name, colours=draft.colours)
    except AssetError:
        return False
    return not draft.errors
