"""Managers make designs: pictures in, slots on them, checked, published, withdrawn."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from assets_gen import Size
from assets_gen.slots import Finished, Slot
from portal import db
from portal.audit.actions import Actor, record
from portal.creatives.actions import Refusal, Studio
from portal.creatives.designs_forms import DesignDraft
from portal.creatives.designs_kept import Working, design_of, working_of
from portal.creatives.designs_living import stored
from portal.creatives.designs_rules import (
    LONGEST_SLUG,
    KeptPicture,
    Managed,
    publishing_problems,
    size_of,
    sizes,
)
from portal.creatives.jobs import CheckFinished, CleanPicture, Declined
from portal.creatives.renderers import TookTooLong
from portal.creatives.tables import DesignPicture, DesignRevision, ManagedDesign
from portal.errors import Busy, Refused
from portal.ids import new_id

MEANWHILE = "Somebody else changed this size meanwhile. Nothing of yours was saved; look at theirs first."


@dataclass(frozen=True)
class Taken:
    """An upload that is one of the sizes, cleaned and stored."""

    size: Size
    key: str


async def create(program_id: UUID, draft: DesignDraft, manager: UUID, now: datetime) -> None:
    """Raises Conflict for a slug that the program has."""
    async with db.transaction():
        await ManagedDesign.insert(
            ManagedDesign(
                id=new_id(),
                program=program_id,
                slug=draft.slug,
                name=draft.name,
                tier=draft.tier,
                promotion=draft.promotion,
                starts_on=draft.starts_on,
                ends_on=draft.ends_on,
                created_at=now,
                created_by=manager,
            )
        )
        await _note("design_created", draft.slug, manager, now, after=draft.said)


async def change(design: Managed, draft: DesignDraft, manager: UUID, now: datetime) -> None:
    """Name, tier, promotion and days; the slug stands on other people's pages and stays."""
    before = {
        "name": design.name,
        "tier": design.tier,
        "promotion": design.promotion,
        "starts_on": design.starts_on,
        "ends_on": design.ends_on,
    }
    if before == draft.said:
        return
    async with db.transaction():
        await ManagedDesign.update(
            {
                ManagedDesign.name: draft.name,
                ManagedDesign.tier: draft.tier,
                ManagedDesign.promotion: draft.promotion,
                ManagedDesign.starts_on: draft.starts_on,
                ManagedDesign.ends_on: draft.ends_on,
            }
        ).where(ManagedDesign.id == design.id)
        await _note("design_changed", design.slug, manager, now, before, draft.said)


async def take_in(studio: Studio, program_id: UUID, upload: bytes) -> Taken | Refusal:
    """Cleans an uploaded picture in a render process and stores it; the upload itself is forgotten."""
    try:
        answer = await studio.renderers.answer_to(CleanPicture(upload))
    except TookTooLong:
        return Refusal("could not be opened. Export it again as a PNG and send the new file.")
    if isinstance(answer, Declined):
        return Refusal(answer.sentence)
    size = size_of(*answer.pixels)
    if size is None:
        known = ", ".join(map(str, sizes()))
        width, height = answer.pixels
        return Refusal(
            f"It has {width} × {height} pixels, which is none of the sizes, nor twice one. There are {known}."
        )
    ending = "png" if answer.media_type == "image/png" else "jpg"
    key = f"designs/{program_id}/{hashlib.sha256(answer.data).hexdigest()}.{ending}"
    await studio.storage.put(key, answer.data)
    return Taken(size, key)


async def put_pictures(design_id: UUID, taken: Sequence[Taken]) -> None:
    """A new picture of a size keeps the slots that were placed on the one before."""
    async with db.transaction():
        for one in taken:
            known = await DesignPicture.objects().get(
                (DesignPicture.design == design_id) & (DesignPicture.size == str(one.size))
            )
            if known is None:
                await DesignPicture.insert(
                    DesignPicture(id=new_id(), design=design_id, size=str(one.size), picture_key=one.key)
                )
                continue
            known.picture_key, known.report, known.changes = one.key, "", known.changes + 1
            await known.save()


async def remove_picture(design_id: UUID, size: str) -> None:
    await DesignPicture.delete().where((DesignPicture.design == design_id) & (DesignPicture.size == size))


async def save_slots(working: Working, slots: Sequence[Slot], changes: int) -> None:
    """Raises Refused when somebody else saved since `changes` was shown."""
    document = msgspec.json.encode(tuple(slots)).decode()
    async with db.transaction():
        saved = (
            await DesignPicture.update(
                {
                    DesignPicture.slots: document,
                    DesignPicture.report: "",
                    DesignPicture.changes: changes + 1,
                }
            )
            .where((DesignPicture.id == working.id) & (DesignPicture.changes == changes))
            .returning(DesignPicture.id)
        )
        if not saved:
            raise Refused(MEANWHILE)


async def check(studio: Studio, design_id: UUID, base: str) -> None:
    """Checks what has changed since its last check, each size in a render process. Raises Busy."""
    for working in (await working_of(design_id)).values():
        if working.report is None:
            await _check(studio, working, base)


async def _check(studio: Studio, working: Working, base: str) -> None:
    picture = await stored(studio.storage, working.key)
    job = CheckFinished(Finished(picture, working.slots), working.size, f"{base}/r/{LONGEST_SLUG}")
    try:
        answer = await studio.renderers.answer_to(job)
    except TookTooLong as error:
        raise Busy("The check took too long. Try again in a moment.", retry_after=10) from error
    if isinstance(answer, Declined):
        raise Refused(answer.sentence)
    # Only if it is still what was checked: somebody may have saved meanwhile.
    await DesignPicture.update({DesignPicture.report: answer.data.decode()}).where(
        (DesignPicture.id == working.id) & (DesignPicture.changes == working.changes)
    )


async def publish(program_id: UUID, design: Managed, manager: UUID, now: datetime) -> int:
    """The number of the new revision. Raises Refused, with the reasons, while a finding stands."""
    async with db.transaction():
        await db.for_update(ManagedDesign.select(ManagedDesign.id).where(ManagedDesign.id == design.id))
        kept = await working_of(design.id)
        problems = publishing_problems({size: working.report for size, working in kept.items()})
        if problems:
            raise Refused(f"{design.name} cannot be published yet. {' '.join(problems)}")
        pictures = tuple(_published(working) for working in kept.values())
        newest = await design_of(program_id, design.slug)
        number = newest.number
        if pictures == newest.pictures and newest.withdrawn_at is None:
            raise Refused(f"Nothing has changed since revision {number}.")
        if pictures != newest.pictures:
            number += 1
            await DesignRevision.insert(
                DesignRevision(
                    id=new_id(),
                    design=design.id,
                    number=number,
                    pictures=msgspec.json.encode(pictures).decode(),
                    published_at=now,
                    published_by=manager,
                )
            )
        await ManagedDesign.update({ManagedDesign.withdrawn_at: None, ManagedDesign.replacement: ""}).where(
            ManagedDesign.id == design.id
        )
        digests = {one.size: one.digest for one in pictures}
        await _note("design_published", design.slug, manager, now, after={"revision": number, **digests})
        return number


async def withdraw(design: Managed, replacement: str, manager: UUID, now: datetime) -> None:
    """From now on its addresses show the replacement; without one, the evergreen design."""
    if design.withdrawn_at is not None:
        raise Refused(f"{design.name} is withdrawn already.")
    if not design.number:
        raise Refused(f"{design.name} was never published, so there is nothing to withdraw.")
    async with db.transaction():
        await ManagedDesign.update(
            {ManagedDesign.withdrawn_at: now, ManagedDesign.replacement: replacement}
        ).where(ManagedDesign.id == design.id)
        await _note("design_withdrawn", design.slug, manager, now, after={"replacement": replacement})


async def revert(design: Managed) -> None:
    """The working copy becomes what is published again."""
    if not design.number:
        raise Refused(f"{design.name} was never published, so there is nothing to go back to.")
    async with db.transaction():
        await DesignPicture.delete().where(DesignPicture.design == design.id)
        for one in design.pictures:
            await DesignPicture.insert(
                DesignPicture(
                    id=new_id(),
                    design=design.id,
                    size=one.size,
                    picture_key=one.key,
                    slots=msgspec.json.encode(one.slots).decode(),
                )
            )


def _published(working: Working) -> KeptPicture:
    form = working.report.form.value if working.report else "jpg"
    return KeptPicture(working.size, working.key, form, working.slots)


async def _note(
    verb: str, slug: str, manager: UUID, now: datetime, before: object = None, after: object = None
) -> None:
    await record(Actor("manager", str(manager)), verb, "design", slug, now, before, after)
