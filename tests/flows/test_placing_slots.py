"""Mira places an affiliate's logo on a finished picture: by mouse, by keyboard, and by its numbers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.flows.conftest import Portal, served
from tests.flows.managers import hire, sign_in_with_code
from tests.flows.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Arrives = Callable[[], Awaitable[Person]]
Place = tuple[int, int, int, int]


@pytest.fixture
async def portal(sqlite_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Portal]:
    async with served(sqlite_url, tmp_path) as one:
        yield one


async def place_of(page: Page) -> Place:
    numbers = [await page.locator(f"#{key}-0").input_value() for key in ("left", "top", "width", "height")]
    left, top, width, height = map(int, numbers)
    return left, top, width, height


async def pull(page: Page, part: str, by: tuple[int, int]) -> None:
    """Takes hold of a slot's middle, or of its grip, and lets go further on, in pixels of the picture."""
    box = await page.locator(f"#board {part}").bounding_box()
    scale = await page.evaluate("() => document.getElementById('board').getScreenCTM().a")
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + by[0] * scale, y + by[1] * scale, steps=4)
    await page.mouse.up()


async def test_a_slot_is_dragged_nudged_typed_and_saved(
    portal: Portal, arrives: Arrives, tmp_path: Path
) -> None:
    mira = await arrives()
    await sign_in_with_code(mira, await hire(portal))
    Image.new("RGB", (300, 250), "#102A43").save(tmp_path / "sale.png")
    await mira.opens("/manage/designs/new")
    await mira.types({"Name": "Winter sale"})
    await mira.presses("Begin the design")
    page = mira.page
    await page.get_by_label("Finished pictures").set_input_files(tmp_path / "sale.png")
    await mira.presses("Send")
    await page.get_by_label("What to add").select_option("logo")
    await mira.presses("Add")

    left, top, width, height = await place_of(page)
    await pull(page, ".place-box", (-30, -40))
    assert await place_of(page) == (left - 30, top - 40, width, height)
    await pull(page, ".place-grip", (20, 10))
    assert await place_of(page) == (left - 30, top - 40, width + 20, height + 10)
    await page.locator("#board .place").focus()
    for key in ("ArrowRight", "Shift+ArrowDown", "Alt+ArrowLeft"):
        await page.keyboard.press(key)
    assert await place_of(page) == (left - 29, top - 30, width + 19, height + 10)
    await page.get_by_role("spinbutton", name="Left").fill("24")
    await expect(page.locator("#board .place-box")).to_have_attribute("x", "24")
    # Nothing leaves the picture, however far it is pulled.
    await pull(page, ".place-box", (0, -400))
    assert await place_of(page) == (24, 0, width + 19, height + 10)
    await page.get_by_role("spinbutton", name="Top").fill("30")
    await mira.presses("Save and check")
    assert await place_of(page) == (24, 30, width + 19, height + 10)
