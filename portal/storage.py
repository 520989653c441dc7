"""Files: a local folder by default, S3, Google or Azure by URL."""

import errno
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from portal.clock import utc_now
from portal.errors import Busy, StorageFull

# How old the date of a file that is used may be: written at most so often, to know what nobody uses.
USED_WITHIN = timedelta(hours=6)


@dataclass(frozen=True, order=True)
class Stored:
    """A file as a listing tells of it. `used_at` is right to within `USED_WITHIN`."""

    used_at: datetime
    key: str
    size: int


class Storage:
    """Bytes under keys like `logos/3f…`. Keys are ours, never what somebody sent."""

    def __init__(self, url: str) -> None:
        self._store: ObjectStore = _open(url)

    async def put(self, key: str, content: bytes) -> None:
        """Whole or not at all."""
        try:
            await self._store.put_async(key, content)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise StorageFull from error
            raise Busy from error
        except BaseError as error:
            if "No space left" in str(error):
                raise StorageFull from error
            raise Busy from error

    async def get(self, key: str) -> bytes | None:
        try:
            found = await self._store.get_async(key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise Busy from error

    async def use(self, key: str) -> bytes | None:
        """As `get`, for files that may be deleted when nobody uses them.

        Stores have no date of the last reading, so the file is written again once its date is old.
        """
        try:
            found = await self._store.get_async(key)
            content = bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise Busy from error
        if utc_now() - found.meta["last_modified"] > USED_WITHIN:
            # The picture is here, so a store that takes nothing more is no reason not to show it.
            with suppress(Busy, StorageFull):
                await self.put(key, content)
        return content

    async def size(self, key: str) -> int | None:
        """In bytes, without reading it."""
        try:
            return (await self._store.head_async(key))["size"]
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise Busy from error

    async def under(self, folder: str) -> list[Stored]:
        """All files below a folder: for chores, since a store of many files takes its time."""
        try:
            found = await self._store.list(folder).collect_async()
        except BaseError as error:
            raise Busy from error
        return [Stored(meta["last_modified"], meta["path"], meta["size"]) for meta in found]

    async def delete(self, key: str) -> None:
        try:
            await self._store.delete_async(key)
        except FileNotFoundError:
            return
        except BaseError as error:
            raise Busy from error


def _open(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStore(unquote(parts.path), mkdir=True)
    if parts.scheme == "memory":
        return MemoryStore()
    return from_url(url)
