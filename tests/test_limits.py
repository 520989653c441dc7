"""Tries are counted wherever they are made, and never beyond the limit."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from subprocess import Popen

import pytest

from portal.errors import Busy, TooMany
from portal.limits import RateLimits
from tests.counting import counting

LIMIT = "10/5minutes"


@pytest.fixture
def server() -> Iterator[tuple[str, Popen[bytes]]]:
    with counting() as running:
        yield running


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
async def test_ten_tries_are_ten_in_whichever_process_they_are_made(
    server: tuple[str, Popen[bytes]], scheme: str
) -> None:
    url = server[0].replace("redis", scheme)
    async with aclosing(RateLimits(url)) as one, aclosing(RateLimits(url)) as other:
        tries = [limits.allows(LIMIT, "ada") for limits in (one, other) for _ in range(15)]
        assert sum(await asyncio.gather(*tries)) == 10
        assert await one.allows(LIMIT, "grace")
        with pytest.raises(TooMany) as told:
            await other.must_have_room(LIMIT, "ada")
    assert "Try again in 5 minutes" in told.value.sentence
    assert 290 <= told.value.retry_after <= 300


async def test_a_server_that_is_gone_lets_nobody_guess_on(server: tuple[str, Popen[bytes]]) -> None:
    async with aclosing(RateLimits(server[0])) as limits:
        await limits.spend(LIMIT, "ada")
        assert await limits.answer()
        server[1].kill()
        server[1].wait()
        assert not await limits.answer()
        for asked in (limits.spend, limits.must_have_room, limits.allows):
            with pytest.raises(Busy):
                await asked(LIMIT, "ada")


async def test_memory_counts_without_a_server() -> None:
    limits = RateLimits("memory://")
    assert await limits.answer()
    assert [await limits.allows("2/minute", "ada") for _ in range(3)] == [True, True, False]
