"""An index that managers' view of an affiliate lacked in large books."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-23T03:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "an index of decisions that managers made"

STATEMENTS = (
    "CREATE INDEX IF NOT EXISTS decision_ruled ON decision (enrollment, decided_at) "
    """WHERE because LIKE '%"ruled"%'""",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
