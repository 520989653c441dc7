"""How long the managers' funnel takes over a large program: `python -m tests.bench.funnel`.

300,000 drafts, 60,000 applications, 20,000 affiliates, 400,000 clicks and 36,500 daily counts of
visits, on either engine. What is measured is the query of the page, twenty times.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from portal import db
from portal.home.first_letters import write_first_letters
from portal.ids import new_id
from portal.insights.queries import funnel_page
from portal.migrate import migrate
from tests.cast import Cast, gather_cast
from tests.postgres import postgres_server

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # a Monday, at an hour for letters
DRAFTS, CLICKS_EACH = 300_000, 40
SOURCES = ('{"utm_source":"newsletter"}', '{"referrer":"duckduckgo.com"}', "{}", '{"via":"ada"}')


async def fill(cast: Cast) -> None:
    columns = {
        "affiliate": "id email email_key name web_address created_at",
        "application": "id program affiliate terms state answers sent_at confirmed_at source",
        "enrollment": "id program affiliate application tier state began_at",
        "link": "id enrollment slug destination main created_at",
        "click": "token link enrollment at placement referrer_host device country counted why_not "
        "visitor_key",
        "application_draft": "id program source writer started_at saved_at sent_at application",
        "page_visits": "id program day source visits",
    }
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in columns}
    terms = cast.terms.terms_id
    for number in range(DRAFTS):
        began = NOW - timedelta(minutes=number * 1.75)  # a year of them
        sent = began + timedelta(minutes=2 + number % 9) if number % 5 == 0 else None
        application = new_id() if sent else None
        if sent:
            affiliate = new_id()
            address = f"{number}@bench.example"
            rows["affiliate"].append((affiliate, address, address, f"Name {number}", "", began))
            approved = number % 15 == 0
            rows["application"].append(
                (
                    application,
                    cast.program,
                    affiliate,
                    terms,
                    "approved" if approved else "in_review",
                    "{}",
                    sent,
                    sent,
                    SOURCES[number % 4],
                )
            )
            if approved:
                _promoter(rows, cast.program, affiliate, application, sent + timedelta(days=1), number)
        rows["application_draft"].append(
            (
                new_id(),
                cast.program,
                SOURCES[number % 4],
                uuid4(),
                began,
                began,
                sent,
                application,
            )
        )
    today = date(2026, 11, 23)
    rows["page_visits"] = [
        (new_id(), cast.program, today - timedelta(days=day), f"utm:{source}", 7)
        for day in range(365)
        for source in range(100)
    ]
    for table, names in columns.items():
        for start in range(0, len(rows[table]), 50_000):
            async with db.transaction():
                await db.insert_many(table, names.split(), rows[table][start : start + 50_000])


def _promoter(
    rows: dict[str, list[tuple[object, ...]]],
    program: UUID,
    affiliate: UUID,
    application: UUID | None,
    began: datetime,
    number: int,
) -> None:
    enrollment, link = new_id(), new_id()
    rows["enrollment"].append((enrollment, program, affiliate, application, "starter", "active", began))
    rows["link"].append((link, enrollment, f"bench{number}", "https://kartra.com/", True, began))
    if number % 2 == 0:
        rows["click"] += [
            (
                f"{number}-{each}",
                link,
                enrollment,
                began + timedelta(hours=7 * each + 3),
                "",
                "",
                "phone",
                "",
                True,
                "",
                f"{number}-{each}",
            )
            for each in range(CLICKS_EACH)
        ]


async def measure(name: str, what: Callable[[], Awaitable[object]], times: int) -> None:
    waits = []
    for _ in range(times):
        start = time.perf_counter()
        await what()
        waits.append((time.perf_counter() - start) * 1000)
    waits.sort()
    print(f"  {name:34} p50 {waits[len(waits) // 2]:6.0f} ms   p95 {waits[int(len(waits) * 0.95)]:6.0f} ms")  # noqa: T201


async def bench(url: str, times: int) -> None:
    async with db.connected(url):
        await migrate()
        cast = await gather_cast(NOW - timedelta(days=400))
        start = time.perf_counter()
        await fill(cast)
        await db.engine().run_ddl("ANALYZE")
        print(f"{db.dialect()}: filled in {time.perf_counter() - start:.0f} s")  # noqa: T201
        for days in (7, 30, 90):
            await measure(
                f"the last {days} days",
                lambda days=days: funnel_page(cast.program, cast.terms, days, NOW),  # type: ignore[misc]
                times,
            )
        await measure("first letters, all due", lambda: write_first_letters(NOW), 1)
        await measure("first letters, none due", lambda: write_first_letters(NOW), times)


async def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await bench(f"sqlite:///{Path(folder) / 'bench.sqlite'}", times)
    with postgres_server() as server:
        connection = await asyncpg.connect(f"{server}/postgres")
        await connection.execute("CREATE DATABASE bench")
        await connection.close()
        await bench(f"{server}/bench", times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    asyncio.run(main(parser.parse_args().times))
