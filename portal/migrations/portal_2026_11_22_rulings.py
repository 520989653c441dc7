"""What managers decide about payments and subscriptions, and tiers that can be reached twice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one

ID = "2026-11-22T20:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rulings, falling tiers"

TABLES = (
    f"""CREATE TABLE "ruling" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "event" {one("billing_event")},
        "program" {one("program")}, "kind" VARCHAR(8) NOT NULL DEFAULT '',
        "subject" VARCHAR(255) NOT NULL DEFAULT '', "fact" TEXT NOT NULL DEFAULT '')""",
    f"""CREATE TABLE "fall_told" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "enrollment" {one("enrollment")},
        "falls_at" TIMESTAMPTZ NOT NULL DEFAULT null, "told_at" TIMESTAMPTZ NOT NULL DEFAULT null)""",
)
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS ruling_once ON ruling (event)",
    "CREATE INDEX IF NOT EXISTS ruling_subject ON ruling (program, subject)",
    "CREATE UNIQUE INDEX IF NOT EXISTS fall_told_once ON fall_told (enrollment, falls_at)",
    "DROP INDEX tier_step_once",
    "CREATE UNIQUE INDEX IF NOT EXISTS tier_step_place ON tier_step (enrollment, reached_at, reached_by)",
)
TRIGGERS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER IF NOT EXISTS ruling_never_update BEFORE update ON ruling BEGIN SELECT RAISE(ABORT, 'rows of ruling are only ever added'); END",
        "CREATE TRIGGER IF NOT EXISTS ruling_never_delete BEFORE delete ON ruling BEGIN SELECT RAISE(ABORT, 'rows of ruling are only ever added'); END",
    ),
    "postgres": (
        "CREATE OR REPLACE TRIGGER ruling_never_changed BEFORE UPDATE OR DELETE ON ruling FOR EACH ROW EXECUTE FUNCTION only_added()",
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*TABLES, *INDEXES, *TRIGGERS[db.dialect()]))

    manager.add_raw(run)
    return manager
