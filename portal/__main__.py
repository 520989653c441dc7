"""The command line: `python -m portal <command>`."""

import asyncio
import json
import secrets
import sys
from collections.abc import Coroutine
from datetime import date, datetime
from typing import Any, TypeVar

import click

from portal.settings import BadSetting, Settings, read_settings

Answer = TypeVar("Answer")
LONGEST_NAME = 80


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The affiliate portal. Settings come from the environment; README lists them."""


@main.command()
@click.option("--demo", is_flag=True, help="Fill an empty portal with the demo program first.")
@click.option("--no-worker", is_flag=True, help="Leave the letters to `portal worker`.")
@click.option(
    "--processes", default=1, show_default=True, help="Server processes; more than one needs PostgreSQL."
)
def serve(demo: bool, no_worker: bool, processes: int) -> None:
    """Serve the portal: migrates, loads the program files, then answers."""
    from portal.errors import CannotStart
    from portal.serving import check_place, has_managers, prepare, serve_until_stopped, welcome

    settings = _settings()
    try:
        check_place(settings)
        _run(prepare(settings, demo=demo))
        click.echo(welcome(settings, has_managers=_run(has_managers(settings))))
        serve_until_stopped(settings, own_worker=not no_worker, processes=processes)
    except CannotStart as problem:
        raise click.ClickException(str(problem)) from problem


@main.command()
def worker() -> None:
    """Send waiting letters until stopped, as a process of its own."""
    from portal.serving import work_until_stopped

    _run(work_until_stopped(_settings()))


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    from portal.migrate import migrate as run_migrations

    done = _run(_connected(_settings(), run_migrations))
    click.echo(f"{done} migrations ran." if done else "The database is up to date.")


@main.command()
def demo() -> None:
    """Fill an empty portal with the demo program, and print how to sign in."""
    from portal.serving import prepare, sign_ins

    settings = _settings()
    _run(prepare(settings, demo=True))
    click.echo(sign_ins(settings))


@main.group()
def manager() -> None:
    """The people who run the program."""


@manager.command("add")
@click.argument("email")
@click.option("--name", prompt="Name", help="As affiliates read it.")
def manager_add(email: str, name: str) -> None:
    """Add a manager; prints a password and the key for the one-time codes, once."""
    from portal.accounts.forms import email_problem
    from portal.accounts.managers import add_manager
    from portal.clock import utc_now

    if problem := email_problem(email):
        raise click.ClickException(problem)
    if not name.strip() or len(name) > LONGEST_NAME:
        raise click.ClickException(f"Give a name of 1 to {LONGEST_NAME} characters; affiliates read it.")
    password = secrets.token_urlsafe(15)
    secret = _run(_connected(_settings(), lambda: add_manager(email, name.strip(), password, utc_now())))
    _tell(email, password, secret)


@manager.command("reset")
@click.argument("email")
def manager_reset(email: str) -> None:
    """Give a manager a new password and a new key for the one-time codes."""
    from portal.accounts.managers import reset_manager
    from portal.clock import utc_now

    password = secrets.token_urlsafe(15)
    secret = _run(_connected(_settings(), lambda: reset_manager(email, password, utc_now())))
    _tell(email, password, secret)


def _tell(email: str, password: str, secret: str) -> None:
    click.echo(
        f"  e-mail    {email}\n  password  {password}\n"
        f"  key for one-time codes (any authenticator app): {secret}\n"
        "Neither is shown again."
    )


@manager.command("end")
@click.argument("email")
def manager_end(email: str) -> None:
    """End a manager's access, everywhere and at once."""
    from portal.accounts.managers import end_manager
    from portal.clock import utc_now

    _run(_connected(_settings(), lambda: end_manager(email, utc_now())))
    click.echo(f"{email} is signed out everywhere and can't sign in any more.")


@main.command()
def doctor() -> None:
    """Tell what is missing on this machine and in the settings."""
    from portal.doctor import run_checks

    findings = run_checks(_settings())
    marks = {"ok": "  ok     ", "warning": "  look   ", "failure": "  MISSING"}
    for finding in findings:
        click.echo(f"{marks[finding.level]}  {finding.about}: {finding.sentence}")
    if any(finding.level == "failure" for finding in findings):
        sys.exit(1)


@main.command()
def verify() -> None:
    """Check that the books add up; exits with 1 and names each line that does not."""
    from portal.audit.queries import audit_problems
    from portal.clock import utc_now
    from portal.earnings.verify import book_problems

    async def check() -> list[str]:
        return [*await book_problems(utc_now()), *await audit_problems()]

    problems = _run(_connected(_settings(), check))
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        click.echo(f"{len(problems)} things do not add up.", err=True)
        sys.exit(1)
    click.echo("The books add up, and the audit log is whole.")


@main.command()
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day whose states are told."
)
@click.option("--json", is_flag=True, required=True, expose_value=False, help="One JSON object a line.")
def books(day: datetime) -> None:
    """Print every line of the books as it stands on a day."""
    from portal.earnings.books import lines_on

    on: date = day.date()

    async def lines() -> list[dict[str, Any]]:
        return [line async for line in lines_on(on)]

    for line in _run(_connected(_settings(), lines)):
        click.echo(json.dumps(line, ensure_ascii=False))


def _settings() -> Settings:
    try:
        return read_settings()
    except BadSetting as bad:
        raise click.ClickException(str(bad)) from bad


def _run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it; what a person can act on ends the command with its sentence instead of a traceback."""
    from portal.errors import PortalError
    from portal.programs.program_file import BadProgram

    try:
        return asyncio.run(coroutine)
    except (PortalError, BadProgram) as error:
        raise click.ClickException(str(error)) from error


async def _connected(settings: Settings, action: Any) -> Any:
    from portal import db, migrate
    from portal.errors import CannotStart

    try:
        async with db.connected(settings.database_url):
            if action is not migrate.migrate:
                await migrate.must_be_done()
            return await action()
    except Exception as error:
        if db.is_away(error):
            raise CannotStart(f"The database of PORTAL_DATABASE_URL does not answer: {error}") from error
        raise


if __name__ == "__main__":
    main()
