"""The command line: `python -m portal <command>`."""

import secrets
import sys

import click

from portal.bookkeeping import COMMANDS
from portal.console import connected, run, settings

LONGEST_NAME = 80


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The affiliate portal. Settings come from the environment; README lists them."""


@main.command()
@click.option("--demo", is_flag=True, help="Fill an empty portal with the demo program first.")
@click.option("--no-worker", is_flag=True, help="Leave the letters to `portal worker`.")
@click.option(
    "--processes",
    default=1,
    show_default=True,
    help="Server processes; more than one needs PORTAL_RATE_LIMIT_URL.",
)
def serve(demo: bool, no_worker: bool, processes: int) -> None:
    """Serve the portal: migrates, loads the program files, then answers."""
    from portal.errors import CannotStart
    from portal.serving import check_place, has_managers, prepare, serve_until_stopped, welcome, when_open

    known = settings()
    try:
        check_place(known)
        run(prepare(known, demo=demo))
        said = welcome(known, has_managers=run(has_managers(known)))
        when_open(known, lambda: click.echo(said))
        serve_until_stopped(known, own_worker=not no_worker, processes=processes)
    except CannotStart as problem:
        raise click.ClickException(str(problem)) from problem


@main.command()
def worker() -> None:
    """Send waiting letters until stopped, as a process of its own."""
    from portal.serving import work_until_stopped

    run(work_until_stopped(settings()))


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    from portal.migrate import migrate as run_migrations

    done = run(connected(settings(), run_migrations))
    click.echo(f"{done} migrations ran." if done else "The database is up to date.")


@main.command()
def demo() -> None:
    """Fill an empty portal with the demo program, and print how to sign in."""
    from portal.serving import prepare, sign_ins

    known = settings()
    run(prepare(known, demo=True))
    click.echo(sign_ins(known))


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
    secret = run(connected(settings(), lambda: add_manager(email, name.strip(), password, utc_now())))
    _tell(email, password, secret)


@manager.command("reset")
@click.argument("email")
def manager_reset(email: str) -> None:
    """Give a manager a new password and a new key for the one-time codes."""
    from portal.accounts.managers import reset_manager
    from portal.clock import utc_now

    password = secrets.token_urlsafe(15)
    secret = run(connected(settings(), lambda: reset_manager(email, password, utc_now())))
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

    run(connected(settings(), lambda: end_manager(email, utc_now())))
    click.echo(f"{email} is signed out everywhere and can't sign in any more.")


@main.command()
def doctor() -> None:
    """Tell what is missing on this machine and in the settings."""
    from portal.doctor import run_checks

    findings = run_checks(settings())
    marks = {"ok": "  ok     ", "warning": "  look   ", "failure": "  MISSING"}
    for finding in findings:
        click.echo(f"{marks[finding.level]}  {finding.about}: {finding.sentence}")
    if any(finding.level == "failure" for finding in findings):
        sys.exit(1)


@main.command()
def verify() -> None:
    """Check that the books add up; exits with 1 and names each line that does not."""
    from portal.audit.queries import audit_problems
    from portal.audit.seals import seal_log, seal_problems
    from portal.clock import utc_now
    from portal.earnings.verify import book_problems

    known = settings()

    async def check() -> list[str]:
        found = [*await book_problems(utc_now()), *await audit_problems(), *await seal_problems(known)]
        await seal_log(known)
        return found

    problems = run(connected(known, check))
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        click.echo(f"{len(problems)} things do not add up.", err=True)
        sys.exit(1)
    click.echo("The books add up, and the audit log is whole.")


for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
