"""What is shown about clicks."""

from dataclasses import dataclass
from datetime import date, datetime

from portal.enrollments.queries import Me
from portal.programs.rules import ProgramTerms


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
    last_at: datetime | None


@dataclass(frozen=True)
class LinksPage:
    """referrals/links.html"""

    me: Me
    terms: ProgramTerms
    link: str
    qr_svg: str  # safe markup, made by us
    clicks: ClickFigures
    placements: tuple[PlacementRow, ...]
