"""Migrations lead from an empty database to the tables that the code has, on both engines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from piccolo.apps.migrations.tables import Migration

from portal import db
from portal.migrate import create_schema, migrate, missing
from portal.piccolo_app import TABLES

# Everything that a row can rely on: columns with their types, keys, indexes and triggers, in words that sort.
SQLITE_SCHEMA = (
    """SELECT 'column ' || m.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || c.pk AS line
    FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'""",
    """SELECT 'key ' || m.name || '.' || k."from" || ' ' || k."table" || ' ' || k.on_delete AS line
    FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table'""",
    """SELECT type || ' ' || sql AS line FROM sqlite_master
    WHERE type IN ('index', 'trigger') AND sql IS NOT NULL""",
)
POSTGRES_SCHEMA = (
    """SELECT concat_ws(' ', 'column', table_name || '.' || column_name, data_type, character_maximum_length,
    is_nullable) AS line FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'p')""",
    "SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT pg_get_triggerdef(oid) AS line FROM pg_trigger WHERE NOT tgisinternal",
)


@pytest.fixture
def bare_sqlite(memory_folder: Path) -> str:
    return f"sqlite:///{memory_folder / uuid4().hex}.sqlite"


@pytest.fixture
async def bare_postgres(postgres: str, anyio_backend: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    server = await asyncpg.connect(f"{postgres}/postgres")
    await server.execute(f"CREATE DATABASE {name}")
    yield f"{postgres}/{name}"
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture(params=["sqlite", "postgres"])
def bare_url(request: pytest.FixtureRequest) -> str:
    """A database in which nothing is yet."""
    return str(request.getfixturevalue(f"bare_{request.param}"))


async def test_an_empty_database_gets_the_tables_of_the_code(bare_url: str) -> None:
    async with db.connected(bare_url):
        async with in_the_end_nothing():
            await create_schema()
            written = await schema()
        assert await migrate() > 0
        migrated = await schema()
    assert len(written) > 100
    assert migrated ^ written == set()


async def test_the_second_start_has_nothing_to_migrate(bare_url: str) -> None:
    async with db.connected(bare_url):
        await migrate()
        assert await missing() == []
        assert await migrate() == 0


async def test_every_table_takes_and_gives_a_count(bare_url: str) -> None:
    async with db.connected(bare_url):
        await migrate()
        assert [await table.count() for table in TABLES] == [0] * len(TABLES)


class Undone(Exception):
    """Ends a transaction without a trace."""


@asynccontextmanager
async def in_the_end_nothing() -> AsyncIterator[None]:
    with suppress(Undone):
        async with db.transaction():
            yield
            raise Undone


async def schema() -> set[str]:
    queries = SQLITE_SCHEMA if db.dialect() == "sqlite" else POSTGRES_SCHEMA
    rows: list[dict[str, Any]] = [row for query in queries for row in await db.engine().run_ddl(query)]
    return {" ".join(row["line"].split()) for row in rows if Migration._meta.tablename not in row["line"]}
