"""Books of a large program: `python -m tests.bench.seed --lines 1000000 --affiliate-lines 100000`.

Written straight into the tables, for a year through the booking would take hours; the database keeps lists
and sums itself, and `portal verify` finds nothing wrong with the result. Ada has the lines of the one large
affiliate, sixty others share the rest.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.clock import utc_now
from portal.earnings.facts import Payment, PaymentLine
from portal.earnings.rules import Arithmetic, Because
from portal.earnings.tables import Commission
from portal.earnings.timeline import Month
from portal.ids import new_id
from portal.migrate import migrate
from portal.money import Money
from portal.programs.queries import terms_history
from tests.cast import Cast, apply, gather_cast

# Where ./run keeps its data too, which git ignores.
BOOKS = f"sqlite:///{Path(__file__).resolve().parents[2] / 'data' / 'bench.sqlite'}"
YEARS = 3
RENEWALS = 12  # payments of a subscription
OTHERS = 60
AT_ONCE = 20_000  # lines
REFUNDED = 25  # every 25th sale is given back
PLACEMENTS = ("blog", "newsletter", "youtube", "podcast", "compare", "welcome-mail")
GROWTH = Money(11_900, "USD")
RATE = 3_000
Say = Callable[[str], None]


@dataclass
class Shelf:
    """Rows that wait to be written, by table and in the order in which they can be."""

    columns: dict[str, tuple[str, ...]]
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def add(self, table: str, *values: Any) -> None:
        self.rows.setdefault(table, []).append(values)

    async def write(self) -> None:
        async with db.transaction():
            for table, columns in self.columns.items():
                if rows := self.rows.get(table):
                    await db.insert_many(table, columns, rows)
        self.rows.clear()


COLUMNS = {
    "billing_event": tuple(
        "id program source external_id kind meaning body digest happened_at received_at".split()
    ),
    "customer": tuple("id program external_id country first_seen_at".split()),
    "subscription": tuple(
        "id program customer external_id plan began_at enrollment credited_by ended_at placement".split()
    ),
    "money_event": tuple(
        "id event program customer subscription kind external_id reference happened_at currency charged base "
        "tax discount fact".split()
    ),
    "decision": tuple(
        "id transaction seq outcome rule enrollment terms because arithmetic rate_bps decided_at".split()
    ),
    "commission": tuple(
        "id program enrollment transaction sale decision kind minor currency rate_bps base_minor booked_on "
        "released_on created_at".split()
    ),
    "renewal": tuple("id enrollment currency base months paid_on first_on began_at".split()),
}


@dataclass
class Seed:
    program: UUID
    terms: UUID
    hold_days: int
    now: datetime
    shelf: Shelf = field(default_factory=lambda: Shelf(COLUMNS))
    luck: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret
    number: int = 0
    lines: int = 0

    def subscription(self, enrollment: UUID) -> None:
        """A trial, a year of payments, now and then one that is given back."""
        self.number += 1
        name, customer, subscription = f"{self.number:07}", new_id(), new_id()
        began = self.now - timedelta(
            days=self.luck.randrange(365 * YEARS), seconds=self.luck.randrange(86_400)
        )
        place = self.luck.choice(PLACEMENTS)
        paid = [began + timedelta(days=30 * month) for month in range(RENEWALS)]
        paid = [at for at in paid if at <= self.now]
        ended = None if len(paid) < RENEWALS else paid[-1] + timedelta(days=29)
        ended = ended if ended and ended <= self.now else None
        self.shelf.add("customer", customer, self.program, f"cus_{name}", "US", began)
        self.shelf.add(
            "subscription",
            *(subscription, self.program, customer, f"sub_{name}", "growth", began, enrollment, "click"),
            *(ended, place),
        )
        ids = (enrollment, customer, subscription)
        self._trial(ids, name, began - timedelta(days=30), place)
        for month, at in enumerate(paid):
            self._sale(ids, f"in_{name}_{month}", at, place, month + 1)
        runs_for = None if ended else enrollment
        first = paid[0].date()
        self.shelf.add(
            "renewal", subscription, runs_for, "USD", GROWTH.minor, 1, paid[-1].date(), first, began
        )

    def _trial(self, ids: tuple[UUID, UUID, UUID], name: str, at: datetime, place: str) -> None:
        because = Because(credited_by="click", click_at=at, placement=place, plan="growth", began_at=at)
        trial = Money(100, "USD")
        self._payment(ids, f"in_{name}_trial", at, trial, "trial", because, None)

    def _sale(self, ids: tuple[UUID, UUID, UUID], name: str, at: datetime, place: str, number: int) -> None:
        due, day = GROWTH.portion(RATE), at.date()
        because = Because(
            credited_by="click",
            click_at=at,
            placement=place,
            window_days=30,
            began_at=at,
            plan="growth",
            list_price=GROWTH,
            price_paid=GROWTH,
            number=number,
            tier="starter",
        )
        sums = Arithmetic(
            GROWTH, Money(0, "USD"), GROWTH, RATE, Money(0, "USD"), GROWTH, due, Money(0, "USD")
        )
        sale, decision = self._payment(ids, name, at, GROWTH, "sale", because, sums)
        released = day + timedelta(days=self.hold_days)
        self._line(ids[0], sale, sale, decision, "sale", due, day, released)
        back_at = at + timedelta(days=self.luck.randrange(2, 90))
        if self.luck.randrange(REFUNDED) == 0 and back_at <= self.now:
            self._refund(ids, name, sale, back_at, due, released)

    def _payment(
        self,
        ids: tuple[UUID, UUID, UUID],
        name: str,
        at: datetime,
        paid: Money,
        outcome: str,
        because: Because,
        sums: Arithmetic | None,
    ) -> tuple[UUID, UUID]:
        enrollment, customer, subscription = ids
        event, payment, decision, nothing = new_id(), new_id(), new_id(), Money(0, paid.currency)
        fact = Payment(
            at, name, "cus", "sub", paid, paid, nothing, paid, lines=(PaymentLine(GROWTH, GROWTH),)
        )
        self._event(event, name, "invoice.paid", at)
        self.shelf.add(
            "money_event",
            *(payment, event, self.program, customer, subscription, "payment", name, name, at, "USD"),
            *(paid.minor, paid.minor, 0, 0, msgspec.json.encode(fact).decode()),
        )
        rate = RATE if sums else None
        told = _json(because), _json(sums) if sums else ""
        self.shelf.add(
            "decision", decision, payment, 1, outcome, "4", enrollment, self.terms, *told, rate, self.now
        )
        return payment, decision

    def _refund(
        self,
        ids: tuple[UUID, UUID, UUID],
        name: str,
        sale: UUID,
        at: datetime,
        due: Money,
        released: date,
    ) -> None:
        event, refund, decision, day = new_id(), new_id(), new_id(), at.date()
        self._event(event, f"re_{name}", "charge.refunded", at)
        self.shelf.add(
            "money_event",
            *(refund, event, self.program, None, None, "refund", f"re_{name}", name, at, "USD"),
            *(GROWTH.minor, 0, 0, 0, "{}"),
        )
        nothing = Money(0, "USD")
        sums = Arithmetic(GROWTH, nothing, GROWTH, RATE, GROWTH, nothing, nothing, due)
        told = _json(Because(payment=name)), _json(sums)
        self.shelf.add(
            "decision",
            *(decision, refund, 1, "refunded_in_full", "8", ids[0], self.terms, *told, RATE, self.now),
        )
        self._line(ids[0], refund, sale, decision, "refund", -due, day, max(day, released))

    def _event(self, event: UUID, name: str, kind: str, at: datetime) -> None:
        self.shelf.add(
            "billing_event",
            *(event, self.program, "seed", f"evt_{name}", kind, "money", "{}", event.hex * 2, at, at),
        )

    def _line(
        self,
        enrollment: UUID,
        event: UUID,
        sale: UUID,
        decision: UUID,
        kind: str,
        amount: Money,
        day: date,
        released: date,
    ) -> None:
        self.lines += 1
        base = GROWTH.minor if amount.minor > 0 else -GROWTH.minor
        self.shelf.add(
            "commission",
            *(new_id(), self.program, enrollment, event, sale, decision, kind, amount.minor, "USD", RATE),
            *(base, day, released, self.now),
        )


def _json(values: object) -> str:
    plain = msgspec.to_builtins(values)
    return msgspec.json.encode({key: value for key, value in plain.items() if value is not None}).decode()


async def seed(url: str, lines: int, affiliate_lines: int, say: Say) -> Cast:
    """Fills an empty database. The cast's Ada is the large affiliate."""
    now = utc_now().replace(microsecond=0)
    async with db.connected(url):
        await migrate()
        cast = await gather_cast(now - timedelta(days=366 * YEARS + 60))
        others = await _others(cast, now - timedelta(days=366 * YEARS + 60))
        terms = (await terms_history(cast.program)).versions[-1]
        assert terms.terms_id is not None
        made = Seed(cast.program, terms.terms_id, terms.hold_days, now)
        began = time.monotonic()
        await _write(made, [cast.ada.enrollment], affiliate_lines, lines, began, say)
        await _write(made, others, lines, lines, began, say)
        await _pay(cast, [cast.ada.enrollment, *others], now, say)
        say(f"{made.lines:,} lines of {made.number:,} subscriptions in {time.monotonic() - began:.0f} s")
        if db.dialect() == "postgres":
            await db.engine().run_ddl("ANALYZE")
        else:
            await db.engine().run_ddl("PRAGMA optimize")
        return cast


async def _write(made: Seed, owners: list[UUID], until: int, whole: int, began: float, say: Say) -> None:
    turn = 0
    while made.lines < until:
        start = made.lines
        while made.lines - start < AT_ONCE and made.lines < until:
            made.subscription(owners[turn % len(owners)])
            turn += 1
        await made.shelf.write()
        say(f"{made.lines:>11,} of {whole:,} lines   {time.monotonic() - began:5.0f} s")


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


async def _pay(cast: Cast, owners: list[UUID], now: datetime, say: Say) -> None:
    """Every month but the last two is paid out, run by run as they would have been."""
    month = Month.of(now.date()).plus(-12 * YEARS)
    last = Month.of(now.date()).plus(-1)
    while month <= last:
        for some in owners:
            await _payout(cast.program, some, month)
        month = month.plus(1)
    say(f"paid out up to {last}")


async def _payout(program: UUID, enrollment: UUID, month: Month) -> None:
    rows = await Commission.raw(
        "SELECT c.id, c.minor FROM commission c WHERE c.enrollment = {} AND c.released_on > {} "
        "AND c.released_on <= {}",
        enrollment,
        month.plus(-1).cut_off,
        month.cut_off,
    )
    minor = sum(row["minor"] for row in rows)
    if minor <= 0:
        return
    payout, day = new_id(), month.first_day
    columns = "id program run_month enrollment currency minor state claimed_on approved_on paid_on".split()
    paid = (payout, program, str(month), enrollment, "USD", minor, "paid", day, day, day.replace(day=16))
    async with db.transaction():
        await db.insert_many("payout", columns, [paid])
        await db.insert_many(
            "payout_line", ["id", "payout", "commission"], [(new_id(), payout, row["id"]) for row in rows]
        )


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
