"""The promotion that a managers' design belongs to."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T10:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the promotion that a managers' design belongs to"

STATEMENTS = ("""ALTER TABLE managed_design ADD COLUMN "promotion" VARCHAR(60) NOT NULL DEFAULT ''""",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
