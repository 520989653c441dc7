"""What the commands of the command line share: settings, a database, sentences instead of tracebacks."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from portal.settings import BadSetting, Settings, read_settings

Answer = TypeVar("Answer")


def settings() -> Settings:
    try:
        return read_settings()
    except BadSetting as bad:
        raise click.ClickException(str(bad)) from bad


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it; what a person can act on ends the command with its sentence instead of a traceback."""
    from portal.errors import PortalError
    from portal.programs.program_file import BadProgram

    try:
        return asyncio.run(coroutine)
    except (PortalError, BadProgram) as error:
        raise click.ClickException(str(error)) from error


async def connected(known: Settings, action: Any) -> Any:
    """What the action answers, with the database of the settings open."""
    from portal import db, migrate
    from portal.errors import CannotStart

    try:
        async with db.connected(known.database_url):
            if action is not migrate.migrate:
                await migrate.must_be_done()
            return await action()
    except Exception as error:
        if db.is_away(error):
            raise CannotStart(f"The database of PORTAL_DATABASE_URL does not answer: {error}") from error
        raise
