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


COMMANDS = (books, replay)
