"""Designs that managers make of finished pictures."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one

ID = "2026-11-23T01:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "managers' designs"

STATEMENTS = (
    f"""CREATE TABLE "managed_design" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "program" {one("program")},
        "slug" VARCHAR(60) NOT NULL DEFAULT '', "name" VARCHAR(60) NOT NULL DEFAULT '',
        "tier" VARCHAR(40) NOT NULL DEFAULT '', "starts_on" DATE DEFAULT null, "ends_on" DATE DEFAULT null,
        "withdrawn_at" TIMESTAMPTZ DEFAULT null, "replacement" VARCHAR(60) NOT NULL DEFAULT '',
        "created_at" TIMESTAMPTZ NOT NULL DEFAULT null, "created_by" {one("manager")})""",
    f"""CREATE TABLE "design_picture" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "design" {one("managed_design")},
        "size" VARCHAR(12) NOT NULL DEFAULT '', "picture_key" VARCHAR(120) NOT NULL DEFAULT '',
        "slots" TEXT NOT NULL DEFAULT '[]', "report" TEXT NOT NULL DEFAULT '',
        "changes" INTEGER NOT NULL DEFAULT 0)""",
    f"""CREATE TABLE "design_revision" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "design" {one("managed_design")},
        "number" INTEGER NOT NULL DEFAULT 0, "pictures" TEXT NOT NULL DEFAULT '',
        "published_at" TIMESTAMPTZ NOT NULL DEFAULT null, "published_by" {one("manager")})""",
    "CREATE UNIQUE INDEX IF NOT EXISTS managed_design_slug ON managed_design (program, slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS design_picture_size ON design_picture (design, size)",
    "CREATE UNIQUE INDEX IF NOT EXISTS design_revision_number ON design_revision (design, number)",
)
TRIGGERS: dict[db.Dialect, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS design_revision_never_{verb} BEFORE {verb} ON design_revision "
        "BEGIN SELECT RAISE(ABORT, 'rows of design_revision are only ever added'); END"
        for verb in ("update", "delete")
    ),
    "postgres": (
        "CREATE OR REPLACE TRIGGER design_revision_never_changed BEFORE UPDATE OR DELETE ON design_revision "
        "FOR EACH ROW EXECUTE FUNCTION only_added()",
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each((*STATEMENTS, *TRIGGERS[db.dialect()]))

    manager.add_raw(run)
    return manager
