"""Made-up subscriptions as rows of the books: a trial, a year of payments, now and then one given back."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.earnings.facts import END, PAYMENT, REFUND, Payment, PaymentLine, Place, Refund
from portal.earnings.rules import Arithmetic, Because
from portal.earnings.timeline import Month, run_month
from portal.ids import new_id
from portal.money import Money

YEARS = 3
RENEWALS = 12  # payments of a subscription
REFUNDED = 25  # every 25th sale is given back
PLACEMENTS = ("blog", "newsletter", "youtube", "podcast", "compare", "welcome-mail")
GROWTH, NOTHING, TRIAL = Money(11_900, "USD"), Money(0, "USD"), Money(100, "USD")
RATE = 3_000
DUE = GROWTH.portion(RATE)

COLUMNS = {
    "billing_event": "id program source external_id kind meaning body digest happened_at received_at",
    "customer": "id program external_id country first_seen_at",
    "subscription": "id program customer external_id plan began_at enrollment credited_by ended_at placement",
    "money_event": "id event program customer subscription kind external_id reference happened_at currency "
    "charged base tax discount fact",
    "decision": "id transaction seq outcome rule enrollment terms because arithmetic rate_bps decided_at",
    "commission": "id program enrollment transaction sale decision kind minor currency rate_bps base_minor "
    "booked_on released_on created_at",
    "renewal": "id enrollment currency base months paid_on first_on began_at",
    "paying_span": "id enrollment customer began_at began_by ended_at ended_by",
    "payout": "id program run_month enrollment currency minor state claimed_on approved_on paid_on",
    "payout_line": "id payout commission",
}


@dataclass
class Shelf:
    """Rows that wait to be written, by table and in the order in which they can be."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, *values: Any) -> None:
        self.rows[table].append(values)

    async def write(self) -> None:
        async with db.transaction():
            for table, columns in COLUMNS.items():
                if rows := self.rows.get(table):
                    await db.insert_many(table, columns.split(), rows)
        self.rows.clear()


def _json(values: object) -> str:
    plain = msgspec.to_builtins(values)
    return msgspec.json.encode({key: value for key, value in plain.items() if value is not None}).decode()


# A million times the same but for these words.
NAME, NUMBER = "@name", 7_777_777
SUMS = _json(Arithmetic(GROWTH, NOTHING, GROWTH, RATE, NOTHING, GROWTH, DUE, NOTHING))
SUMS_BACK = _json(Arithmetic(GROWTH, NOTHING, GROWTH, RATE, GROWTH, NOTHING, NOTHING, DUE))
BACK = _json(Because(payment=NAME))


def _fact(at: datetime, paid: Money) -> str:
    lines = (PaymentLine(GROWTH, GROWTH),)
    fact = Payment(at, NAME, "cus", "sub", paid, paid, NOTHING, paid, lines=lines)
    return msgspec.json.encode(fact).decode()


@dataclass(frozen=True)
class _Buyer:
    name: str
    enrollment: UUID
    customer: UUID
    subscription: UUID
    placement: str
    began: datetime


@dataclass
class Seed:
    program: UUID
    terms: UUID
    hold_days: int
    now: datetime
    shelf: Shelf = field(default_factory=Shelf)
    luck: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret
    number: int = 0
    lines: int = 0
    due: dict[tuple[UUID, Month], list[tuple[UUID, int]]] = field(default_factory=lambda: defaultdict(list))

    def subscription(self, enrollment: UUID) -> None:
        self.number += 1
        seconds = self.luck.randrange(365 * YEARS * 86_400)
        began = self.now - timedelta(seconds=seconds)
        place = self.luck.choice(PLACEMENTS)
        buyer = _Buyer(f"{self.number:07}", enrollment, new_id(), new_id(), place, began)
        paid = [began + timedelta(days=30 * month) for month in range(RENEWALS)]
        paid = [at for at in paid if at <= self.now]
        ended = None if len(paid) < RENEWALS else paid[-1] + timedelta(days=29)
        ended = ended if ended and ended <= self.now else None
        self.shelf.add("customer", buyer.customer, self.program, f"cus_{buyer.name}", "US", began)
        self.shelf.add(
            "subscription",
            *(buyer.subscription, self.program, buyer.customer, f"sub_{buyer.name}", "growth", began),
            *(enrollment, "click", ended, place),
        )
        self._trial(buyer)
        backs = self._sales(buyer, paid)
        runs_for, first = None if ended else enrollment, paid[0].date()
        self.shelf.add(
            *("renewal", buyer.subscription, runs_for, "USD", GROWTH.minor, 1, paid[-1].date(), first, began)
        )
        start = Place.of(began, PAYMENT, f"in_{buyer.name}_0")
        end = Place.of(ended, END, f"sub_{buyer.name}") if ended else None
        if len(backs) == len(paid):
            end = Place.of(max(backs), REFUND, f"re_in_{buyer.name}")
        self.shelf.add("paying_span", new_id(), enrollment, buyer.customer, *start, *(end or (None, None)))

    def _trial(self, buyer: _Buyer) -> None:
        at = buyer.began - timedelta(days=30)
        because = Because(
            credited_by="click", click_at=at, placement=buyer.placement, plan="growth", began_at=at
        )
        self._payment(buyer, f"in_{buyer.name}_trial", at, TRIAL, "trial", _json(because), _fact(at, TRIAL))

    def _sales(self, buyer: _Buyer, paid: list[datetime]) -> list[datetime]:
        """Answers when payments were given back."""
        because = _json(
            Because(
                credited_by="click",
                click_at=buyer.began,
                placement=buyer.placement,
                window_days=30,
                began_at=buyer.began,
                plan="growth",
                list_price=GROWTH,
                price_paid=GROWTH,
                number=NUMBER,
                tier="starter",
            )
        )
        backs, first, fact = [], msgspec.json.encode(buyer.began).decode(), _fact(buyer.began, GROWTH)
        for month, at in enumerate(paid):
            name, day = f"in_{buyer.name}_{month}", at.date()
            why = because.replace(str(NUMBER), str(month + 1))
            told = fact.replace(first, msgspec.json.encode(at).decode(), 1)
            sale, decision = self._payment(buyer, name, at, GROWTH, "sale", why, told)
            released = day + timedelta(days=self.hold_days)
            self._line(buyer, sale, sale, decision, "sale", DUE.minor, day, released)
            back_at = at + timedelta(days=self.luck.randrange(2, 90))
            if self.luck.randrange(REFUNDED) == 0 and back_at <= self.now:
                self._refund(buyer, name, sale, back_at, released)
                backs.append(back_at)
        return backs

    def _payment(
        self, buyer: _Buyer, name: str, at: datetime, paid: Money, outcome: str, because: str, fact: str
    ) -> tuple[UUID, UUID]:
        event, payment, decision = new_id(), new_id(), new_id()
        self._event(event, name, "invoice.paid", at)
        self.shelf.add(
            "money_event",
            *(payment, event, self.program, buyer.customer, buyer.subscription, "payment", name, name, at),
            *("USD", paid.minor, paid.minor, 0, 0, fact.replace(NAME, name)),
        )
        sums, rate = (SUMS, RATE) if outcome == "sale" else ("", None)
        told = (buyer.enrollment, self.terms, because, sums, rate, self.now)
        self.shelf.add("decision", decision, payment, 1, outcome, "4", *told)
        return payment, decision

    def _refund(self, buyer: _Buyer, name: str, sale: UUID, at: datetime, released: date) -> None:
        event, refund, decision, day = new_id(), new_id(), new_id(), at.date()
        self._event(event, f"re_{name}", "charge.refunded", at)
        fact = msgspec.json.encode(Refund(at, f"re_{name}", name, GROWTH)).decode()
        self.shelf.add(
            "money_event",
            *(refund, event, self.program, None, None, "refund", f"re_{name}", name, at, "USD"),
            *(GROWTH.minor, 0, 0, 0, fact),
        )
        told = (buyer.enrollment, self.terms, BACK.replace(NAME, name), SUMS_BACK, RATE, self.now)
        self.shelf.add("decision", decision, refund, 1, "refunded_in_full", "8", *told)
        self._line(buyer, refund, sale, decision, "refund", -DUE.minor, day, max(day, released))

    def _event(self, event: UUID, name: str, kind: str, at: datetime) -> None:
        self.shelf.add(
            "billing_event",
            *(event, self.program, "seed", f"evt_{name}", kind, "money", "{}", event.hex * 2, at, at),
        )

    def _line(
        self,
        buyer: _Buyer,
        event: UUID,
        sale: UUID,
        decision: UUID,
        kind: str,
        minor: int,
        day: date,
        released: date,
    ) -> None:
        self.lines += 1
        line, base = new_id(), GROWTH.minor if minor > 0 else -GROWTH.minor
        self.shelf.add(
            "commission",
            *(line, self.program, buyer.enrollment, event, sale, decision, kind, minor, "USD", RATE, base),
            *(day, released, self.now),
        )
        self.due[buyer.enrollment, run_month(released)].append((line, minor))

    def pay_until(self, last: Month) -> None:
        """Every run up to that month is paid out, where it came to more than nothing."""
        for (enrollment, month), lines in self.due.items():
            minor = sum(amount for _, amount in lines)
            if month > last or minor <= 0:
                continue
            payout, day = new_id(), month.first_day
            self.shelf.add(
                "payout",
                *(payout, self.program, str(month), enrollment, "USD", minor, "paid", day, day),
                day.replace(day=16),
            )
            for line, _ in lines:
                self.shelf.add("payout_line", new_id(), payout, line)
