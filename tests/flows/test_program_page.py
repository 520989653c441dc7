"""A visitor plays with the program page: the numbers, a name, and the same address somewhere else."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.flows.conftest import Portal
from tests.flows.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Arrives = Callable[[], Awaitable[Person]]
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) sum += entry.value;
  })).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 500);
})"""


async def test_a_visitor_works_out_a_year_and_sees_its_name_on_banners(
    portal: Portal, arrives: Arrives
) -> None:
    ada = await arrives()
    await ada.opens("/?via=ben")
    await ada.page.evaluate("window.stayed = true")
    before = await ada.page.locator("#calculation .figures").inner_text()
    await ada.page.get_by_label("New customers each month").press("ArrowRight")
    await expect(ada.page.locator("output[for=customers]")).to_have_text("5")
    await expect(ada.page.locator("#calculation .figures")).not_to_have_text(before)
    await ada.page.wait_for_url("**customers=5**")
    await ada.page.get_by_label("Your name, or your site’s").fill("Zoë & Sons")
    banner = ada.page.locator("#studio img").first
    await expect(banner).to_have_attribute("alt", "A banner of Zoë & Sons for Kartra, 1200 by 630 pixels")
    await banner.scroll_into_view_if_needed()
    await expect(banner).to_have_js_property("naturalWidth", 1200, timeout=30_000)
    assert await ada.page.evaluate("window.stayed")  # nothing was loaded again
    said = parse_qs(urlsplit(ada.page.url).query)
    assert (said["customers"], said["name"], said["via"]) == (["5"], ["Zoë & Sons"], ["ben"])
    await ada.looks_around()

    shown = await ada.page.locator("#calculation .figures").inner_text()
    friend = await arrives()
    await friend.page.goto(ada.page.url)
    assert await friend.page.locator("#calculation .figures").inner_text() == shown
    assert await friend.page.evaluate(SHIFTS) < 0.01
    href = await friend.page.get_by_role("link", name="Apply in two minutes").first.get_attribute("href")
    assert href == "/apply?via=ben"


async def test_without_a_script_the_buttons_do_the_same(portal: Portal, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(portal.url)
    await page.get_by_label("Scale", exact=False).first.check()
    await page.get_by_label("They start with").uncheck()
    await page.get_by_role("button", name="Work it out").click()
    said = parse_qs(urlsplit(page.url).query)
    assert (said["plan"], said["trial"]) == (["scale"], ["no"])
    assert await page.get_by_label("They start with").is_checked() is False
    await page.get_by_label("Your name, or your site’s").fill("Ada")
    await page.get_by_role("button", name="Show my banners").click()
    said = parse_qs(urlsplit(page.url).query)
    assert (said["plan"], said["name"]) == (["scale"], ["Ada"])
    await context.close()
