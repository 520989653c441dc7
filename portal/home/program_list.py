"""What visitors see of an installation with several programs: their list, searched and by category."""

from dataclasses import dataclass
from datetime import datetime

from portal.programs.colours import look_of
from portal.programs.queries import all_programs, terms_at
from portal.programs.rules import ProgramTerms


@dataclass(frozen=True)
class ProgramRow:
    slug: str
    name: str
    vendor: str
    category: str
    headline: str
    summary: str
    mark: str
    drawing: str
    colour: str
    on_colour: str
    best_rate_bps: int
    hold_days: int


@dataclass(frozen=True)
class ProgramsPage:
    """home/programs.html"""

    rows: tuple[ProgramRow, ...]
    search: str
    category: str
    categories: tuple[str, ...]
    total: int


async def programs_page(search: str, category: str, now: datetime) -> ProgramsPage:
    """Searched in names without regard to case. A category that no program has shows all of them."""
    # One history a program, each parsed once and kept: an installation has a handful of programs.
    rows = [_row(program.slug, await terms_at(program.id, now)) for program in await all_programs()]
    rows.sort(key=lambda row: row.name.casefold())
    categories = tuple(sorted({row.category for row in rows if row.category}, key=str.casefold))
    wanted, within = search.strip().casefold(), category if category in categories else ""
    return ProgramsPage(
        rows=tuple(
            row
            for row in rows
            if wanted in f"{row.name} {row.vendor}".casefold() and within in ("", row.category)
        ),
        search=search.strip(),
        category=within,
        categories=categories,
        total=len(rows),
    )


def _row(slug: str, terms: ProgramTerms) -> ProgramRow:
    look = look_of(slug, terms.brand.accent)
    return ProgramRow(
        slug=slug,
        name=terms.name,
        vendor=terms.vendor,
        category=terms.category,
        headline=terms.words.headline,
        summary=terms.words.summary,
        mark=terms.brand.mark,
        drawing=terms.brand.drawing,
        colour=look.mark,
        on_colour=look.on_mark,
        best_rate_bps=max(tier.rate_bps for tier in terms.tiers),
        hold_days=terms.hold_days,
    )
