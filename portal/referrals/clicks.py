"""Counting clicks: the redirect goes out at once, the click is written a moment later, many at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from litestar import Litestar

from portal import db
from portal.referrals.rules import NotCounted
from portal.referrals.tables import Click

log = structlog.get_logger("portal.clicks")

# The same visitor through the same link again within a day is the same visit.
REPEAT = timedelta(hours=24)
AT_ONCE = 500
MOST_WAITING = 100_000
TRIES_APART = 0.5
LAST_WAIT = 10.0


@dataclass(frozen=True)
class Seen:
    """One request through a link."""

    token: str
    link: UUID
    enrollment: UUID
    at: datetime
    placement: str
    referrer_host: str
    device: str
    why_not: NotCounted | None
    visitor_key: str


class Clicks:
    """A bounded buffer in front of the table."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Seen] = asyncio.Queue(MOST_WAITING)

    def add(self, seen: Seen) -> None:
        """Never keeps a visitor waiting. With the database away for long, the newest are lost, and told."""
        try:
            self._waiting.put_nowait(seen)
        except asyncio.QueueFull:
            log.error("a click was lost: too many wait for the database", enrollment=str(seen.enrollment))  # noqa: TRY400

    @property
    def waiting(self) -> int:
        return self._waiting.qsize()

    async def settled(self) -> None:
        """Returns once everything that was added is stored."""
        await self._waiting.join()

    async def run(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._store(batch)
            for _ in batch:
                self._waiting.task_done()

    async def _store(self, batch: list[Seen]) -> None:
        """Tries until it is stored: a locked database is no reason to lose an affiliate's click."""
        while True:
            try:
                await record_clicks(batch)
            except Exception as error:
                if db.is_away(error) or db.is_full(error):
                    await asyncio.sleep(TRIES_APART)
                elif len(batch) > 1:
                    # One of them is bad: it may cost itself, but none of the others.
                    for seen in batch:
                        await self._store([seen])
                    return
                else:
                    log.exception("a click could not be stored", enrollment=str(batch[0].enrollment))
                    return
            else:
                return


async def record_clicks(batch: list[Seen]) -> None:
    """Stores visits in the order of their time and marks the repeats among them."""
    async with db.transaction():
        known = await _seen_before(batch)
        rows = []
        for seen in sorted(batch, key=lambda seen: seen.at):
            why_not = seen.why_not
            key = (seen.visitor_key, seen.link)
            if why_not is None:
                last = known.get(key)
                if last is not None and seen.at - last < REPEAT:
                    why_not = NotCounted.REPEAT
                else:
                    known[key] = seen.at
            rows.append(
                Click(
                    token=seen.token,
                    link=seen.link,
                    enrollment=seen.enrollment,
                    at=seen.at,
                    placement=seen.placement,
                    referrer_host=seen.referrer_host,
                    device=seen.device,
                    counted=why_not is None,
                    why_not=why_not or "",
                    visitor_key=seen.visitor_key,
                )
            )
        await Click.insert(*rows)


async def _seen_before(batch: list[Seen]) -> dict[tuple[str, UUID], datetime]:
    since = min(seen.at for seen in batch) - REPEAT
    rows = (
        await Click.select(Click.visitor_key, Click.link, Click.at)
        .where(
            Click.visitor_key.is_in(sorted({seen.visitor_key for seen in batch}))
            & (Click.at > since)
            & Click.counted.eq(True)
        )
        .order_by(Click.at)
    )
    return {(row["visitor_key"], UUID(str(row["link"]))): row["at"] for row in rows}


@asynccontextmanager
async def counting_clicks(app: Litestar) -> AsyncIterator[None]:
    clicks = Clicks()
    app.state.clicks = clicks
    task = asyncio.create_task(clicks.run())
    try:
        yield
    finally:
        try:
            await asyncio.wait_for(clicks.settled(), timeout=LAST_WAIT)
        except TimeoutError:
            log.exception("clicks were still waiting for the database at the end", clicks=clicks.waiting)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
