"""What managers decided about brand kits."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one

ID = "2026-11-23T02:10:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "what managers decided about brand kits"

STATEMENTS = (
    f"""CREATE TABLE "kit_review" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")}, "kit" {one("brand_kit")},
        "verdict" VARCHAR(12) NOT NULL DEFAULT '', "reason" TEXT NOT NULL DEFAULT '',
        "decided_by" {one("manager")}, "decided_at" TIMESTAMPTZ NOT NULL DEFAULT null)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS kit_review_once ON kit_review (kit, program)",
    "CREATE INDEX IF NOT EXISTS kit_review_program ON kit_review (program, decided_at)",
    "CREATE INDEX IF NOT EXISTS brand_kit_saved ON brand_kit (created_at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
