"""Ada changes her kit, changes her mind, and finds everything again."""

import re

import httpx

from portal.accounts.rules import Role
from portal.creatives.tables import BrandKit
from tests.cast import Cast, joins
from tests.conftest import FrozenClock, People
from tests.creatives.test_brand_kit import FORM, KITCHEN, picture_of, upload


async def undone(client: httpx.AsyncClient) -> httpx.Response:
    """Presses Undo as the page offers it."""
    page = await client.get("/brand")
    offered = re.search(r'name="revision" value="(\d+)"', page.text)
    assert offered, page.text
    return await client.post("/brand/undo", data={"revision": offered[1]})


async def test_a_logo_that_was_removed_comes_back_with_undo(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    await upload(ada, KITCHEN, tagline="Before")
    dressed = await picture_of(visitor)
    await ada.post("/brand", data={**FORM, "tagline": "After", "remove": "logo"})
    assert await picture_of(visitor) != dressed
    assert (await undone(ada)).status_code == 303
    assert await picture_of(visitor) == dressed
    page = (await ada.get("/brand")).text
    assert "Undone." in page
    assert 'value="Before"' in page
    # An undo is a change as any other, so it can be undone.
    await undone(ada)
    assert 'value="After"' in (await ada.get("/brand")).text


async def test_the_very_first_change_can_be_undone_too(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    plain = await picture_of(visitor)
    await upload(ada, KITCHEN)
    await undone(ada)
    assert await picture_of(visitor) == plain


async def test_an_earlier_kit_is_used_again_and_shows_what_it_showed(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await upload(ada, KITCHEN)
    dressed = await picture_of(visitor)
    clock.forward(days=3)
    await ada.post("/brand", data={**FORM, "name": "Southbound"})
    clock.forward(days=1)
    page = (await ada.get("/brand")).text
    assert "Earlier kits" in page
    assert "Your first kit" in page
    assert "Ada Lindqvist" in page
    small = re.search(r'src="(/brand/kits/1/[^"]+)"', page)
    assert small
    assert (await ada.get(small[1])).headers["Content-Type"] == "image/webp"
    assert (await ada.post("/brand/kits/1/again")).status_code == 303
    assert await picture_of(visitor) == dressed
    again = (await ada.get("/brand")).text
    assert "as it was on 2\N{NO-BREAK SPACE}March" in again
    assert "New name" in again


async def test_the_page_tells_who_of_the_team_saved_what(
    ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await ada.post("/brand", data=FORM)
    rita = await people.signed_in(
        await joins(cast.ada, "Rita Holm", "rita@northbound.example", Role.MEMBER, clock())
    )
    await rita.post("/brand", data={**FORM, "tagline": "Rita’s words"})
    await ada.post("/brand", data={**FORM, "tagline": "Ada’s words"})
    page = (await ada.get("/brand")).text
    assert "Rita Holm" in page
    assert "New tagline" in page


async def test_what_a_colleague_saved_meanwhile_is_not_undone(
    ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await ada.post("/brand", data=FORM)
    rita = await people.signed_in(
        await joins(cast.ada, "Rita Holm", "rita@northbound.example", Role.MEMBER, clock())
    )
    await rita.post("/brand", data={**FORM, "name": "Rita’s name"})
    answer = await ada.post("/brand/undo", data={"revision": "1"})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert await BrandKit.count() == 2


async def test_a_long_history_shows_the_last_twenty_and_keeps_all(ada: httpx.AsyncClient) -> None:
    for number in range(23):
        await ada.post("/brand", data={**FORM, "tagline": f"Words {number}"})
    page = (await ada.get("/brand")).text
    offered = [int(one) for one in re.findall(r'action="/brand/kits/(\d+)/again"', page)]
    assert offered == list(range(22, 2, -1))
    assert (await ada.post("/brand/kits/1/again")).status_code == 303
    assert 'value="Words 0"' in (await ada.get("/brand")).text


async def test_ben_reaches_none_of_adas_earlier_kits(ada: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    await ada.post("/brand", data=FORM)
    assert (await ben.post("/brand/kits/1/again")).status_code == 404
    assert (await ben.get("/brand/kits/1/300x250.webp")).status_code == 404
    assert (await ada.get("/brand/kits/1/300x250.webp")).status_code == 200
    assert (await ada.get("/brand/kits/99999999999/300x250.webp")).status_code == 404
