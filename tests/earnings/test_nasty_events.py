"""Signed events in which one thing is odd: understood or refused, never broken."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
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
from portal.earnings.verify import book_problems
from portal.money import Money
from tests.cast import Cast
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
