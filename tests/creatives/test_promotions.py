"""A promotion's creatives: found before it begins, at their addresses while it runs, gone without a trace."""

import html
import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import tomlkit

from assets_gen.lint import decoded
from portal.clock import local_date
from portal.programs.actions import publish
from tests.cast import KARTRA, Cast
from tests.conftest import FrozenClock, People
from tests.creatives.finished import SUMMER, banner, publishes

WEEK = "/creatives?promotion=black-week"
BANNER = "/creatives/preview/spotlight/300x250.png?promotion=black-week"


@pytest.fixture
async def black_week(cast: Cast, clock: FrozenClock, bound: None) -> date:
    """Its first day, ten days from now: for four days pictures say that BLACK50 takes half off."""
    return await offered(cast, clock)


async def offered(cast: Cast, clock: FrozenClock, **more: Any) -> date:
    today = local_date(clock(), cast.terms.timezone)
    first = today + timedelta(days=12)
    document: Any = tomlkit.parse(KARTRA.read_text(encoding="utf-8"))
    document["program"]["starts_on"] = today + timedelta(days=1)
    offer = {
        "key": "black-week",
        "name": "Black week",
        "codes": ["BLACK50"],
        "starts_on": first,
        "ends_on": first + timedelta(days=3),
        "percent": 50,
        "headline": {"en": "Half price for four days"},
    }
    document["promotions"] = [offer | more]
    await publish(cast.program, tomlkit.dumps(document), 1, cast.mira.id, clock())
    clock.forward(days=2)
    return first


async def test_ada_gets_ready_before_it_begins(
    black_week: date, ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    evergreen = await banner(visitor, design="spotlight")
    page = html.unescape((await ada.get("/creatives")).text)
    assert f"Black week, from {black_week.day} {black_week:%B}" in page
    page = html.unescape((await ada.get(WEEK)).text)
    assert "Half price for four days. 50\u202f% off your first payment with the code BLACK50" in page
    downloads = re.findall(r'href="([^"]+300x250\.png[^"]*)" download', page)
    assert downloads
    ready = (await ada.get(downloads[0])).content
    assert decoded(ready) == "http://127.0.0.1:8000/r/ada"
    assert ready != evergreen
    assert await banner(visitor, design="spotlight") == evergreen
    assert (await visitor.get(downloads[0])).status_code == 303
    clock.forward(days=10)
    assert await banner(visitor, design="spotlight") == ready
    clock.forward(days=4)
    assert await banner(visitor, design="spotlight") == evergreen
    assert "Black week" not in (await ada.get("/creatives")).text


async def test_its_page_says_from_when_addresses_show_it(black_week: date, ada: httpx.AsyncClient) -> None:
    page = html.unescape((await ada.get("/creatives/spotlight/300x250?promotion=black-week")).text)
    assert f"From {black_week.day}\u00a0{black_week:%B}" in page
    assert "BLACK50, 50\u202f% off" in page
    # What is pasted outlives it.
    assert re.search(r'src="http://127.0.0.1:8000/c/ada/spotlight/300x250.(png|jpg)"', page)
    assert not re.search(r"<pre[^>]*>[^<]*Half price", page)


async def test_paper_stays_as_it_is_printed(
    black_week: date, ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    before = await visitor.head("/c/ada/spotlight/a4.pdf")
    assert "one-pager" not in (await ada.get(WEEK)).text
    clock.forward(days=11)
    assert (await visitor.head("/c/ada/spotlight/a4.pdf")).headers["ETag"] == before.headers["ETag"]


async def test_all_of_it_comes_as_one_zip(black_week: date, ada: httpx.AsyncClient) -> None:
    asked = {"promotion": "black-week", "design": "split", "kind": "email"}
    answer = await ada.get("/creatives/zip", params=asked)
    assert "kartra-ada-black-week-creatives.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        names = [name for name in packed.namelist() if name.endswith((".png", ".jpg"))]
        assert len(names) == 2
        shown = "/creatives/preview/split/" + names[0].rpartition("/")[2]
        assert packed.read(names[0]) == (await ada.get(shown, params={"promotion": "black-week"})).content
        assert "Half price for four days" in packed.read("kartra-ada/README.txt").decode("utf-8-sig")


async def test_a_design_of_its_own_is_there_on_its_days(
    black_week: date, people: People, cast: Cast, ada: httpx.AsyncClient, visitor: httpx.AsyncClient,
    clock: FrozenClock,
) -> None:  # fmt: skip
    await publishes(await people.signed_in(cast.mira), promotion="black-week")
    evergreen = await banner(visitor, design="spotlight")
    assert await banner(visitor) == evergreen
    assert "Summer sale" not in (await ada.get("/creatives")).text
    assert "Summer sale" in (await ada.get(WEEK)).text
    ready = (await ada.get("/creatives/preview/summer-sale/300x250.png?promotion=black-week")).content
    clock.forward(days=10)
    assert await banner(visitor) == ready
    assert "Summer sale" in (await ada.get("/creatives")).text
    clock.forward(days=4)
    assert await banner(visitor) == evergreen
    staff = html.unescape((await (await people.signed_in(cast.mira)).get("/manage/designs")).text)
    assert "Everybody · Black week" in staff
    assert "Over" in staff


async def test_one_for_another_tier_is_nobody_elses(
    cast: Cast, clock: FrozenClock, bound: None, ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    evergreen = await banner(visitor, design="spotlight")
    await offered(cast, clock, tier=cast.terms.tiers[-1].key)
    assert "Black week" not in (await ada.get("/creatives")).text
    assert (await ada.get(BANNER)).content == evergreen
    clock.forward(days=10)
    assert await banner(visitor, design="spotlight") == evergreen


async def test_one_without_words_leaves_other_designs_alone(
    cast: Cast, clock: FrozenClock, bound: None, people: People, ada: httpx.AsyncClient
) -> None:
    await offered(cast, clock, percent=0, headline={})
    assert "Black week" not in (await ada.get("/creatives")).text
    await publishes(await people.signed_in(cast.mira), promotion="black-week")
    page = (await ada.get(WEEK)).text
    assert "Summer sale" in page
    assert "Spotlight 300" not in page


async def test_a_promotion_that_the_program_has_not_is_refused(
    black_week: date, people: People, cast: Cast
) -> None:
    mira = await people.signed_in(cast.mira)
    answer = await mira.post("/manage/designs/new", data={"name": "Summer sale", "promotion": "white-week"})
    assert answer.status_code == 422
    assert "Choose one of the program’s promotions." in answer.text
    assert (await mira.get(SUMMER)).status_code == 404
