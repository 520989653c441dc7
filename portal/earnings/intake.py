"""Takes deliveries as they come in and books many in one transaction.

A commit waits for the disk, and most of a booking's statements cost as much for fifty events as for one. So
whatever arrives during a booking is booked together next; each delivery is answered after its own commit.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Litestar

from portal.earnings.actions import Delivery, Receipt, receive_each
from portal.earnings.sources import STRIPE
from portal.errors import Busy, StorageFull

AT_ONCE = 100
TRIES, TRIES_APART = 3, 0.05  # seconds


@dataclass(frozen=True, eq=False)
class _Handed:
    program: UUID
    source: str
    delivery: Delivery
    now: datetime
    receipt: asyncio.Future[Receipt]


class Intake:
    """One for each process. Several processes take turns at the database."""

    def __init__(self) -> None:
        self._waiting: deque[_Handed] = deque()
        self._booking: asyncio.Task[None] | None = None

    async def receive(
        self, program: UUID, delivery: Delivery, now: datetime, source: str = STRIPE
    ) -> Receipt:
        """Returns once the event is stored and booked. Raises what `actions.receive` raises."""
        handed = _Handed(program, source, delivery, now, asyncio.get_running_loop().create_future())
        self._waiting.append(handed)
        if self._booking is None:
            # A task of nobody: who asked first may hang up before the others are booked.
            self._booking = asyncio.create_task(self._book_all(), context=Context())
        return await handed.receipt

    async def settled(self) -> None:
        if self._booking is not None:
            await self._booking

    async def _book_all(self) -> None:
        try:
            while self._waiting:
                await self._book(self._next())
        finally:
            self._booking = None

    def _next(self) -> list[_Handed]:
        """Those that wait for the same program, from the same sender."""
        first = self._waiting[0]
        alike = [one for one in self._waiting if (one.program, one.source) == (first.program, first.source)]
        batch = alike[:AT_ONCE]
        chosen = set(batch)
        self._waiting = deque(one for one in self._waiting if one not in chosen)
        return batch

    async def _book(self, batch: list[_Handed]) -> None:
        first, now = batch[0], max(one.now for one in batch)
        deliveries = [one.delivery for one in batch]
        try:
            receipts = await _patiently(lambda: receive_each(first.program, deliveries, now, first.source))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if len(batch) > 1 and not isinstance(error, Busy | StorageFull):
                # One of them can't be booked: it may cost itself, but none of the others.
                for one in batch:
                    await self._book([one])
                return
            for one in batch:
                if not one.receipt.done():
                    one.receipt.set_exception(error)
            return
        for one, receipt in zip(batch, receipts, strict=True):
            if not one.receipt.done():
                one.receipt.set_result(receipt)


async def _patiently(book: Callable[[], Awaitable[list[Receipt]]]) -> list[Receipt]:
    """Another process may hold the database for longer than a statement waits."""
    for _ in range(TRIES - 1):
        try:
            return await book()
        except Busy:
            await asyncio.sleep(TRIES_APART)
    return await book()


@asynccontextmanager
async def booking(app: Litestar) -> AsyncIterator[None]:
    app.state.intake = intake = Intake()
    try:
        yield
    finally:
        await intake.settled()
