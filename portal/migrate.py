"""The schema: one history of migrations for both engines, run in one transaction under a lock."""

import importlib
import os
import pkgutil
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.table import create_db_tables

from portal import db, migrations
from portal.errors import CannotStart
from portal.piccolo_app import APP_NAME, FEATURES, TABLES

MIGRATION_LOCK = 7_400


async def migrate(up_to: str | None = None) -> int:
    """Runs on the bound database what it has not seen yet; gives back how many migrations that were.

    `up_to` stops after that one: how an older version left its database.
    """
    # Piccolo's migrations look for their engine by this name.
    os.environ.setdefault("PICCOLO_CONF", "portal.piccolo_conf")
    async with db.transaction():
        await db.exclusively("migrations", MIGRATION_LOCK)
        await Migration.create_table(if_not_exists=True)
        waiting = [number for number in await missing() if up_to is None or number <= up_to]
        modules = _modules()
        for number in waiting:
            manager = await modules[number].forwards()
            if isinstance(manager, MigrationManager):
                with redirect_stdout(StringIO()):  # it tells its steps, which no one asked for
                    await manager.run()
            await Migration.insert(Migration(name=number, app_name=APP_NAME))
    return len(waiting)


async def missing() -> list[str]:
    """Migrations, oldest first, that this version knows and the bound database has not seen."""
    known = sorted(_modules())
    if not await Migration.table_exists():
        return known
    done = set(await Migration.get_migrations_which_ran(app_name=APP_NAME))
    return [number for number in known if number not in done]


async def must_be_done() -> None:
    """Raises CannotStart while migrations of this version have not run."""
    if await missing():
        raise CannotStart("The database is not set up for this version yet: python -m portal migrate")


async def create_schema() -> None:
    """All tables as the code has them now, without the history: for tests and throwaway databases."""
    await create_db_tables(*TABLES, if_not_exists=True)
    for feature in FEATURES:
        await db.run_each(feature.INDEXES)
        await db.run_each(getattr(feature, "TRIGGERS", {}).get(db.dialect(), ()))


def _modules() -> dict[str, Any]:
    found = (
        importlib.import_module(f"{migrations.__name__}.{module.name}")
        for module in pkgutil.iter_modules(migrations.__path__)
    )
    return {module.ID: module for module in found}
