"""What programs say in the designs that come along."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one

ID = "2026-11-23T13:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what programs say in the designs that come along"

STATEMENTS = (
    f"""CREATE TABLE "wording_draft" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "design" VARCHAR(60) NOT NULL DEFAULT '', "language" VARCHAR(8) NOT NULL DEFAULT '',
        "words" TEXT NOT NULL DEFAULT '{{}}', "report" TEXT NOT NULL DEFAULT '',
        "changes" INTEGER NOT NULL DEFAULT 0)""",
    f"""CREATE TABLE "wording_revision" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "design" VARCHAR(60) NOT NULL DEFAULT '', "language" VARCHAR(8) NOT NULL DEFAULT '',
        "number" INTEGER NOT NULL DEFAULT 0, "words" TEXT NOT NULL DEFAULT '',
        "published_at" TIMESTAMPTZ NOT NULL DEFAULT null, "published_by" {one("manager")})""",
    "CREATE UNIQUE INDEX IF NOT EXISTS wording_draft_once ON wording_draft (program, design, language)",
    "CREATE UNIQUE INDEX IF NOT EXISTS wording_revision_number "
    "ON wording_revision (program, language, design, number)",
)
TRIGGERS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS wording_revision_never_{verb} BEFORE {verb} ON wording_revision "
        "BEGIN SELECT RAISE(ABORT, 'rows of wording_revision are only ever added'); END"
        for verb in ("update", "delete")
    ),
    "postgres": (
        "CREATE OR REPLACE TRIGGER wording_revision_never_changed "
        "BEFORE UPDATE OR DELETE ON wording_revision FOR EACH ROW EXECUTE FUNCTION only_added()",
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*STATEMENTS, *TRIGGERS[db.dialect()]))

    manager.add_raw(run)
    return manager
