"""An affiliate's first week, letters that can be switched off, and visits of program pages."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one

ID = "2026-11-22T20:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "first week, choices about letters, visits"

TABLES = (
    f"""CREATE TABLE "letter_choice" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "affiliate" {one("affiliate")},
        "kind" VARCHAR(40) NOT NULL DEFAULT '', "off_at" TIMESTAMPTZ DEFAULT null)""",
    f"""CREATE TABLE "first_week" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "enrollment" {one("enrollment")},
        "placed_at" TIMESTAMPTZ DEFAULT null, "put_away_at" TIMESTAMPTZ DEFAULT null,
        "nudged_at" TIMESTAMPTZ DEFAULT null, "click_told_at" TIMESTAMPTZ DEFAULT null,
        "sale_told_at" TIMESTAMPTZ DEFAULT null)""",
    f"""CREATE TABLE "page_visits" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "day" DATE NOT NULL DEFAULT null, "source" VARCHAR(120) NOT NULL DEFAULT '',
        "visits" INTEGER NOT NULL DEFAULT 0)""",
)
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS letter_choice_once ON letter_choice (affiliate, kind)",
    "CREATE UNIQUE INDEX IF NOT EXISTS first_week_once ON first_week (enrollment)",
    "CREATE UNIQUE INDEX IF NOT EXISTS page_visits_once ON page_visits (program, day, source)",
    "CREATE INDEX IF NOT EXISTS enrollment_began ON enrollment (program, began_at)",
    "CREATE INDEX IF NOT EXISTS application_sent ON application (program, sent_at)",
    "CREATE INDEX IF NOT EXISTS application_draft_application ON application_draft (application) "
    "WHERE application IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS letter_given_up ON letter (given_up_at) WHERE given_up_at IS NOT NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*TABLES, *INDEXES))

    manager.add_raw(run)
    return manager
