"""Keeping the drawn pictures within their limit: what nobody has used for longest goes first.

Any of them can be drawn again, so one that is deleted while somebody asks for it costs that one a moment.
"""

import asyncio

import structlog

from portal.storage import Storage

log = structlog.get_logger("portal.pictures")

PICTURES_FOLDER = "pictures"
# Down to nine tenths, so that the next picture does not begin it all again.
LEAVES = 0.9


async def make_room(storage: Storage, limit: int) -> int:
    """Deletes pictures beyond `limit` bytes and gives back how many. Logos lie elsewhere and stay."""
    kept = await storage.under(PICTURES_FOLDER)
    size = sum(file.size for file in kept)
    if size <= limit:
        return 0
    deleted = 0
    # Many thousands take a moment to sort, and the pages must not wait for that.
    for file in await asyncio.to_thread(sorted, kept):
        if size <= limit * LEAVES:
            break
        await storage.delete(file.key)
        size -= file.size
        deleted += 1
    log.info("pictures made room", deleted=deleted, left=size)
    return deleted
