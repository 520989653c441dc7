"""Counting who opens a program's page: by day and source, without cookies, never keeping the page waiting.

Whether somebody was here today already is known from a digest of address and browser, salted anew each day,
that never leaves this process. Stored is only how many came.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from litestar import Litestar

from portal import db
from portal.ids import new_id
from portal.insights.rules import MORE
from portal.insights.tables import PageVisits
from portal.tally import Tally

# A network that opens more pages a day is a machine; a day that names more sources is somebody at play.
MOST_OF_A_NETWORK = 200
MOST_SOURCES = 200
MOST_REMEMBERED = 500_000


@dataclass(frozen=True)
class Visit:
    program: UUID
    day: date
    source: str
    network: str
    browser: str


class Visits(Tally[tuple[UUID, date, str]]):
    """Each visitor once a day."""

    def __init__(self) -> None:
        super().__init__("visits", record_visits)
        self._day: date | None = None
        self._forget()

    def add(self, visit: Visit) -> None:
        if self._day is None or visit.day > self._day:
            self._day = visit.day
            self._forget()
        seen = hashlib.blake2b(
            f"{visit.program}\0{visit.network}\0{visit.browser}".encode(), digest_size=12, key=self._salt
        ).digest()
        if seen in self._seen or len(self._seen) >= MOST_REMEMBERED:
            return
        if self._networks[visit.network] >= MOST_OF_A_NETWORK:
            return
        self._seen.add(seen)
        self._networks[visit.network] += 1
        self.count((visit.program, visit.day, visit.source))

    def _forget(self) -> None:
        self._seen: set[bytes] = set()
        self._networks: Counter[str] = Counter()
        self._salt = secrets.token_bytes(32)


async def record_visits(counted: Counter[tuple[UUID, date, str]]) -> None:
    """Adds to what is stored. Sources beyond what a day keeps apart are counted together."""
    async with db.transaction():
        days: dict[tuple[UUID, date], Counter[str]] = {}
        for (program, day, source), visits in counted.items():
            days.setdefault((program, day), Counter())[source] += visits
        for (program, day), sources in sorted(
            days.items()
        ):  # one, but around midnight and in several programs
            for source, visits in sorted((await _kept_apart(program, day, sources)).items()):
                await PageVisits.raw(
                    "INSERT INTO page_visits (id, program, day, source, visits) VALUES ({}, {}, {}, {}, {}) "
                    "ON CONFLICT (program, day, source) "
                    "DO UPDATE SET visits = page_visits.visits + excluded.visits",
                    new_id(),
                    program,
                    day,
                    source,
                    visits,
                )


async def _kept_apart(program: UUID, day: date, sources: Counter[str]) -> Counter[str]:
    rows = await PageVisits.select(PageVisits.source).where(
        (PageVisits.program == program) & (PageVisits.day == day)
    )
    known = {row["source"] for row in rows}
    kept: Counter[str] = Counter()
    for source, visits in sources.items():
        if source and source not in known and len(known) >= MOST_SOURCES:
            source = MORE  # noqa: PLW2901 - counted under that name from here on
        known.add(source)
        kept[source] += visits
    return kept


@asynccontextmanager
async def counting_visits(app: Litestar) -> AsyncIterator[None]:
    visits = Visits()
    app.state.visits = visits
    async with visits.running():
        yield
