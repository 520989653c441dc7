"""Who opened the demo's program page in the last half year, and who began to write and never sent it."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.enrollments.rules import Source
from portal.enrollments.tables import Draft
from portal.ids import new_id
from portal.insights.rules import source_of
from portal.insights.tables import PageVisits

DAYS = 190
LEFT_OFF = 0.045  # of the visitors: they type something and go
# Where they come from, and how many a day on a working day.
CROWDS = (
    (Source(), 7.0),
    (Source(referrer="duckduckgo.com"), 4.0),
    (Source(utm_source="newsletter", utm_medium="email", utm_campaign="partners"), 3.0),
    (Source(referrer="kartra.com", utm_source="kartra", utm_medium="footer"), 5.0),
    (Source(referrer="www.youtube.com"), 2.5),
    (Source(via="ada"), 1.2),
)


async def open_the_page(program: UUID, timezone: str, now: datetime) -> None:
    chance = random.Random("visits")  # noqa: S311 - a story, not a secret
    visits, drafts = [], []
    for back in range(DAYS):
        at = now - timedelta(days=back)
        quiet = 0.55 if at.weekday() >= 5 else 1.0
        # The page has found its readers slowly.
        grown = 1.15 - back / DAYS
        for source, crowd in CROWDS:
            came = round(chance.gauss(crowd, crowd / 3) * quiet * grown)
            if came < 1:
                continue
            key = source_of(utm_source=source.utm_source, via=source.via, referrer=source.referrer)
            day = local_date(at, timezone)
            visits.append(PageVisits(id=new_id(), program=program, day=day, source=key, visits=came))
            left = sum(chance.random() < LEFT_OFF for _ in range(came))
            drafts += [
                _left_off(program, source, at - timedelta(hours=chance.random() * 12)) for _ in range(left)
            ]
    await PageVisits.insert(*visits)
    await Draft.insert(*drafts)


def _left_off(program: UUID, source: Source, at: datetime) -> Draft:
    """What was typed is gone; that somebody began stays."""
    identity = new_id()
    return Draft(
        id=identity,
        program=program,
        source=msgspec.json.encode(source).decode(),
        writer=identity,
        started_at=at,
        saved_at=at + timedelta(seconds=40),
        emptied_at=at + timedelta(days=30),
    )
