"""The whole portal as a process of its own, and people with browsers in front of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from portal.settings import Settings, read_settings
from tests.conftest import STRIPE_SECRET
from tests.flows.person import Person
from tests.machine import chromium
from tests.postgres import free_port

HOUSE = Path(__file__).parents[2]
# Chromium's sandbox refuses root and many containers, and sees only our own pages here.
# The rest keeps it from calling home, or anybody else.
FLAGS = (
    "--no-sandbox",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
START_SECONDS = 20
PATIENCE_MILLISECONDS = 10_000


@dataclass(frozen=True)
class Portal:
    """A served portal, reached only as a person or another program would."""

    url: str
    data_dir: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def settings(self) -> Settings:
        return read_settings(
            {name: value for name, value in self.environment.items() if name.startswith("PORTAL_")}
        )

    async def runs(self, *arguments: str, typed: str = "") -> str:
        """What `python -m portal …` prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "portal", *arguments),
            cwd=HOUSE,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, wrong = await process.communicate(typed.encode())
        assert process.returncode == 0, wrong.decode()
        return said.decode()


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    program = chromium()
    if program is None:
        raise RuntimeError("Chromium is missing: run ./test, or install the package chromium.")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def portal(database_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Portal]:
    async with served(database_url, tmp_path) as served_portal:
        yield served_portal


@asynccontextmanager
async def served(database_url: str, tmp_path: Path, host: str = "127.0.0.1") -> AsyncIterator[Portal]:
    """Started the way that ./run starts it, empty, on a port of its own."""
    port = free_port()
    url = f"http://{host}:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
        "PORTAL_DATA_DIR": str(tmp_path / "data"),
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_PORT": str(port),
        "PORTAL_BASE_URL": url,
        "PORTAL_STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
    }
    with (tmp_path / "server.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "portal", "serve"), cwd=HOUSE, env=environment, stdout=log, stderr=log
        )
    try:
        await _wait_until_served(url, process, tmp_path / "server.log")
        yield Portal(url, tmp_path / "data", environment)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _wait_until_served(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{url}/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.05)


@pytest.fixture
async def arrives(
    portal: Portal, browser: Browser, anyio_backend: str
) -> AsyncIterator[Callable[[], Awaitable[Person]]]:
    """`ada = await arrives()`: somebody with a browser of their own, without cookies."""
    people: list[Person] = []
    # A page looks the same whichever engine it was read from; one careful look is enough.
    careful = portal.settings.database_url.startswith("sqlite")
    async with AsyncExitStack() as stack:

        async def arrive() -> Person:
            context = await browser.new_context(
                viewport={"width": 1440, "height": 900},
                permissions=["clipboard-read", "clipboard-write"],
                # Headless Chromium says that it is one, and would count as a bot.
                user_agent=BROWSER.format(browser.version),
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_MILLISECONDS)
            people.append(await Person.arrives(context, portal.url, careful=careful))
            return people[-1]

        yield arrive
    if complaints := [complaint for person in people for complaint in person.complaints]:
        pytest.fail("\n".join(complaints), pytrace=False)
