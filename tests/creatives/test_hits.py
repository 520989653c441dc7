"""Ada and Mira learn on which pages a creative stands."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from portal.creatives.hits import (
    KEPT,
    MORE,
    MOST_OF_A_NETWORK,
    MOST_PLACES,
    Hit,
    Hits,
    forget_hits,
    record_hits,
)
from portal.creatives.rules import Place, place_of
from portal.creatives.tables import CreativeHit
from tests.cast import Cast
from tests.conftest import FrozenClock

PICTURE = "/c/ada/spotlight/300x250.png"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
    "Sec-Fetch-Dest": "image",
    "Referer": "https://blog.example/tools?session=secret#top",
}
OWN = frozenset({"partners.example"})


async def stored(app: Litestar) -> list[tuple[str, str, str, str, int]]:
    await app.state.hits.settled()
    rows = await CreativeHit.select().order_by(CreativeHit.host, CreativeHit.shape, CreativeHit.placement)
    return [(row["host"], row["path"], row["shape"], row["placement"], row["hits"]) for row in rows]


def a_hit(whose: UUID, day: date, host: str = "blog.example", placement: str = "") -> Hit:
    return Hit(whose, day, "spotlight", "300x250", Place(host, "/tools"), placement)


async def test_ada_sees_the_page_and_nobody_what_stood_behind_its_question_mark(
    app: Litestar, visitor: httpx.AsyncClient, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    first = await visitor.get(PICTURE, headers=BROWSER)
    await visitor.get("/c/ada/spotlight/300x250@2x.png?p=side", headers=BROWSER)
    await visitor.get(PICTURE, headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert await stored(app) == [
        ("blog.example", "/tools", "300x250", "", 2),
        ("blog.example", "/tools", "300x250", "side", 1),
    ]
    page = (await ada.get("/creatives/spotlight/300x250")).text
    assert "blog.example/tools" in page
    assert "300 × 250 · side" in page
    assert "secret" not in page
    assert "blog.example" not in (await ben.get("/creatives/spotlight/300x250")).text


async def test_a_placement_is_kept_where_the_page_does_not_tell(
    app: Litestar, visitor: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    silent = {name: value for name, value in BROWSER.items() if name != "Referer"}
    await visitor.get(f"{PICTURE}?p=newsletter", headers=silent)
    await visitor.get(PICTURE, headers=silent)
    assert await stored(app) == [("", "", "300x250", "newsletter", 1)]
    assert "A page that does not tell" in (await ada.get("/creatives/spotlight/300x250")).text


@pytest.mark.parametrize(
    "changed",
    [
        {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"},
        {"Sec-Purpose": "prefetch"},
        {"Sec-Fetch-Dest": "document"},
        {"Referer": "http://127.0.0.1:8000/mailbox/7"},
        {"Referer": "http://localhost:3000/draft"},
    ],
)
async def test_machines_and_our_own_pages_do_not_count(
    app: Litestar, visitor: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    assert (await visitor.get(f"{PICTURE}?p=side", headers={**BROWSER, **changed})).status_code == 200
    assert (await visitor.head(PICTURE, headers=BROWSER)).status_code == 200
    assert await stored(app) == []


async def test_counts_are_added_and_a_thousand_invented_pages_become_one_row(
    app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    whose, today = cast.ada.enrollment, clock().date()
    await record_hits(Counter({a_hit(whose, today): 2}))
    await record_hits(Counter({a_hit(whose, today): 3}))
    assert await stored(app) == [("blog.example", "/tools", "300x250", "", 5)]
    invented = Counter({a_hit(whose, today, f"x{number}.example"): 1 for number in range(1_000)})
    await record_hits(invented)
    rows = await stored(app)
    assert len(rows) == MOST_PLACES + 1
    assert {row[4] for row in rows if row[0] == MORE.host} == {1_000 - MOST_PLACES + 1}


async def test_mira_sees_them_all_by_design_and_by_affiliate(
    app: Litestar, mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    today = clock().date()
    assert "Not seen anywhere yet" in (await mira.get("/manage/creatives")).text
    await record_hits(
        Counter({a_hit(cast.ada.enrollment, today): 2, a_hit(cast.ben.enrollment, today, "ben.example"): 1})
    )
    both = (await mira.get("/manage/creatives")).text
    assert "blog.example/tools" in both
    assert "ben.example/tools" in both
    adas = (await mira.get(f"/manage/creatives?affiliate={cast.ada.enrollment}&design=spotlight")).text
    assert "blog.example/tools" in adas
    assert "ben.example" not in adas
    assert "Not seen anywhere yet" in (await mira.get("/manage/creatives?design=ticket")).text


async def test_after_half_a_year_they_are_forgotten(app: Litestar, cast: Cast, clock: FrozenClock) -> None:
    old = (clock() - KEPT - timedelta(days=1)).date()
    new = a_hit(cast.ada.enrollment, clock().date(), "new.example")
    await record_hits(Counter({a_hit(cast.ada.enrollment, old): 1, new: 1}))
    await forget_hits(clock())
    assert [row[0] for row in await stored(app)] == ["new.example"]


def test_one_network_cannot_make_a_page_famous(clock: FrozenClock) -> None:
    hits = Hits()
    for _ in range(MOST_OF_A_NETWORK * 2):
        hits.add(a_hit(UUID(int=1), clock().date()), "203.0.113.7")
    assert hits.waiting == MOST_OF_A_NETWORK


@pytest.mark.parametrize(
    ("referrer", "place"),
    [
        ("https://Blog.example:8443/a%20b?q=1#x", Place("blog.example", "/a%20b")),
        ("http://blog.example", Place("blog.example", "/")),
        ("https://reader:secret@blog.example/", Place("blog.example", "/")),
        ("https://blog.example/" + "a" * 500, Place("blog.example", "/" + "a" * 199)),
        ("https://blog.example/\u00e9", Place("blog.example", "/")),
        ("https://partners.example/creatives", None),
        ("https://192.0.2.7/", None),
        ("https://[2001:db8::1]/", None),
        ("https://[::1", None),
        ("http://intranet/wiki", None),
        ("javascript:alert(1)", None),
        ("https://<b>.example/", None),
        ("", None),
    ],
)
def test_a_page_is_its_host_and_its_path(referrer: str, place: Place | None) -> None:
    assert place_of(referrer, OWN) == place
