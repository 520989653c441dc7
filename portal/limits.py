"""Rate limits: a moving window per key, in memory or in Redis.

Every try is remembered until it is old enough. A counter per window would be smaller, but it guesses at the
turn of a window and lets one try too many through.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from portal.errors import TooMany


class RateLimits:
    """`url` is `memory://`, `redis://…` or `valkey://…`."""

    def __init__(self, url: str) -> None:
        self._window = MovingWindowRateLimiter(cast(Storage, storage_from_string(f"async+{url}")))
        self._parsed: dict[str, RateLimitItem] = {}
        # Kept only while somebody holds or awaits it.
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turns(self, *keys: tuple[str, ...]) -> AsyncIterator[None]:
        """One try at a time for each of these keys, so that a hundred sent at once are counted one by one."""
        async with AsyncExitStack() as stack:
            for key in sorted(keys):
                lock = self._turns.setdefault(key, asyncio.Lock())
                await stack.enter_async_context(lock)
            yield

    async def must_have_room(self, limit: str, *key: str) -> None:
        """Raises TooMany when nothing is left of a limit, without counting."""
        item = self._item(limit)
        if not await self._window.test(item, *key):
            raise await self._too_many(item, *key)

    async def spend(self, limit: str, *key: str) -> None:
        """Counts one try against e.g. `10/5minutes`; raises TooMany beyond it."""
        item = self._item(limit)
        if not await self._window.hit(item, *key):
            raise await self._too_many(item, *key)

    async def allows(self, limit: str, *key: str) -> bool:
        """Counts one, and tells whether it was still within the limit."""
        return await self._window.hit(self._item(limit), *key)

    def _item(self, limit: str) -> RateLimitItem:
        return self._parsed.setdefault(limit, parse(limit))

    async def _too_many(self, item: RateLimitItem, *key: str) -> TooMany:
        # The windows run on the machine's clock, not on the one that is handed in.
        left = int((await self._window.get_window_stats(item, *key)).reset_time - time.time()) + 1
        wait = max(1, min(item.get_expiry(), left))
        return TooMany(f"That was too often in a short time. Try again in {_spoken(wait)}.", retry_after=wait)


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
