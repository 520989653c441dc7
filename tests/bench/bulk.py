"""A million rows at once: nothing that is kept for each row alone is kept while they are written.

Indexes and foreign keys are made anew afterwards, which proves the rows as a whole, and what triggers would
have listed row by row is listed by the statements that once listed the books of running portals.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from portal import db
from portal.earnings.tables import INDEXES, TRIGGERS
from portal.migrations.portal_2026_11_22_ledger import ORIGIN, entries

LARGE = (
    *("billing_event", "subscription", "money_event", "decision", "commission", "paying_span", "renewal"),
    *("payout_line", "ledger_entry"),
)
LISTING = {
    "commission_listed": "commission",
    "decision_listed": "decision",
    "payout_line_listed": "payout_line",
}
OF_AN_INDEX = re.compile(r"INDEX IF NOT EXISTS (\w+) ON (\w+)")
Say = Callable[[str], None]


@asynccontextmanager
async def in_bulk(say: Say) -> AsyncIterator[None]:
    """An empty database takes rows of `LARGE` quickly; at the end it is whole again, with its lists."""
    on_sqlite = db.dialect() == "sqlite"
    if on_sqlite:
        # Of this connection alone, which is the only one: nothing here must survive a power cut.
        for pragma in ("synchronous=OFF", "foreign_keys=0", "cache_size=-1000000", "temp_store=MEMORY"):
            await db.engine().run_ddl(f"PRAGMA {pragma}")
    indexes = {sql: OF_AN_INDEX.search(sql) for sql in INDEXES}
    large = {sql: found[2] for sql, found in indexes.items() if found and found[2] in LARGE}
    for sql in large:
        found = indexes[sql]
        assert found is not None
        await db.engine().run_ddl(f"DROP INDEX {found[1]}")
    for name, table in LISTING.items():
        await db.engine().run_ddl(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
    keys = [] if on_sqlite else await _without_keys()
    yield
    say("indexes")
    await db.run_each(tuple(sql for sql, table in large.items() if table != "ledger_entry"))
    say("lists and sums")
    if not on_sqlite:
        await db.engine().run_ddl("ANALYZE")
    for statement in entries(ORIGIN[db.dialect()]):
        await db.engine().run_ddl(statement)
    await db.run_each(tuple(sql for sql, table in large.items() if table == "ledger_entry"))
    await db.run_each(TRIGGERS[db.dialect()])
    say("keys")
    await (_keys_are_kept() if on_sqlite else db.run_each(tuple(keys)))
    # As PostgreSQL does by itself some minutes later: an index alone answers only what was vacuumed.
    await db.engine().run_ddl("ANALYZE" if on_sqlite else "VACUUM (ANALYZE)")


async def _without_keys() -> list[str]:
    """Drops the foreign keys of large tables; answers what makes them anew."""
    names = ", ".join(f"'{table}'" for table in LARGE)
    rows = await db.engine().run_ddl(
        "SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS told "  # noqa: S608
        f"FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text IN ({names})"
    )
    for row in rows:
        await db.engine().run_ddl(f'ALTER TABLE {row["name"]} DROP CONSTRAINT "{row["conname"]}"')
    return [f'ALTER TABLE {row["name"]} ADD CONSTRAINT "{row["conname"]}" {row["told"]}' for row in rows]


async def _keys_are_kept() -> None:
    for table in LARGE:
        wrong = await db.engine().run_ddl(f"PRAGMA foreign_key_check({table})")
        assert not wrong, (table, wrong[:3])
    await db.engine().run_ddl("PRAGMA foreign_keys=1")
