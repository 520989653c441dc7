"""How long managers wait for their queue with 5,000 applications in it: `python -m tests.bench.applications`

Pages of a portal in this process, one after the other, on SQLite and on PostgreSQL. Goal: 50 ms at p95.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec

from portal import db
from portal.app import create_app
from portal.enrollments.finding import packed
from portal.enrollments.forms import KINDS, ApplicationDraft
from portal.enrollments.hints import Hint, Look
from portal.enrollments.looking import looked_for
from portal.enrollments.rules import ApplicationState, Source
from portal.enrollments.tables import Application
from portal.ids import new_id
from portal.migrate import migrate
from portal.settings import Settings
from tests.cast import BEGINNING, Cast, gather_cast, session_of
from tests.conftest import FrozenClock, settings_for
from tests.postgres import postgres_server

WAITING = 5_000
ROUNDS = 100
GOAL_MS = 50
LOOK_AT = (Hint(Look.LOOK, "Looks like a coupon site", "Coupon sites are often last before the checkout."),)
WAYS = ("blog", "seo", "ppc", "email", "youtube", "wordpress", "social")
PAGES = {
    "the queue, its first one open": "/manage/applications",
    "its middle page": "/manage/applications?page=100",
    "found by two words": "/manage/applications?q=reader+4321",
    "to be looked at, by kind and way": "/manage/applications?hints=yes&kind=creator&way=youtube",
    "late": "/manage/applications?late=yes",
}


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await _measure("SQLite", settings_for(f"sqlite:///{folder}/bench.sqlite", Path(folder)), rounds)
        with postgres_server() as server:
            await _measure("PostgreSQL", settings_for(f"{server}/postgres", Path(folder)), rounds)


async def _measure(engine: str, settings: Settings, rounds: int) -> None:
    async with db.connected(settings.database_url):
        await migrate()
        cast = await gather_cast(BEGINNING)
        some = await _seed(cast)
        if db.dialect() == "postgres":
            await db.engine().run_ddl("ANALYZE")  # as PostgreSQL does by itself within a minute
    clock = FrozenClock(BEGINNING + timedelta(days=1))
    app = create_app(settings, clock=clock, own_worker=False)
    async with app.lifespan():
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as mira:
            mira.cookies.set("session", await session_of(cast.mira, clock()))
            for name, path in {**PAGES, "one that is opened": f"/manage/applications/{some}"}.items():
                took = [await _ask(mira, path) for _ in range(rounds + 5)][5:]
                middle, slow = statistics.median(took), sorted(took)[int(len(took) * 0.95)]
                sys.stdout.write(
                    f"{engine:10} {name:34} p50 {middle:6.1f} ms   p95 {slow:6.1f} ms   goal {GOAL_MS} ms\n"
                )


async def _ask(mira: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await mira.get(path)
    took = time.perf_counter() - began
    answer.raise_for_status()
    return took * 1_000


async def _seed(cast: Cast) -> str:
    """Writes the rows as confirming would; gives back the id of one in the middle."""
    chance = random.Random(7)  # noqa: S311 - the same people every time
    accounts, applications = [], []
    for number in range(WAITING):
        draft = ApplicationDraft(
            name=f"Applicant {number}",
            email=f"hello@site-{number}.example",
            web_address=f"https://site-{number}.example",
            kind=chance.choice(list(KINDS)),
            ways=tuple(chance.sample(WAYS, 2)),
            audience=f"Reader {number} and many more people who run small businesses online and like lists.",
            consent=True,
        )
        account, at = new_id(), BEGINNING - timedelta(minutes=chance.randrange(20_000))
        accounts.append((account, draft.email, draft.email, draft.name, draft.web_address, at))
        said = msgspec.to_builtins(draft)
        del said["errors"]
        applications.append(
            (
                *(new_id(), cast.program, account, cast.terms.terms_id, ApplicationState.IN_REVIEW.value),
                msgspec.json.encode(said).decode(),
                *(at, at, at, packed(LOOK_AT if number % 5 == 0 else ()), looked_for(draft, Source())),
                *("", "{}"),
            )
        )
    async with db.transaction():
        columns = ("id", "email", "email_key", "name", "web_address", "created_at")
        await db.insert_many("affiliate", columns, accounts)
        columns_of = (
            *("id", "program", "affiliate", "terms", "state", "answers", "sent_at", "confirmed_at"),
            *("waits_since", "hints", "looked_for", "reason", "source"),
        )
        await db.insert_many("application", columns_of, applications)
    if db.dialect() == "postgres":
        await Application.raw("ANALYZE")
    return str(applications[WAITING // 2][0])


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
