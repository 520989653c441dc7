"""The commands of the command line that are about the books."""

import json
import sys
from datetime import date, datetime
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
    help="An empty database, such as sqlite:////tmp/again.sqlite; it is migrated first and stays.",
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


COMMANDS = (books, replay, api_key)
