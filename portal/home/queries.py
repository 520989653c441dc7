"""What is shown on the first page of each: the visitor's, the affiliate's, the manager's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clock import local_date
from portal.earnings.figures import HomeFigures, home_figures
from portal.enrollments.agreement_queries import NewTerms, new_terms
from portal.enrollments.queries import Me
from portal.enrollments.tables import Enrollment
from portal.home.rules import Checklist, Known, checklist
from portal.home.tables import FirstWeek
from portal.programs.rules import ProgramTerms
from portal.referrals.queries import ClickFigures, click_figures

ROWS = 50


@dataclass(frozen=True)
class HomePage:
    """home/index.html"""

    me: Me
    terms: ProgramTerms
    today: date
    link: str
    figures: HomeFigures
    clicks: ClickFigures
    first_week: Checklist
    new_terms: NewTerms | None  # what was not agreed to yet


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


async def home_page(me: Me, terms: ProgramTerms, link: str, now: datetime) -> HomePage:
    today = local_date(now, terms.timezone)
    clicks = await click_figures(me.enrollment_id, today, terms.timezone)
    return HomePage(
        me=me,
        terms=terms,
        today=today,
        link=link,
        figures=await home_figures(me.enrollment_id, now),
        clicks=clicks,
        first_week=checklist(await known_of(me, terms), now),
        new_terms=await new_terms(me.affiliate_id, me.program_id, now),
    )


async def known_of(me: Me, terms: ProgramTerms) -> Known:
    """Times are those of the program's time zone."""
    rows = await FirstWeek.raw(
        "SELECT (SELECT created_at FROM brand_kit WHERE affiliate = {} ORDER BY revision LIMIT 1) AS kit_at, "
        "(SELECT at FROM click WHERE enrollment = {} AND counted ORDER BY at LIMIT 1) AS click_at, "
        "(SELECT placed_at FROM first_week WHERE enrollment = {}) AS placed_at, "
        "(SELECT put_away_at FROM first_week WHERE enrollment = {}) AS put_away_at",
        me.affiliate_id,
        me.enrollment_id,
        me.enrollment_id,
        me.enrollment_id,
    )
    zone = ZoneInfo(terms.timezone)
    return Known(**{name: at and moment(at).astimezone(zone) for name, at in rows[0].items()})


def moment(value: datetime | str) -> datetime:
    """SQLite gives what a subquery finds as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


async def affiliates_page(
    program_id: UUID, terms: ProgramTerms, search: str, page: int, now: datetime
) -> AffiliatesPage:
    """Searched in name, e-mail, link or code, without regard to case."""
    since = now - timedelta(days=30)
    wanted = "%" + search.strip().lower().replace("\\", "").replace("%", "").replace("_", "") + "%"
    matching = (
        "FROM enrollment e JOIN affiliate a ON a.id = e.affiliate "
        "JOIN link l ON l.enrollment = e.id AND l.main "
        "JOIN discount_code c ON c.enrollment = e.id AND c.ended_at IS NULL WHERE e.program = {} "
        "AND (lower(a.name) LIKE {} OR a.email_key LIKE {} OR l.slug LIKE {} OR c.code_key LIKE {}) "
    )
    values = (program_id, wanted, wanted, wanted, wanted)
    total = (await Enrollment.raw("SELECT count(*) AS total " + matching, *values))[0]["total"]
    pages = max(1, -(-total // ROWS))
    page = min(max(1, page), pages)
    rows = await Enrollment.raw(
        "SELECT e.id, e.state, e.tier, e.began_at, a.name, a.web_address, l.slug, c.code, "  # noqa: S608 - our words
        "(SELECT count(*) FROM click k WHERE k.enrollment = e.id AND k.counted AND k.at > {}) AS clicks, "
        "(SELECT count(*) FROM commission s WHERE s.enrollment = e.id AND s.kind = 'sale' "
        "AND s.booked_on > {}) AS sales " + matching + "ORDER BY lower(a.name), e.id LIMIT {} OFFSET {}",
        since,
        local_date(since, terms.timezone),
        *values,
        ROWS,
        (page - 1) * ROWS,
    )
    return AffiliatesPage(
        rows=tuple(
            AffiliateRow(
                id=UUID(str(row["id"])),
                name=row["name"],
                web_address=row["web_address"],
                state=row["state"],
                tier=terms.tier(row["tier"]).name,
                slug=row["slug"],
                code=row["code"],
                since=local_date(row["began_at"], terms.timezone),
                clicks_30_days=row["clicks"],
                sales_30_days=row["sales"],
            )
            for row in rows
        ),
        search=search,
        total=total,
        page=page,
        pages=pages,
    )
