"""Signed events in which one thing is odd: understood or refused, never broken."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import db
from portal.earnings import samples
from portal.earnings.actions import Delivery, receive
from portal.earnings.facts import Malformed
from portal.earnings.samples import Bill
from portal.earnings.stripe import read
from portal.earnings.tables import Decision
from portal.earnings.verify import book_problems
from portal.enrollments.tables import DiscountCode
from portal.money import Money
from portal.replay import replay
from tests.cast import Cast
from tests.conftest import Stage
from tests.earnings.books import NOW

AT = datetime(2027, 1, 2, 12, tzinfo=UTC)
BILL = Bill(
    "in_1",
    AT,
    "cus",
    "sub",
    "price_growth_monthly",
    Money(11_900, "USD"),
    2_380,
    "ADA20",
    tax=100,
    first=True,
)
PLAIN = [
    samples.checkout_completed(
        AT, "cus", "sub", click="abc", code="ADA20", email="e@x.example", country="US"
    ),
    samples.subscription_said(
        "created", AT, "cus", "sub", began_at=AT, price="price_growth_monthly", amount=Money(11_900, "USD")
    ),
    samples.invoice_paid(BILL),
    samples.invoice_paid(BILL, since_2025=False, event_id="evt_old"),
    samples.charge_refunded(BILL, AT + timedelta(days=3), total=500),
    samples.charge_refunded(BILL, AT + timedelta(days=4), total=900, since_2025=False),
    samples.dispute(BILL, AT + timedelta(days=5)),
    samples.dispute(BILL, AT + timedelta(days=6), "lost"),
]


def by_id(body: bytes, known_as: str = "promo_Ada1") -> bytes:
    """As Stripe tells it unless it is asked to spell things out: a promotion code by its id alone."""
    event = json.loads(body)
    thing = event["data"]["object"]
    for discount in [*(thing.get("discounts") or ()), *filter(None, [thing.get("discount")])]:
        discount["promotion_code"] = known_as
    return json.dumps({**event, "id": f"{event['id']}_by_id"}).encode()


PLAIN += [by_id(PLAIN[0]), by_id(PLAIN[2]), by_id(PLAIN[3])]
NASTY: list[Any] = [
    None,
    "",
    "x" * 200,
    "x" * 5_000,
    "nul\u0000l",
    "\ud800",
    "\u202eoverride",
    "😀" * 30,
    "'; DROP TABLE commission; --",
    "{}",
    0,
    -1,
    1,
    2**31,
    2**63,
    10**15,
    1.5,
    True,
    [],
    [None],
    {},
    {"id": "x"},
    "eur",
    "jpy",
    "usd\n",
]


class Undo(Exception):
    """Not an error: each event meets the same books."""


def places(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


@st.composite
def odd_events(draw: st.DrawFn) -> bytes:
    event = json.loads(draw(st.sampled_from(PLAIN)))
    for path in draw(st.lists(st.sampled_from(places(event)), min_size=1, max_size=2)):
        thing = event
        for key in path[:-1]:
            thing = thing[key] if isinstance(thing, dict | list) and _has(thing, key) else None
        if isinstance(thing, dict | list) and _has(thing, path[-1]):
            thing[path[-1]] = draw(st.sampled_from(NASTY))
    return json.dumps(event).encode()


def _has(thing: Any, key: Any) -> bool:
    return key in thing if isinstance(thing, dict) else isinstance(key, int) and key < len(thing)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=odd_events())
async def test_an_odd_event_is_understood_or_refused(low_tiers: Cast, body: bytes) -> None:
    with contextlib.suppress(Undo):
        async with db.transaction():
            for plain in PLAIN[:3]:
                await receive(low_tiers.program, Delivery(read(plain), plain), NOW)
            try:
                event = read(body)
            except Malformed:
                raise Undo from None
            await receive(low_tiers.program, Delivery(event, body), NOW)
            assert await book_problems(NOW) == []
            raise Undo


async def at_stripe(code: str, stripe_id: str) -> None:
    await DiscountCode.update({DiscountCode.stripe_id: stripe_id}).where(DiscountCode.code == code)


@pytest.mark.parametrize("since_2025", [True, False])
@pytest.mark.parametrize(
    ("known_as", "outcome"),
    [
        ("promo_Ada1", "sale"),
        ("promo_ada1", "no_referral"),
        ("promo_of_nobody", "no_referral"),
        ("", "no_referral"),
    ],
)
async def test_a_code_that_stripe_names_only_by_its_id_is_known(
    low_tiers: Cast, stage: Stage, tmp_path: Path, since_2025: bool, known_as: str, outcome: str
) -> None:
    await at_stripe("ADA20", "promo_Ada1")
    await at_stripe("BEN20", "promo_Ben1")
    told = [PLAIN[0], samples.invoice_paid(BILL, since_2025=since_2025)]
    without_click = json.loads(told[0])
    without_click["data"]["object"]["client_reference_id"] = None
    for body in (by_id(json.dumps(without_click).encode(), known_as), by_id(told[1], known_as)):
        await receive(low_tiers.program, Delivery(read(body), body), NOW)
    (decided,) = await Decision.select(Decision.outcome, Decision.enrollment)
    assert decided["outcome"] == outcome
    assert (decided["enrollment"] == low_tiers.ada.enrollment) is (outcome == "sale")
    assert await book_problems(NOW) == []
    again = await replay(stage.settings.database_url, f"sqlite:///{tmp_path / 'again.sqlite'}", NOW)
    assert again.difference is None


async def test_a_later_invoice_that_names_another_code_of_ours_by_its_id_stays_a_sale(
    low_tiers: Cast,
) -> None:
    await at_stripe("ADA20", "promo_Ada1")
    later = replace(BILL, id="in_2", at=AT + timedelta(days=30), first=False)
    checkout = samples.checkout_completed(AT, "cus", "sub", code="BEN20")
    for body in (checkout, PLAIN[2], by_id(samples.invoice_paid(later))):
        await receive(low_tiers.program, Delivery(read(body), body), NOW)
    rows = await Decision.select(Decision.outcome)
    assert [row["outcome"] for row in rows] == ["sale", "sale"]


@pytest.mark.parametrize("length", [200, 201])
def test_ids_have_an_end(length: int) -> None:
    event = json.loads(PLAIN[2])
    event["data"]["object"]["id"] = "i" * length
    body = json.dumps(event).encode()
    if length == 200:
        assert read(body).facts
    else:
        with pytest.raises(Malformed):
            read(body)
