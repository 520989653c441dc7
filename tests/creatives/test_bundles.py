"""Ada takes many pictures home at once."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime
from zipfile import ZIP_STORED, ZipFile

import httpx
import pytest
from litestar import Litestar

from portal.creatives.actions import Studio
from portal.creatives.bundles import AT_ONCE, Bundles, Choice, Progress
from portal.creatives.queries import built_in
from portal.creatives.rules import Kind
from portal.creatives.zipping import zipped
from tests.cast import BEGINNING, Cast
from tests.conftest import Stage

SOME = "/creatives/zip?design=spotlight&design=split&kind=email"


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """Nothing here asks the database more than the other rooms do."""
    return sqlite_stage


async def test_a_selection_holds_what_was_ticked_with_safe_names_and_words(
    ada: httpx.AsyncClient, ben: httpx.AsyncClient, visitor: httpx.AsyncClient, cast: Cast
) -> None:
    assert (await ada.get("/creatives/download/one")).status_code == 204
    answer = await ada.get(f"{SOME}&job=one")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kartra-ada-creatives.zip"'
    archive = ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        "kartra-ada/README.txt",
        "kartra-ada/split/600x200.png",
        "kartra-ada/split/600x300.png",
        "kartra-ada/spotlight/600x200.jpg",
        "kartra-ada/spotlight/600x300.jpg",
    ]
    same = await visitor.get("/c/ada/split/600x200.png")
    assert archive.read("kartra-ada/split/600x200.png") == same.content
    words = archive.read("kartra-ada/README.txt").decode("utf-8-sig")
    assert "http://127.0.0.1:8000/c/ada/split/600x200.png" in words
    assert "http://127.0.0.1:8000/r/ada?p=split-600x200" in words
    assert cast.ada.code in words
    assert words.count("Alt:") == 4
    part = await ada.get("/creatives/download/one", headers={"HX-Request": "true"})
    assert "4 of 4 pictures" in part.text
    assert "every 1s" not in part.text
    # How far hers is, is nobody else's.
    assert (await ben.get("/creatives/download/one")).status_code == 204


def test_nothing_ticked_means_everything_and_sharp_doubles_the_pictures() -> None:
    everything = Choice().files(built_in())
    papers = [file for _, file in everything if file.endswith(".pdf")]
    sharp = Choice.of([], [], "webp", "yes").files(built_in())
    assert len(sharp) == 2 * (len(everything) - len(papers)) + len(papers)
    assert {file.rsplit(".", 1)[1] for _, file in sharp} == {"webp", "pdf"}
    assert all("@" not in file for _, file in everything)


def test_words_that_nobody_ticked_change_nothing() -> None:
    assert Choice.of([], ["email", "nonsense"], "gif", "maybe") == Choice(kinds=frozenset([Kind.EMAIL]))


async def test_what_no_design_has_is_said(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/creatives/zip?design=split&kind=paper")
    assert answer.status_code == 409
    assert "No creative is like this" in answer.text


@pytest.fixture
def bundles(app: Litestar) -> Bundles:
    made = Bundles(Studio(app.state.storage, app.state.renderers))
    app.state.bundles = made
    return made


async def test_whoever_goes_away_stops_the_drawing(bundles: Bundles) -> None:
    progress = Progress(2)

    async def endless() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(3600)

    reading = bundles._watched(endless(), progress)
    assert await anext(reading) == b"one"
    assert bundles._drawing == 1
    waiting = asyncio.ensure_future(anext(reading))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (bundles._drawing, progress.state) == (0, "stopped")


async def test_more_than_a_few_at_once_are_told_to_wait(bundles: Bundles, ada: httpx.AsyncClient) -> None:
    bundles._drawing = AT_ONCE
    answer = await ada.get(SOME)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_zip_leaves_file_by_file_and_opens_anywhere() -> None:
    made: list[str] = []

    async def files() -> AsyncIterator[tuple[str, bytes]]:
        for number in range(50):
            made.append(f"{number}.png")
            yield made[-1], bytes([number]) * 10_000

    now: datetime = BEGINNING
    parts: list[bytes] = []
    async for part in zipped(files(), now):
        parts.append(part)
        if len(parts) <= 50:
            assert len(made) == len(parts)
            assert len(part) < 11_000
    archive = ZipFile(io.BytesIO(b"".join(parts)))
    assert archive.testzip() is None
    assert archive.namelist() == made
    # Programs that read a ZIP from its beginning need the sizes before the data.
    assert {(entry.compress_type, entry.flag_bits & 8) for entry in archive.infolist()} == {(ZIP_STORED, 0)}
