"""Designs as an affiliate meets them, managers' own and built-in ones: in the gallery and at addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from assets_gen import Design
from assets_gen import design as stock
from assets_gen.slots import Finished, Slot
from portal.clock import local_date
from portal.creatives.actions import PICTURES, Picture, Studio, offer_of, program_brand
from portal.creatives.designs_kept import designs_of
from portal.creatives.designs_rules import Managed, answering, shelf
from portal.creatives.jobs import DrawFinished, Job
from portal.creatives.kits import Holder, Kit
from portal.creatives.promotions import announced
from portal.creatives.queries import built_in
from portal.creatives.rules import EVERGREEN, Wanted
from portal.creatives.wording_kept import wording_of
from portal.creatives.wording_rules import NO_WORDING, Wording
from portal.errors import NotFound
from portal.programs.rules import ProgramTerms, Promotion
from portal.storage import Storage


@dataclass(frozen=True)
class FinishedPicture(Picture):
    """A manager's picture with an affiliate's things in its slots."""

    key: str
    slots: tuple[Slot, ...]

    async def job(self, storage: Storage) -> Job:
        finished = Finished(await stored(storage, self.key), self.slots)
        return DrawFinished(finished, self.wanted.shape, self.wanted.form, self.affiliate, self.offer)


async def stored(storage: Storage, key: str) -> bytes:
    """Raises NotFound for a picture that storage has lost."""
    found = await storage.get(key)
    if found is None:
        raise NotFound("The picture of this design is missing from the storage.")
    return found


@dataclass(frozen=True)
class Library:
    """The designs of a program as one affiliate meets them today."""

    designs: Mapping[str, Managed]
    today: date
    tier: str
    tiers: tuple[str, ...]
    program: str
    offers: tuple[Promotion, ...] = ()  # that the affiliate can get ready for or use today
    promotion: str = ""  # the one that is looked at, on its first day
    with_built_in: bool = True
    wording: Wording = NO_WORDING  # what the built-in ones say

    @property
    def own(self) -> tuple[Managed, ...]:
        found = shelf(self.designs.values(), self.today, self.tier, self.tiers)
        return tuple(one for one in found if self.promotion in ("", one.promotion))

    @cached_property
    def shelf(self) -> tuple[Design, ...]:
        """What stands in the gallery: the program's own, then the built-in ones.

        Of a promotion that is looked at: its own designs, and the built-in ones if they speak of it. Paper
        outlives it.
        """
        own = (design.as_design(self.program, design.pictures[0]) for design in self.own)
        found = built_in(self.wording) if self.with_built_in else ()
        return (*own, *(replace(design, papers=()) if self.promotion else design for design in found))

    def find(self, name: str) -> Design | None:
        return next((design for design in self.shelf if design.name == name), None)

    async def picture(
        self, studio: Studio, kit: Kit, who: Holder, terms: ProgramTerms, base: str, asked: Wanted, name: str
    ) -> Picture:
        """What answers at a design's address now. Raises NotFound for a size or format that none has."""
        if name in stock.names() or asked.form not in PICTURES:
            return await studio.picture_of(kit, who, terms, base, asked, self._stock(name))
        size = asked.shape.partition("@")[0]
        found = answering(name, size, self.designs, self.today, self.tier, self.tiers)
        if isinstance(found, str):
            return await studio.picture_of(kit, who, terms, base, asked, self._stock(found))
        design, picture = found
        return FinishedPicture(
            design=design.as_design(terms.name, picture),
            wanted=asked,
            affiliate=await studio.brand_of(kit),
            program=program_brand(terms),
            offer=offer_of(who, base),
            key=picture.key,
            slots=picture.slots,
        )

    def _stock(self, name: str) -> Design:
        """An unknown or ended design gives way to the evergreen one: what somebody pasted must not break."""
        return self.wording.design(name if name in stock.names() else EVERGREEN)


async def library_of(who: Holder, terms: ProgramTerms, now: datetime) -> Library:
    """As on the first day of the promotion that the holder looks at, else today."""
    today, chosen = local_date(now, terms.timezone), who.promotion if who.chosen_promotion else None
    designs = (await designs_of(who.program_id)).values()
    with_own = {one.promotion for one in designs if one.number and one.withdrawn_at is None}
    offers = announced(terms.promotions, who.tier, today)
    return Library(
        designs={one.slug: one.within(terms.promotions) for one in designs},
        today=max(today, chosen.starts_on) if chosen else today,
        tier=who.tier,
        tiers=tuple(tier.key for tier in terms.tiers),
        program=terms.name,
        offers=tuple(one for one in offers if one.speaks or one.key in with_own),
        promotion=who.chosen_promotion,
        with_built_in=chosen is None or chosen.speaks,
        wording=await wording_of(who.program_id, who.language),
    )
