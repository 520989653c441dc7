"""Counting in memory and storing a moment later, many at a time, so that what is counted is not slowed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

import structlog

from portal import db

log = structlog.get_logger("portal.tally")

EVERY = 2.0  # seconds between two writes
LAST_WAIT = 10.0
MOST_APART = 50_000

Key = TypeVar("Key")


class Tally(Generic[Key]):
    """What was counted and is not stored yet. `record` stores it in one transaction."""

    def __init__(self, what: str, record: Callable[[Counter[Key]], Awaitable[None]]) -> None:
        self._what, self._record = what, record
        self._waiting: Counter[Key] = Counter()

    def count(self, key: Key) -> None:
        """With the database away for long, what is new is lost."""
        if key in self._waiting or len(self._waiting) < MOST_APART:
            self._waiting[key] += 1

    async def settled(self) -> None:
        """Stores what waits. With the database away it stays, and is added to."""
        counted, self._waiting = self._waiting, Counter()
        if not counted:
            return
        try:
            await self._record(counted)
        except Exception as error:
            if db.is_away(error) or db.is_full(error):
                self._waiting += counted
            else:
                log.exception("what was counted could not be stored", of=self._what, lost=counted.total())

    @property
    def waiting(self) -> int:
        return self._waiting.total()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            with suppress(TimeoutError):
                await asyncio.wait_for(self.settled(), timeout=LAST_WAIT)
            if self.waiting:
                log.error("counts were still waiting at the end", of=self._what, lost=self.waiting)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.settled()
