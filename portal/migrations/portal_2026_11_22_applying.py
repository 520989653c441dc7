"""Questions of a program's own, drafts of applications, where they came from, and who agreed to which terms."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one, perhaps

ID = "2026-11-22T20:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "application forms, drafts, sources and acceptance of terms"

TABLES = (
    f"""CREATE TABLE "application_form" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "version" INTEGER NOT NULL DEFAULT 0, "questions" TEXT NOT NULL DEFAULT '',
        "created_at" TIMESTAMPTZ NOT NULL DEFAULT null, "created_by" {perhaps("manager")})""",
    f"""CREATE TABLE "application_draft" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "form" {perhaps("application_form")}, "email" VARCHAR(320) NOT NULL DEFAULT '',
        "answers" TEXT NOT NULL DEFAULT '{{}}', "source" TEXT NOT NULL DEFAULT '{{}}',
        "revision" INTEGER NOT NULL DEFAULT 0, "writer" UUID NOT NULL DEFAULT null,
        "started_at" TIMESTAMPTZ NOT NULL DEFAULT null, "saved_at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "mailed_at" TIMESTAMPTZ DEFAULT null, "reminded_at" TIMESTAMPTZ DEFAULT null,
        "sent_at" TIMESTAMPTZ DEFAULT null, "seconds" INTEGER DEFAULT null,
        "application" {perhaps("application")}, "emptied_at" TIMESTAMPTZ DEFAULT null)""",
    f"""CREATE TABLE "terms_acceptance" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "affiliate" {one("affiliate")}, "program" {one("program")},
        "terms" {one("terms")}, "at" TIMESTAMPTZ NOT NULL DEFAULT null, "how" VARCHAR(20) NOT NULL DEFAULT '')""",
)
COLUMNS = (
    f'ALTER TABLE "application" ADD COLUMN "form" {perhaps("application_form")}',
    'ALTER TABLE "application" ADD COLUMN "source" TEXT NOT NULL DEFAULT \'{}\'',
    'ALTER TABLE "application" ADD COLUMN "opened_at" TIMESTAMPTZ DEFAULT null',
    'ALTER TABLE "application" ADD COLUMN "seconds" INTEGER DEFAULT null',
    f'ALTER TABLE "enrollment" ADD COLUMN "recruited_by" {perhaps("enrollment")}',
    'ALTER TABLE "enrollment" ADD COLUMN "terms_told" INTEGER NOT NULL DEFAULT 0',
)
ROWS = (
    # Everybody agreed to the version that stood on the form when the address was confirmed; the newest one where
    # somebody applied again under the same terms.
    """INSERT INTO terms_acceptance (id, affiliate, program, terms, at, how)
    SELECT a.id, a.affiliate, a.program, a.terms, a.confirmed_at, 'application' FROM application a
    WHERE a.confirmed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM application b WHERE b.affiliate = a.affiliate
        AND b.terms = a.terms AND b.confirmed_at IS NOT NULL AND b.confirmed_at > a.confirmed_at)""",
    # Letters tell of versions to come, not of those that were there before letters told.
    """UPDATE enrollment SET terms_told = (
        SELECT COALESCE(MAX(t.version), 0) FROM terms t WHERE t.program = enrollment.program)""",
)
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS application_form_version ON application_form (program, version)",
    "CREATE INDEX IF NOT EXISTS application_draft_program ON application_draft (program, started_at)",
    "CREATE INDEX IF NOT EXISTS application_draft_sent ON application_draft (program, sent_at)",
    "CREATE INDEX IF NOT EXISTS application_draft_kept ON application_draft (saved_at) WHERE emptied_at IS NULL",
    "CREATE INDEX IF NOT EXISTS application_decided ON application (program, decided_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS terms_acceptance_once ON terms_acceptance (affiliate, terms)",
    "CREATE INDEX IF NOT EXISTS terms_acceptance_terms ON terms_acceptance (terms)",
    "CREATE INDEX IF NOT EXISTS enrollment_recruited ON enrollment (recruited_by)",
)
NEVER_CHANGED = ("application_form", "terms_acceptance")
TRIGGERS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS {table}_never_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
        for table in NEVER_CHANGED
        for verb in ("update", "delete")
    ),
    "postgres": tuple(
        f"CREATE OR REPLACE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION only_added()"
        for table in NEVER_CHANGED
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*TABLES, *COLUMNS, *ROWS, *INDEXES, *TRIGGERS[db.dialect()]))

    manager.add_raw(run)
    return manager
