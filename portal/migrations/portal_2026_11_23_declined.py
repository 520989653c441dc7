"""What declined applicants may ask for: a letter on the day from which they can apply again, and forgetting."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T00:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reminders and deleted answers of applications"

COLUMNS = (
    'ALTER TABLE "application" ADD COLUMN "reminder" UUID DEFAULT null',
    'ALTER TABLE "application" ADD COLUMN "emptied_at" TIMESTAMPTZ DEFAULT null',
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(COLUMNS)

    manager.add_raw(run)
    return manager
