"""Tiers go down only where the program says so: at a month's end, told thirty days before (rule 11)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar

from portal.earnings.books import books_on
from portal.earnings.facts import Place
from portal.earnings.falls import watch_tiers
from portal.earnings.tables import TierStep
from portal.earnings.tiers import Span, steps_of
from portal.earnings.verify import book_problems
from portal.enrollments.tables import Enrollment
from portal.programs.actions import load_program
from portal.programs.rules import TermsHistory
from tests.cast import BEGINNING, KARTRA, Cast
from tests.earnings.books import NOW, Desk, at
from tests.earnings.pure import ADA, PROGRAM, version
from tests.letters import sent_letters, text_of

LOW = tuple(replace(tier, from_customers=count) for tier, count in zip(PROGRAM.tiers, (0, 2, 3), strict=True))
FALLING = TermsHistory.of([version(replace(PROGRAM, tiers=LOW, tiers_fall=True))])
STAYING = TermsHistory.of([version(replace(PROGRAM, tiers=LOW))])


def span(began: str, ended: str | None = None) -> Span:
    return Span(ADA, Place(at(began), f"2:{began}"), Place(at(ended), f"5:{ended}") if ended else None)


def told(history: TermsHistory, *spans: Span) -> list[tuple[str, date]]:
    return [(step.tier, step.reached.at.date()) for step in steps_of(spans, history)]


def test_a_tier_stays_where_the_program_says_nothing() -> None:
    assert told(STAYING, span("1 Feb"), span("2 Feb", "5 Mar")) == [("partner", date(2027, 2, 2))]


@pytest.mark.parametrize(
    ("left", "falls"),
    [
        ("5 Mar", date(2027, 5, 1)),  # 31 March is 26 days later
        ("31 Mar", date(2027, 5, 1)),
        ("1 Apr", date(2027, 6, 1)),  # at noon: 29 days and a half before April ends
    ],
)
def test_a_tier_falls_at_the_first_months_end_with_thirty_days_to_tell(left: str, falls: date) -> None:
    assert told(FALLING, span("1 Feb"), span("2 Feb", left)) == [
        ("partner", date(2027, 2, 2)),
        ("starter", falls),
    ]


def test_who_finds_a_new_customer_in_time_stays() -> None:
    spans = (span("1 Feb"), span("2 Feb", "5 Mar"), span("28 Apr"))
    assert told(FALLING, *spans) == [("partner", date(2027, 2, 2))]


def test_who_finds_one_later_rises_again() -> None:
    spans = (span("1 Feb"), span("2 Feb", "5 Mar"), span("9 May"))
    assert told(FALLING, *spans) == [
        ("partner", date(2027, 2, 2)),
        ("starter", date(2027, 5, 1)),
        ("partner", date(2027, 5, 9)),
    ]


def test_what_went_missing_later_falls_later() -> None:
    """Elite is missed since March, Partner only since the end of April: one month each."""
    spans = (span("1 Feb"), span("2 Feb", "28 Apr"), span("3 Feb", "5 Mar"))
    assert told(FALLING, *spans) == [
        ("partner", date(2027, 2, 2)),
        ("elite", date(2027, 2, 3)),
        ("partner", date(2027, 5, 1)),
        ("starter", date(2027, 6, 1)),
    ]


async def falling(cast: Cast, folder: Path) -> Desk:
    """Ada has two customers and with them Partner; one of them leaves on 5 March."""
    text = KARTRA.read_text().replace("from_customers = 10", "from_customers = 2")
    text = text.replace("second_manager = true", "second_manager = true\ntiers_fall = true")
    file = folder / "kartra.toml"
    file.write_text(text.replace("2025-01-01", "2026-12-01"))
    await load_program(file, BEGINNING)
    desk = Desk(cast)
    for who, day in (("eve", "1 Feb"), ("finn", "2 Feb")):
        click = await desk.click(cast.ada, at("25 Jan"))
        await desk.tell(
            desk.checkout(at(day, 11), who, click=click), desk.paid(desk.bill(at(day), who, 1, first=True))
        )
    await desk.tell(desk.ended(at("5 Mar"), "finn", at("2 Feb", 11)))
    return desk


async def tier_of(enrollment: UUID) -> str:
    return str((await Enrollment.select(Enrollment.tier).where(Enrollment.id == enrollment))[0]["tier"])


async def test_ada_is_told_once_thirty_days_before_and_then_it_falls(
    app: Litestar, cast: Cast, tmp_path: Path
) -> None:
    await falling(cast, tmp_path)
    midnight = datetime(2027, 5, 1, tzinfo=UTC)
    enrollment = cast.ada.enrollment
    await Enrollment.update({Enrollment.tier: "partner"}).where(Enrollment.id == enrollment)
    assert await watch_tiers(midnight - timedelta(days=31)) == 0
    assert await watch_tiers(midnight - timedelta(days=30)) == 1
    assert await watch_tiers(midnight - timedelta(days=29)) == 0
    letter = (await sent_letters(app, midnight - timedelta(days=29)))[-1]
    assert letter["Subject"] == "Your tier changes on 1 May 2027"
    assert "Partner needs 2 active paying customers. You had 1" in text_of(letter)
    assert await tier_of(enrollment) == "partner"
    await watch_tiers(midnight)
    assert await tier_of(enrollment) == "starter"


async def test_a_payment_after_the_fall_is_paid_at_the_lower_rate_and_a_late_customer_repairs_it(
    cast: Cast, bound: None, tmp_path: Path
) -> None:
    desk = await falling(cast, tmp_path)
    await desk.tell(
        desk.paid(desk.bill(at("30 Apr", 23), "eve", 2)), desk.paid(desk.bill(at("1 May", 1), "eve", 3))
    )
    assert await _sums() == {"in_eve_1": 3_570, "in_finn_1": 3_570, "in_eve_2": 4_165, "in_eve_3": 3_570}
    click = await desk.click(cast.ada, at("1 Apr"))
    await desk.tell(
        desk.checkout(at("20 Apr", 11), "gus", click=click),
        desk.paid(desk.bill(at("20 Apr"), "gus", 1, first=True)),
    )
    assert (await _sums())["in_eve_3"] == 4_165
    assert await TierStep.count() == 1
    assert await book_problems(NOW) == []


async def _sums() -> dict[str, int]:
    found: dict[str, int] = {}
    for line in await books_on(date(2029, 1, 1)):
        found[line.transaction] = found.get(line.transaction, 0) + line.minor
    return found
