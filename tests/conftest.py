"""What a test can ask for: a database of its own on either engine, a clock, the app, a browser, a cast."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog
from hypothesis import settings as hypothesis_settings
from litestar import Litestar

from portal import db
from portal.creatives.renderers import Renderers
from portal.migrate import migrate
from portal.settings import Settings, read_settings
from tests.cast import BEGINNING, Cast, Partner, Staff, gather_cast, session_of
from tests.postgres import postgres_server
from tests.put_back import Spare

ENGINES = ["sqlite", "postgres"]
# `pytest --hypothesis-profile=long` looks twenty times as long.
hypothesis_settings.register_profile("long", max_examples=2_000, deadline=None)
STRIPE_SECRET = "whsec_tests"


class FrozenClock:
    """Stands still until somebody moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass(frozen=True)
class Stage:
    """A portal's settings, with a database in which the cast waits."""

    settings: Settings
    cast: Cast


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """Tracebacks without the values of variables, which would fill the screen."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the whole session, so that the browser and the templates can live as long."""
    return "asyncio"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(BEGINNING)


# --- databases: made once a session, copied for each test or put back after it ---


@pytest.fixture(scope="session")
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: SQLite waits for the disk at every commit."""
    shared_memory = Path("/dev/shm")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="portal-", dir=shared_memory if shared_memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def sqlite_empty(memory_folder: Path, anyio_backend: str) -> Path:
    path = memory_folder / "empty.sqlite"
    async with db.connected(f"sqlite:///{path}"):
        await migrate()
    return path


@pytest.fixture(scope="session")
async def sqlite_peopled(sqlite_empty: Path, anyio_backend: str) -> tuple[Path, Cast]:
    path = sqlite_empty.with_name("peopled.sqlite")
    shutil.copyfile(sqlite_empty, path)
    async with db.connected(f"sqlite:///{path}"):
        return path, await gather_cast(BEGINNING)


@pytest.fixture(scope="session")
async def postgres(anyio_backend: str) -> AsyncIterator[str]:
    """A server's address, with a migrated database named `empty` on it."""
    with postgres_server() as server:
        await _run_on(server, "CREATE DATABASE empty")
        async with db.connected(f"{server}/empty"):
            await migrate()
        yield server


@pytest.fixture(scope="session")
async def postgres_peopled(postgres: str, anyio_backend: str) -> Cast:
    await _run_on(postgres, "CREATE DATABASE peopled TEMPLATE empty")
    async with db.connected(f"{postgres}/peopled"):
        return await gather_cast(BEGINNING)


@pytest.fixture(scope="session")
def spare(postgres: str) -> Spare:
    return Spare(postgres)


async def _run_on(server: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def copied_sqlite(memory_folder: Path) -> Iterator[Path]:
    """Where this test's copy goes."""
    path = memory_folder / f"{uuid4().hex}.sqlite"
    yield path
    for left in memory_folder.glob(f"{path.name}*"):
        left.unlink()


@pytest.fixture
def sqlite_url(sqlite_empty: Path, copied_sqlite: Path) -> str:
    shutil.copyfile(sqlite_empty, copied_sqlite)
    return f"sqlite:///{copied_sqlite}"


@pytest.fixture
def sqlite_stage(sqlite_peopled: tuple[Path, Cast], copied_sqlite: Path, tmp_path: Path) -> Stage:
    template, cast = sqlite_peopled
    shutil.copyfile(template, copied_sqlite)
    return Stage(settings_for(f"sqlite:///{copied_sqlite}", tmp_path), cast)


@pytest.fixture
async def postgres_url(spare: Spare, anyio_backend: str) -> AsyncIterator[str]:
    async with spare.of("empty") as url:
        yield url


@pytest.fixture
async def postgres_stage(
    spare: Spare, postgres_peopled: Cast, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Stage]:
    async with spare.of("peopled") as url:
        yield Stage(settings_for(url, tmp_path), postgres_peopled)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database of this test alone: everything that asks for it runs on both engines."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[str]:
    """The same, with every table speaking to it."""
    async with db.connected(database_url):
        yield database_url


def settings_for(database_url: str, folder: Path, **more: str) -> Settings:
    return read_settings(
        {
            "PORTAL_DATA_DIR": str(folder / "data"),
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_BASE_URL": "http://127.0.0.1:8000",
            "PORTAL_STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
            # A frozen clock would remember for ever.
            "PORTAL_PICTURES_REMEMBERED": "0",
            **more,
        }
    )


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return settings_for(database_url, tmp_path)


# --- the app and the people who use it ---


@pytest.fixture(params=ENGINES)
def stage(request: pytest.FixtureRequest) -> Stage:
    """A portal with its cast: everything that asks for it, or for somebody in it, runs on both engines."""
    found = request.getfixturevalue(f"{request.param}_stage")
    assert isinstance(found, Stage)
    return found


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast


@pytest.fixture
async def bound(stage: Stage, anyio_backend: str) -> AsyncIterator[None]:
    """The stage's database, spoken to without the app."""
    async with db.connected(stage.settings.database_url):
        yield


@pytest.fixture(scope="session")
def unsettled(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The app of all tests of this process, one after the other."""
    from portal.app import create_app  # tests of rules and pictures do without it, and start sooner

    return create_app(settings_for("sqlite://", tmp_path_factory.mktemp("nowhere")))


class Lent(Renderers):
    """Stays when an app ends: a render process takes seconds to start."""

    async def close(self) -> None:
        pass


@pytest.fixture(scope="session")
async def renderers(anyio_backend: str) -> AsyncIterator[Renderers]:
    lent = Lent()
    yield lent
    await Renderers.close(lent)


Opening = Callable[[Settings], AbstractAsyncContextManager[Litestar]]


@pytest.fixture
def opened(unsettled: Litestar, renderers: Renderers, clock: FrozenClock) -> Opening:
    """`async with opened(settings) as app`: letters wait until a test sends them, see tests/letters.py."""
    from portal.app import settle

    @asynccontextmanager
    async def opened(settings: Settings) -> AsyncIterator[Litestar]:
        settle(unsettled, settings, clock, own_worker=False)
        unsettled.state.renderers = renderers
        async with unsettled.lifespan():
            yield unsettled

    return opened


@pytest.fixture
async def app(stage: Stage, opened: Opening, anyio_backend: str) -> AsyncIterator[Litestar]:
    async with opened(stage.settings) as app:
        yield app


def cookie_domain(base_url: str) -> str:
    """As Python's cookie jar writes it, which gives a name without a dot an ending."""
    host = urlsplit(base_url).hostname or ""
    return host if "." in host else f"{host}.local"


class People:
    """Opens a browser-like client for anybody."""

    def __init__(self, app: Litestar, settings: Settings, clock: FrozenClock, stack: AsyncExitStack) -> None:
        self._app, self._settings, self._clock, self._stack = app, settings, clock, stack

    async def visitor(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app, client=("127.0.0.1", 50_000)),  # type: ignore[arg-type]
            base_url=self._settings.base_url,
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        )
        return await self._stack.enter_async_context(client)

    async def signed_in(self, person: Partner | Staff, *, second_factor: bool = True) -> httpx.AsyncClient:
        client = await self.visitor()
        # Where the portal's own cookies go, so that they replace it.
        token = await session_of(person, self._clock(), second_factor=second_factor)
        client.cookies.set("session", token, domain=cookie_domain(self._settings.base_url))
        return client


@pytest.fixture
async def people(
    app: Litestar, stage: Stage, clock: FrozenClock, anyio_backend: str
) -> AsyncIterator[People]:
    async with AsyncExitStack() as stack:
        yield People(app, stage.settings, clock, stack)


@pytest.fixture
async def visitor(people: People, anyio_backend: str) -> httpx.AsyncClient:
    return await people.visitor()


@pytest.fixture
async def ada(people: People, cast: Cast, anyio_backend: str) -> httpx.AsyncClient:
    return await people.signed_in(cast.ada)


@pytest.fixture
async def ben(people: People, cast: Cast, anyio_backend: str) -> httpx.AsyncClient:
    return await people.signed_in(cast.ben)


@pytest.fixture
async def mira(people: People, cast: Cast, anyio_backend: str) -> httpx.AsyncClient:
    return await people.signed_in(cast.mira)
