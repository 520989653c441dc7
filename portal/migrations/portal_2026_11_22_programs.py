"""Sessions and letters know their program, and an event is one of its program."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-22T20:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "several programs in one installation"

KEY = "UUID DEFAULT null REFERENCES program (id) ON DELETE RESTRICT ON UPDATE CASCADE"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(
            (
                f"ALTER TABLE session ADD COLUMN program {KEY}",
                f"ALTER TABLE letter ADD COLUMN program {KEY}",
                "DROP INDEX billing_event_once",
                "CREATE UNIQUE INDEX IF NOT EXISTS billing_event_once "
                "ON billing_event (program, source, external_id)",
            )
        )

    manager.add_raw(run)
    return manager
