"""What arrives at /webhooks/stripe, well-meant or not: a clear answer, nothing lost, never a 500."""

import json
from typing import Any

import httpx
import pytest

from portal.audit.tables import AuditEntry
from portal.earnings import samples
from portal.earnings.samples import Bill
from portal.earnings.tables import BillingEvent, Commission, Decision, Transaction
from portal.money import Money
from tests.cast import BEGINNING, Cast
from tests.conftest import STRIPE_SECRET, FrozenClock
from tests.earnings.books import GROWTH, Desk

WEBHOOK = "/webhooks/stripe"


async def send(
    visitor: httpx.AsyncClient,
    clock: FrozenClock,
    body: bytes,
    *,
    secret: str = STRIPE_SECRET,
    age: float = 0,
) -> httpx.Response:
    clock.forward(seconds=-age)
    signature = samples.signature(body, secret, clock.at)
    clock.forward(seconds=age)
    return await visitor.post(WEBHOOK, content=body, headers={"Stripe-Signature": signature})


def a_bill(clock: FrozenClock, **more: Any) -> Bill:
    return Bill("in_1", clock.at, "cus_eve", "sub_eve", "price_growth_monthly", GROWTH, **more)


async def refusals() -> list[str]:
    rows = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.verb.like("event_%"))
    return [row["verb"] for row in rows]


async def test_an_event_is_booked_before_it_is_answered(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    answer = await send(visitor, clock, samples.invoice_paid(a_bill(clock)))
    assert (answer.status_code, answer.json()) == (200, {"received": "booked"})
    assert await BillingEvent.count() == 1
    assert [row["outcome"] for row in await Decision.select(Decision.outcome)] == ["no_referral"]


async def test_the_same_event_again_changes_nothing(visitor: httpx.AsyncClient, clock: FrozenClock) -> None:
    body = samples.invoice_paid(a_bill(clock))
    answers = [await send(visitor, clock, body) for _ in range(3)]
    assert [answer.json()["received"] for answer in answers] == ["booked", "known", "known"]
    assert (await BillingEvent.count(), await Transaction.count(), await Decision.count()) == (1, 1, 1)


async def test_the_same_id_with_another_body_is_refused_and_audited(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await send(visitor, clock, samples.invoice_paid(a_bill(clock)))
    answer = await send(visitor, clock, samples.invoice_paid(a_bill(clock, tax=1)))
    assert answer.status_code == 409
    assert "another body" in answer.json()["error"]
    assert await refusals() == ["event_altered"]
    assert await Transaction.count() == 1


@pytest.mark.parametrize(
    ("secret", "age"),
    [("whsec_of_somebody_else", 0), (STRIPE_SECRET, 301), (STRIPE_SECRET, -301)],
    ids=["forged", "stale", "from the future"],
)
async def test_what_stripe_did_not_just_sign_is_refused_and_audited(
    visitor: httpx.AsyncClient, clock: FrozenClock, secret: str, age: float
) -> None:
    answer = await send(visitor, clock, samples.invoice_paid(a_bill(clock)), secret=secret, age=age)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert await refusals() == ["event_refused"]
    assert await BillingEvent.count() == 0


async def test_an_event_of_five_minutes_ago_is_still_good(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    assert (await send(visitor, clock, samples.invoice_paid(a_bill(clock)), age=300)).status_code == 200


async def test_an_altered_body_is_refused(visitor: httpx.AsyncClient, clock: FrozenClock) -> None:
    body = samples.invoice_paid(a_bill(clock))
    signature = samples.signature(body, STRIPE_SECRET, clock.at)
    altered = body.replace(b"11900", b"91900")
    answer = await visitor.post(WEBHOOK, content=altered, headers={"Stripe-Signature": signature})
    assert answer.status_code == 400
    assert await BillingEvent.count() == 0


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "t=abc,v1=00",
        "v1=00",
        "t=1,t=2,v1=00",
        "t=1772445600",
        "t=99999999999999999999,v1=00",
        "é",
    ],
)
async def test_a_damaged_signature_is_no_signature(visitor: httpx.AsyncClient, header: str) -> None:
    answer = await visitor.post(WEBHOOK, content=b"{}", headers=[(b"Stripe-Signature", header.encode())])
    assert answer.status_code == 400


async def test_a_missing_signature_is_refused(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.post(WEBHOOK, content=b"{}")).status_code == 400


def spoiled(path: str, value: object) -> bytes:
    """A paid invoice with one value replaced; `path` like `data.object.amount_paid`."""
    bill = Bill("in_1", BEGINNING, "cus_eve", "sub_eve", "price", GROWTH)
    event = json.loads(samples.invoice_paid(bill))
    thing, *rest = [event, *path.split(".")]
    for key in rest[:-1]:
        thing = thing[key]
    thing[rest[-1]] = value
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"id": "evt_1"}',
        b"[" * 100_000,
        spoiled("id", "evt\u0000"),
        spoiled("id", ""),
        spoiled("id", "e" * 300),
        spoiled("created", "yesterday"),
        spoiled("created", -1),
        spoiled("created", 10**18),
        spoiled("data", None),
        spoiled("data.object", []),
        spoiled("data.object.amount_paid", -1),
        spoiled("data.object.amount_paid", 1.5),
        spoiled("data.object.amount_paid", 10**30),
        spoiled("data.object.currency", "doubloons"),
        spoiled("data.object.customer", None),
        spoiled("data.object.id", "in 1"),
        spoiled("data.object.lines", {"data": [{"amount": "1"}]}),
    ],
    ids=lambda body: body[:12].decode("latin-1") + str(len(body)),
)
async def test_a_signed_body_that_is_no_event_is_a_clear_400(
    visitor: httpx.AsyncClient, clock: FrozenClock, body: bytes
) -> None:
    answer = await send(visitor, clock, body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (await BillingEvent.count(), await Transaction.count()) == (0, 0)


async def test_an_event_of_more_than_256_kb_is_too_large(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    answer = await send(visitor, clock, b'{"id": "' + b"a" * 256 * 1024 + b'"}')
    assert answer.status_code == 413
    assert answer.json()["error"]


async def test_an_unknown_kind_is_stored_and_answered(visitor: httpx.AsyncClient, clock: FrozenClock) -> None:
    body = samples.event("evt_new", "entitlements.changed", clock.at, {"anything": [1, {"deep": True}]})
    assert (await send(visitor, clock, body)).status_code == 200
    (kept,) = await BillingEvent.select(BillingEvent.kind, BillingEvent.meaning, BillingEvent.body)
    assert (kept["kind"], kept["meaning"]) == ("entitlements.changed", "unknown")
    assert kept["body"].encode() == body


async def test_a_refund_in_another_currency_takes_nothing_back(
    visitor: httpx.AsyncClient, clock: FrozenClock, cast: Cast
) -> None:
    click = await Desk(cast).click(cast.ada, clock.at)
    began = clock.forward(minutes=5)
    bill = Bill("in_1", began, "cus_eve", "sub_eve", "price_growth_monthly", GROWTH, first=True)
    euros = Bill("in_1", began, "cus_eve", "sub_eve", "price_growth_monthly", Money(11_900, "EUR"))
    for body in (
        Desk(cast).checkout(began, "eve", click=click),
        samples.invoice_paid(bill),
        samples.charge_refunded(euros, clock.forward(days=1), total=11_900),
    ):
        assert (await send(visitor, clock, body)).status_code == 200
    rows = await Decision.select(Decision.outcome).order_by(Decision.decided_at)
    assert [row["outcome"] for row in rows] == ["sale", "wrong_currency"]
    assert [row["minor"] for row in await Commission.select(Commission.minor)] == [3_570]


async def test_a_refund_larger_than_the_payment_takes_back_no_more_than_all(
    visitor: httpx.AsyncClient, clock: FrozenClock, cast: Cast
) -> None:
    click = await Desk(cast).click(cast.ada, clock.at)
    began = clock.forward(minutes=5)
    bill = Bill("in_1", began, "cus_eve", "sub_eve", "price_growth_monthly", GROWTH, first=True)
    for body in (
        Desk(cast).checkout(began, "eve", click=click),
        samples.invoice_paid(bill),
        samples.charge_refunded(bill, clock.forward(days=1), total=99_900),
    ):
        assert (await send(visitor, clock, body)).status_code == 200
    assert sum(row["minor"] for row in await Commission.select(Commission.minor)) == 0


async def test_the_books_refuse_to_be_edited(visitor: httpx.AsyncClient, clock: FrozenClock) -> None:
    await send(visitor, clock, samples.invoice_paid(a_bill(clock)))
    for table in (BillingEvent, Transaction, Decision):
        for change in (table.update({table.id: table.id}, force=True), table.delete(force=True)):
            with pytest.raises(Exception, match=r"only ever added|append-only"):
                await change
