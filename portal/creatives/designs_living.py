"""Designs as an affiliate meets them, managers' own and built-in ones: in the gallery and at addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from assets_gen import Design
from assets_gen import design as stock
from assets_gen.slots import Finished, Slot
from portal.clock import local_date
from portal.creatives.actions import PICTURES, Picture, Studio, offer_of, program_brand
from portal.creatives.designs_kept import designs_of
from portal.creatives.designs_rules import Managed, answering, shelf
from portal.creatives.jobs import DrawFinished, Job
from portal.creatives.kits import Holder, Kit
from portal.creatives.queries import built_in
from portal.creatives.rules import Wanted
from portal.errors import NotFound
from portal.programs.rules import ProgramTerms
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

    @property
    def own(self) -> tuple[Managed, ...]:
        return shelf(self.designs.values(), self.today, self.tier, self.tiers)

    @property
    def shelf(self) -> tuple[Design, ...]:
        """What stands in the gallery: the program's own, then the built-in ones."""
        own = (design.as_design(self.program, design.pictures[0]) for design in self.own)
        return (*own, *built_in())

    def find(self, name: str) -> Design | None:
        return next((design for design in self.shelf if design.name == name), None)

    async def picture(
        self, studio: Studio, kit: Kit, who: Holder, terms: ProgramTerms, base: str, asked: Wanted, name: str
    ) -> Picture:
        """What answers at a design's address now. Raises NotFound for a size or format that none has."""
        if name in stock.names() or asked.form not in PICTURES:
            return await studio.picture_of(kit, who, terms, base, asked, name)
        size = asked.shape.partition("@")[0]
        found = answering(name, size, self.designs, self.today, self.tier, self.tiers)
        if isinstance(found, str):
            return await studio.picture_of(kit, who, terms, base, asked, found)
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


async def library_of(who: Holder, terms: ProgramTerms, now: datetime) -> Library:
    return Library(
        await designs_of(who.program_id),
        local_date(now, terms.timezone),
        who.tier,
        tuple(tier.key for tier in terms.tiers),
        terms.name,
    )
