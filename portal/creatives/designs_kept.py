"""Managers' designs as they are kept."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from assets_gen.slots import Slot
from assets_gen.slots_lint import Report
from portal.creatives.designs_rules import KeptPicture, Managed, sizes
from portal.creatives.tables import DesignPicture, ManagedDesign
from portal.errors import NotFound

_DESIGNS = """
    SELECT d.id, d.slug, d.name, d.tier, d.starts_on, d.ends_on, d.withdrawn_at, d.replacement, d.promotion,
        r.number, r.pictures, r.published_at, f.published_at AS first_at
    FROM managed_design d
    LEFT JOIN design_revision r ON r.design = d.id
        AND r.number = (SELECT max(number) FROM design_revision WHERE design = d.id)
    LEFT JOIN design_revision f ON f.design = d.id AND f.number = 1
    WHERE d.program = {} ORDER BY d.created_at, d.id
"""


@dataclass(frozen=True)
class Working:
    """The working copy of one size; `report` is None until it has been checked."""

    id: UUID
    size: str
    key: str
    slots: tuple[Slot, ...]
    report: Report | None
    changes: int

    @property
    def version(self) -> str:
        """Changes with everything that its previews show."""
        return KeptPicture(self.size, self.key, "", self.slots).digest[:12]


async def designs_of(program_id: UUID) -> dict[str, Managed]:
    """By slug, the oldest first."""
    rows = await ManagedDesign.raw(_DESIGNS, program_id)
    return {
        row["slug"]: Managed(
            id=UUID(str(row["id"])),
            slug=row["slug"],
            name=row["name"],
            tier=row["tier"],
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
            withdrawn_at=row["withdrawn_at"],
            replacement=row["replacement"],
            promotion=row["promotion"],
            number=row["number"] or 0,
            pictures=pictures_in(row["pictures"] or "[]"),
            first_at=row["first_at"],
            published_at=row["published_at"],
        )
        for row in rows
    }


def pictures_in(document: str) -> tuple[KeptPicture, ...]:
    return msgspec.json.decode(document, type=tuple[KeptPicture, ...])


async def design_of(program_id: UUID, slug: str) -> Managed:
    """Raises NotFound."""
    found = (await designs_of(program_id)).get(slug)
    if found is None:
        raise NotFound
    return found


async def working_of(design_id: UUID) -> dict[str, Working]:
    """By size, in the order of the sizes."""
    rows = await DesignPicture.select().where(DesignPicture.design == design_id)
    found = {
        row["size"]: Working(
            id=row["id"],
            size=row["size"],
            key=row["picture_key"],
            slots=msgspec.json.decode(row["slots"], type=tuple[Slot, ...]),
            report=msgspec.json.decode(row["report"], type=Report) if row["report"] else None,
            changes=row["changes"],
        )
        for row in rows
    }
    return {str(size): found[str(size)] for size in sizes() if str(size) in found}


async def one_working(design_id: UUID, size: str) -> Working:
    """Raises NotFound."""
    found = (await working_of(design_id)).get(size)
    if found is None:
        raise NotFound
    return found
