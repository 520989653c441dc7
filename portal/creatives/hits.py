"""Where creatives are live: pages that show a living address, counted by day. Nothing of readers is kept."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from litestar import Litestar

from portal import db
from portal.creatives.rules import Place, Wanted, place_of
from portal.creatives.tables import CreativeHit
from portal.earnings.gather import identity
from portal.ids import new_id
from portal.referrals.visits import not_counted, placement_of
from portal.tally import Tally

# An affiliate's day that names more places is somebody at play; the rest is counted together.
MOST_PLACES = 100
MORE = Place("more", "")
# A network that asks for more in a day is a machine.
MOST_OF_A_NETWORK = 2_000
KEPT = timedelta(days=180)
AT_ONCE = 500  # rows in a statement
ADDED = "INSERT INTO creative_hit (id, enrollment, day, design, shape, host, path, placement, hits)"
ONTO = (
    "ON CONFLICT (enrollment, day, design, shape, host, path, placement) "
    "DO UPDATE SET hits = creative_hit.hits + excluded.hits"
)


@dataclass(frozen=True, order=True)
class Hit:
    enrollment: UUID
    day: date
    design: str
    shape: str
    place: Place
    placement: str


class Hits(Tally[Hit]):
    def __init__(self) -> None:
        super().__init__("hits of creatives", record_hits)
        self._day: date | None = None
        self._networks: Counter[str] = Counter()

    def add(self, hit: Hit, network: str) -> None:
        if hit.day != self._day:
            self._day, self._networks = hit.day, Counter()
        self._networks[network] += 1
        if self._networks[network] <= MOST_OF_A_NETWORK:
            self.count(hit)


def hit_of(
    enrollment: UUID,
    design: str,
    wanted: Wanted,
    method: str,
    headers: Mapping[str, str],
    placement: str,
    own_hosts: frozenset[str],
    now: datetime,
) -> Hit | None:
    """None for machines, and where nothing tells on which page it stands."""
    # Browsers open a PDF as a document and fetch a picture as an image.
    if not_counted(method, headers, "document" if wanted.form == "pdf" else "image") is not None:
        return None
    referrer = headers.get("referer", "")
    place, named = place_of(referrer, own_hosts), placement_of(placement)
    if place is None and (referrer or not named):
        return None
    shape = wanted.shape.removesuffix("@2x")
    return Hit(enrollment, now.astimezone(UTC).date(), design, shape, place or Place("", ""), named)


async def record_hits(counted: Counter[Hit]) -> None:
    """Adds to what is stored. Places beyond what a day keeps apart are counted together."""
    async with db.transaction():
        kept = _kept_apart(counted, await _known(counted))
        rows = sorted(kept.items())
        for first in range(0, len(rows), AT_ONCE):
            part = rows[first : first + AT_ONCE]
            values = ", ".join(["({}, {}, {}, {}, {}, {}, {}, {}, {})"] * len(part))
            await CreativeHit.raw(
                f"{ADDED} VALUES {values} {ONTO}",
                *(word for hit, hits in part for word in _row(hit, hits)),
            )


def _row(hit: Hit, hits: int) -> tuple[object, ...]:
    named = hit.place.host, hit.place.path, hit.placement
    return new_id(), hit.enrollment, hit.day, hit.design, hit.shape, *named, hits


async def _known(counted: Counter[Hit]) -> set[Hit]:
    rows = await CreativeHit.select().where(
        CreativeHit.enrollment.is_in(sorted({hit.enrollment for hit in counted}))
        & CreativeHit.day.is_in(sorted({hit.day for hit in counted}))
    )
    return {
        Hit(
            identity(row["enrollment"]),
            row["day"],
            row["design"],
            row["shape"],
            Place(row["host"], row["path"]),
            row["placement"],
        )
        for row in rows
    }


def _kept_apart(counted: Counter[Hit], known: set[Hit]) -> Counter[Hit]:
    full = Counter((hit.enrollment, hit.day) for hit in known if hit.place != MORE)
    kept: Counter[Hit] = Counter()
    for hit, hits in counted.items():
        book = hit.enrollment, hit.day
        if hit in known or hit in kept:
            kept[hit] += hits
        elif full[book] < MOST_PLACES:
            full[book] += 1
            kept[hit] += hits
        else:
            kept[Hit(*book, hit.design, hit.shape, MORE, "")] += hits
    return kept


async def forget_hits(now: datetime) -> None:
    await CreativeHit.delete().where(CreativeHit.day < (now - KEPT).astimezone(UTC).date())


@asynccontextmanager
async def counting_hits(app: Litestar) -> AsyncIterator[None]:
    hits = Hits()
    app.state.hits = hits
    async with hits.running():
        yield
