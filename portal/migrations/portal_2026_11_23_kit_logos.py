"""A brand kit's logo for dark grounds."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T02:10:20:000000"
VERSION = "1.38.0"
DESCRIPTION = "a brand kit's logo for dark grounds"

STATEMENTS = ("""ALTER TABLE brand_kit ADD COLUMN "dark_logo_key" VARCHAR(120) DEFAULT null""",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
