"""A process that dies at any statement of a booking leaves nothing half done: the next one completes it."""

import asyncio
import sys
from pathlib import Path

from portal import db
from portal.earnings.tables import BillingEvent
from portal.earnings.verify import book_problems
from portal.replay import Replayed, replay
from tests.conftest import Stage
from tests.earnings.books import NOW
from tests.house.ours import HOUSE

TOLD = 5  # events of one customer


async def killed_everywhere(stage: Stage, plant: str = "") -> int:
    command = (sys.executable, "-m", "tests.earnings.killing", stage.settings.database_url, plant)
    process = await asyncio.create_subprocess_exec(*command, cwd=HOUSE, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return int(said)


async def told_again(stage: Stage, folder: Path) -> Replayed:
    return await replay(stage.settings.database_url, f"sqlite:///{folder / 'again.sqlite'}", NOW)


async def test_a_death_at_any_statement_of_a_booking_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    places = await killed_everywhere(stage)
    assert places > 40
    async with db.connected(stage.settings.database_url):
        assert await BillingEvent.count() == TOLD * (places + 1)
        assert await book_problems(NOW) == []
    assert (await told_again(stage, tmp_path)).difference is None


async def test_a_booking_in_two_steps_would_be_noticed(stage: Stage, tmp_path: Path) -> None:
    await killed_everywhere(stage, plant="non_atomic")
    async with db.connected(stage.settings.database_url):
        problems = await book_problems(NOW)
    assert problems or (await told_again(stage, tmp_path)).difference
