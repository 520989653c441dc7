"""Rate limits: a moving window per key, in memory or in Redis."""

import time

from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string

from portal.errors import TooMany


class RateLimits:
    """`url` is `memory://`, `redis://…` or `valkey://…`."""

    def __init__(self, url: str) -> None:
        storage = storage_from_string(f"async+{url}")
        assert isinstance(storage, Storage)
        self._window = SlidingWindowCounterRateLimiter(storage)
        self._parsed: dict[str, RateLimitItem] = {}

    async def spend(self, limit: str, *key: str) -> None:
        """Counts one try against e.g. `10/5minutes`; raises TooMany beyond it."""
        item = self._parsed.setdefault(limit, parse(limit))
        if not await self._window.hit(item, *key):
            reset = (await self._window.get_window_stats(item, *key)).reset_time
            raise TooMany(retry_after=max(1, min(item.get_expiry(), int(reset - time.time()) + 1)))
