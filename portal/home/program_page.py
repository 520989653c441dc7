"""What a program's public page says, all of it worked out by the program's own rules."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from assets_gen import Design, Size
from assets_gen.design import names
from portal.clock import local_date
from portal.creatives.wording_rules import Wording
from portal.earnings.forecast import next_day
from portal.earnings.timeline import PayWindow, pay_window, released_on, run_month
from portal.enrollments.rules import due
from portal.enrollments.wording import code_proposals
from portal.home.calculator import Year, first_payout_without_trial, year_of
from portal.home.chart import NARROW, WIDE, Chart, chart_of
from portal.home.forms import COLOURS, Asked, Try, parse_try, parse_wish
from portal.home.studio import picture_of
from portal.money import Money
from portal.programs.rules import Plan, ProgramTerms, TermsHistory, Tier

# What the wall shows, of what a design has: one large, one flat, one tall.
WALL = (("1200x630", "Social"), ("728x90", "Leaderboard"), ("300x600", "Half page"), ("300x250", "Box"))


@dataclass(frozen=True)
class WorkedExample:
    """One customer who starts today, as a line of time by the program's own rules, at the first tier."""

    plan: Plan
    tier: Tier
    trial_on: date | None
    sale_on: date
    commission: Money
    released_on: date
    cut_off: date
    window: PayWindow
    next_on: date
    next_window: PayWindow


@dataclass(frozen=True)
class Banner:
    kind: str
    size: str
    src: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class DesignChoice:
    key: str
    title: str


@dataclass(frozen=True)
class ProgramPage:
    """home/program.html"""

    terms: ProgramTerms
    path: str
    example: WorkedExample
    answer_by: date
    today: date
    asked: Asked
    year: Year
    charts: tuple[Chart, ...]
    without_trial: PayWindow
    trying: Try
    colours: tuple[str, ...]
    designs: tuple[DesignChoice, ...]
    banners: tuple[Banner, ...]
    sizes: int
    more_sizes: int
    sample_code: str
    sample_slug: str


async def program_page(
    path: str, history: TermsHistory, wording: Wording, said: Mapping[str, str], base: str, now: datetime
) -> ProgramPage:
    """`wording` is what the program's pictures say."""
    terms = history.at(now)
    today = local_date(now, terms.timezone)
    asked = parse_wish(said, terms)
    year = await asyncio.to_thread(year_of, history, asked.wish, today)
    trying = parse_try(said, names())
    design = Design.load(trying.design)
    banners = _banners(terms, wording, trying, design, base)
    code = next(code_proposals(trying.name, terms.code_percent, terms.code_pattern))
    return ProgramPage(
        terms=terms,
        path=path,
        example=worked_example(terms, today),
        answer_by=due(now, terms),
        today=today,
        asked=asked,
        year=year,
        charts=(chart_of(year, WIDE), chart_of(year, NARROW)),
        without_trial=first_payout_without_trial(terms, today),
        trying=trying,
        colours=tuple(COLOURS),
        designs=tuple(DesignChoice(name, Design.load(name).title) for name in names()),
        banners=banners,
        sizes=len(design.sizes),
        more_sizes=max(0, len(design.sizes) - len(banners)),
        sample_code=code if terms.code_percent else "",
        sample_slug="plain",
    )


def worked_example(terms: ProgramTerms, today: date) -> WorkedExample:
    """The first plan with a trial, else the first plan, followed from today to the first payout."""
    plan = terms.usual_plan
    sale_on = today + timedelta(days=plan.trial.days) if plan.trial else today
    released = released_on(sale_on, terms.hold_days)
    run, next_on = run_month(released), next_day(plan, sale_on)
    return WorkedExample(
        plan=plan,
        tier=terms.first_tier,
        trial_on=today if plan.trial else None,
        sale_on=sale_on,
        commission=plan.price.portion(terms.first_tier.rate_bps),
        released_on=released,
        cut_off=run.cut_off,
        window=pay_window(run, terms),
        next_on=next_on,
        next_window=pay_window(run_month(released_on(next_on, terms.hold_days)), terms),
    )


def _banners(
    terms: ProgramTerms, wording: Wording, trying: Try, design: Design, base: str
) -> tuple[Banner, ...]:
    there = {str(size) for size in design.sizes}
    shown = [(size, kind) for size, kind in WALL if size in there][:3]
    return tuple(_banner(terms, wording, trying, size, kind, base) for size, kind in shown)


def _banner(terms: ProgramTerms, wording: Wording, trying: Try, size: str, kind: str, base: str) -> Banner:
    parsed = Size.parse(size)
    version = picture_of(terms, wording, trying, f"{size}.webp", base).version[:12]
    typed = urlencode({"name": trying.name, "colour": trying.colour, "v": version})
    return Banner(
        kind=kind,
        size=f"{parsed.width} × {parsed.height}",
        src=f"/p/{terms.slug}/try/{trying.design}/{size}.webp?{typed}",
        width=parsed.width,
        height=parsed.height,
        alt=f"A banner of {trying.name} for {terms.name}, {parsed.width} by {parsed.height} pixels",
    )
