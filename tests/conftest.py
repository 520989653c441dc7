"""What a test can ask for: a database of its own on either engine, a clock, the app, a browser, a cast."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import asyncpg
import pytest

from portal import db
from portal.migrate import create_schema
from portal.settings import Settings, read_settings
from tests.postgres import postgres_server

STRIPE_SECRET = "whsec_tests"


class Templates(NamedTuple):
    """Migrated, empty databases; each test gets a copy."""

    sqlite: Path
    server: str | None


class FrozenClock:
    """Stands still until somebody moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the whole session, so that the browser and templates can live as long."""
    return "asyncio"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: SQLite waits for the disk at every commit."""
    shared_memory = Path("/dev/shm")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="portal-", dir=shared_memory if shared_memory.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def sqlite_template(memory_folder: Path, anyio_backend: str) -> Path:
    path = memory_folder / "template.sqlite"
    async with db.connected(f"sqlite:///{path}"):
        await create_schema()
    return path


@pytest.fixture(scope="session")
async def postgres(anyio_backend: str) -> AsyncIterator[str]:
    """A server's address, with a migrated database named `template` on it."""
    with postgres_server() as server:
        await _run_on(server, "CREATE DATABASE template")
        async with db.connected(f"{server}/template"):
            await create_schema()
        yield server


async def _run_on(server: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, memory_folder: Path) -> Iterator[str]:
    path = memory_folder / f"{uuid4().hex}.sqlite"
    shutil.copyfile(sqlite_template, path)
    yield f"sqlite:///{path}"
    for left in memory_folder.glob(f"{path.name}*"):
        left.unlink()


@pytest.fixture
async def postgres_url(postgres: str, anyio_backend: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    await _run_on(postgres, f"CREATE DATABASE {name} TEMPLATE template")
    yield f"{postgres}/{name}"
    await _run_on(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database of this test alone: everything that asks for it runs on both engines."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def database(database_url: str, anyio_backend: str) -> AsyncIterator[str]:
    """The same, with every table already speaking to it."""
    async with db.connected(database_url):
        yield database_url


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return read_settings(
        {
            "PORTAL_DATA_DIR": str(tmp_path / "data"),
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_BASE_URL": "http://127.0.0.1:8000",
            "PORTAL_STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
        }
    )
