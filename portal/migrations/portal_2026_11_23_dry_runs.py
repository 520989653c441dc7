"""Dry runs of new terms, and who published a version on the pages."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one, perhaps

ID = "2026-11-23T00:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "dry runs of new terms"

STATEMENTS = (
    f'ALTER TABLE "terms" ADD COLUMN "published_by" {perhaps("manager")}',
    f"""CREATE TABLE "dry_run" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")}, "asked_by" {one("manager")},
        "based_on" INTEGER NOT NULL DEFAULT 0, "document" TEXT NOT NULL DEFAULT '',
        "since" DATE NOT NULL DEFAULT null, "until" DATE NOT NULL DEFAULT null,
        "state" VARCHAR(12) NOT NULL DEFAULT '', "asked_at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "seen_at" TIMESTAMPTZ DEFAULT null, "finished_at" TIMESTAMPTZ DEFAULT null,
        "tries" INTEGER NOT NULL DEFAULT 0, "done" INTEGER NOT NULL DEFAULT 0,
        "steps" INTEGER NOT NULL DEFAULT 0)""",
    f"""CREATE TABLE "dry_run_row" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "run" {one("dry_run")}, "enrollment" {one("enrollment")},
        "currency" VARCHAR(3) NOT NULL DEFAULT '', "before" BIGINT NOT NULL DEFAULT 0,
        "after" BIGINT NOT NULL DEFAULT 0, "payments" INTEGER NOT NULL DEFAULT 0,
        "tier_before" VARCHAR(64) NOT NULL DEFAULT '', "tier_after" VARCHAR(64) NOT NULL DEFAULT '')""",
    "CREATE INDEX IF NOT EXISTS dry_run_open ON dry_run (asked_at) WHERE state IN ('waiting', 'working')",
    "CREATE INDEX IF NOT EXISTS dry_run_program ON dry_run (program, asked_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS dry_run_row_once ON dry_run_row (run, enrollment, currency)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        big = {"sqlite": "INTEGER", "postgres": "BIGINT"}[db.dialect()]
        await db.run_each(tuple(one.replace("BIGINT", big) for one in STATEMENTS))

    manager.add_raw(run)
    return manager
