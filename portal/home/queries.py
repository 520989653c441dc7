"""What is shown on the first page of each: the visitor's, the affiliate's, the manager's."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.earnings.queries import HomeFigures
from portal.enrollments.queries import Me, QueueRow
from portal.money import Money
from portal.programs.rules import Plan, ProgramTerms, Tier
from portal.referrals.queries import ClickFigures


@dataclass(frozen=True)
class WorkedExample:
    """One customer who starts today, as a line of time by the program's own rules, at the first tier."""

    plan: Plan
    tier: Tier
    trial_on: date | None
    sale_on: date
    commission: Money
    released_on: date
    paid_from: date
    paid_to: date
    year: Money  # what twelve monthly payments, or one yearly one, bring at the first tier


@dataclass(frozen=True)
class ProgramPage:
    """home/program.html, the public page"""

    terms: ProgramTerms
    example: WorkedExample
    answer_by: date
    today: date


@dataclass(frozen=True)
class Step:
    """One row of the first week's checklist."""

    key: str  # "password", "kit", "link", "click"
    title: str
    hint: str
    href: str
    done: bool


@dataclass(frozen=True)
class HomePage:
    """home/index.html"""

    me: Me
    first_name: str
    terms: ProgramTerms
    today: date
    link: str
    figures: HomeFigures
    clicks: ClickFigures
    steps: tuple[Step, ...]  # empty once all are done


@dataclass(frozen=True)
class TodayPage:
    """home/today.html, the managers' first page: what waits."""

    name: str
    today: date
    waiting: int
    oldest: tuple[QueueRow, ...]
    affiliates: int
    clicks_30_days: int
    sales_30_days: int


@dataclass(frozen=True)
class AffiliateRow:
    id: UUID
    name: str
    web_address: str
    state: str
    tier: str
    slug: str
    code: str
    since: date
    clicks_30_days: int
    sales_30_days: int


@dataclass(frozen=True)
class AffiliatesPage:
    """home/affiliates.html: all enrollments of the program, searched by name, link or code."""

    rows: tuple[AffiliateRow, ...]
    search: str
    total: int
    page: int
    pages: int
