"""Rate limits: a moving window per key, in memory or in Redis.

Every try is remembered until it is old enough. A counter per window would be smaller, but it guesses at the
turn of a window and lets one try too many through.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar, cast
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage, Storage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from valkey.asyncio import Valkey

from portal.errors import Busy, TooMany

T = TypeVar("T")

PATIENCE = 2.0  # seconds for a server that may be gone


class RateLimits:
    """`url` is `memory://`, `redis://…` or `valkey://…`."""

    def __init__(self, url: str) -> None:
        self._storage = _storage_at(url)
        self._window = MovingWindowRateLimiter(self._storage)
        self._parsed: dict[str, RateLimitItem] = {}
        # Kept only while somebody holds or awaits it.
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    async def answer(self) -> bool:
        """Whether tries can be counted now."""
        try:
            return await self._storage.check()
        except StorageError:
            return False

    async def aclose(self) -> None:
        if isinstance(self._storage, RedisStorage):
            await cast(Valkey, cast(RedispyBridge, self._storage.bridge).get_connection()).aclose()

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
        if not await _counted(self._window.test(item, *key)):
            raise await self._too_many(item, *key)

    async def spend(self, limit: str, *key: str) -> None:
        """Counts one try against e.g. `10/5minutes`; raises TooMany beyond it."""
        item = self._item(limit)
        if not await _counted(self._window.hit(item, *key)):
            raise await self._too_many(item, *key)

    async def allows(self, limit: str, *key: str) -> bool:
        """Counts one, and tells whether it was still within the limit."""
        return await _counted(self._window.hit(self._item(limit), *key))

    def _item(self, limit: str) -> RateLimitItem:
        return self._parsed.setdefault(limit, parse(limit))

    async def _too_many(self, item: RateLimitItem, *key: str) -> TooMany:
        # The windows run on the machine's clock, not on the one that is handed in.
        window = await _counted(self._window.get_window_stats(item, *key))
        left = int(window.reset_time - time.time()) + 1
        wait = max(1, min(item.get_expiry(), left))
        return TooMany(f"That was too often in a short time. Try again in {_spoken(wait)}.", retry_after=wait)


def _storage_at(url: str) -> Storage:
    if url.startswith("memory"):
        return cast(Storage, storage_from_string(f"async+{url}"))
    # One client speaks to both kinds of server. What is not answered in time counts as a fault of the server.
    options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    storage = storage_from_string(f"async+{url}", implementation="valkey", wrap_exceptions=True, **options)
    return cast(Storage, storage)


async def _counted(answer: Awaitable[T]) -> T:
    """Without a count nothing that is limited goes on: a guesser must not gain from a server that is down."""
    try:
        return await answer
    except StorageError as error:
        raise Busy from error


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
