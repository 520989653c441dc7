"""What is shown about clicks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import segno

from portal import db
from portal.clock import local_date
from portal.enrollments.queries import Me
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment, Link
from portal.programs.rules import ProgramTerms
from portal.referrals.tables import Click


@dataclass(frozen=True)
class DayCount:
    day: date
    count: int


@dataclass(frozen=True)
class ClickFigures:
    """Counted clicks of this month so far, per day, and of the same days of the month before."""

    this_month: int
    same_days_before: int
    per_day: tuple[DayCount, ...]
    ever: int
    last_at: datetime | None


@dataclass(frozen=True)
class PlacementRow:
    placement: str
    clicks: int


@dataclass(frozen=True)
class Recommending:
    """For programs that pay a second tier."""

    address: str  # of the program's page, for other affiliates-to-be
    partners: int  # brought so far, and still there


@dataclass(frozen=True)
class LinksPage:
    """referrals/links.html"""

    me: Me
    terms: ProgramTerms
    link: str
    qr_svg: str  # safe markup, made by us
    clicks: ClickFigures
    placements: tuple[PlacementRow, ...]
    recommending: Recommending | None


@dataclass(frozen=True)
class Target:
    """Where a link leads, and whose it is."""

    link: UUID
    enrollment: UUID
    destination: str


async def target_of(slug: str) -> Target | None:
    rows = await Link.select(Link.id, Link.enrollment, Link.destination).where(Link.slug == slug).limit(1)
    if not rows:
        return None
    row = rows[0]
    return Target(UUID(str(row["id"])), UUID(str(row["enrollment"])), row["destination"])


async def links_page(me: Me, terms: ProgramTerms, link: str, front: str, now: datetime) -> LinksPage:
    """`front` is the whole address of the program's own page."""
    return LinksPage(
        me=me,
        terms=terms,
        link=link,
        qr_svg=qr_svg(link),
        clicks=await click_figures(me.enrollment_id, local_date(now, terms.timezone), terms.timezone),
        placements=await placements_of(me.enrollment_id),
        recommending=await _recommending(me, terms, front),
    )


async def _recommending(me: Me, terms: ProgramTerms, front: str) -> Recommending | None:
    if not terms.second_tier_bps or me.state == EnrollmentState.ENDED:
        return None
    partners = await Enrollment.count().where(
        (Enrollment.recruited_by == me.enrollment_id) & (Enrollment.state != EnrollmentState.ENDED)
    )
    return Recommending(f"{front}?via={me.slug}", partners)


async def click_figures(enrollment_id: UUID, today: date, timezone: str) -> ClickFigures:
    """Days are those of the program's time zone."""
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    same_day = min(before + timedelta(days=today.day - 1), month - timedelta(days=1))
    per_day = await _clicks_per_day(enrollment_id, before, today, timezone)
    ever = await Click.raw(
        "SELECT count(*) AS clicks FROM click WHERE enrollment = {} AND counted", enrollment_id
    )
    newest = (
        await Click.select(Click.at)
        .where((Click.enrollment == enrollment_id) & Click.counted.eq(True))
        .order_by(Click.at, ascending=False)
        .limit(1)
    )
    days = [date.fromordinal(number) for number in range(month.toordinal(), today.toordinal() + 1)]
    return ClickFigures(
        this_month=sum(per_day.get(day, 0) for day in days),
        same_days_before=sum(count for day, count in per_day.items() if before <= day <= same_day),
        per_day=tuple(DayCount(day, per_day.get(day, 0)) for day in days),
        ever=ever[0]["clicks"],
        last_at=newest[0]["at"] if newest else None,
    )


async def placements_of(enrollment_id: UUID) -> tuple[PlacementRow, ...]:
    rows = await Click.raw(
        "SELECT placement, count(*) AS clicks FROM click "
        "WHERE enrollment = {} AND counted GROUP BY placement ORDER BY clicks DESC, placement LIMIT 20",
        enrollment_id,
    )
    return tuple(PlacementRow(row["placement"], row["clicks"]) for row in rows)


def qr_svg(text: str) -> str:
    """A QR code as inline SVG without any style of its own; four modules of quiet zone."""
    return segno.make(text, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None
    )


async def _clicks_per_day(enrollment_id: UUID, first: date, last: date, timezone: str) -> dict[date, int]:
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    rows = await Click.raw(
        f"SELECT {_QUARTER[db.dialect()]} AS quarter, count(*) AS clicks FROM click "  # noqa: S608 - our own words
        "WHERE enrollment = {} AND counted AND at >= {} AND at < {} GROUP BY 1",
        enrollment_id,
        start,
        end,
    )
    counts: dict[date, int] = {}
    for row in rows:
        day = local_date(datetime.fromisoformat(row["quarter"]).replace(tzinfo=UTC), timezone)
        counts[day] = counts.get(day, 0) + row["clicks"]
    return counts


# Counted by quarters of an hour: every time zone's days begin at one, and SQLite knows no time zones.
_QUARTER = {
    "sqlite": "substr(at, 1, 14) || printf('%02d', CAST(substr(at, 15, 2) AS INTEGER) / 15 * 15)",
    "postgres": "to_char(date_bin('15 minutes', at, TIMESTAMPTZ '2000-01-01 00:00+00') AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD HH24:MI')",
}
