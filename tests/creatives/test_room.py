"""The pictures' store stays within its limit, and nobody sees that it does."""

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from portal.creatives.room import make_room
from portal.settings import BadSetting, read_settings
from portal.storage import Storage
from tests.conftest import Stage
from tests.creatives.test_brand_kit import KITCHEN, upload

HOURS = 3600
FILES = ("300x250", "728x90", "320x50", "320x100")


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """Files lie in no database."""
    return sqlite_stage


def pictures_in(stage: Stage) -> list[Path]:
    folder = Path(unquote(urlsplit(stage.settings.storage_url).path)) / "pictures"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(path: Path, hours: float) -> None:
    then = path.stat().st_mtime - hours * HOURS
    os.utime(path, (then, then))


async def drawn(visitor: httpx.AsyncClient, stage: Stage, file: str) -> Path:
    """The file in the store that this picture became."""
    before = set(pictures_in(stage))
    assert (await visitor.get(f"/c/ada/spotlight/{file}.png")).status_code == 200
    (new,) = set(pictures_in(stage)) - before
    return new


async def test_what_nobody_used_for_longest_goes_and_is_drawn_again(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, stage: Stage
) -> None:
    await upload(ada, KITCHEN)
    paths = [await drawn(visitor, stage, file) for file in FILES]
    for hours, path in zip((40, 30, 20, 10), paths, strict=True):
        age(path, hours)
    first = await visitor.get("/c/ada/spotlight/300x250.png")  # the oldest, and just used
    sizes = [path.stat().st_size for path in paths]
    storage = Storage(stage.settings.storage_url)
    assert await make_room(storage, sum(sizes)) == 0
    assert await make_room(storage, sum(sizes) - 1) == 1 + (sizes[1] < sum(sizes) * 0.1)
    assert paths[0].exists()
    assert not paths[1].exists()
    again = await visitor.get("/c/ada/spotlight/728x90.png")
    assert again.status_code == 200
    assert paths[1].exists()
    assert (await visitor.get("/c/ada/spotlight/300x250.png")).content == first.content
    assert (await ada.get("/brand/logo")).status_code == 200


async def test_logos_stay_however_small_the_limit(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, stage: Stage
) -> None:
    await upload(ada, KITCHEN)
    await visitor.get("/c/ada/spotlight/300x250.png")
    assert await make_room(Storage(stage.settings.storage_url), 0) == 1
    assert pictures_in(stage) == []
    assert (await ada.get("/brand/logo")).status_code == 200


async def test_pictures_are_served_while_the_store_is_emptied_under_them(
    visitor: httpx.AsyncClient, stage: Stage
) -> None:
    storage = Storage(stage.settings.storage_url)
    expected = [(await visitor.get(f"/c/ada/spotlight/{file}.png")).content for file in FILES[1:3]]

    async def empty() -> None:
        for _ in range(5):
            await make_room(storage, 0)
            await asyncio.sleep(0.005)

    async def look() -> None:
        for _ in range(3):
            for file, content in zip(FILES[1:3], expected, strict=True):
                answer = await visitor.get(f"/c/ada/spotlight/{file}.png")
                assert (answer.status_code, answer.content) == (200, content)

    await asyncio.gather(empty(), empty(), look())


async def test_a_picture_in_use_is_written_again_only_now_and_then(
    visitor: httpx.AsyncClient, stage: Stage
) -> None:
    path = await drawn(visitor, stage, "320x50")
    age(path, 5)
    then = path.stat().st_mtime
    await visitor.get("/c/ada/spotlight/320x50.png")
    assert path.stat().st_mtime == then
    age(path, 2)
    await visitor.get("/c/ada/spotlight/320x50.png")
    assert path.stat().st_mtime > then


@pytest.mark.parametrize(("said", "bytes_of"), [("500 MB", 500_000_000), ("3gb", 3_000_000_000)])
def test_the_limit_is_said_as_people_say_it(tmp_path: Path, said: str, bytes_of: int) -> None:
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_PICTURES_LIMIT": said})
    assert settings.pictures_limit == bytes_of


@pytest.mark.parametrize("said", ["lots", "5 MB", "-1 GB", "1 TB", "1e9"])
def test_a_limit_that_is_none_ends_the_start(tmp_path: Path, said: str) -> None:
    with pytest.raises(BadSetting, match="PORTAL_PICTURES_LIMIT"):
        read_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_PICTURES_LIMIT": said})
