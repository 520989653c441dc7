"""New terms and tiers: who has the customers that they ask for rises, nobody falls untold (rules 6, 11)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.earnings import dry_runs
from portal.earnings.facts import Place
from portal.earnings.falls import watch_tiers
from portal.earnings.tables import TierStep
from portal.earnings.tiers import Span, steps_of
from portal.earnings.verify import book_problems
from portal.enrollments.tables import Enrollment
from portal.programs.rules import Existing, ProgramTerms, TermsHistory
from portal.replay import replay
from portal.serving import load_terms
from tests.cast import KARTRA, Cast
from tests.conftest import Stage
from tests.earnings.books import Desk, at
from tests.earnings.pure import ADA, PROGRAM, version

FEBRUARY, NOW = datetime(2027, 2, 1, tzinfo=UTC), at("28 Jan")


def terms(*steps: int, **more: Any) -> ProgramTerms:
    tiers = tuple(
        replace(tier, from_customers=least) for tier, least in zip(PROGRAM.tiers, steps, strict=False)
    )
    return replace(PROGRAM, tiers=tiers, **more)


def span(began: str, ended: str | None = None) -> Span:
    return Span(ADA, Place(at(began), f"2:{began}"), Place(at(ended), f"5:{ended}") if ended else None)


def told(first: ProgramTerms, later: ProgramTerms, *spans: Span) -> list[tuple[str, date]]:
    history = TermsHistory.of([version(first), version(later, 2, FEBRUARY)])
    return [(step.tier, step.reached.at.date()) for step in steps_of(spans, history)]


def test_who_has_enough_customers_for_new_terms_rises_when_they_start() -> None:
    two = (span("5 Jan"), span("6 Jan"))
    assert told(terms(0, 3, 9), terms(0, 2, 9), *two) == [("partner", date(2027, 2, 1))]
    assert told(terms(0, 3, 9), terms(0, 1, 2), *two) == [("elite", date(2027, 2, 1))]
    assert told(terms(0, 3, 9), terms(0, 1, 2), span("5 Jan", "9 Jan")) == []


def test_a_tier_is_reached_also_where_it_pays_no_more() -> None:
    same = terms(0, 1, 2)
    same = replace(same, tiers=tuple(replace(tier, rate_bps=3_000) for tier in same.tiers))
    assert told(same, same, span("5 Jan"), span("6 Jan")) == [
        ("partner", date(2027, 1, 5)),
        ("elite", date(2027, 1, 6)),
    ]


def test_terms_that_let_tiers_fall_do_so_though_nobody_comes_or_goes_any_more() -> None:
    first, later = terms(0, 1, 2), terms(0, 1, 2, tiers_fall=True)
    spans = (span("2 Jan"), span("3 Jan", "4 Jan"))
    # Known since 1 February, told thirty days before: February's end is too soon.
    assert told(first, later, *spans)[-1] == ("partner", date(2027, 4, 1))


def test_terms_that_ask_for_more_let_nobody_fall_untold() -> None:
    first, later = terms(0, 1, 2, tiers_fall=True), terms(0, 1, 3, tiers_fall=True)
    assert told(first, later, span("2 Jan"), span("3 Jan"))[-1] == ("partner", date(2027, 4, 1))


def test_who_has_a_tier_that_is_gone_keeps_the_next_one_until_it_falls() -> None:
    first, later = terms(0, 1, 2), terms(0, 2, tiers_fall=True)
    assert told(first, later, span("5 Jan"), span("6 Jan", "9 Jan")) == [
        ("partner", date(2027, 1, 5)),
        ("elite", date(2027, 1, 6)),
        ("starter", date(2027, 4, 1)),
    ]


async def two_customers(cast: Cast) -> Desk:
    desk = Desk(cast)
    for who, day in (("eve", "5 Jan"), ("finn", "6 Jan")):
        click = await desk.click(cast.ada, at("2 Jan"))
        await desk.tell(
            desk.checkout(at(day, 11), who, click=click), desk.paid(desk.bill(at(day), who, 1, first=True))
        )
    return desk


def two_are_enough() -> str:
    text = KARTRA.read_text().replace("2025-01-01", "2027-02-01")
    text = text.replace("from_customers = 10", "from_customers = 2")
    assert 'existing_subscriptions = "keep"' in text
    return text.replace('existing_subscriptions = "keep"', f'existing_subscriptions = "{Existing.FOLLOW}"')


async def tier_of(cast: Cast) -> str:
    rows = await Enrollment.select(Enrollment.tier).where(Enrollment.id == cast.ada.enrollment)
    return str(rows[0]["tier"])


async def bring(how: str, cast: Cast, folder: Path) -> None:
    """New terms come in a file or are published on a page."""
    if how == "file":
        (folder / "kartra.toml").write_text(two_are_enough())
        await load_terms(folder, NOW)
        await load_terms(folder, NOW)
        return
    run = await dry_runs.ask(cast.program, two_are_enough(), date(2027, 1, 1), cast.mira.id, NOW)
    assert await dry_runs.take_next(NOW) == run
    await dry_runs.work(run, lambda: NOW)
    await dry_runs.publish_run(cast.program, run, cast.mira.id, NOW)


@pytest.mark.parametrize("how", ["file", "page"])
async def test_ada_rises_on_the_day_on_which_two_customers_are_enough(
    cast: Cast, bound: None, stage: Stage, tmp_path: Path, how: str
) -> None:
    desk = await two_customers(cast)
    await bring(how, cast, tmp_path)
    assert [row["reached_at"] for row in await TierStep.select()] == [FEBRUARY]
    assert await tier_of(cast) == "starter"
    await watch_tiers(FEBRUARY - timedelta(minutes=1))
    assert await tier_of(cast) == "starter"
    await watch_tiers(FEBRUARY)
    assert await tier_of(cast) == "partner"
    await desk.tell(
        desk.paid(desk.bill(at("31 Jan"), "eve", 2)), desk.paid(desk.bill(at("1 Feb"), "finn", 2))
    )
    assert {line[0]: line[2] for line in await desk.lines()} == {
        "in_eve_1": 3_570,
        "in_finn_1": 3_570,
        "in_eve_2": 3_570,
        "in_finn_2": 4_165,
    }
    assert await book_problems(at("2 Feb")) == []
    again = await replay(stage.settings.database_url, f"sqlite:///{tmp_path / 'again.sqlite'}", at("2 Feb"))
    assert again.difference is None
