"""The worker: sends waiting letters. Embedded in the server, or a process of its own beside PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from jinja2 import Environment

from portal.clock import Clock
from portal.outbox.actions import CannotSend, Waiting, send_waiting
from portal.outbox.letters import compose
from portal.outbox.post import post_of
from portal.settings import Settings
from portal.web import House

log = structlog.get_logger("portal.worker")

REST = 1.0  # seconds between two looks into an empty outbox


class Worker:
    def __init__(self, settings: Settings, environment: Environment, house: House, clock: Clock) -> None:
        self._settings, self._environment, self._house, self._clock = settings, environment, house, clock
        self._post, self._sender = post_of(settings)

    async def send_due(self) -> int:
        """One round; gives back how many letters were tried."""
        return await send_waiting(self._deliver, self._clock())

    async def run(self) -> None:
        """Until it is cancelled. A round that fails is logged, and the next one comes."""
        while True:
            try:
                busy = await self.send_due() > 0
            except Exception:
                log.exception("a round of letters failed")
                busy = False
            if not busy:
                await asyncio.sleep(REST)

    async def _deliver(self, letter: Waiting) -> None:
        try:
            mail = compose(self._environment, letter, self._house, self._settings, self._sender)
        except Exception as error:
            log.exception("a letter could not be composed", letter=str(letter.id), message=letter.message)
            raise CannotSend(f"The letter could not be composed: {error}") from error
        await self._post(letter.id, mail)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
