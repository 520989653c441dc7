"""Files: a local folder by default, S3, Google or Azure by URL."""

import errno
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from portal.errors import Busy, StorageFull


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
