"""The two engines behind one door: SQLite and PostgreSQL, pools, transactions, locks.

SQLite: Piccolo's own engine opens a connection and a thread for every query, has no write-ahead log
and begins transactions DEFERRED, which loses concurrent read-modify-writes to "database is locked".
`PooledSQLite` keeps connections, and every transaction begins IMMEDIATE: writers queue at BEGIN.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit

import aiosqlite
import asyncpg
from piccolo.engine.base import Engine
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory
from piccolo.querystring import QueryString
from piccolo.table import TABLE_REGISTRY, Table

from portal.errors import Busy, Conflict

Dialect = Literal["sqlite", "postgres"]
Query = TypeVar("Query")

POOL_SIZE = 8
# A booked event must be on disk before it is answered: synchronous=FULL on every connection.
PRAGMAS = ("journal_mode=WAL", "busy_timeout=5000", "foreign_keys=1", "synchronous=FULL")


class PooledTransaction(SQLiteTransaction):
    """Gives its connection back to the pool instead of closing it."""

    engine: "PooledSQLite"

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        if self._parent:
            return exception is None
        ending = asyncio.ensure_future(self._end(failed=exception is not None))
        try:
            # A cancelled request must not leave an open transaction behind in the pool.
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise
        finally:
            self.engine.current_transaction.reset(self.context)
        return exception is None

    async def _end(self, *, failed: bool) -> None:
        whole = False
        try:
            if failed and not self._rolled_back:
                await self.rollback()  # type: ignore[no-untyped-call]
            elif not self._committed and not self._rolled_back:
                await self.commit()  # type: ignore[no-untyped-call]
            whole = True
        finally:
            await self.engine.give_back(self.connection, whole=whole)


class PooledSQLite(SQLiteEngine):
    """At most `POOL_SIZE` connections in WAL mode, each with its own thread, opened when first needed."""

    def __init__(self, path: str) -> None:
        super().__init__(path=path)
        self._idle: list[aiosqlite.Connection] = []
        self._room = asyncio.Semaphore(POOL_SIZE)

    async def get_connection(self) -> aiosqlite.Connection:
        await self._room.acquire()
        try:
            return self._idle.pop() if self._idle else await self._open()
        except BaseException:
            self._room.release()
            raise

    async def give_back(self, connection: aiosqlite.Connection, *, whole: bool) -> None:
        if whole:
            self._idle.append(connection)
        else:
            await connection.close()
        self._room.release()

    async def start_connection_pool(self) -> None:
        await self.give_back(await self.get_connection(), whole=True)

    async def close_connection_pool(self) -> None:
        # aiosqlite's threads are not daemons: a connection left open keeps the process alive.
        while self._idle:
            await self._idle.pop().close()

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> SQLiteTransaction:
        return PooledTransaction(
            engine=self, transaction_type=TransactionType.immediate, allow_nested=allow_nested
        )

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> Any:
        query, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self._run(query, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> Any:
        return await self._run(ddl, [])

    async def _open(self) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(**self.connection_kwargs)
        connection.row_factory = dict_factory  # type: ignore[assignment]
        for pragma in PRAGMAS:
            await connection.execute(f"PRAGMA {pragma}")
        return connection

    async def _run(self, query: str, arguments: list[Any]) -> Any:
        transaction = self.current_transaction.get()
        if transaction is not None:
            return await _fetch(transaction.connection, query, arguments)
        connection = await self.get_connection()
        whole = False
        try:
            rows = await _fetch(connection, query, arguments)
            whole = True
            return rows
        except sqlite3.Error:
            whole = True  # the statement failed, the connection did not
            raise
        finally:
            await asyncio.shield(self.give_back(connection, whole=whole))


async def _fetch(connection: aiosqlite.Connection, query: str, arguments: list[Any]) -> Any:
    async with connection.execute(query, arguments) as cursor:
        return await cursor.fetchall()


class PooledPostgres(PostgresEngine):
    """Piccolo's engine with our pool, and without a question for the server's version at every start."""

    async def check_version(self) -> None:
        """Nothing: the stock one connects, in a thread and loop of its own, whenever an engine is made."""

    async def start_connection_pool(self, **_: Any) -> None:
        await super().start_connection_pool(min_size=1, max_size=POOL_SIZE)


_engine: Engine[Any] | None = None


def make_engine(url: str) -> Engine[Any]:
    """An engine for `sqlite:///relative`, `sqlite:////absolute` or `postgresql://…`; connects when used."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return PooledSQLite(unquote(parts.path.removeprefix("/")))
    return PooledPostgres(config={"dsn": url})


def bind(new: Engine[Any]) -> None:
    """Makes every table speak to this engine from now on."""
    global _engine  # noqa: PLW0603 - Piccolo's tables hold their engine globally too
    _engine = new
    for table in TABLE_REGISTRY:
        table._meta.db = new


def engine() -> Engine[Any]:
    if _engine is None:
        raise RuntimeError("No database is bound: call db.bind(make_engine(url)) first.")
    return _engine


def dialect() -> Dialect:
    return "sqlite" if isinstance(engine(), SQLiteEngine) else "postgres"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Engine[Any]]:
    """Binds an engine and keeps its pool open for the length of a program or a command."""
    made = make_engine(url)
    await made.start_connection_pool()
    bind(made)
    try:
        yield made
    finally:
        await made.close_connection_pool()


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """One action, one transaction; a nested one joins the outer one.

    A broken unique promise becomes `Conflict`, a database that is locked or away `Busy`.
    Never start tasks or `gather` inside: the connection lives in a context variable.
    """
    try:
        async with engine().transaction():
            yield
    except (sqlite3.IntegrityError, asyncpg.UniqueViolationError) as error:
        if isinstance(error, sqlite3.IntegrityError) and "UNIQUE" not in str(error):
            raise
        raise Conflict from error
    except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError) as error:
        raise Busy from error


def is_away(error: BaseException) -> bool:
    """Whether the database is locked or unreachable, which is a 503 and not a fault of the request."""
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error) or "busy" in str(error) or "unable to open" in str(error)
    return isinstance(
        error,
        (
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.TooManyConnectionsError,
            OSError,
        ),
    ) and not isinstance(error, FileNotFoundError | PermissionError)


def for_update(query: Query, *, skip_locked: bool = False) -> Query:
    """Locks the rows that a select reads. On SQLite the transaction holds the whole file already."""
    if dialect() == "sqlite":
        return query
    return query.lock_rows("UPDATE", skip_locked=skip_locked)  # type: ignore[attr-defined,no-any-return]


async def exclusively(name: str, number: int) -> None:
    """Only one transaction at a time goes on from here. `number` belongs to the name for ever."""
    if dialect() == "postgres":
        await engine().run_ddl(f"SELECT pg_advisory_xact_lock({number}) /* {name} */")


def append_only(*tables: str) -> dict[Dialect, tuple[str, ...]]:
    """Triggers that refuse to change or remove rows of these tables, for each engine."""
    return {
        "sqlite": tuple(
            f"CREATE TRIGGER IF NOT EXISTS {table}_never_{verb} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
            for table in tables
            for verb in ("update", "delete")
        ),
        "postgres": (
            "CREATE OR REPLACE FUNCTION only_added() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$",
            *(
                f"CREATE OR REPLACE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION only_added()"
                for table in tables
            ),
        ),
    }


async def run_each(statements: tuple[str, ...]) -> None:
    for statement in statements:
        await engine().run_ddl(statement)


async def exists(table: type[Table], condition: Any) -> bool:
    return bool(await table.exists().where(condition))


async def insert_many(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Many rows at once, inside a transaction: some twenty times faster than through the query builder."""
    transaction = engine().current_transaction.get()
    if transaction is None:
        raise RuntimeError("insert_many needs a transaction around it")
    if dialect() == "postgres":
        await transaction.connection.copy_records_to_table(table, records=rows, columns=list(columns))
        return
    names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" for _ in columns)
    statement = f'INSERT INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608 - names of our own tables
    await transaction.connection.executemany(statement, rows)
