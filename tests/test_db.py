"""The door to both engines: nothing gets lost when many write at once."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest

from portal import db
from portal.accounts.tables import Affiliate
from portal.audit.actions import record
from portal.audit.rules import Actor
from portal.audit.tables import AuditEntry
from portal.enrollments.tables import Enrollment
from portal.errors import Busy, Conflict, Refused
from portal.ids import new_id
from portal.sqlite import POOL_SIZE, TURN, PooledSQLite
from tests.cast import BEGINNING


def someone(email: str) -> Affiliate:
    return Affiliate(
        id=new_id(), email=email, email_key=email, name="0", web_address="", created_at=BEGINNING
    )


async def test_fifty_people_count_at_once_and_none_is_lost(database: str) -> None:
    ada = someone("ada@northbound.example")
    await Affiliate.insert(ada)

    async def count_on() -> None:
        async with db.transaction():
            row = await db.for_update(Affiliate.select(Affiliate.name).where(Affiliate.id == ada.id)).first()
            assert row is not None
            await Affiliate.update({Affiliate.name: str(int(row["name"]) + 1)}).where(Affiliate.id == ada.id)

    await asyncio.gather(*(count_on() for _ in range(50)))
    assert await Affiliate.select(Affiliate.name) == [{"name": "50"}]


async def test_a_taken_address_is_a_conflict_and_leaves_nothing_behind(database: str) -> None:
    await Affiliate.insert(someone("ada@northbound.example"))
    with pytest.raises(Conflict):  # noqa: PT012 - the second one breaks the promise, at the end of both
        async with db.transaction():
            await Affiliate.insert(someone("ben@lowtide.example"))
            await Affiliate.insert(someone("ada@northbound.example"))
    assert await Affiliate.count() == 1


async def test_an_error_inside_takes_the_outer_transaction_with_it(database: str) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - two transactions, one in the other
        async with db.transaction():
            await Affiliate.insert(someone("ada@northbound.example"))
            async with db.transaction():
                await Affiliate.insert(someone("ben@lowtide.example"))
                raise ZeroDivisionError
    assert await Affiliate.count() == 0


async def test_a_cancelled_request_gives_its_connection_back(database: str) -> None:
    async def hang() -> None:
        async with db.transaction():
            await Affiliate.insert(someone("ada@northbound.example"))
            await asyncio.sleep(60)

    for _ in range(POOL_SIZE + 2):
        task = asyncio.create_task(hang())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await Affiliate.count() == 0


async def test_what_is_only_ever_added_cannot_be_changed_or_removed(database: str) -> None:
    await record(Actor("manager", "mira"), "approved", "application", "1", BEGINNING)
    for statement in ("UPDATE audit_entry SET verb = 'declined'", "DELETE FROM audit_entry"):
        with pytest.raises(Exception, match="only ever added"):
            await db.engine().run_ddl(statement)
    assert [row["verb"] for row in await AuditEntry.select(AuditEntry.verb)] == ["approved"]


async def test_many_rows_go_in_at_once_with_every_type_intact(database: str) -> None:
    first, second = new_id(), new_id()
    columns = ("id", "email", "email_key", "name", "web_address", "created_at")
    rows = [(one, f"{one}@x.example", f"{one}@x.example", "N", "", BEGINNING) for one in (first, second)]
    async with db.transaction():
        await db.insert_many("affiliate", columns, rows)
    kept = await Affiliate.select(Affiliate.id, Affiliate.created_at).order_by(Affiliate.id)
    assert kept == [{"id": one, "created_at": BEGINNING} for one in (first, second)]


def test_no_foreign_key_deletes_what_hangs_on_it() -> None:
    assert Enrollment.affiliate._foreign_key_meta.on_delete.value == "RESTRICT"


async def test_a_failed_part_takes_the_whole_with_it_even_if_somebody_catches_it(database: str) -> None:
    with pytest.raises(RuntimeError, match="nothing of it is kept"):  # noqa: PT012 - that is the story
        async with db.transaction():
            await Affiliate.insert(someone("ada@northbound.example"))
            with suppress(Refused):
                async with db.transaction():
                    await Affiliate.insert(someone("ben@lowtide.example"))
                    raise Refused
    assert await Affiliate.count() == 0


async def test_writers_that_find_the_file_locked_leave_nothing_hanging(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    engine = PooledSQLite(path, patience=20)
    db.bind(engine)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(POOL_SIZE + 2):
            with pytest.raises(Busy):
                async with db.transaction():
                    await Affiliate.insert(someone("ada@northbound.example"))
        other.execute("ROLLBACK")
    await asyncio.wait_for(Affiliate.insert(someone("ada@northbound.example")), timeout=5)
    assert await Affiliate.count() == 1
    await engine.close_connection_pool()


async def test_writers_wait_while_another_process_writes(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")

    async def in_a_transaction() -> None:
        async with db.transaction():
            await Affiliate.insert(someone("ada@northbound.example"))

    async with db.connected(sqlite_url):
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = [
                asyncio.ensure_future(in_a_transaction()),
                asyncio.ensure_future(Affiliate.insert(someone("ben@lowtide.example")).run()),
            ]
            assert not (await asyncio.wait(writing, timeout=3 * TURN / 1000))[0]
            other.execute("COMMIT")
            await asyncio.gather(*writing)
        assert await Affiliate.count() == 2


LOOKS_IN = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM affiliate").fetchone()[0])
database.close()
"""


async def test_a_program_that_looks_in_and_leaves_takes_nothing_away(sqlite_url: str) -> None:
    """It closes as if it were the last one, and would take the log of changes with it."""
    path = sqlite_url.removeprefix("sqlite:///")

    async def look_in() -> int:
        python = asyncio.create_subprocess_exec(sys.executable, "-c", LOOKS_IN, path, stdout=subprocess.PIPE)
        said, _ = await (await python).communicate()
        return int(said)

    async with db.connected(sqlite_url):
        await Affiliate.insert(someone("ada@northbound.example"))
        await asyncio.gather(*(Affiliate.count() for _ in range(POOL_SIZE)))
        assert await look_in() == 1
        await Affiliate.insert(someone("ben@lowtide.example"))
        assert await look_in() == 2


async def test_a_lost_connection_is_forgotten(postgres_url: str) -> None:
    async with db.connected(postgres_url):
        with pytest.raises(Busy):
            async with db.transaction():
                await db.engine().run_ddl("SELECT pg_terminate_backend(pg_backend_pid())")
        async with db.transaction():
            await Affiliate.insert(someone("ada@northbound.example"))
        assert await Affiliate.count() == 1


async def test_readers_do_not_wait_for_writers(database: str) -> None:
    async def write_slowly() -> None:
        async with db.transaction():
            await Affiliate.insert(someone(f"{new_id()}@x.example"))
            await asyncio.sleep(0.05)

    writers = [asyncio.create_task(write_slowly()) for _ in range(POOL_SIZE + 4)]
    await asyncio.sleep(0.01)
    await Affiliate.count()
    assert not all(writer.done() for writer in writers)
    await asyncio.gather(*writers)
