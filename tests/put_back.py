"""One PostgreSQL database for many tests, put back as it was after each: making one takes far longer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import asyncpg

# What a test may have changed beside rows. Whoever does gets its database thrown away.
SHAPE = """
SELECT ARRAY[
    (SELECT count(*) FROM pg_class), (SELECT max(oid::bigint) FROM pg_class),
    (SELECT count(*) FROM pg_attribute),
    (SELECT count(*) FROM pg_constraint), (SELECT max(oid::bigint) FROM pg_constraint),
    (SELECT count(*) FROM pg_proc), (SELECT max(oid::bigint) FROM pg_proc),
    (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'), (SELECT max(oid::bigint) FROM pg_trigger)
]
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
SEQUENCES = "SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public'"
KEPT = "kept"  # the schema in which the rows of the beginning wait


@dataclass(frozen=True)
class Copied:
    """A database made from a template, which knows the way back."""

    name: str
    url: str
    shape: tuple[int, ...]
    way_back: str

    async def put_back(self) -> bool:
        """False: it is not the same database any more, and nobody else should get it."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if tuple(await connection.fetchval(SHAPE)) != self.shape:
                return False
            await connection.execute(self.way_back)
            return True
        finally:
            await connection.close()


class Spare:
    """The databases of a server that no test is using."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._free: dict[str, list[Copied]] = {}

    @asynccontextmanager
    async def of(self, template: str) -> AsyncIterator[str]:
        """The address of a database that is as its template is, of one test alone."""
        free = self._free.setdefault(template, [])
        database = free.pop() if free else await self._copy(template)
        yield database.url
        if await database.put_back():
            free.append(database)
        else:
            await self._run(f"DROP DATABASE {database.name} WITH (FORCE)")

    async def _copy(self, template: str) -> Copied:
        name = f"test_{uuid4().hex}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        url = f"{self._server}/{name}"
        connection = await asyncpg.connect(url)
        try:
            way_back = await _way_back(connection)
            return Copied(name, url, tuple(await connection.fetchval(SHAPE)), way_back)
        finally:
            await connection.close()

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(f"{self._server}/postgres")
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _way_back(connection: asyncpg.Connection) -> str:
    """Keeps the rows of now, and says in SQL how to come back to them."""
    await connection.execute(f"CREATE SCHEMA {KEPT}")
    # Neither triggers nor foreign keys speak up: the rows come and go as a backup's do.
    steps = ["BEGIN", "SET LOCAL session_replication_role = replica"]
    for (table,) in await connection.fetch(TABLES):
        steps.append(f'DELETE FROM "{table}"')  # noqa: S608 - names of the catalog
        if await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{table}")'):  # noqa: S608
            await connection.execute(f'CREATE TABLE {KEPT}."{table}" AS TABLE "{table}"')
            steps.append(f'INSERT INTO "{table}" SELECT * FROM {KEPT}."{table}"')  # noqa: S608
    for name, start, last in await connection.fetch(SEQUENCES):
        steps.append(f"SELECT setval('\"{name}\"', {last or start}, {'true' if last else 'false'})")
    return "; ".join([*steps, "COMMIT"])
