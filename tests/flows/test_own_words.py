"""Mira writes what a design says: she hears what is too long, mends it, and publishes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows.conftest import Portal, served
from tests.flows.managers import hire, sign_in_with_code
from tests.flows.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Arrives = Callable[[], Awaitable[Person]]


@pytest.fixture
async def portal(sqlite_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Portal]:
    async with served(sqlite_url, tmp_path) as one:
        yield one


async def test_a_claim_is_written_checked_mended_and_published(portal: Portal, arrives: Arrives) -> None:
    mira = await arrives()
    await sign_in_with_code(mira, await hire(portal))
    await mira.opens("/manage/designs")
    await mira.clicks("Split")
    await mira.types(
        {"Call to action": "Begin now and pay nothing", "Call to action, short": "Begin and pay us"}
    )
    await mira.presses("Save and check")
    await mira.reads("Changed, not published", "Call to action is too long")
    page = mira.page
    # Which size is shown changes in its place.
    await page.get_by_role("link", name="320 × 50").click()
    await expect(page.locator(".kit-grid .is-failed").first).to_be_visible()
    await expect(page.get_by_label("Call to action", exact=True)).to_have_value("Begin now and pay nothing")
    await mira.types({"Call to action": "Begin today", "Call to action, short": "Begin"})
    await mira.presses("Save and check")
    await mira.reads("Nothing found")
    await mira.presses("Publish revision 1")
    await mira.reads("Revision 1 of the words is published", "Your words")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download the table").click()
    assert (await waiting.value).suggested_filename == "split-words.csv"
