"""Indexes for what waits for managers."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-22T20:42:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the managers' first page"

INDEXES = (
    """CREATE INDEX IF NOT EXISTS decision_unknown ON decision ("transaction") WHERE outcome = 'unknown_plan'""",
    "CREATE INDEX IF NOT EXISTS disputed_time_open ON disputed_time (closed_on, sale)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(INDEXES)

    manager.add_raw(run)
    return manager
