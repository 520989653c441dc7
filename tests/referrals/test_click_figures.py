"""Clicks a day, in the program's time zone, on both engines."""

from datetime import UTC, date, datetime

import pytest

from portal import db
from portal.enrollments.tables import Link
from portal.ids import short_id
from portal.referrals.queries import click_figures
from portal.referrals.tables import Click
from tests.cast import Partner
from tests.conftest import Stage

TODAY = date(2026, 3, 10)


async def clicked(who: Partner, *moments: datetime, counted: bool = True) -> None:
    link = await Link.objects().get(Link.enrollment == who.enrollment)
    assert link is not None
    await Click.insert(
        *(
            Click(token=short_id(), link=link.id, enrollment=who.enrollment, at=at, counted=counted)
            for at in moments
        )
    )


def utc(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


async def test_this_month_is_compared_with_the_same_days_of_the_last(stage: Stage) -> None:
    async with db.connected(stage.settings.database_url):
        ada = stage.cast.ada
        await clicked(
            ada, utc(3, 1), utc(3, 9, 23, 59), utc(3, 10), utc(2, 3), utc(2, 10), utc(2, 11), utc(1, 31)
        )
        await clicked(ada, utc(3, 2), counted=False)
        await clicked(stage.cast.ben, utc(3, 2))
        figures = await click_figures(ada.enrollment, TODAY, "UTC")
    assert (figures.this_month, figures.same_days_before, figures.ever) == (3, 2, 7)
    assert [day.count for day in figures.per_day] == [1, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert figures.last_at == utc(3, 10)


@pytest.mark.parametrize(
    ("timezone", "day"),
    [("America/Los_Angeles", 8), ("Asia/Kathmandu", 9), ("Pacific/Auckland", 9), ("UTC", 8)],
)
async def test_a_day_is_the_programs_day(stage: Stage, timezone: str, day: int) -> None:
    async with db.connected(stage.settings.database_url):
        await clicked(stage.cast.ada, utc(3, 8, 18, 20))
        figures = await click_figures(stage.cast.ada.enrollment, TODAY, timezone)
    assert [one.day.day for one in figures.per_day if one.count] == [day]
