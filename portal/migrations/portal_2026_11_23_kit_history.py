"""Who saved a brand kit, and which earlier one it brought back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import perhaps

ID = "2026-11-23T02:10:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "who saved a brand kit, and which earlier one it brought back"

STATEMENTS = (
    f"""ALTER TABLE brand_kit ADD COLUMN "saved_by" {perhaps("person")}""",
    f"""ALTER TABLE brand_kit ADD COLUMN "same_as" {perhaps("brand_kit")}""",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
