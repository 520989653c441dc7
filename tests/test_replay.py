"""The books can be worked out again from what was told: in an empty database, on either engine."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from portal import db
from portal.demo.seed import seed_demo
from portal.earnings import samples
from portal.earnings.tables import BillingEvent, Commission
from portal.earnings.verify import book_problems
from portal.errors import Refused
from portal.ids import new_id
from portal.replay import replay
from tests.cast import BEGINNING
from tests.conftest import Stage, _run_on, settings_for
from tests.earnings.books import NOW, Desk, at


@pytest.fixture
async def empty_url(request: pytest.FixtureRequest, stage: Stage, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of the stage's engine, not migrated yet."""
    if stage.settings.database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'again.sqlite'}"
        return
    server, name = stage.settings.database_url.rpartition("/")[0], f"again_{uuid4().hex}"
    await _run_on(server, f"CREATE DATABASE {name}")
    yield f"{server}/{name}"
    await _run_on(server, f"DROP DATABASE {name} WITH (FORCE)")


async def a_history(stage: Stage) -> None:
    """Everybody pays twice; one refund comes before its payment, one dispute is lost, a tier is reached."""
    async with db.connected(stage.settings.database_url):
        desk = Desk(stage.cast)
        for number in range(12):
            partner = stage.cast.ben if number == 5 else stage.cast.ada
            click = await desk.click(partner, at("1 Jan"))
            who, paid = f"customer{number:02}", at("2 Jan") + timedelta(minutes=number)
            first, second = (
                desk.bill(paid + timedelta(days=30 * n), who, n + 1, first=n == 0) for n in range(2)
            )
            if number == 3:
                await desk.tell(desk.refunded(first, at("9 Jan"), total=1_900))
            await desk.tell(desk.paid(second), desk.checkout(paid, who, click=click), desk.paid(first))
            if number == 4:
                await desk.tell(
                    samples.dispute(first, at("5 Feb")), samples.dispute(first, at("20 Mar"), "lost")
                )


async def test_the_books_are_the_same_a_second_time(stage: Stage, empty_url: str) -> None:
    await a_history(stage)
    told = await replay(stage.settings.database_url, empty_url, NOW)
    assert told.difference is None
    assert (told.events, told.amounts > 24) == (39, True)
    async with db.connected(empty_url):
        assert await book_problems(NOW) == []


async def test_a_line_that_no_event_explains_is_named(stage: Stage, empty_url: str) -> None:
    await a_history(stage)
    async with db.connected(stage.settings.database_url):
        line = (await Commission.select().where(Commission.transaction.external_id == "in_customer07_1"))[0]
        await Commission.insert(Commission(**{**line, "id": new_id(), "minor": 1}))
    told = await replay(stage.settings.database_url, empty_url, NOW)
    assert told.difference is not None
    assert "in_customer07_1" in told.difference


async def test_an_event_that_was_lost_is_noticed(
    stage: Stage, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_history(stage)
    monkeypatch.setattr("portal.replay.receive_many", _all_but_the_last)
    told = await replay(stage.settings.database_url, empty_url, NOW)
    assert told.difference is not None


async def _all_but_the_last(program, deliveries, now, source):  # type: ignore[no-untyped-def]
    from portal.earnings.actions import receive_many

    await receive_many(program, deliveries[:-1], now, source)


async def test_a_database_that_is_in_use_is_left_alone(stage: Stage) -> None:
    url = stage.settings.database_url
    with pytest.raises(Refused, match="not empty"):
        await replay(url, url, NOW)


@pytest.mark.slow
async def test_the_demo_is_the_same_a_second_time(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    async with db.connected(database_url):
        await seed_demo(settings, BEGINNING)
        assert await BillingEvent.count() > 1_000
    told = await replay(database_url, f"sqlite:///{tmp_path / 'again.sqlite'}", BEGINNING)
    assert told.difference is None
    assert told.amounts > 500
