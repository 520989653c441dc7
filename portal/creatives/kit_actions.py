"""Keeping brand kits: every change is a new revision."""

from datetime import datetime
from uuid import UUID

import msgspec

from assets_gen import AssetError, Brand
from portal import db
from portal.creatives.actions import KeptLogo
from portal.creatives.forms import KitDraft
from portal.creatives.kits import Kit, KitColours, kit_of
from portal.creatives.tables import BrandKit
from portal.ids import new_id


async def save_kit(
    affiliate_id: UUID, account_name: str, draft: KitDraft, logo: KeptLogo | None, now: datetime
) -> int:
    """The number of the newest revision. Saving what is already there makes no new one."""
    async with db.transaction():
        before = await kit_of(affiliate_id, account_name)
        kit = Kit(
            revision=before.revision,
            name=draft.name,
            logo_key=logo.key if logo else before.logo_key,
            colours=KitColours(draft.colours, logo.colours if logo else before.colours.found),
            web_address=draft.web_address,
            tagline=draft.tagline,
        )
        if kit == before and before.revision:
            return before.revision
        await BrandKit.insert(
            BrandKit(
                id=new_id(),
                affiliate=affiliate_id,
                revision=before.revision + 1,
                name=kit.name,
                logo_key=kit.logo_key,
                colours=msgspec.json.encode(kit.colours).decode(),
                web_address=kit.web_address,
                tagline=kit.tagline,
                created_at=now,
            )
        )
        return before.revision + 1


async def remove_logo(affiliate_id: UUID, account_name: str, now: datetime) -> None:
    """A new revision that shows the name instead; colours found in the logo go with it."""
    async with db.transaction():
        before = await kit_of(affiliate_id, account_name)
        if before.logo_key is None:
            return
        await BrandKit.insert(
            BrandKit(
                id=new_id(),
                affiliate=affiliate_id,
                revision=before.revision + 1,
                name=before.name,
                logo_key=None,
                colours=msgspec.json.encode(KitColours(before.colours.chosen)).decode(),
                web_address=before.web_address,
                tagline=before.tagline,
                created_at=now,
            )
        )


def can_be_drawn(draft: KitDraft) -> bool:
    try:
        Brand(draft.name, colours=draft.colours)
    except AssetError:
        return False
    return not draft.errors
