"""The pages on which creatives were seen, for the affiliate and for managers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from assets_gen import design as designs
from assets_gen.design import Design
from portal.creatives.hits import MORE
from portal.creatives.tables import CreativeHit
from portal.earnings.gather import identity

DAYS = 90
MOST_ON_A_PAGE, MOST_OF_ALL = 20, 100
LIVE = """
    SELECT h.host, h.path, h.shape, h.placement, h.design, h.enrollment, a.name,
        SUM(h.hits) AS hits, MAX(h.day) AS last_on
    FROM creative_hit h JOIN enrollment e ON e.id = h.enrollment JOIN affiliate a ON a.id = e.affiliate
    WHERE e.program = {} AND h.day > {}
"""
BY_PLACE = """
    GROUP BY h.host, h.path, h.shape, h.placement, h.design, h.enrollment, a.name
    ORDER BY SUM(h.hits) DESC, h.host, h.path, a.name, h.design, h.shape, h.placement LIMIT {}
"""


@dataclass(frozen=True)
class SeenOn:
    """A page, as words and never as a link: who asks for a picture can claim any address."""

    where: str
    what: str  # size and placement
    hits: int
    last_on: date
    design: str = ""
    affiliate: str = ""
    enrollment: UUID | None = None


@dataclass(frozen=True)
class LivePage:
    """creatives/live.html"""

    rows: tuple[SeenOn, ...]
    is_cut: bool
    choices: tuple[tuple[str, str, int | None, bool], ...]  # href, label, how many, chosen
    whose: str  # the affiliate it is narrowed to, or nothing
    everybody: str  # the address without that
    days: int = DAYS


async def seen_on(enrollment: UUID, design: str, now: datetime) -> tuple[SeenOn, ...]:
    rows = await CreativeHit.raw(
        "SELECT host, path, shape, placement, SUM(hits) AS hits, MAX(day) AS last_on FROM creative_hit "
        "WHERE enrollment = {} AND design = {} AND day > {} GROUP BY host, path, shape, placement "
        "ORDER BY SUM(hits) DESC, host, path, shape, placement LIMIT {}",
        enrollment,
        design,
        _since(now),
        MOST_ON_A_PAGE,
    )
    return tuple(map(_seen, rows))


async def used_since(enrollment: UUID, now: datetime) -> frozenset[tuple[str, str]]:
    """(design, size or paper) of what stood on a page in the last months."""
    rows = await CreativeHit.raw(
        "SELECT DISTINCT design, shape FROM creative_hit WHERE enrollment = {} AND day > {}",
        enrollment,
        _since(now),
    )
    return frozenset((row["design"], row["shape"]) for row in rows)


async def live_page(program: UUID, design: str, enrollment: UUID | None, now: datetime) -> LivePage:
    known = designs.names()
    design = design if design in known else ""
    narrowed = ("AND h.design = {} " if design else "") + ("AND h.enrollment = {} " if enrollment else "")
    rows = await CreativeHit.raw(
        f"{LIVE} {narrowed} {BY_PLACE}",
        *(program, _since(now), *filter(None, (design, enrollment)), MOST_OF_ALL + 1),
    )
    here, whose = "/manage/creatives", f"affiliate={enrollment}" if enrollment else ""
    choices = [(f"{here}?{whose}".rstrip("?"), "All designs", None, not design)]
    for name in known:
        address = f"{here}?design={name}" + (f"&{whose}" if whose else "")
        choices.append((address, Design.load(name).title, None, name == design))
    found = tuple(map(_seen, rows[:MOST_OF_ALL]))
    return LivePage(
        rows=found,
        is_cut=len(rows) > MOST_OF_ALL,
        choices=tuple(choices),
        whose=await _name_of(program, enrollment) if enrollment else "",
        everybody=f"{here}?design={design}" if design else here,
    )


async def _name_of(program: UUID, enrollment: UUID) -> str:
    rows = await CreativeHit.raw(
        "SELECT a.name FROM enrollment e JOIN affiliate a ON a.id = e.affiliate "
        "WHERE e.id = {} AND e.program = {}",
        enrollment,
        program,
    )
    return str(rows[0]["name"]) if rows else "nobody"


def _since(now: datetime) -> date:
    return (now - timedelta(days=DAYS)).astimezone(UTC).date()


def _seen(row: dict[str, Any]) -> SeenOn:
    where = f"{row['host']}{row['path'] if row['path'] != '/' else ''}" or "A page that does not tell"
    size = row["shape"].replace("x", " × ") if "x" in row["shape"] else row["shape"].upper()
    last = row["last_on"]
    return SeenOn(
        where="Other pages" if (row["host"], row["path"]) == (MORE.host, MORE.path) else where,
        what=" · ".join(filter(None, (size, row["placement"]))),
        hits=int(row["hits"]),
        last_on=last if isinstance(last, date) else date.fromisoformat(str(last)),
        design=Design.load(row["design"]).title if row.get("design") in designs.names() else "",
        affiliate=row.get("name", ""),
        enrollment=identity(row["enrollment"]) if "enrollment" in row else None,
    )
