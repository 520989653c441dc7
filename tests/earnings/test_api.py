"""The neutral API: another billing system tells what happened, signed with its key."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from litestar import Litestar

from portal import db
from portal.__main__ import main
from portal.audit.actions import PORTAL
from portal.audit.tables import AuditEntry
from portal.earnings.books import books_on
from portal.earnings.keys import NewKey, add_key, end_key
from portal.earnings.tables import ApiKey, BillingEvent, Transaction
from portal.earnings.verify import book_problems
from tests.cast import Cast
from tests.conftest import FrozenClock, Stage

EVENTS = "/api/v1/events"
JSON = dict[str, Any]


@pytest.fixture
async def key(app: Litestar, stage: Stage, clock: FrozenClock, anyio_backend: str) -> NewKey:
    return await add_key(stage.settings.secret, "kartra", "Chargebee", (), PORTAL, clock.at)


def signed(key: NewKey, body: bytes, at: datetime) -> dict[str, str]:
    stamp = int(at.timestamp())
    made = hmac.new(key.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Portal-Key": key.name, "Portal-Signature": f"t={stamp},v1={made}"}


async def tell(visitor: httpx.AsyncClient, key: NewKey, now: datetime, event: object) -> httpx.Response:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return await visitor.post(EVENTS, content=body, headers=signed(key, body, now))


def lead(at: datetime, **more: Any) -> JSON:
    return {
        "type": "lead",
        "id": "evt_lead",
        "at": at.isoformat(),
        "customer": "c-1",
        "subscription": "s-1",
        **more,
    }


def paid(at: datetime, **more: Any) -> JSON:
    return {
        "type": "payment",
        "id": "evt_paid",
        "at": at.isoformat(),
        "payment": "p-1",
        "customer": "c-1",
        "subscription": "s-1",
        "currency": "USD",
        "charged": 11_900,
        **more,
    }


async def test_a_sale_its_refund_and_its_dispute_are_booked_as_stripes_are(
    visitor: httpx.AsyncClient, clock: FrozenClock, cast: Cast, key: NewKey
) -> None:
    now = clock.at
    later = {"currency": "USD", "payment": "p-1"}
    story = [
        lead(now, code=cast.ada.code, email="eve@buyers.example", country="FR"),
        {
            "type": "subscription",
            "id": "evt_sub",
            "at": now.isoformat(),
            "customer": "c-1",
            "subscription": "s-1",
            "began_at": now.isoformat(),
            "price": "price_growth_monthly",
            "amount": 11_900,
            "currency": "USD",
        },
        paid(now, charged=13_090, tax=1_190, first=True),
        {
            "type": "refund",
            "id": "evt_back",
            "at": now.isoformat(),
            "refund": "r-1",
            "amount": 1_309,
            **later,
        },
        {
            "type": "dispute",
            "id": "evt_no",
            "at": now.isoformat(),
            "dispute": "d-1",
            "step": "lost",
            "amount": 11_781,
            **later,
        },
    ]
    for event in story:
        answer = await tell(visitor, key, now, event)
        assert (answer.status_code, answer.json()) == (200, {"received": "booked"}), answer.text
    lines = await books_on(now.date())
    assert [(line.transaction, line.minor) for line in lines] == [
        ("p-1", 3_570),
        ("r-1", -357),
        ("d-1:lost", -3_213),
    ]
    assert {line.affiliate for line in lines} == {cast.ada.email}
    assert await book_problems(now) == []


async def test_the_same_event_again_changes_nothing_and_another_one_of_its_id_is_refused(
    visitor: httpx.AsyncClient, clock: FrozenClock, key: NewKey
) -> None:
    event = paid(clock.at)
    assert (await tell(visitor, key, clock.at, event)).json() == {"received": "booked"}
    assert (await tell(visitor, key, clock.at, event)).json() == {"received": "known"}
    answer = await tell(visitor, key, clock.at, {**event, "charged": 1})
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith("Nothing was changed.")
    assert (await BillingEvent.count(), await Transaction.count()) == (1, 1)


@pytest.mark.parametrize("how", ["nothing", "key", "secret", "body", "stale", "ahead", "ended"])
async def test_what_the_key_did_not_just_sign_is_refused(
    visitor: httpx.AsyncClient, clock: FrozenClock, key: NewKey, how: str
) -> None:
    now, body = clock.at, json.dumps(paid(clock.at)).encode()
    moved = {"stale": now - timedelta(seconds=301), "ahead": now + timedelta(seconds=301)}
    used = NewKey(key.name, "psk_of_somebody_else") if how == "secret" else key
    headers = signed(used, body, moved.get(how, now))
    if how == "nothing":
        headers = {}
    elif how == "key":
        headers["Portal-Key"] = "key_é".encode().decode("latin-1")
    elif how == "body":
        body = body.replace(b"11900", b"91900")
    elif how == "ended":
        await end_key(key.name, PORTAL, now)
    answer = await visitor.post(
        EVENTS,
        content=body,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    )
    assert answer.status_code == 401
    assert answer.json()["status"] == 401
    assert await BillingEvent.count() == 0
    rows = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.verb == "event_refused")
    assert len(rows) == 1


async def test_a_key_tells_only_what_it_may(
    visitor: httpx.AsyncClient, clock: FrozenClock, stage: Stage, app: Litestar
) -> None:
    shop = await add_key(stage.settings.secret, "kartra", "Shop", ["lead"], PORTAL, clock.at)
    assert (await tell(visitor, shop, clock.at, lead(clock.at))).status_code == 200
    answer = await tell(visitor, shop, clock.at, paid(clock.at))
    assert (answer.status_code, answer.json()["detail"]) == (403, "This key may tell lead, not payment.")


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        (b"{", 400, ""),
        (b"\xff", 400, ""),
        (b"[]", 422, "object"),
        (b"[" * 10_000, 400, ""),
        ({"type": "gift"}, 422, "$.type"),
        ({"charged": -1}, 422, "$.charged"),
        ({"charged": 1.5}, 422, "$.charged"),
        ({"charged": 10**16}, 422, "$.charged"),
        ({"currency": "XXQ"}, 422, "not an ISO 4217 currency"),
        ({"currency": "usd"}, 422, "$.currency"),
        ({"at": "2026-03-02T10:00:00"}, 422, "$.at"),
        ({"at": "2026-03-02T10:06:00Z"}, 422, "has not happened yet"),
        ({"at": "yesterday"}, 422, "$.at"),
        ({"tax": 11_901}, 422, "more than what was charged"),
        ({"customer": ""}, 422, "$.customer"),
        ({"customer": None}, 422, "$.customer"),
        ({"payment": "p 1"}, 422, "$.payment"),
        ({"colour": "red"}, 422, "colour"),
        ({"lines": [{"amount": 5, "quantity": 0}]}, 422, "$.lines[0].quantity"),
        ({"email": "nobody"}, 422, "$.email"),
    ],
)
async def test_what_is_no_event_is_told_where_and_why(
    visitor: httpx.AsyncClient,
    clock: FrozenClock,
    key: NewKey,
    change: bytes | JSON,
    status: int,
    told: str,
) -> None:
    body = change if isinstance(change, bytes) else {**paid(clock.at), **change}
    answer = await tell(visitor, key, clock.at, body)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]
    assert await BillingEvent.count() == 0


async def test_who_signs_wrongly_again_and_again_has_to_wait(
    visitor: httpx.AsyncClient, clock: FrozenClock, key: NewKey
) -> None:
    wrong = NewKey(key.name, "psk_guessed")
    answers = [await tell(visitor, wrong, clock.at, paid(clock.at)) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].json()["status"] == 429


async def test_a_body_without_end_is_a_problem_too(
    visitor: httpx.AsyncClient, clock: FrozenClock, key: NewKey
) -> None:
    answer = await tell(visitor, key, clock.at, b" " * 70_000)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")


async def test_a_key_stops_working_when_the_portals_secret_changes(
    visitor: httpx.AsyncClient, clock: FrozenClock, stage: Stage, app: Litestar
) -> None:
    other = await add_key(b"another installation's secret", "kartra", "Old", (), PORTAL, clock.at)
    answer = await tell(visitor, other, clock.at, paid(clock.at))
    assert answer.status_code == 401
    assert "Make a new key" in answer.json()["detail"]


async def test_the_database_holds_no_secret(key: NewKey) -> None:
    (row,) = await ApiKey.select()
    assert key.secret not in str(row)
    rows = await AuditEntry.select()
    assert key.secret not in str(rows)
    assert [entry["verb"] for entry in rows if entry["subject_kind"] == "api_key"] == ["added"]


async def test_the_description_speaks_of_every_kind_and_every_refusal(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/api/v1/openapi.json")
    document = answer.json()
    operation = document["paths"][EVENTS]["post"]
    kinds = operation["requestBody"]["content"]["application/json"]["schema"]["discriminator"]["mapping"]
    assert set(kinds) == {"lead", "subscription", "payment", "refund", "dispute"}
    assert set(operation["responses"]) >= {"200", "400", "401", "403", "409", "413", "422", "429"}
    payment = document["components"]["schemas"]["PaymentEvent"]
    assert set(payment["required"]) == {"type", "id", "at", "payment", "customer", "currency", "charged"}
    names = set(document["components"]["schemas"])
    referred = {part.partition('"')[0] for part in answer.text.split("#/components/schemas/")[1:]}
    assert referred <= names


def test_keys_are_made_shown_and_ended_from_the_command_line(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(stage.settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", stage.settings.database_url)
    run = CliRunner().invoke
    made = run(main, ["api-key", "add", "Chargebee", "--program", "kartra", "--may", "payment"])
    assert made.exit_code == 0, made.output
    name, secret = (line.split()[-1] for line in made.output.splitlines()[:2])
    listed = run(main, ["api-key", "list"]).output
    assert name in listed
    assert "Chargebee  payment" in listed
    assert secret not in listed
    assert run(main, ["api-key", "end", name]).exit_code == 0
    assert "ended" in run(main, ["api-key", "list"]).output
    assert "ended already" in run(main, ["api-key", "end", name]).output
    assert (
        "is no kind of event"
        in run(main, ["api-key", "add", "X", "--program", "kartra", "--may", "gift"]).output
    )
    db.bind(db.make_engine(stage.settings.database_url))
