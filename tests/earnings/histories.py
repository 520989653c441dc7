"""Histories that could happen, and how Stripe would tell them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from portal.earnings import samples
from portal.earnings.samples import Bill
from portal.money import Money
from tests.earnings.model import LIST, Paid, Quarrel, Refund, Sub

FIRST = datetime(2027, 1, 5, 12, tzinfo=UTC)
PRICES = {
    "growth": "price_growth_monthly",
    "essentials": "price_essentials_monthly",
    "scale-yearly": "price_scale_yearly",
}


def histories(*, shrinking: bool = True) -> st.SearchStrategy[list[Sub]]:
    """Without shrinking they are made in a tenth of the time: for the many that are expected to pass."""
    return st.randoms(use_true_random=not shrinking).map(a_history)


def a_history(luck: random.Random) -> list[Sub]:
    subs = []
    for customer in range(luck.randint(1, 4)):
        for which in range(luck.choice([1, 1, 2])):
            name = f"c{customer}s{which}"
            began = FIRST + timedelta(days=luck.randint(0, 40) + 50 * which)
            came = luck.choice(["ada", "ada", "ben", None])
            before = luck.choice([timedelta(0), timedelta(days=3), timedelta(days=30), timedelta(days=31)])
            code = luck.choice([None, None, None, "ada", "ben"])
            trial = began + timedelta(days=30) if luck.randint(0, 3) == 0 else None
            made = _payments(luck, name, began)
            # Codes tell whose customer it is only at the checkout; a first payment with one is that checkout.
            if made and made[0].kind == "own" and code is None:
                code = "ada"
            ended = began + timedelta(days=luck.randint(20, 100)) if luck.randint(0, 1) else None
            click = (came, began - before) if came else None
            subs.append(Sub(name, f"c{customer}", began, click, code, trial, ended, made))
    return subs


def _payments(luck: random.Random, name: str, began: datetime) -> tuple[Paid, ...]:
    found = []
    for number in range(luck.randint(0, 3)):
        at = began + timedelta(days=30 * number, hours=luck.choice([0, 0, 5]))
        kind = luck.choice(["list", "list", "list", "own", "foreign", "unknown", "zero"])
        plain = Paid(f"in_{name}_{number}", at, luck.choice(sorted(LIST)), kind)
        plain = replace(plain, tax=luck.choice([0, 0, plain.base // 5]))
        refunds = _refunds(luck, plain) if plain.charged else ()
        quarrel = None
        if plain.charged and luck.randint(0, 3) == 0:
            opened = at + timedelta(days=luck.randint(1, 60))
            closed = opened + timedelta(days=luck.randint(1, 60)) if luck.randint(0, 1) else None
            quarrel = Quarrel(opened, closed, bool(luck.randint(0, 1)))
        found.append(replace(plain, refunds=refunds, quarrel=quarrel))
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


def one_who_got_it_all_back(*, and_disputed: bool = False) -> list[Sub]:
    """Only one customer counts when the other one pays again, also where a dispute is lost much later."""
    back, later = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    lost = Quarrel(FIRST + timedelta(days=20), FIRST + timedelta(days=90), lost=True)
    gone = Paid(
        "in_c0s0_0",
        FIRST,
        "growth",
        "list",
        refunds=(Refund(back, LIST["growth"]),),
        quarrel=lost if and_disputed else None,
    )
    paid = [Paid(f"in_c1s0_{n}", later + timedelta(days=30 * n), "growth", "list") for n in range(2)]
    return [
        Sub("c0s0", "c0", FIRST, ("ada", FIRST), None, None, None, (gone,)),
        Sub("c1s0", "c1", later, ("ada", later), None, None, None, tuple(paid)),
    ]


def told(history: list[Sub], codes: dict[str, str], since_2025: bool) -> Iterator[bytes]:
    """Everything as Stripe's events. The clicks are stored beforehand, by `token`."""
    for sub in history:
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


def token(sub: Sub) -> str:
    return f"click_{sub.name}"


def bill_of(sub: Sub, paid: Paid, codes: dict[str, str]) -> Bill:
    own = codes[sub.code or "ada"] if paid.kind == "own" else None
    return Bill(
        paid.name,
        paid.at,
        f"cus_{sub.customer}",
        f"sub_{sub.name}",
        "price_from_elsewhere" if paid.kind == "unknown" else PRICES[paid.plan],
        Money(paid.price, "USD"),
        taken_off=paid.off,
        code=own,
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
