"""Indexes that count drafts without reading them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-22T20:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the funnel"

INDEXES = (
    "CREATE INDEX IF NOT EXISTS application_draft_begun ON application_draft (program, started_at, source)",
    "CREATE INDEX IF NOT EXISTS application_draft_way ON application_draft (program, started_at) "
    "WHERE sent_at IS NOT NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(INDEXES)

    manager.add_raw(run)
    return manager
