"""The public page: a year and a kit worked out for whoever is asking, with and without htmx."""

import re
from html import unescape
from http import HTTPStatus
from io import BytesIO

import httpx
import pytest
from litestar import Litestar
from PIL import Image

from portal.creatives.actions import Studio
from portal.home.studio import Wall
from portal.limits import RateLimits

ODD_NAMES = (
    "Plain Funnels",
    "مدونة التسويق",
    "מגזין השיווק",
    "A" * 60,
    "Zoë & Sons <b>",
    "株式会社ファネル",
    "🚀🔥",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤",
    "'; DROP TABLE program; --",
)


def pictures_in(page: str) -> list[str]:
    return [unescape(src) for src in re.findall(r'<img src="([^"]+)"', page)]


async def test_the_page_says_the_year_in_words_chart_and_table(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/?customers=3&plan=scale&trial=no&leaving=5")).text
    assert 'value="3"' in page
    assert re.search(r'value="scale" ?checked|value="scale" checked', page)
    assert page.count('<svg class="year-chart') == 2
    assert page.count("<tr>") >= 13
    assert "customers leave within the year" in page


async def test_htmx_gets_the_part_that_changes_and_nothing_else(visitor: httpx.AsyncClient) -> None:
    asked = {"HX-Request": "true", "HX-Target": "div#calculation"}
    year = (await visitor.get("/?customers=9", headers=asked)).text
    assert year.lstrip().startswith('<div class="calculation"')
    assert "<html" not in year
    wall = (await visitor.get("/?name=Ada", headers={**asked, "HX-Target": "div#studio"})).text
    assert wall.lstrip().startswith('<div class="wall"')
    assert "name=Ada" in wall


async def test_what_is_out_of_reach_is_said_and_the_nearest_shown(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/?customers=1000")
    assert answer.status_code == HTTPStatus.OK
    assert "Only 1 to 20 can be worked out here: shown are 20 customers a month." in answer.text


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_any_name_stands_on_the_page_as_it_was_typed_and_on_a_picture(
    visitor: httpx.AsyncClient, name: str
) -> None:
    page = (await visitor.get("/", params={"name": name})).text
    assert "<b>" not in re.findall(r'id="name"[^>]*>', page)[0]
    assert unescape(re.findall(r'id="name"[^>]*value="([^"]*)"', page)[0]) == " ".join(name.split())
    leaderboard = next(src for src in pictures_in(page) if "728x90" in src)
    picture = await visitor.get(leaderboard)
    assert picture.status_code == HTTPStatus.OK
    assert Image.open(BytesIO(picture.content)).size == (728, 90)
    assert "immutable" in picture.headers["Cache-Control"]


async def test_an_empty_name_shows_the_sample(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/?name=")).text
    assert 'placeholder="Plain Funnels"' in page
    assert all("name=Plain+Funnels" in src for src in pictures_in(page))


@pytest.mark.parametrize("name", ["shit happens", "FUCKING funnels", "Nazi"])
async def test_some_names_are_not_drawn(visitor: httpx.AsyncClient, name: str) -> None:
    page = (await visitor.get("/", params={"name": name})).text
    assert "This name is not drawn here." in page
    assert all("name=Plain+Funnels" in src for src in pictures_in(page))
    own = await visitor.get("/p/kartra/try/spotlight/728x90.webp", params={"name": name})
    assert own.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "path",
    [
        "/p/kartra/try/spotlight/999x999.webp",
        "/p/kartra/try/spotlight/728x90.pdf",
        "/p/kartra/try/spotlight/728x90@2x.png",
        "/p/kartra/try/spotlight/a4.pdf",
        "/p/kartra/try/nothing/728x90.webp",
        "/p/nobody/try/spotlight/728x90.webp",
    ],
)
async def test_only_what_the_wall_shows_is_drawn(visitor: httpx.AsyncClient, path: str) -> None:
    assert (await visitor.get(path, params={"name": "Ada"})).status_code == HTTPStatus.NOT_FOUND


async def test_whoever_asks_for_too_many_gets_a_picture_that_says_so(
    visitor: httpx.AsyncClient, app: Litestar
) -> None:
    studio = Studio(app.state.storage, app.state.renderers)
    app.state.wall = Wall(studio, app.state.limits, limit="1/hour")
    first = await visitor.get("/p/kartra/try/spotlight/728x90.webp?name=One")
    again = await visitor.get("/p/kartra/try/spotlight/728x90.webp?name=One")
    assert (first.status_code, again.content) == (HTTPStatus.OK, first.content)  # kept, so it costs nothing
    second = await visitor.get("/p/kartra/try/spotlight/728x90.webp?name=Two+%26+<b>")
    assert second.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert second.headers["Content-Type"].startswith("image/svg+xml")
    assert "Two &amp; &lt;b&gt; × Kartra" in second.text
    assert 'width="728"' in second.text
    assert int(second.headers["Retry-After"]) > 0


async def test_pictures_of_visitors_leave_the_memory_again() -> None:
    wall = Wall(studio=None, limits=RateLimits("memory://"), room=100)  # type: ignore[arg-type]
    for number in range(50):
        wall._keep(str(number), b"x" * 30)
    assert list(wall._kept) == ["47", "48", "49"]
    assert wall._size == 90


async def test_where_somebody_came_from_goes_on_to_the_application(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/?utm_source=news&via=ada&customers=2&evil=1&utm_term=a%26b")).text
    links = {unescape(href) for href in re.findall(r'href="(/apply(?:\?[^"]*)?)"', page)}
    assert links == {"/apply?utm_source=news&utm_term=a%26b&via=ada"}
    assert '<input type="hidden" name="via" value="ada">' in page
    assert "evil" not in page


async def test_the_page_lets_itself_be_kept_by_nobody_and_weighs_little(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers.get("Content-Length", len(answer.content))) < 40_000
    ids = re.findall(r'\bid="([^"]+)"', answer.text)
    assert sorted(ids) == sorted(set(ids))
