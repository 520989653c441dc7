"""A person at a browser. Wherever it goes, it sees whether the page is one that we would show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
REPORT_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} blocks ${event.blockedURI} at ${event.sourceFile}`))
"""
# A phone in the dark and a desk in the light: two looks find what four would.
LOOKS: tuple[tuple[int, int, Any], ...] = ((390, 844, "dark"), (1440, 900, "light"))
# Colours that are still fading would be measured half way.
STAND_STILL = """() => document.getAnimations()
  .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
  .forEach((animation) => animation.finish())"""
RUN_AXE = "() => axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)"
OVERFLOW = """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
  [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))]"""


class Person:
    """`complaints` collects what the browser says and what each look at a page found.

    The fixture `arrives` fails the test for them, so that one walk tells of all pages.
    """

    def __init__(self, page: Page, base_url: str, *, careful: bool) -> None:
        self.page = page
        self.base_url = base_url
        self.careful = careful
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        page.on("request", self._see_request)

    @classmethod
    async def arrives(cls, context: BrowserContext, base_url: str, *, careful: bool) -> "Person":
        await context.add_init_script(REPORT_POLICY)
        await context.add_init_script(path=AXE)
        return cls(await context.new_page(), base_url, careful=careful)

    async def opens(self, path: str) -> None:
        answer = await self.page.goto(self.base_url + path)
        assert answer is not None
        assert answer.status == 200, f"{path} answers {answer.status}"
        await self.looks_around()

    async def looks_again(self, path: str, thing: Locator) -> None:
        """Opens a page again and again until what a moment later comes to be is on it."""
        for _ in range(50):
            await self.page.goto(self.base_url + path)
            if await thing.count():
                break
            await self.page.wait_for_timeout(100)
        await expect(thing).to_be_visible()
        await self.looks_around()

    async def reads(self, *texts: str) -> None:
        for text in texts:
            await expect(self.page.get_by_text(text).first).to_be_visible()

    async def types(self, answers: Mapping[str, str]) -> None:
        for label, answer in answers.items():
            await self.page.get_by_label(label, exact=True).fill(answer)

    async def ticks(self, *labels: str) -> None:
        for label in labels:
            await self.page.get_by_label(label, exact=True).check()

    async def presses(self, name: str) -> None:
        """A button that leads to a page."""
        await self.follows(self.page.get_by_role("button", name=name).first)

    async def clicks(self, name: str) -> None:
        """A link."""
        await self.follows(self.page.get_by_role("link", name=name).first)

    async def copies(self, button: Locator) -> str:
        await button.click()
        return str(await self.page.evaluate("() => navigator.clipboard.readText()"))

    async def downloads(self, link: Locator, folder: Path) -> Path:
        async with self.page.expect_download() as waiting:
            await link.click()
        download = await waiting.value
        path = folder / download.suggested_filename
        await download.save_as(path)
        return path

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    async def looks_around(self) -> None:
        """Complains of what axe finds and of a page that scrolls sideways."""
        await self.page.wait_for_load_state("load")
        for width, height, scheme in LOOKS if self.careful else ():
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.evaluate(STAND_STILL)
            beyond, culprits = await self.page.evaluate(OVERFLOW)
            if beyond > 0:
                self._complain(f"scrolls {beyond} px sideways at {width} px: {culprits}")
            for violation in await self.page.evaluate(RUN_AXE):
                self._complain(f"at {width} px, {scheme}: {_told(violation)}")

    async def follows(self, control: Locator) -> None:
        async with self.page.expect_navigation():
            await control.click()
        await self.looks_around()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(f"console: {message.text}")

    def _see_request(self, request: Request) -> None:
        if (
            not request.url.startswith((self.base_url, "data:", "blob:"))
            and not request.is_navigation_request()
        ):
            self._complain(f"asked another host: {request.url}")

    def _complain(self, words: str) -> None:
        self.complaints.append(f"{self.path}: {words}")


def _told(violation: dict[str, Any]) -> str:
    places = [node["html"][:160] for node in violation["nodes"][:3]]
    return f"{violation['id']} ({violation['impact']}): {violation['help']} {places}"
