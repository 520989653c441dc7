"""What one person sent to one program is found by both, without statistics: the queue asks at each opening."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T00:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "applications by person and program"

STATEMENTS = (
    "CREATE INDEX IF NOT EXISTS application_of ON application (affiliate, program, decided_at)",
    "DROP INDEX IF EXISTS application_affiliate",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
