"""Managers' designs: when one is shown, to whom, and what answers in its place."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from assets_gen import Design, Size
from assets_gen import design as built_in
from assets_gen.slots import Slot
from assets_gen.slots_lint import Finding, Report
from portal.creatives.rules import EVERGREEN
from portal.programs.rules import Promotion

NAME_MOST = 60
SLOTS_MOST = 12
PICTURE_MOST = 5_000_000
# No link of the portal is longer; a QR code that can hold it can hold all.
LONGEST_SLUG = "x" * 40


class KeptPicture(msgspec.Struct, frozen=True):
    """One size of a revision. `key` is where storage keeps the picture, `form` what suits it: png or jpg."""

    size: str
    key: str
    form: str
    slots: tuple[Slot, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Standing(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    OVER = "over"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Managed:
    """A design with its newest revision; `number` is 0 and `pictures` empty before the first."""

    id: UUID
    slug: str
    name: str
    tier: str
    starts_on: date | None
    ends_on: date | None
    withdrawn_at: datetime | None
    replacement: str
    promotion: str = ""  # its key; the design is shown while it runs, to whom it reaches
    only_tier: str = ""  # the promotion's
    number: int = 0
    pictures: tuple[KeptPicture, ...] = ()
    first_at: datetime | None = None  # when its first revision was published, and its newest
    published_at: datetime | None = None

    def standing(self, today: date) -> Standing:
        if self.withdrawn_at is not None:
            return Standing.WITHDRAWN
        if not self.number:
            return Standing.DRAFT
        if self.starts_on is not None and today < self.starts_on:
            return Standing.SCHEDULED
        if self.ends_on is not None and today > self.ends_on:
            return Standing.OVER
        return Standing.LIVE

    def within(self, promotions: Iterable[Promotion]) -> "Managed":
        """On the days of its promotion, for those whom that reaches; never, if the terms have it no more."""
        if not self.promotion:
            return self
        found = next((one for one in promotions if one.key == self.promotion), None)
        if found is None:
            return replace(self, starts_on=None, ends_on=date.min)
        return replace(
            self,
            starts_on=max(self.starts_on or date.min, found.starts_on),
            ends_on=min(self.ends_on or date.max, found.ends_on),
            only_tier=found.tier or "",
        )

    def is_for(self, tier: str, tiers: Sequence[str]) -> bool:
        """From its tier up. One that the terms no longer have is reached by nobody."""
        if self.only_tier not in ("", tier):
            return False
        if not self.tier:
            return True
        return self.tier in tiers and tier in tiers and tiers.index(tier) >= tiers.index(self.tier)

    def picture(self, size: str) -> KeptPicture | None:
        return next((one for one in self.pictures if one.size == size), None)

    def as_design(self, program: str, shown: KeptPicture) -> Design:
        """As pages and fingerprints know designs, without papers; content and form are the shown size's."""
        evergreen = Design.load(EVERGREEN)
        # The picture speaks for itself; an alternative text says at least what the design is called.
        copy = {code: {**evergreen.words(code), "headline": self.name} for code in evergreen.copy}
        return replace(
            evergreen,
            name=self.slug,
            title=self.name,
            about=f"A picture by {program}, with your brand on it.",
            revision=self.number,
            form=shown.form,
            digest=shown.digest,
            sizes=tuple(Size.parse(one.size) for one in self.pictures),
            papers=(),
            copy=copy,
            roles={},
            compositions={},
        )


def answering(
    slug: str, size: str, designs: Mapping[str, Managed], today: date, tier: str, tiers: Sequence[str]
) -> tuple[Managed, KeptPicture] | str:
    """What answers at a design's address: its own picture, or the name of the built-in design that does.

    A withdrawn design gives way to its replacement, and that to its own. Whatever is not shown today, not to
    this tier or not in this size leaves the evergreen design there.
    """
    seen: set[str] = set()
    while slug in designs and slug not in seen:
        seen.add(slug)
        design = designs[slug]
        if design.standing(today) == Standing.WITHDRAWN:
            slug = design.replacement or EVERGREEN
            continue
        picture = design.picture(size)
        if picture and design.standing(today) == Standing.LIVE and design.is_for(tier, tiers):
            return design, picture
        return EVERGREEN
    return slug if slug in built_in.names() else EVERGREEN


def shelf(designs: Iterable[Managed], today: date, tier: str, tiers: Sequence[str]) -> tuple[Managed, ...]:
    """What an affiliate of that tier is shown today."""
    return tuple(
        design for design in designs if design.standing(today) == Standing.LIVE and design.is_for(tier, tiers)
    )


def sizes() -> tuple[Size, ...]:
    """Those in which the evergreen design can stand in: a picture of another size could break a page."""
    return Design.load(EVERGREEN).sizes


def size_of(width: int, height: int) -> Size | None:
    """The size that a picture of these pixels is for, as it is or twice as large."""
    for size in sizes():
        if (width, height) in ((size.width, size.height), (size.width * 2, size.height * 2)):
            return size
    return None


def publishing_problems(reports: Mapping[str, Report | None]) -> list[str]:
    """Sentences that say why a design cannot be published; by size, None where the check is still to come."""
    if not reports:
        return ["It has no picture yet."]
    problems = []
    for size, report in reports.items():
        if report is None:
            problems.append(f"{size} is not checked yet.")
        elif report.findings:
            count = len(report.findings)
            problems.append(f"{size} has {count} finding{'s' if count > 1 else ''}.")
    return problems


def failing(findings: Iterable[Finding]) -> frozenset[str]:
    """The sample affiliates that something was found with."""
    return frozenset(kit for finding in findings for kit in finding.kits)
