"""A page with many readers asks for one picture again and again: the portal remembers what it answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from portal.creatives.remembered import Address, Answer, Remembered
from portal.creatives.rules import Wanted
from portal.settings import BadSetting, read_settings
from tests.conftest import FrozenClock, Stage
from tests.creatives.finished import banner
from tests.creatives.test_brand_kit import KITCHEN, upload

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = Address("ada", "split", "300x250.png", "")


def answered(version: str = "aa11", content: bytes = b"picture") -> Answer:
    return Answer(UUID(int=1), "split", Wanted("300x250", "png"), version, "kartra-ada.png", content)


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    return replace(sqlite_stage, settings=replace(sqlite_stage.settings, pictures_remembered=5))


async def test_a_change_shows_after_some_seconds_and_at_once_to_whoever_knows_of_it(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    before = await banner(visitor, design="spotlight")
    assert (await upload(ada, KITCHEN)).status_code == 303
    assert await banner(visitor, design="spotlight") == before
    newer = (await ada.get("/creatives/spotlight/300x250")).text.partition(
        "/c/ada/spotlight/300x250.webp?v="
    )[2]
    named = await visitor.get(f"/c/ada/spotlight/300x250.webp?v={newer[:12]}")
    assert "immutable" in named.headers["cache-control"]
    clock.forward(seconds=5)
    assert await banner(visitor, design="spotlight") != before


async def test_what_is_remembered_is_answered_like_the_first_time(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = "/c/ada/split/300x250.png?download=1"
    first, second = await visitor.get(path), await visitor.get(path)
    assert first.content == second.content
    assert dict(first.headers) == dict(second.headers)
    tag = {"If-None-Match": first.headers["etag"]}
    assert (await visitor.get(path, headers=tag)).status_code == 304
    assert (await visitor.head(path)).headers["etag"] == first.headers["etag"]
    clock.forward(seconds=6)
    known = await visitor.get(path, headers=tag)
    assert (known.status_code, known.content) == (304, b"")
    # What was not drawn for one who had it is not remembered as empty.
    assert (await visitor.get(path)).content == first.content


def test_it_is_forgotten_in_time() -> None:
    remembered = Remembered(5)
    remembered.keep(HERE, answered(), NOW)
    assert remembered.get(HERE, "", NOW + timedelta(seconds=4)) == answered()
    assert remembered.get(HERE, "aa", NOW) == answered()
    assert remembered.get(HERE, "bb", NOW) is None
    assert remembered.get(Address("ben", "split", "300x250.png", ""), "", NOW) is None
    assert remembered.get(HERE, "", NOW + timedelta(seconds=5)) is None


def test_it_takes_no_more_memory_than_it_may() -> None:
    remembered = Remembered(5, room=25)
    for number in range(4):
        remembered.keep(Address("ada", "split", f"{number}.png", ""), answered(content=b"x" * 10), NOW)
        remembered.keep(Address("ada", "split", f"{number}.png", ""), answered(content=b"y" * 10), NOW)
    there = [remembered.get(Address("ada", "split", f"{number}.png", ""), "", NOW) for number in range(4)]
    assert [answer is not None for answer in there] == [False, False, True, True]
    remembered.keep(HERE, answered(content=b"x" * 26), NOW)
    assert remembered.get(HERE, "", NOW) is None


@pytest.mark.parametrize("said", ["-1", "301", "five", "1.5"])
def test_a_wrong_setting_ends_the_start(said: str, tmp_path: object) -> None:
    with pytest.raises(BadSetting, match="PORTAL_PICTURES_REMEMBERED"):
        read_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_PICTURES_REMEMBERED": said})
