"""Indexes that a page of a sale and the list by origin lacked in large books."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T00:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes for large books"

STATEMENTS = (
    "CREATE INDEX IF NOT EXISTS money_event_subscription ON money_event (subscription, happened_at)",
    "DROP INDEX IF EXISTS ledger_entry_origin",
    "CREATE INDEX IF NOT EXISTS ledger_entry_origin ON ledger_entry "
    "(enrollment, currency, origin, at, id, sale, look, run, booked_on, released_on, minor)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
