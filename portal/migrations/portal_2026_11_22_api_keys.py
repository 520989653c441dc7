"""Keys of the API."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-22T20:50:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "keys of the API"

STATEMENTS = (
    """CREATE TABLE "api_key" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null,
        "program" UUID NOT NULL REFERENCES "program" ("id") ON DELETE RESTRICT ON UPDATE CASCADE DEFAULT null,
        "called" VARCHAR(80) NOT NULL DEFAULT '', "kinds" VARCHAR(120) NOT NULL DEFAULT '',
        "secret_hash" VARCHAR(64) NOT NULL DEFAULT '', "created_at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "ended_at" TIMESTAMPTZ DEFAULT null)""",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
