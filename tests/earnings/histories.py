"""Histories that could happen, and how Stripe would tell them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from portal.earnings import samples
from portal.earnings.facts import Overrule, Tie
from portal.earnings.samples import Bill
from portal.money import Money
from tests.earnings.happened import (
    LIST,
    PLAIN,
    History,
    House,
    Move,
    Offer,
    Paid,
    Quarrel,
    Refund,
    Ruling,
    Sub,
    Version,
)

FIRST = datetime(2027, 1, 5, 12, tzinfo=UTC)
PRICES = {
    "growth": "price_growth_monthly",
    "essentials": "price_essentials_monthly",
    "scale-yearly": "price_scale_yearly",
}
OFFER = "SPRING25"
KINDS = ("list", "list", "list", "own", "foreign", "unknown", "zero")


def histories(*, shrinking: bool = True) -> st.SearchStrategy[History]:
    """Without shrinking they are made in a tenth of the time: for the many that are expected to pass."""
    return st.randoms(use_true_random=not shrinking).map(a_history)


def a_history(luck: random.Random) -> History:
    house = a_house(luck) if luck.randint(0, 2) else PLAIN
    kinds = [*KINDS, "offer", "offer"] if any(version.offers for version in house.versions) else KINDS
    subs = []
    for customer in range(luck.randint(1, 4)):
        for which in range(luck.choice([1, 1, 2])):
            name = f"c{customer}s{which}"
            began = FIRST + timedelta(days=luck.randint(0, 40) + 50 * which)
            came = luck.choice(["ada", "ada", "ben", None])
            before = luck.choice([timedelta(0), timedelta(days=3), timedelta(days=30), timedelta(days=31)])
            code = luck.choice([None, None, None, "ada", "ben"])
            trial = began + timedelta(days=30) if luck.randint(0, 3) == 0 else None
            made = _payments(luck, name, began, kinds)
            # Codes tell whose customer it is only at the checkout; a first payment with one is that checkout.
            if made and made[0].kind == "own" and code is None:
                code = "ada"
            ended = began + timedelta(days=luck.randint(20, 100)) if luck.randint(0, 1) else None
            click = (came, began - before) if came else None
            moves = _moves(luck, began, made)
            subs.append(Sub(name, f"c{customer}", began, click, code, trial, ended, made, moves))
    return History(tuple(subs), house)


def a_house(luck: random.Random) -> House:
    """Terms that change while subscriptions run, and perhaps somebody who recruited somebody."""
    first = _version(luck, Version.starts)
    days = sorted(luck.sample(range(5, 140), luck.choice([0, 1, 1, 2])))
    later = (_version(luck, FIRST.date() + timedelta(days=day)) for day in days)
    recruiter = (("ben", "ada"),) if luck.randint(0, 1) else ()
    return House((first, *later), recruiter)


def _version(luck: random.Random, starts: date) -> Version:
    steps = luck.choice([(0, 2, 3), (0, 1, 2), (0, 1, 4), (0, 2), (0, 3)])
    rates = luck.choice([(3_000, 3_500, 4_000), (2_000, 3_000, 5_000), (2_500, 2_500, 3_333)])
    return Version(
        starts,
        rates[: len(steps)],
        steps,
        hold=luck.choice([45, 45, 30, 0]),
        second=luck.choice([0, 500, 777]),
        follow=bool(luck.randint(0, 1)),
        falls=bool(luck.randint(0, 1)),
        offers=tuple(_offer(luck, len(steps)) for _ in range(luck.randint(0, 2))),
    )


def _offer(luck: random.Random, tiers: int) -> Offer:
    first = FIRST.date() + timedelta(days=luck.randint(-10, 90))
    tier = luck.choice([None, luck.randrange(tiers)])
    return Offer(first, first + timedelta(days=luck.choice([0, 10, 60])), tier)


def _payments(luck: random.Random, name: str, began: datetime, kinds: Sequence[str]) -> tuple[Paid, ...]:
    found = []
    for number in range(luck.randint(0, 3)):
        at = began + timedelta(days=30 * number, hours=luck.choice([0, 0, 5]))
        kind = luck.choice(kinds)
        plain = Paid(f"in_{name}_{number}", at, luck.choice(sorted(LIST)), kind)
        plain = replace(plain, tax=luck.choice([0, 0, plain.base // 5]))
        refunds = _refunds(luck, plain) if plain.charged else ()
        quarrel = None
        if plain.charged and luck.randint(0, 3) == 0:
            opened = at + timedelta(days=luck.randint(1, 60))
            closed = opened + timedelta(days=luck.randint(1, 60)) if luck.randint(0, 1) else None
            quarrel = Quarrel(opened, closed, bool(luck.randint(0, 1)))
        found.append(replace(plain, refunds=refunds, quarrel=quarrel, rulings=_rulings(luck, at)))
    return tuple(found)


def _rulings(luck: random.Random, at: datetime) -> tuple[Ruling, ...]:
    words = luck.choice([(), (), (), (), (True,), (True,), (False,), (False, True), (True, False)])
    return tuple(Ruling(at + timedelta(days=20 + place), counts) for place, counts in enumerate(words))


def _moves(luck: random.Random, began: datetime, made: Sequence[Paid]) -> tuple[Move, ...]:
    """Now and then, from a payment's own moment, from some other one, or for all of it."""
    found = []
    for place in range(luck.choice([0, 0, 0, 0, 0, 1, 1, 2])):
        some_day = began + timedelta(days=luck.randint(0, 90), hours=-3)
        since = luck.choice([None, some_day, *(paid.at for paid in made)])
        found.append(Move(began + timedelta(days=70 + place), luck.choice(["ada", "ben"]), since))
    return tuple(found)


def _refunds(luck: random.Random, paid: Paid) -> tuple[Refund, ...]:
    """Some of it in steps, now and then all of it."""
    totals = {luck.randint(1, paid.charged) for _ in range(luck.choice([0, 0, 1, 2, 3]))}
    totals |= {paid.charged} if luck.randint(0, 2) == 0 else set()
    days = sorted(luck.randint(0, 90) for _ in totals)
    return tuple(
        Refund(paid.at + timedelta(days=day, hours=1), total)
        for day, total in zip(days, sorted(totals), strict=True)
    )


def told(history: History, codes: dict[str, str], since_2025: bool) -> Iterator[bytes]:
    """Everything as Stripe's events. The clicks are stored beforehand, by `token`."""
    for sub in history.subs:
        click = token(sub) if sub.click else None
        code = codes[sub.code] if sub.code else None
        yield samples.checkout_completed(
            sub.began, f"cus_{sub.customer}", f"sub_{sub.name}", click=click, code=code
        )
        yield _said("created", sub.began, sub)
        if sub.ended:
            yield _said("deleted", sub.ended, sub, sub.ended)
        for paid in sub.payments:
            yield from _paid(sub, paid, codes, since_2025)


def ruled(history: History, enrollments: Mapping[str, UUID]) -> Iterator[bytes]:
    """What managers said, as it is stored among the events."""
    for sub in history.subs:
        for place, move in enumerate(sub.moves):
            name = f"ruling_{sub.name}_{place}"
            to = enrollments[move.to]
            yield _ruling("tie", Tie(move.at, name, f"sub_{sub.name}", to, "It was so.", "mira", move.since))
        for paid in sub.payments:
            for place, ruling in enumerate(paid.rulings):
                name = f"ruling_{paid.name}_{place}"
                said = Overrule(ruling.at, name, paid.name, ruling.counts, "It was so.", "mira")
                yield _ruling("overrule", said)


def _ruling(kind: str, fact: Tie | Overrule) -> bytes:
    return msgspec.json.encode({"kind": kind, "fact": fact})


def token(sub: Sub) -> str:
    return f"click_{sub.name}"


def bill_of(sub: Sub, paid: Paid, codes: dict[str, str]) -> Bill:
    code = {"own": codes[sub.code or "ada"], "offer": OFFER}.get(paid.kind)
    return Bill(
        paid.name,
        paid.at,
        f"cus_{sub.customer}",
        f"sub_{sub.name}",
        "price_from_elsewhere" if paid.kind == "unknown" else PRICES[paid.plan],
        Money(paid.price, "USD"),
        taken_off=paid.off,
        code=code,
        coupon="goodwill" if paid.kind in {"foreign", "zero"} else None,
        tax=paid.tax,
        first=paid is sub.payments[0],
    )


def _said(verb: str, at: datetime, sub: Sub, ended: datetime | None = None) -> bytes:
    return samples.subscription_said(
        verb,
        at,
        f"cus_{sub.customer}",
        f"sub_{sub.name}",
        began_at=sub.began,
        price="price_growth_monthly",
        amount=Money(LIST["growth"], "USD"),
        trial_end=sub.trial_ends,
        ended_at=ended,
    )


def _paid(sub: Sub, paid: Paid, codes: dict[str, str], since_2025: bool) -> Iterator[bytes]:
    bill = bill_of(sub, paid, codes)
    yield samples.invoice_paid(bill, since_2025=since_2025)
    before = 0
    for refund in paid.refunds:
        yield samples.charge_refunded(
            bill, refund.at, total=refund.total, before=before, since_2025=since_2025
        )
        before = refund.total
    if paid.quarrel:
        yield samples.dispute(bill, paid.quarrel.opened)
        if paid.quarrel.closed:
            yield samples.dispute(bill, paid.quarrel.closed, "lost" if paid.quarrel.lost else "won")
