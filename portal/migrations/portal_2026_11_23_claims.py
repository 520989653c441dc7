"""Claims of missing sales."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one, perhaps

ID = "2026-11-23T00:30:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "claims of missing sales"

STATEMENTS = (
    f"""CREATE TABLE "claim" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "enrollment" {one("enrollment")}, "order_number" VARCHAR(120) NOT NULL DEFAULT '',
        "order_key" VARCHAR(120) NOT NULL DEFAULT '', "customer" VARCHAR(120) NOT NULL DEFAULT '',
        "paid_on" DATE NOT NULL DEFAULT null, "why" TEXT NOT NULL DEFAULT '',
        "state" VARCHAR(12) NOT NULL DEFAULT '', "reported_at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "answered_at" TIMESTAMPTZ DEFAULT null, "answered_by" {perhaps("manager")},
        "answer" TEXT NOT NULL DEFAULT '', "payment" {perhaps("money_event")},
        "credited_since" TIMESTAMPTZ DEFAULT null)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS claim_once ON claim (enrollment, order_key, paid_on) "
    "WHERE state = 'open'",
    "CREATE INDEX IF NOT EXISTS claim_enrollment ON claim (enrollment, reported_at)",
    "CREATE INDEX IF NOT EXISTS claim_program ON claim (program, state, reported_at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
