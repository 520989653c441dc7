"""SQLite as a server needs it: pooled connections, write-ahead log, writers in a queue.

Piccolo's own engine opens a connection and a thread for every query, has no write-ahead log and begins
transactions DEFERRED, which loses concurrent read-modify-writes to "database is locked". Here every
transaction begins IMMEDIATE, and writers of this process wait for each other before they take a connection,
so that readers always find one.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory
from piccolo.querystring import QueryString

POOL_SIZE = 8
# A booked event must be on disk before it is answered: synchronous=FULL on every connection.
# 16 MB of pages kept a connection: with SQLite's own 2 MB, every list reads the file again.
PRAGMAS = ("journal_mode=WAL", "foreign_keys=1", "synchronous=FULL", "cache_size=-16000")
PATIENCE = 5_000  # milliseconds that a writer waits for another process
# SQLite asks for the lock again after 1 ms, then ever more seldom: a process that books without a pause would
# hold a patient one off for seconds. So it is asked in short turns, each of which begins eagerly again.
TURN = 40  # milliseconds
PAUSE = 0.005  # seconds, where SQLite says no without having waited at all
READS = ("SELECT", "PRAGMA", "EXPLAIN")


class PooledTransaction(SQLiteTransaction):
    """Waits for its turn to write, and gives its connection back to the pool instead of closing it."""

    engine: "PooledSQLite"

    async def __aenter__(self) -> SQLiteTransaction:
        if self._parent is not None:
            return self._parent
        await self.engine.writing.acquire()
        try:
            self.connection = await self.engine.get_connection()
            try:
                await self.engine.in_turns(self.begin)
            except BaseException:
                await asyncio.shield(self.engine.give_back(self.connection, whole=False))
                raise
        except BaseException:
            self.engine.writing.release()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

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
            try:
                await self.engine.give_back(self.connection, whole=whole)
            finally:
                self.engine.writing.release()


class PooledSQLite(SQLiteEngine):
    """At most `POOL_SIZE` connections, each with its own thread, opened when first needed."""

    def __init__(self, path: str, patience: int = PATIENCE) -> None:
        super().__init__(path=path)
        self._patience = patience / 1000
        self._pragmas = (f"busy_timeout={min(patience, TURN)}", *PRAGMAS)
        self.writing = asyncio.Lock()
        self._idle: list[aiosqlite.Connection] = []
        self._room = asyncio.Semaphore(POOL_SIZE)
        self._making = asyncio.Lock()

    async def get_connection(self) -> aiosqlite.Connection:
        await self._room.acquire()
        try:
            return self._idle.pop() if self._idle else await self._open()
        except BaseException:
            self._room.release()
            raise

    async def give_back(self, connection: aiosqlite.Connection, *, whole: bool) -> None:
        try:
            if whole:
                self._idle.append(connection)
            else:
                await connection.close()
        finally:
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
        async with self._making:
            await asyncio.to_thread(_make_private, Path(self.path))
        connection = aiosqlite.connect(**self.connection_kwargs)
        # A server that is told to stop does not wait for one that a broken request still holds: what was
        # committed is on disk, and SQLite rolls the rest back.
        connection._thread.daemon = True  # noqa: SLF001
        await connection
        try:
            await self._make_ready(connection)
        except BaseException:
            await asyncio.shield(connection.close())
            raise
        return connection

    async def _make_ready(self, connection: aiosqlite.Connection) -> None:
        connection.row_factory = dict_factory  # type: ignore[assignment]
        # SQLite's own lower() knows only ASCII.
        await connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma in self._pragmas:
            await self.in_turns(lambda: connection.execute(f"PRAGMA {pragma}"))  # noqa: B023 - asked at once

    async def _run(self, query: str, arguments: list[Any]) -> Any:
        transaction = self.current_transaction.get()
        if transaction is not None:
            return await _fetch(transaction.connection, query, arguments)
        if query.lstrip().upper().startswith(READS):
            return await self._run_alone(query, arguments)
        async with self.writing:
            return await self._run_alone(query, arguments)

    async def in_turns(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Asks until no other connection holds the lock, or patience ends.

        Only for what did nothing when it is refused: beginning a transaction, or a statement that is one.
        """
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return await ask()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(PAUSE)

    async def _run_alone(self, query: str, arguments: list[Any]) -> Any:
        async with self._borrowed() as connection:
            return await self.in_turns(lambda: _fetch(connection, query, arguments))

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[aiosqlite.Connection]:
        connection = await self.get_connection()
        whole = False
        try:
            yield connection
            whole = True
        except sqlite3.Error:
            whole = True  # the statement failed, the connection did not
            raise
        finally:
            await asyncio.shield(self.give_back(connection, whole=whole))


async def _fetch(connection: aiosqlite.Connection, query: str, arguments: list[Any]) -> Any:
    async with connection.execute(query, arguments) as cursor:
        return await cursor.fetchall()


def _is_busy(error: sqlite3.Error) -> bool:
    """Somebody else has the lock. The longer codes that SQLite knows end in the same byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _make_private(path: Path) -> None:
    """The file holds the keys of one-time codes: nobody else on the machine may read it.

    Only a file that is not there yet is opened. Whoever closes a file gives up every lock that its process
    holds on it; another process would then take itself for the last one and remove the write-ahead log.
    """
    with suppress(OSError):  # it is there already, or SQLite itself says why none can be
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text
