"""The pages on which creatives were seen."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.migrations import one

ID = "2026-11-23T01:20:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "the pages on which creatives were seen"

STATEMENTS = (
    f"""CREATE TABLE "creative_hit" (
        "id" UUID PRIMARY KEY NOT NULL DEFAULT null, "enrollment" {one("enrollment")},
        "day" DATE NOT NULL DEFAULT null, "design" VARCHAR(60) NOT NULL DEFAULT '',
        "shape" VARCHAR(20) NOT NULL DEFAULT '', "host" VARCHAR(255) NOT NULL DEFAULT '',
        "path" VARCHAR(200) NOT NULL DEFAULT '', "placement" VARCHAR(80) NOT NULL DEFAULT '',
        "hits" INTEGER NOT NULL DEFAULT 0)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS creative_hit_once "
    "ON creative_hit (enrollment, day, design, shape, host, path, placement)",
    "CREATE INDEX IF NOT EXISTS creative_hit_day ON creative_hit (day)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await db.run_each(STATEMENTS)

    manager.add_raw(run)
    return manager
