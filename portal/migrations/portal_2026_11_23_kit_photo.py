"""A brand kit's photo, and the point in it that always shows."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T02:10:40:000000"
VERSION = "1.38.0"
DESCRIPTION = "a brand kit's photo, and the point in it that always shows"

STATEMENTS = (
    """ALTER TABLE brand_kit ADD COLUMN "photo_key" VARCHAR(120) DEFAULT null""",
    """ALTER TABLE brand_kit ADD COLUMN "focus_x" INTEGER NOT NULL DEFAULT 50""",
    """ALTER TABLE brand_kit ADD COLUMN "focus_y" INTEGER NOT NULL DEFAULT 38""",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
