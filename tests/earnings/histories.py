"""Histories that could happen, and how Stripe would tell them."""

from collections.abc import Iterator
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


@st.composite
def payments(draw: st.DrawFn, name: str, began: datetime) -> tuple[Paid, ...]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        at = began + timedelta(days=30 * number, hours=draw(st.sampled_from([0, 0, 5])))
        kind = draw(st.sampled_from(["list", "list", "list", "own", "foreign", "unknown", "zero"]))
        plain = Paid(f"in_{name}_{number}", at, draw(st.sampled_from(sorted(LIST))), kind)
        tax = draw(st.sampled_from([0, 0, plain.base // 5]))
        plain = Paid(plain.name, at, plain.plan, kind, tax)
        totals = sorted(
            draw(st.lists(st.integers(1, max(plain.charged, 1)), max_size=3, unique=True))
            + ([plain.charged] if plain.charged and draw(st.booleans()) else [])
        )
        days = draw(st.lists(st.integers(0, 90), min_size=len(totals), max_size=len(totals)).map(sorted))
        refunds = tuple(
            Refund(at + timedelta(days=day, hours=1), total)
            for day, total in zip(days, sorted(set(totals)), strict=False)
            if plain.charged
        )
        quarrel = None
        if plain.charged and draw(st.integers(0, 3)) == 0:
            opened = at + timedelta(days=draw(st.integers(1, 60)))
            closed = opened + timedelta(days=draw(st.integers(1, 60))) if draw(st.booleans()) else None
            quarrel = Quarrel(opened, closed, draw(st.booleans()))
        found.append(Paid(plain.name, at, plain.plan, kind, tax, refunds, quarrel))
    return tuple(found)


@st.composite
def histories(draw: st.DrawFn) -> list[Sub]:
    subs = []
    for customer in range(draw(st.integers(1, 4))):
        for which in range(draw(st.sampled_from([1, 1, 2]))):
            name = f"c{customer}s{which}"
            began = FIRST + timedelta(days=draw(st.integers(0, 40)) + 50 * which)
            came = draw(st.sampled_from(["ada", "ada", "ben", None]))
            before = draw(
                st.sampled_from([timedelta(0), timedelta(days=3), timedelta(days=30), timedelta(days=31)])
            )
            code = draw(st.sampled_from([None, None, None, "ada", "ben"]))
            trial = began + timedelta(days=30) if draw(st.integers(0, 3)) == 0 else None
            made = draw(payments(name, began))
            # Codes tell whose customer it is only at the checkout; a first payment with one is that checkout.
            if made and made[0].kind == "own" and code is None:
                code = "ada"
            ended = began + timedelta(days=draw(st.integers(20, 100))) if draw(st.booleans()) else None
            click = (came, began - before) if came else None
            subs.append(Sub(name, f"c{customer}", began, click, code, trial, ended, made))
    return subs


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
