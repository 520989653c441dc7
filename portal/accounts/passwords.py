"""Argon2id in threads of their own, two at a time: each hash takes 64 MB and tens of milliseconds."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(),))
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
# What an unknown address is compared with, so that it takes as long as a known one. It was made from random
# bytes that were thrown away; making one at start would cost the first stranger twice the time.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$mVFQva6jpcCNzJjWtMckCg$Z+OmWmKftFx8ss3JzqY4TaeiIraGg39VL4y1uUu/IYg"


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Takes the same time whether there is a password to compare with or not."""
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(_THREADS, _HASHER.verify, password, kept or _NOBODY)
    return right and kept is not None
