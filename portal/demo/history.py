"""A year of clicks and sales for the demo's affiliates, the same for everybody but for today's date."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from portal.earnings import samples
from portal.earnings.samples import Bill
from portal.earnings.timeline import months_later
from portal.money import Money
from portal.programs.rules import Period, Plan, ProgramTerms

CLICKS_A_DAY = 4.0
BUYS = 0.016  # of the people who click
WITH_CODE = 0.3
LEAVES = 0.06  # a month
REFUNDED = 0.03
PARTLY_REFUNDED = 0.02
DISPUTED = 0.006
WON = 0.6
FOREIGN_COUPON, FOREIGN_PERCENT = 0.02, 25
COUNTRIES = ("US", "US", "US", "GB", "DE", "CA", "AU", "SE", "BR", "IN", "ES", "FR")
PLACEMENTS = {
    "blog": ("review", "compare", "resources"),
    "seo": ("best-funnels", "compare"),
    "youtube": ("yt-funnel-in-a-day", "yt-tour"),
    "email": ("newsletter", "welcome-mail"),
    "ppc": ("ads-search",),
    "social": ("bio", "story"),
    "wordpress": ("sidebar", "plugins"),
}
DEVICES = ("computer", "computer", "phone", "phone", "phone", "tablet")
REFERRERS = {
    "youtube": "www.youtube.com",
    "social": "www.instagram.com",
    "seo": "www.google.com",
    "ppc": "www.google.com",
}


@dataclass(frozen=True)
class Promoter:
    """An enrollment as far as its history needs it."""

    enrollment: UUID
    link: UUID
    code: str
    began_at: datetime
    ways: tuple[str, ...]
    pull: float
    stops_at: datetime | None = None


@dataclass(frozen=True)
class DemoClick:
    token: str
    promoter: Promoter
    at: datetime
    placement: str
    referrer_host: str
    device: str
    visitor_key: str


@dataclass
class History:
    clicks: list[DemoClick] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)  # Stripe's


def history_of(promoters: Sequence[Promoter], terms: ProgramTerms, now: datetime) -> History:
    """Everything that happened until now."""
    history = History()
    for number, promoter in enumerate(promoters):
        chance = random.Random(f"demo {number}")  # noqa: S311 - a story, not a secret
        for click in _clicks(promoter, chance, now):
            history.clicks.append(click)
            if chance.random() < BUYS:
                buyer = _Buyer(click, chance, terms, now, f"{number:02}{len(history.clicks):05}")
                history.events.extend(buyer.story())
    return history


def _clicks(promoter: Promoter, chance: random.Random, now: datetime) -> Iterator[DemoClick]:
    day, until = promoter.began_at + timedelta(hours=5), min(now, promoter.stops_at or now)
    age = 0
    while day < until:
        # New affiliates grow into it; weekends are quieter.
        warm = min(1.0, 0.25 + age / 90)
        expected = CLICKS_A_DAY * promoter.pull * warm * (0.6 if day.weekday() >= 5 else 1.0)
        for moment in sorted(
            day + timedelta(seconds=chance.random() * 86_400) for _ in range(_poisson(chance, expected))
        ):
            if moment < until:
                way = chance.choice(promoter.ways)
                yield DemoClick(
                    token=f"{chance.getrandbits(128):032x}"[:26],
                    promoter=promoter,
                    at=moment,
                    placement=chance.choice(PLACEMENTS[way]),
                    referrer_host=REFERRERS.get(way, ""),
                    device=chance.choice(DEVICES),
                    visitor_key=f"{chance.getrandbits(128):032x}",
                )
        day += timedelta(days=1)
        age += 1


def _poisson(chance: random.Random, expected: float) -> int:
    limit, count, product = math.exp(-expected), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count


class _Buyer:
    """One customer from its click to today: trial, payments, now and then a refund or a dispute."""

    def __init__(
        self, click: DemoClick, chance: random.Random, terms: ProgramTerms, now: datetime, number: str
    ) -> None:
        self._click, self._chance, self._terms, self._now = click, chance, terms, now
        self._customer, self._subscription = f"cus_{number}", f"sub_{number}"
        self._plan = self._choose_plan()
        self._code = click.promoter.code if chance.random() < WITH_CODE else None
        self._foreign = self._code is None and chance.random() < FOREIGN_COUPON
        self._country = chance.choice(COUNTRIES)
        self._paid = self._full_prices = 0

    def story(self) -> Iterator[bytes]:
        began = self._click.at + timedelta(seconds=int(self._chance.random() * 3 * 86_400) + 120)
        began = began.replace(microsecond=0)
        if began >= self._now:
            return
        trial = self._plan.trial
        first_payment = began + timedelta(days=trial.days) if trial else began
        ended = self._end(first_payment)
        yield self._checkout(began)
        yield self._said("created", began, began, trial_end=first_payment if trial else None)
        if trial:
            yield samples.invoice_paid(self._bill(began, trial.price, price="price_trial", first=True))
        for at in self._due_dates(first_payment):
            if at >= min(self._now, ended or self._now):
                break
            yield from self._pay(at, first=at == began)
        if ended is not None and ended < self._now:
            yield self._said("deleted", ended, began, ended_at=ended)

    def _checkout(self, at: datetime) -> bytes:
        return samples.checkout_completed(
            at,
            self._customer,
            self._subscription,
            click=self._click.token,
            code=self._code,
            email=f"{self._customer}@buyers.example",
            country=self._country,
        )

    def _said(
        self,
        verb: str,
        at: datetime,
        began: datetime,
        *,
        trial_end: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> bytes:
        return samples.subscription_said(
            verb,
            at,
            self._customer,
            self._subscription,
            began_at=began,
            price=self._plan.stripe_prices[0],
            amount=self._plan.price,
            trial_end=trial_end,
            ended_at=ended_at,
        )

    def _pay(self, at: datetime, *, first: bool) -> Iterator[bytes]:
        bill = self._bill(at, self._plan.price, price=self._plan.stripe_prices[0], first=first)
        yield samples.invoice_paid(bill)
        roll = self._chance.random()
        later = at + timedelta(days=2 + int(self._chance.random() * 20), hours=2)
        if roll < REFUNDED + PARTLY_REFUNDED:
            total = bill.total if roll < REFUNDED else bill.total // 4
            if later < self._now:
                yield samples.charge_refunded(bill, later, total=total)
        elif roll < REFUNDED + PARTLY_REFUNDED + DISPUTED:
            closing = "won" if self._chance.random() < WON else "lost"
            for moment, status in ((later, "needs_response"), (later + timedelta(days=40), closing)):
                if moment < self._now:
                    yield samples.dispute(bill, moment, status)

    def _bill(self, at: datetime, amount: Money, *, price: str, first: bool) -> Bill:
        self._paid += 1
        percent = self._percent_off(amount)
        taken_off = amount.portion(percent * 100).minor
        tax = (amount.minor - taken_off) // 10 if self._country == "AU" else 0
        return Bill(
            id=f"in_{self._customer[4:]}_{self._paid:02}",
            at=at,
            customer=self._customer,
            subscription=self._subscription,
            price=price,
            amount=amount,
            taken_off=taken_off,
            code=self._code if percent else None,
            coupon="WELCOMEBACK25" if percent and not self._code else None,
            tax=tax,
            first=first,
            country=self._country,
        )

    def _percent_off(self, amount: Money) -> int:
        """The affiliate's code takes something off the first full price, a coupon from elsewhere off each."""
        if amount != self._plan.price:
            return 0
        self._full_prices += 1
        if self._code:
            return self._terms.code_percent if self._full_prices == 1 else 0
        return FOREIGN_PERCENT if self._foreign else 0

    def _due_dates(self, first: datetime) -> Iterator[datetime]:
        step = 12 if self._plan.period is Period.YEAR else 1
        number = 0
        while True:
            yield datetime.combine(months_later(first.date(), number * step), first.timetz())
            number += 1

    def _end(self, first_payment: datetime) -> datetime | None:
        """The day on which it cancels, or None while it stays. Some leave before the trial is over."""
        if self._plan.trial and self._chance.random() < 0.35:
            return first_payment - timedelta(hours=6)
        months = 1
        while self._chance.random() > LEAVES:
            months += 1
            if months > 24:
                return None
        return datetime.combine(
            months_later(first_payment.date(), months), first_payment.timetz()
        ) - timedelta(hours=3)

    def _choose_plan(self) -> Plan:
        weights = {"essentials": 34, "growth": 44, "scale": 14, "essentials-yearly": 4, "growth-yearly": 4}
        plans = [plan for plan in self._terms.plans if plan.key in weights]
        return self._chance.choices(plans, [weights[plan.key] for plan in plans])[0]
