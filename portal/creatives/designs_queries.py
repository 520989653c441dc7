"""What the pages of managers' designs say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import msgspec

from assets_gen import Design, Size
from assets_gen import design as built_in
from assets_gen.slots import Slot, named
from assets_gen.slots_lint import Finding
from portal.clock import local_date
from portal.creatives.designs_forms import DesignDraft, SlotDraft, draft_of
from portal.creatives.designs_kept import Working, designs_of, working_of
from portal.creatives.designs_rules import (
    KeptPicture,
    Managed,
    Standing,
    failing,
    publishing_problems,
    sizes,
)
from portal.creatives.rules import EVERGREEN
from portal.creatives.tables import ManagedDesign
from portal.creatives.wording_queries import BuiltInRow, built_in_rows
from portal.programs.rules import ProgramTerms


@dataclass(frozen=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True)
class DesignRow:
    slug: str
    name: str
    standing: Standing
    number: int
    sizes: int
    for_whom: str
    starts_on: date | None
    ends_on: date | None
    thumb: str  # empty without a picture


@dataclass(frozen=True)
class DesignsPage:
    """creatives/designs.html"""

    rows: tuple[DesignRow, ...]
    built_in: tuple[BuiltInRow, ...]


@dataclass(frozen=True)
class NewDesignPage:
    """creatives/design_new.html"""

    draft: DesignDraft
    tiers: tuple[Choice, ...]
    promotions: tuple[Choice, ...]  # empty where there is none to choose


@dataclass(frozen=True)
class SizeTab:
    size: str
    label: str
    href: str
    src: str
    width: int
    height: int
    findings: int | None  # None: not checked yet
    current: bool = False


@dataclass(frozen=True)
class DesignPage:
    """creatives/design.html"""

    design: Managed
    standing: Standing
    for_whom: str
    draft: DesignDraft
    tiers: tuple[Choice, ...]
    promotions: tuple[Choice, ...]
    tabs: tuple[SizeTab, ...]
    problems: tuple[str, ...]
    changed: bool  # since the newest revision
    replacements: tuple[Choice, ...]
    replacement: str
    wanting: tuple[str, ...]  # sizes that have no picture yet
    refused: tuple[tuple[str, str], ...] = ()  # file name, sentence
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SlotField:
    """A slot's fields and its place on the board, drawn from what was typed as far as it can be read."""

    number: int
    title: str
    draft: SlotDraft
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Sample:
    """A test kit: the picture with it, and whether something was found."""

    name: str
    src: str
    failed: bool


@dataclass(frozen=True)
class SizePage:
    """creatives/design_size.html"""

    design: Managed
    size: str
    label: str
    width: int
    height: int
    margin: int
    picture: str
    changes: int
    slots: tuple[SlotField, ...]
    kinds: tuple[Choice, ...]
    errors: Mapping[str, str]
    findings: tuple[Finding, ...]
    checked: bool
    samples: tuple[Sample, ...]
    tabs: tuple[SizeTab, ...]


KINDS = (
    Choice("logo", "Logo"),
    Choice("name", "Name"),
    Choice("code", "Code"),
    Choice("qr", "QR code"),
    Choice("text", "Text"),
)


def tab(design: Managed, working: Working, current: str = "") -> SizeTab:
    size = Size.parse(working.size)
    here = f"/manage/designs/{design.slug}/{working.size}"
    return SizeTab(
        size=working.size,
        label=f"{size.width} × {size.height}",
        href=here,
        src=f"{here}/kits/0?v={working.version}",
        width=size.width,
        height=size.height,
        findings=len(working.report.findings) if working.report else None,
        current=working.size == current,
    )


def is_changed(design: Managed, working: Mapping[str, Working]) -> bool:
    """Whether the working copy says something else than what is published."""
    kept = {one.size: (one.key, one.slots) for one in design.pictures}
    return kept != {size: (one.key, one.slots) for size, one in working.items()}


def problems_of(working: Mapping[str, Working]) -> tuple[str, ...]:
    return tuple(publishing_problems({size: one.report for size, one in working.items()}))


def size_page(
    design: Managed,
    working: Mapping[str, Working],
    size: Size,
    drafts: tuple[SlotDraft, ...] | None = None,
    errors: Mapping[str, str] | None = None,
) -> SizePage:
    """`drafts` and `errors` are what was typed and is wrong; without them, what is saved."""
    one = working[str(size)]
    shown = drafts if drafts is not None else tuple(map(draft_of, one.slots))
    report = one.report
    bad = failing(report.findings) if report else frozenset()
    here = f"/manage/designs/{design.slug}/{size}"
    return SizePage(
        design=design,
        size=str(size),
        label=f"{size.width} × {size.height}",
        width=size.width,
        height=size.height,
        margin=round(max(0.06 * size.short, 8)),
        picture=f"{here}/picture?v={one.key[-20:-4]}",
        changes=one.changes,
        slots=tuple(_field(number, shown, size) for number in range(len(shown))),
        kinds=KINDS,
        errors=errors or {},
        findings=report.findings if report else (),
        checked=report is not None,
        samples=tuple(
            Sample(name, f"{here}/kits/{number}?v={one.version}", name in bad)
            for number, name in enumerate(report.kits if report else ())
        ),
        tabs=tuple(tab(design, other, str(size)) for other in working.values()),
    )


def _field(number: int, drafts: tuple[SlotDraft, ...], size: Size) -> SlotField:
    draft = drafts[number]
    alike = [Slot(other.kind, 0, 0, 8, 8) for other in drafts]
    title = named(number, alike[number], alike).removeprefix("The ")
    places = [_readable(draft.said[key]) for key in ("left", "top", "width", "height")]
    most = (size.width - 8, size.height - 8, size.width, size.height)
    left, top, width, height = (min(place, end) for place, end in zip(places, most, strict=True))
    return SlotField(number, title[0].upper() + title[1:], draft, left, top, max(width, 8), max(height, 8))


def _readable(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def tier_choices(terms: ProgramTerms) -> tuple[Choice, ...]:
    every = Choice("", "Everybody")
    return (every, *(Choice(tier.key, f"{tier.name} and up") for tier in terms.tiers[1:]))


def new_design_page(draft: DesignDraft, terms: ProgramTerms, now: datetime) -> NewDesignPage:
    today = local_date(now, terms.timezone)
    return NewDesignPage(draft, tier_choices(terms), promotion_choices(terms, today))


def promotion_choices(terms: ProgramTerms, today: date, chosen: str = "") -> tuple[Choice, ...]:
    """Those to come or running, and the one that is chosen, even where the terms no longer have it."""
    offers = [
        Choice(one.key, f"{one.name} ({one.starts_on:%-d %b} to {one.ends_on:%-d %b %Y})")
        for one in terms.promotions
        if one.ends_on >= today or one.key == chosen
    ]
    if chosen and all(one.key != chosen for one in offers):
        offers.append(Choice(chosen, f"{chosen}, which the terms no longer have"))
    return (Choice("", "None: it is shown on its own days"), *offers) if offers else ()


def for_whom(design: Managed, terms: ProgramTerms) -> str:
    known = next((one.label for one in tier_choices(terms) if one.key == design.tier), None)
    if design.promotion:
        offer = next((one for one in terms.promotions if one.key == design.promotion), None)
        if offer is None:
            return "Nobody: the terms no longer have its promotion"
        known = known and f"{known} · {offer.name}"
    return known or "Nobody: the terms no longer have its tier"


async def replacements_for(program_id: UUID, design: Managed) -> tuple[Choice, ...]:
    """What can answer at its addresses once it is withdrawn; empty is the evergreen design."""
    others = [one for one in (await designs_of(program_id)).values() if one.slug != design.slug]
    own = [Choice(one.slug, one.name) for one in others if one.number and one.withdrawn_at is None]
    stock = [Choice(name, Design.load(name).title) for name in built_in.names() if name != EVERGREEN]
    return (Choice("", f"{Design.load(EVERGREEN).title}, which is always there"), *own, *stock)


async def designs_page(program_id: UUID, terms: ProgramTerms, today: date) -> DesignsPage:
    rows = await ManagedDesign.raw(
        "SELECT d.slug, p.size, p.picture_key, p.slots FROM design_picture p "
        "JOIN managed_design d ON d.id = p.design WHERE d.program = {}",
        program_id,
    )
    sizes_of: dict[str, dict[str, str]] = {}
    for row in rows:
        slots = msgspec.json.decode(row["slots"], type=tuple[Slot, ...])
        version = KeptPicture(row["size"], row["picture_key"], "", slots).digest[:12]
        sizes_of.setdefault(row["slug"], {})[row["size"]] = version
    return DesignsPage(
        rows=tuple(
            DesignRow(
                slug=design.slug,
                name=design.name,
                standing=design.within(terms.promotions).standing(today),
                number=design.number,
                sizes=len(sizes_of.get(design.slug, {})),
                for_whom=for_whom(design, terms),
                starts_on=design.starts_on,
                ends_on=design.ends_on,
                thumb=_thumb(design.slug, sizes_of.get(design.slug, {})),
            )
            for design in (await designs_of(program_id)).values()
        ),
        built_in=await built_in_rows(program_id, terms.languages[0]),
    )


def _thumb(slug: str, versions: Mapping[str, str]) -> str:
    first = next((str(size) for size in sizes() if str(size) in versions), "")
    return f"/manage/designs/{slug}/{first}/kits/0?v={versions[first]}" if first else ""


async def design_page(
    program_id: UUID,
    design: Managed,
    terms: ProgramTerms,
    today: date,
    draft: DesignDraft | None,
    refused: tuple[tuple[str, str], ...],
    errors: Mapping[str, str],
) -> DesignPage:
    """`draft`, `refused` and `errors` are what was just sent and is wrong."""
    working = await working_of(design.id)
    kept = DesignDraft(
        name=design.name,
        slug=design.slug,
        tier=design.tier,
        promotion=design.promotion,
        starts=design.starts_on.isoformat() if design.starts_on else "",
        ends=design.ends_on.isoformat() if design.ends_on else "",
    )
    replacements = await replacements_for(program_id, design)
    instead = next((one.label for one in replacements if one.key == design.replacement), design.replacement)
    return DesignPage(
        design=design,
        standing=design.within(terms.promotions).standing(today),
        for_whom=for_whom(design, terms),
        draft=draft or kept,
        tiers=tier_choices(terms),
        promotions=promotion_choices(terms, today, design.promotion),
        tabs=tuple(tab(design, one) for one in working.values()),
        problems=problems_of(working),
        changed=is_changed(design, working) or design.withdrawn_at is not None,
        replacements=replacements,
        replacement=instead,
        wanting=tuple(f"{size.width} × {size.height}" for size in sizes() if str(size) not in working),
        refused=refused,
        errors=errors,
    )
