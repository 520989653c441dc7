"""The two engines behind one door: which one, transactions, locks, and what their errors mean."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit

import asyncpg
from piccolo.engine.base import Engine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import TABLE_REGISTRY

from portal.errors import Busy, Conflict, StorageFull
from portal.postgres import PooledPostgres
from portal.sqlite import PooledSQLite

Dialect = Literal["sqlite", "postgres"]
Query = TypeVar("Query")

_engine: Engine[Any] | None = None


class _Open:
    """The transaction that is open here. Once a part of it failed, none of it may be kept."""

    failed = False

    def must_be_whole(self) -> None:
        if self.failed:
            raise RuntimeError("A part of this transaction failed, so nothing of it is kept.")


_open: ContextVar[_Open | None] = ContextVar("open transaction", default=None)


def make_engine(url: str) -> Engine[Any]:
    """An engine for `sqlite:///relative`, `sqlite:////absolute` or `postgresql://…`; connects when used."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return PooledSQLite(unquote(parts.path.removeprefix("/")))
    return PooledPostgres(url)


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
    """One action, one transaction; a nested one joins the outer one, and takes it along when it fails.

    A broken unique promise becomes `Conflict`, a locked or absent database `Busy`, a full disk `StorageFull`.
    Never start tasks or `gather` inside: the connection lives in a context variable.
    """
    outer = _open.get()
    if outer is not None:
        try:
            yield
        except BaseException:
            outer.failed = True
            raise
        return
    mine = _Open()
    token = _open.set(mine)
    try:
        async with engine().transaction():
            yield
            mine.must_be_whole()
    except Exception as error:
        meaning = _meaning(error)
        if meaning is error:
            raise
        raise meaning from error
    finally:
        _open.reset(token)


def _meaning(error: Exception) -> Exception:
    """What an engine's error means to the one who asked; other errors stay what they are."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict()
    if isinstance(error, sqlite3.IntegrityError) and "UNIQUE" in str(error):
        return Conflict()
    if is_full(error):
        return StorageFull()
    if is_away(error):
        return Busy()
    return error


def is_full(error: BaseException) -> bool:
    return isinstance(error, asyncpg.DiskFullError) or (
        isinstance(error, sqlite3.OperationalError) and "is full" in str(error)
    )


def is_away(error: BaseException) -> bool:
    """Whether the database is locked, restarting or unreachable: a 503 and not a fault of the request."""
    if isinstance(error, sqlite3.OperationalError):
        return any(word in str(error) for word in ("locked", "busy", "unable to open"))
    if isinstance(error, FileNotFoundError | PermissionError):
        return False
    return isinstance(error, (*_AWAY, OSError, Busy))


_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)


def for_update(query: Query, *, skip_locked: bool = False) -> Query:
    """Locks the rows that a select reads. On SQLite the transaction holds the whole file already."""
    if dialect() == "sqlite":
        return query
    return query.lock_rows("UPDATE", skip_locked=skip_locked)  # type: ignore[attr-defined,no-any-return]


async def exclusively(name: str, *numbers: int) -> None:
    """Only one transaction at a time goes on from here. The numbers belong to the name for ever."""
    if dialect() == "postgres" and numbers:
        turns = ", ".join(str(number) for number in sorted(numbers))
        await engine().run_ddl(
            f"SELECT pg_advisory_xact_lock(n) FROM unnest(ARRAY[{turns}]) AS n /* {name} */"  # noqa: S608 - numbers
        )


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


async def insert_many(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Many rows at once, inside a transaction: some twenty times faster than through the query builder."""
    connection = _connection("insert_many")
    if dialect() == "postgres":
        await connection.copy_records_to_table(table, records=rows, columns=list(columns))
        return
    names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" for _ in columns)
    statement = f'INSERT INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608 - names of our own tables
    await connection.executemany(statement, rows)


# Both engines take about 32,000 values in one statement.
MOST_VALUES = 30_000


async def insert_new(
    table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], once: Sequence[str]
) -> list[Any]:
    """Inserts the rows that keep the unique promise over `once`, inside a transaction; answers their ids."""
    connection = _connection("insert_new")
    found: list[Any] = []
    at_once = MOST_VALUES // len(columns)
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        statement = _insert_new_sql(table, columns, len(some), once)
        values = [value for row in some for value in row]
        if dialect() == "postgres":
            found += [row["id"] for row in await connection.fetch(statement, *values)]
        else:
            async with connection.execute(statement, values) as cursor:
                found += [row["id"] for row in await cursor.fetchall()]
    return found


def _insert_new_sql(table: str, columns: Sequence[str], rows: int, once: Sequence[str]) -> str:
    names, width = ", ".join(f'"{column}"' for column in columns), len(columns)
    if dialect() == "postgres":
        places = [", ".join(f"${row * width + at + 1}" for at in range(width)) for row in range(rows)]
    else:
        places = [", ".join("?" * width)] * rows
    values = ", ".join(f"({place})" for place in places)
    return (
        f'INSERT INTO "{table}" ({names}) VALUES {values} '  # noqa: S608 - names of our own tables
        f"ON CONFLICT ({', '.join(once)}) DO NOTHING RETURNING id"
    )


async def upsert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], key: str) -> None:
    """Writes rows anew where their key is there already, inside a transaction. No key may come twice."""
    connection = _connection("upsert")
    names = ", ".join(f'"{column}"' for column in columns)
    set_to = ", ".join(f'"{column}" = excluded."{column}"' for column in columns if column != key)
    sqlite = dialect() == "sqlite"
    places = ", ".join("?" if sqlite else f"${at + 1}" for at in range(len(columns)))
    statement = (
        f'INSERT INTO "{table}" ({names}) VALUES ({places}) '  # noqa: S608 - names of our own tables
        f'ON CONFLICT ("{key}") DO UPDATE SET {set_to}'
    )
    if rows:
        await connection.executemany(statement, rows)


def _connection(verb: str) -> Any:
    transaction = engine().current_transaction.get()
    if transaction is None:
        raise RuntimeError(f"{verb} needs a transaction around it")
    return transaction.connection
