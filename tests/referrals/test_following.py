"""Following a link: redirected at once, counted a moment later."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
from litestar import Litestar

from portal.referrals.clicks import Clicks
from portal.referrals.tables import Click
from tests.cast import Cast
from tests.conftest import FrozenClock, People
from tests.referrals.test_visits import CHROME, PHONE


async def follow(client: httpx.AsyncClient, path: str, agent: str = CHROME, **more: str) -> httpx.Response:
    sent = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in more.items()}}
    return await client.get(path, headers=sent)


async def clicks(app: Litestar) -> list[dict[str, object]]:
    buffer: Clicks = app.state.clicks
    await buffer.settled()
    return list(
        await Click.select(Click.token, Click.counted, Click.why_not, Click.placement, Click.device).order_by(
            Click.id
        )
    )


async def test_a_visitor_is_led_to_the_vendor_with_the_clicks_id(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast
) -> None:
    answer = await follow(visitor, f"/r/{cast.ada.slug}?p=yt-tour", Sec_Fetch_Dest="document")
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert (target.scheme, target.hostname) == ("https", "kartra.com")
    (click,) = await clicks(app)
    assert parse_qs(target.query)["click_id"] == [click["token"]]
    assert (click["counted"], click["placement"], click["device"]) == (True, "yt-tour", "computer")


async def test_coming_back_within_a_day_is_the_same_visit(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    for hours in (0, 23, 2):
        clock.forward(hours=hours)
        await follow(visitor, f"/r/{cast.ada.slug}")
    assert [click["why_not"] for click in await clicks(app)] == ["", "repeat", ""]


async def test_a_browser_that_forgets_cookies_does_not_count_twice(
    app: Litestar, people: People, cast: Cast
) -> None:
    for _ in range(2):
        await follow(await people.visitor(), f"/r/{cast.ada.slug}")
    assert [click["why_not"] for click in await clicks(app)] == ["", "repeat"]


async def test_two_people_are_two_clicks(app: Litestar, people: People, cast: Cast) -> None:
    for agent in (CHROME, PHONE):
        await follow(await people.visitor(), f"/r/{cast.ada.slug}", agent)
    assert [click["counted"] for click in await clicks(app)] == [True, True]


async def test_a_hidden_picture_earns_nothing_and_sets_no_cookie(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast
) -> None:
    answer = await follow(visitor, f"/r/{cast.ada.slug}", Sec_Fetch_Dest="image")
    assert answer.status_code == 302
    assert "set-cookie" not in answer.headers
    assert [click["why_not"] for click in await clicks(app)] == ["not_a_visit"]


async def test_an_unknown_link_gets_the_houses_page_and_leads_nowhere(visitor: httpx.AsyncClient) -> None:
    answer = await follow(visitor, "/r/nobody")
    assert answer.status_code == 404
    assert "leads nowhere" in answer.text
    assert "location" not in answer.headers


async def test_links_do_not_mind_capitals(visitor: httpx.AsyncClient, cast: Cast) -> None:
    assert (await follow(visitor, f"/r/{cast.ada.slug.upper()}")).status_code == 302


async def test_a_crowd_is_counted_to_the_last_one(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast
) -> None:
    await asyncio.gather(*(follow(visitor, f"/r/{cast.ada.slug}", f"{CHROME} {n}") for n in range(60)))
    assert len(await clicks(app)) == 60
