"""Does the time of an answer tell whether an address is known? `python -m tests.bench.known_addresses`

Asks a running portal in this process, known and unknown addresses in turns and in random order, and compares
both by their medians and by a rank test (Mann and Whitney): a small p says that somebody could tell.
"""

import asyncio
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
from litestar import Litestar

from portal import db
from portal.app import create_app
from portal.limits import RateLimits
from portal.migrate import migrate
from tests.cast import BEGINNING, Cast, gather_cast
from tests.conftest import FrozenClock, settings_for
from tests.pages import filled_in

TRIES = 200
WARM_UP = 5
APPLICATION = {
    "name": "Edda Holm",
    "web_address": "slowmail.example",
    "kind": "reviewer",
    "ways": "blog",
    "audience": "People who write letters.",
    "consent": "yes",
}
Ask = Callable[[httpx.AsyncClient, str], Awaitable[float]]


async def main(tries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(f"sqlite:///{folder}/bench.sqlite", Path(folder))
        async with db.connected(settings.database_url):
            await migrate()
            cast = await gather_cast(BEGINNING)
        clock = FrozenClock(BEGINNING + timedelta(days=1))
        app = create_app(settings, clock=clock, own_worker=False)
        async with app.lifespan():
            ways: dict[str, Ask] = {
                "sign-in": _posting("/signin", password="not the password"),
                "sign-in link": _posting("/signin/link"),
                "new password": _posting("/signin/forgot"),
                "apply": _applying(clock),
                "find my application": _posting("/apply/find"),
            }
            for name, ask in ways.items():
                _tell(name, *await _measure(app, cast, ask, tries))


async def _measure(app: Litestar, cast: Cast, ask: Ask, tries: int) -> tuple[list[float], list[float]]:
    known, unknown = [cast.ada.email, cast.ben.email], ["nobody@nowhere.example", "noone@nowhere.example"]
    took: dict[bool, list[float]] = {True: [], False: []}
    turns = [True, False] * tries
    random.shuffle(turns)
    for is_known in [True, False] * WARM_UP + turns:
        # Nobody is stopped here for asking too often, which a portal would do long before.
        app.state.limits = RateLimits("memory://")
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(
            transport=transport,
            base_url=app.state.settings.base_url,
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        ) as client:
            email = random.choice(known if is_known else unknown)  # noqa: S311 - no secret
            took[is_known].append(await ask(client, email))
    return took[True][WARM_UP:], took[False][WARM_UP:]


def _posting(path: str, **more: str) -> Ask:
    async def ask(client: httpx.AsyncClient, email: str) -> float:
        began = time.perf_counter()
        answer = await client.post(path, data={"email": email, **more})
        took = time.perf_counter() - began
        assert answer.status_code in (
            httpx.codes.OK,
            httpx.codes.SEE_OTHER,
            httpx.codes.UNPROCESSABLE_ENTITY,
        ), answer.text
        return took

    return ask


def _applying(clock: FrozenClock) -> Ask:
    async def ask(client: httpx.AsyncClient, email: str) -> float:
        form = filled_in(await client.get("/p/kartra/apply"))
        clock.forward(minutes=2)
        began = time.perf_counter()
        answer = await client.post("/p/kartra/apply", data={**form, **APPLICATION, "email": email})
        took = time.perf_counter() - began
        assert answer.status_code in (httpx.codes.OK, httpx.codes.SEE_OTHER), answer.text
        return took

    return ask


def _tell(name: str, known: list[float], unknown: list[float]) -> None:
    ours, theirs = statistics.median(known) * 1000, statistics.median(unknown) * 1000
    p = rank_test(known, unknown)
    verdict = "nothing to tell" if p > 0.01 else "SOMEBODY COULD TELL"
    print(  # noqa: T201 - a bench talks
        f"{name:<14} known {ours:7.2f} ms   unknown {theirs:7.2f} ms   ratio {ours / theirs:5.3f}   "
        f"p {p:.3f}   {verdict}",
        flush=True,
    )


def rank_test(one: list[float], other: list[float]) -> float:
    """The chance that two samples of the same thing differ as much as these do, two-sided."""
    ranks = {value: rank for rank, value in enumerate(sorted((*one, *other)), start=1)}
    n, m = len(one), len(other)
    u = sum(ranks[value] for value in one) - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIES))
