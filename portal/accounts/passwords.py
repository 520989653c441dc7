"""Argon2id in threads, two at a time: each hash takes 64 MB and tens of milliseconds."""

import asyncio
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(),))
_AT_ONCE = asyncio.Semaphore(2)


async def hashed(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Takes the same time whether there is a password to compare with or not."""
    async with _AT_ONCE:
        right = await asyncio.to_thread(_verify, password, kept or _nobody())
    return right and kept is not None


def _verify(password: str, kept: str) -> bool:
    return _HASHER.verify(password, kept)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
