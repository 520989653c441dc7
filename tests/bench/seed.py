"""Books of a large program: `python -m tests.bench.seed --lines 1000000 --affiliate-lines 100000`.

Written straight into the tables, for a year through the booking would take hours; `portal verify` finds
nothing wrong with the result. Ada has the lines of the one large affiliate, sixty others share the rest.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from portal import db
from portal.clock import utc_now
from portal.earnings.timeline import Month
from portal.migrate import migrate
from portal.programs.queries import terms_history
from tests.bench.bulk import in_bulk
from tests.bench.sales import YEARS, Seed
from tests.cast import Cast, apply, gather_cast

# Where ./run keeps its data too, which git ignores.
BOOKS = f"sqlite:///{Path(__file__).resolve().parents[2] / 'data' / 'bench.sqlite'}"
OTHERS = 60
AT_ONCE = 20_000  # lines
Say = Callable[[str], None]


async def seed(url: str, lines: int, affiliate_lines: int, say: Say) -> Cast:
    """Fills an empty database. The cast's Ada is the large affiliate."""
    now = utc_now().replace(microsecond=0)
    began = time.monotonic()

    def tell(words: str) -> None:
        say(f"{time.monotonic() - began:5.0f} s  {words}")

    async with db.connected(url):
        await migrate()
        cast = await gather_cast(now - timedelta(days=366 * YEARS + 60))
        others = await _others(cast, now - timedelta(days=366 * YEARS + 60))
        terms = (await terms_history(cast.program)).versions[-1]
        assert terms.terms_id is not None
        made = Seed(cast.program, terms.terms_id, terms.hold_days, now)
        # Rows know nothing of each other: looking for rings among millions of them takes as long as they do.
        gc.disable()
        async with in_bulk(tell):
            await _write(made, [cast.ada.enrollment], affiliate_lines, lines, tell)
            await _write(made, others, lines, lines, tell)
            last = Month.of(now.date()).plus(-1)
            made.pay_until(last)
            await made.shelf.write()
            tell(f"paid out up to {last}")
        gc.enable()
        tell(f"{made.lines:,} lines of {made.number:,} subscriptions")
        return cast


async def _write(made: Seed, owners: list[UUID], until: int, whole: int, tell: Say) -> None:
    turn = 0
    while made.lines < until:
        start = made.lines
        while made.lines - start < AT_ONCE and made.lines < until:
            made.subscription(owners[turn % len(owners)])
            turn += 1
        await made.shelf.write()
        tell(f"{made.lines:>11,} of {whole:,} lines")


async def _others(cast: Cast, at: datetime) -> list[UUID]:
    """Copies of Ben's enrollment: the list of a program is long, its people don't matter here."""
    from portal.enrollments.actions import approve

    found = [cast.ben.enrollment]
    for number in range(OTHERS - 1):
        applicant = await apply(
            cast.program, cast.terms, f"Partner {number}", f"p{number}@partners.example", at
        )
        found.append(
            await approve(
                applicant.application,
                cast.mira.id,
                cast.terms,
                tier=cast.terms.first_tier.key,
                slug=f"partner{number}",
                code=f"PARTNER{number}",
                now=at,
            )
        )
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", default=BOOKS)
    arguments.add_argument("--lines", type=int, default=1_000_000)
    arguments.add_argument("--affiliate-lines", type=int, default=100_000)
    said = arguments.parse_args()
    if said.url == BOOKS:
        Path(BOOKS.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    asyncio.run(seed(said.url, said.lines, said.affiliate_lines, lambda words: print(words, flush=True)))  # noqa: T201


if __name__ == "__main__":
    main()
