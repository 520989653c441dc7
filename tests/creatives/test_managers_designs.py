"""Mira sends a finished picture, places what is each affiliate's own, and Ada finds it in her brand."""

import html
import re

import httpx
import pytest

from portal.creatives.tables import DesignRevision
from tests.conftest import Stage
from tests.creatives.finished import BOX, GOOD, SUMMER, banner, begins, picture, places, publishes, sends


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """What is drawn is the same on both engines, and checking it over all samples takes seconds."""
    return sqlite_stage


async def test_the_check_says_in_words_what_is_wrong_and_publishing_waits(mira: httpx.AsyncClient) -> None:
    await begins(mira)
    crowded = {**GOOD, "left-1": "150", "top-1": "130", "width-1": "40", "height-2": "40", "top-0": "2"}
    await places(mira, crowded)
    page = html.unescape((await mira.get(BOX)).text)
    for sentence in ("The code doesn’t fit", "The QR code is too small to scan", "stands too near the edge"):
        assert sentence in page
    refused = await mira.post(f"{SUMMER}/publish")
    assert refused.status_code == 409
    assert re.search(r"300x250 has \d findings", refused.text)
    assert await DesignRevision.count() == 0


async def test_words_that_cannot_be_told_from_the_picture_are_found(mira: httpx.AsyncClient) -> None:
    await begins(mira)
    await places(mira, {**GOOD, "colour-1": "#1A3A5A"})
    page = html.unescape((await mira.get(BOX)).text)
    assert "The code is hard to read" in page
    assert re.search(r"1\.\d : 1 measured, 4\.5 : 1 needed", page)


async def test_what_is_published_stays_while_the_next_revision_is_made(
    mira: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    await publishes(mira)
    before = await banner(visitor)
    await places(mira, {**GOOD, "top-0": "20"})
    assert await banner(visitor) == before
    await mira.post(f"{SUMMER}/publish")
    assert await banner(visitor) != before
    assert await DesignRevision.count() == 2
    again = await mira.post(f"{SUMMER}/publish")
    assert again.status_code == 409
    assert "Nothing has changed since revision 2" in again.text
    with pytest.raises(Exception, match="only ever added"):
        await DesignRevision.update({DesignRevision.pictures: "[]"}, force=True)


async def test_a_size_without_a_picture_is_the_evergreen_design(
    mira: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    await publishes(mira)
    assert await banner(visitor, "728x90.png") == await banner(visitor, "728x90.png", "spotlight")
    assert (await visitor.get("/c/ada/summer-sale/a4.pdf")).status_code == 200
    assert (await visitor.get("/c/ada/summer-sale/31x31.png")).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (picture(301, 250), "It has 301 × 250 pixels"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG is not taken. Export the picture as a PNG."),
        (picture()[:300], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 5_100_000, "up to 5 MB"),
    ],
)
async def test_a_picture_that_fits_no_size_gets_a_sentence(
    mira: httpx.AsyncClient, content: bytes, sentence: str
) -> None:
    await mira.post("/manage/designs/new", data={"name": "Summer sale"})
    answer = await sends(mira, content, picture(728, 90))
    assert answer.status_code == 422
    assert sentence in answer.text
    # The one beside it is in all the same.
    assert (await mira.get(f"{SUMMER}/728x90")).status_code == 200


async def test_what_is_typed_comes_back_with_what_is_wrong(mira: httpx.AsyncClient) -> None:
    await begins(mira)
    wrong = {"kind-3": "text", "left-3": "20", "top-3": "80", "width-3": "99", "height-3": "ten"}
    answer = await places(mira, {**GOOD, **wrong, "text-3": "Hello {password}", "colour-1": "puce"})
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    for words in ('value="ten"', 'value="puce"', "{password} is not known", "This is not a colour"):
        assert words in page


async def test_two_who_place_at_once_do_not_overwrite_each_other(mira: httpx.AsyncClient) -> None:
    await begins(mira)
    first = await mira.post(BOX, data={"changes": "0", "verb": "save", **GOOD})
    assert first.status_code == 303
    second = await mira.post(BOX, data={"changes": "0", "verb": "save", **GOOD, "top-0": "20"})
    assert second.status_code == 409
    assert 'name="top-0" value="16"' in " ".join((await mira.get(BOX)).text.split())


async def test_a_new_picture_of_a_size_keeps_its_slots_and_is_checked_again(mira: httpx.AsyncClient) -> None:
    await publishes(mira)
    await sends(mira, picture(600, 500, "JPEG", "#FFFFFF"))
    page = (await mira.get(BOX)).text
    assert 'id="left-2"' in page
    assert "Nothing found" in page
    assert "Publish revision 2" in (await mira.get(SUMMER)).text
    await mira.post(f"{SUMMER}/revert")
    assert "Publish revision 2" not in (await mira.get(SUMMER)).text


async def test_slots_are_added_and_removed_without_a_script(mira: httpx.AsyncClient) -> None:
    await begins(mira)
    await places(mira, {"new": "qr"}, verb="add")
    page = (await mira.get(BOX)).text
    assert 'name="kind-0" value="qr"' in page
    await places(mira, GOOD, verb="remove-1")
    page = (await mira.get(BOX)).text
    assert re.findall(r'name="kind-\d" value="(\w+)"', page) == ["logo", "qr"]


async def test_names_are_taken_once_and_never_a_built_in_designs(mira: httpx.AsyncClient) -> None:
    await begins(mira)
    for name in ("Summer sale", "Spotlight", "New", "", "x" * 61):
        assert (await mira.post("/manage/designs/new", data={"name": name})).status_code == 422
