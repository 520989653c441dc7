"""The commands of the command line that are about the books."""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from portal.console import connected, run, settings


@click.command()
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

    for line in run(connected(settings(), lines)):
        click.echo(json.dumps(line, ensure_ascii=False))


@click.command()
@click.option(
    "--into",
    required=True,
    metavar="URL",
    help="An empty database, such as sqlite:///data/again.sqlite; it is migrated first and stays.",
)
def replay(into: str) -> None:
    """Rebuild the books from the stored events in an empty database, and compare."""
    from portal.clock import utc_now
    from portal.replay import replay as run_again

    told = run(
        run_again(settings().database_url, into, utc_now(), lambda done: click.echo(f"  {done} events"))
    )
    if told.difference:
        click.echo(told.difference, err=True)
        sys.exit(1)
    click.echo(f"Equal: {told.events} events gave the same {told.amounts} amounts, decisions and tiers.")


@click.group("api-key")
def api_key() -> None:
    """Keys for billing systems that tell their events through the API."""


@api_key.command("add")
@click.argument("called")
@click.option("--program", required=True, metavar="SLUG", help="Whose events it may tell.")
@click.option("--may", "kinds", multiple=True, help="Only this kind of event; can be given again.")
def api_key_add(called: str, program: str, kinds: tuple[str, ...]) -> None:
    """Make a key, named after the system that uses it; its secret is shown once."""
    from portal.audit.actions import PORTAL
    from portal.clock import utc_now
    from portal.earnings.api_events import KINDS
    from portal.earnings.keys import add_key

    if strange := sorted(set(kinds) - set(KINDS)):
        raise click.ClickException(f"{strange[0]} is no kind of event. There are: {', '.join(KINDS)}.")
    known = settings()
    made = run(connected(known, lambda: add_key(known.secret, program, called, kinds, PORTAL, utc_now())))
    click.echo(f"  Portal-Key  {made.name}\n  secret      {made.secret}\nThe secret is not shown again.")


@api_key.command("list")
def api_key_list() -> None:
    """Show all keys, without their secrets."""
    from portal.earnings.keys import keys

    for row in run(connected(settings(), keys)):
        until = f"ended {row.ended_at:%Y-%m-%d}" if row.ended_at else f"since {row.created_at:%Y-%m-%d}"
        click.echo(f"{row.name}  {row.program}  {until}  {row.called}  {' '.join(row.kinds)}")


@api_key.command("end")
@click.argument("name")
def api_key_end(name: str) -> None:
    """End a key, at once."""
    from portal.audit.actions import PORTAL
    from portal.clock import utc_now
    from portal.earnings.keys import end_key

    run(connected(settings(), lambda: end_key(name, PORTAL, utc_now())))
    click.echo(f"{name} opens nothing any more.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--program", required=True, metavar="SLUG", help="Whose sales they are.")
@click.option("--dry-run", is_flag=True, help="Only tell what would become of each row.")
def import_past(file: Path, program: str, dry_run: bool) -> None:
    """Import past sales from a CSV file: all of it, or nothing."""
    from portal.clock import utc_now
    from portal.earnings.facts import Malformed
    from portal.earnings.past_sales import Report, import_sales
    from portal.programs.queries import program_by_slug

    async def bring() -> Report:
        known = await program_by_slug(program)
        return await import_sales(text, known.id, utc_now(), dry_run=dry_run)

    try:
        text = file.read_text(encoding="utf-8-sig")
        report = run(connected(settings(), bring))
    except UnicodeDecodeError as wrong:
        raise click.ClickException(f"{file} is not UTF-8: {wrong}.") from wrong
    except Malformed as wrong:
        raise click.ClickException(str(wrong)) from wrong
    for row in report.rows:
        mark = "REFUSED" if row.refused else "would be" if not report.imported else "booked"
        click.echo(f"line {row.line:>6}  {row.payment:<24}  {mark:<8}  {row.told}")
    if report.refused:
        raise click.ClickException(
            f"{report.refused} of {len(report.rows)} rows are refused; nothing was imported."
        )
    click.echo(f"{len(report.rows)} rows {'imported' if report.imported else 'could be imported'}.")


@click.command("terms-dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="As if the terms had started on this day; a year ago unless told otherwise.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Every affiliate as CSV instead of the sums.")
def terms_dry_run(file: Path, since: datetime | None, as_csv: bool) -> None:
    """Tell who would have earned more or less under a program file. Nothing is written."""
    from portal.clock import utc_now
    from portal.earnings.dry_run_words import Told, console_lines, csv_of, told
    from portal.programs.forms import parse_upload

    body, day = file.read_bytes(), since.date() if since else None

    async def look_back() -> Told:
        return await told(parse_upload(body)[1], day, utc_now())

    answer = run(connected(settings(), look_back))
    click.echo(csv_of(answer.rows) if as_csv else "\n".join(console_lines(answer)), nl=not as_csv)


@click.command()
@click.option("--beancount", is_flag=True, required=True, expose_value=False, help="As beancount text.")
def export() -> None:
    """Print the books in the language of an accounting program."""
    from portal.earnings.beancount import beancount_text

    click.echo(run(connected(settings(), beancount_text)), nl=False)


COMMANDS = (books, replay, api_key, import_past, terms_dry_run, export)
