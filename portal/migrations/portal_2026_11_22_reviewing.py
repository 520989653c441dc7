"""Decisions that wait their minute, questions to applicants, notes, hints, and codes at the vendor's checkout."""

import msgspec
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from portal import db
from portal.migrations import one, perhaps

ID = "2026-11-22T20:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "decisions, questions and notes about applications"

TABLES = (
    f"""CREATE TABLE "application_decision" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "application" {one("application")},
        "verdict" VARCHAR(20) NOT NULL DEFAULT '', "manager" {perhaps("manager")},
        "at" TIMESTAMPTZ NOT NULL DEFAULT null, "tier" VARCHAR(40) NOT NULL DEFAULT '',
        "slug" VARCHAR(60) NOT NULL DEFAULT '', "code" VARCHAR(40) NOT NULL DEFAULT '',
        "twin_key" VARCHAR(40) NOT NULL DEFAULT '', "reason" TEXT NOT NULL DEFAULT '',
        "again_from" TIMESTAMPTZ DEFAULT null, "letter" UUID NOT NULL DEFAULT null,
        "settled_at" TIMESTAMPTZ DEFAULT null, "undone_at" TIMESTAMPTZ DEFAULT null,
        "undone_because" TEXT NOT NULL DEFAULT '')""",
    f"""CREATE TABLE "application_question" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "application" {one("application")},
        "manager" {perhaps("manager")}, "asked_at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "question" TEXT NOT NULL DEFAULT '', "answer" TEXT NOT NULL DEFAULT '',
        "answered_at" TIMESTAMPTZ DEFAULT null)""",
    f"""CREATE TABLE "application_note" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "application" {one("application")},
        "manager" {one("manager")}, "at" TIMESTAMPTZ NOT NULL DEFAULT null,
        "text" TEXT NOT NULL DEFAULT '', "removed_at" TIMESTAMPTZ DEFAULT null)""",
)
COLUMNS = (
    'ALTER TABLE "application" ADD COLUMN "waits_since" TIMESTAMPTZ DEFAULT null',
    'ALTER TABLE "application" ADD COLUMN "hints" TEXT NOT NULL DEFAULT \'[]\'',
    'ALTER TABLE "application" ADD COLUMN "looked_for" TEXT NOT NULL DEFAULT \'\'',
    'ALTER TABLE "discount_code" ADD COLUMN "twin_key" VARCHAR(40) NOT NULL DEFAULT \'\'',
    # Codes that were there before were made at the checkout by hand.
    'ALTER TABLE "discount_code" ADD COLUMN "at_checkout" VARCHAR(20) NOT NULL DEFAULT \'made\'',
    'ALTER TABLE "discount_code" ADD COLUMN "stripe_id" VARCHAR(80) NOT NULL DEFAULT \'\'',
    'ALTER TABLE "discount_code" ADD COLUMN "problem" TEXT NOT NULL DEFAULT \'\'',
    'ALTER TABLE "discount_code" ADD COLUMN "tries" INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE "discount_code" ADD COLUMN "try_after" TIMESTAMPTZ DEFAULT null',
)
SPELLED = "upper(code)"
for sign, read in zip("OQILSBZ", "0011582", strict=True):
    SPELLED = f"replace({SPELLED}, '{sign}', '{read}')"
ROWS = (
    f"UPDATE discount_code SET twin_key = {SPELLED}",  # noqa: S608 - our own words
    "UPDATE application SET waits_since = confirmed_at",
)
INDEXES = (
    "DROP INDEX IF EXISTS application_open",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_open ON application (program, affiliate) "
    "WHERE state IN ('in_review', 'asked', 'approved')",
    "CREATE INDEX IF NOT EXISTS application_waiting ON application (program, state, waits_since, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_decision_open ON application_decision (application) "
    "WHERE settled_at IS NULL AND undone_at IS NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_decision_slug ON application_decision (slug) "
    "WHERE settled_at IS NULL AND undone_at IS NULL AND verdict = 'approve'",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_decision_code ON application_decision (twin_key) "
    "WHERE settled_at IS NULL AND undone_at IS NULL AND verdict = 'approve'",
    "CREATE INDEX IF NOT EXISTS application_decision_of ON application_decision (application, at)",
    "CREATE INDEX IF NOT EXISTS application_question_of ON application_question (application, asked_at)",
    "CREATE INDEX IF NOT EXISTS application_note_of ON application_note (application, at)",
    "CREATE INDEX IF NOT EXISTS discount_code_twin ON discount_code (twin_key)",
    "CREATE INDEX IF NOT EXISTS discount_code_unmade ON discount_code (at_checkout) WHERE at_checkout <> 'made'",
)


class RawTable(Table):
    """A door to the database that knows no columns, so that later ones don't matter here."""


def words_of(answers: str) -> str:
    said = msgspec.json.decode(answers)
    words = (said.get(name, "") for name in ("name", "email", "web_address", "audience", "other_way"))
    more = (word for given in said.get("extra", {}).values() for word in given)
    marks = [f"|kind:{said.get('kind', '')}|", *(f"|way:{way}|" for way in said.get("ways", ()))]
    return " ".join(" ".join((*words, *more)).split()).lower() + "\n" + "".join(marks)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*TABLES, *COLUMNS, *ROWS, *INDEXES))
        for row in await RawTable.raw("SELECT id, answers FROM application"):
            await RawTable.raw(
                "UPDATE application SET looked_for = {} WHERE id = {}", words_of(row["answers"]), row["id"]
            )

    manager.add_raw(run)
    return manager
