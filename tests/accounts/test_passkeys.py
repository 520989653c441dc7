"""Passkeys: made by whoever is signed in, good for one origin, signed once, verified by the device."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from portal.accounts.managers import take_on
from portal.accounts.passkeys import is_possible, site_of
from portal.accounts.tables import Challenge, Passkey, Session
from portal.audit.actions import Actor
from tests.accounts.authenticator import Authenticator
from tests.cast import Cast, Partner, Staff
from tests.conftest import FrozenClock, Opening, People, Stage
from tests.letters import letters_in, sent_letters

OK, MOVED, AGAIN, GONE, REFUSED = 200, 303, 401, 404, 409
ORIGIN, SITE = "http://localhost:8000", "localhost"
HERE = "/settings/sign-in/passkeys"
JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Place:
    people: People
    cast: Cast
    clock: FrozenClock
    stage: Stage
    app: Any


@pytest.fixture
async def place(
    stage: Stage, opened: Opening, clock: FrozenClock, anyio_backend: str
) -> AsyncIterator[Place]:
    """A portal that has a name, as passkeys need one."""
    settings = replace(stage.settings, base_url=ORIGIN)
    async with opened(settings) as app, AsyncExitStack() as stack:
        yield Place(People(app, settings, clock, stack), stage.cast, clock, stage, app)


def device(**lies: Any) -> Authenticator:
    return Authenticator(**{"origin": ORIGIN, "site": SITE, **lies})


async def asks(client: httpx.AsyncClient, path: str) -> tuple[str, dict[str, Any]]:
    answer = await client.post(path, json={}, headers=JSON)
    assert answer.status_code == OK, answer.text
    return answer.json()["challenge"], answer.json()["publicKey"]


async def adds(client: httpx.AsyncClient, phone: Authenticator, path: str = HERE) -> httpx.Response:
    challenge, options = await asks(client, path + "/options")
    said = {"challenge": challenge, "credential": phone.makes(options), "name": "My phone"}
    return await client.post(path, json=said, headers=JSON)


async def uses(
    client: httpx.AsyncClient, phone: Authenticator, path: str = "/signin/passkey", **more: str
) -> httpx.Response:
    options_path = "/signin/again/options" if "again" in path else path + "/options"
    challenge, options = await asks(client, options_path)
    said = {"challenge": challenge, "credential": phone.signs(options), **more}
    return await client.post(path, json=said, headers=JSON)


async def has_one(place: Place, person: Partner | Staff, **lies: Any) -> Authenticator:
    client, phone = await place.people.signed_in(person), device(**lies)
    path = HERE if isinstance(person, Partner) else "/manage/account/passkeys"
    assert (await adds(client, phone, path)).status_code == OK
    return phone


async def test_ada_adds_one_is_told_by_letter_and_signs_in_with_it(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    letter = (await sent_letters(place.app, place.clock()))[-1]
    assert (letter["To"], letter["Subject"]) == (place.cast.ada.email, "A new passkey signs you in")
    visitor = await place.people.visitor()
    answer = await uses(visitor, phone, next="/links")
    assert answer.json() == {"to": "/links"}
    page = (await visitor.get("/settings/sign-in")).text
    assert "My phone" in page
    assert "used last" in page
    assert await Challenge.count() == 0


async def test_a_managers_passkey_is_both_factors(place: Place) -> None:
    phone = await has_one(place, place.cast.mira)
    visitor = await place.people.visitor()
    assert (await uses(visitor, phone)).json() == {"to": "/manage"}
    assert (await visitor.get("/manage")).status_code == OK


async def test_half_a_manager_gives_a_passkey_instead_of_a_code(place: Place) -> None:
    phone = await has_one(place, place.cast.mira)
    half = await place.people.signed_in(place.cast.mira, second_factor=False)
    assert "Use a passkey" in (await half.get("/signin/code")).text
    answer = await uses(half, phone, "/signin/again/passkey", next="/manage/affiliates")
    assert answer.json() == {"to": "/manage/affiliates"}
    assert (await half.get("/manage")).status_code == OK


async def test_somebody_elses_passkey_is_no_second_factor(place: Place) -> None:
    phone = await has_one(place, place.cast.noor)
    half = await place.people.signed_in(place.cast.mira, second_factor=False)
    assert (await uses(half, phone, "/signin/again/passkey")).status_code == REFUSED
    assert (await half.get("/manage")).status_code == MOVED


async def test_a_new_managers_first_factor_can_be_a_passkey(place: Place) -> None:
    made = await take_on("ines@kartra.example", "Ines", "", "", Actor("portal", "tests"), place.clock())
    half = await place.people.signed_in(Staff(made, "Ines", "ines@kartra.example", ""), second_factor=False)
    assert "Make a passkey" in (await half.get("/signin/setup")).text
    assert (await adds(half, device(), "/signin/setup/passkey")).json() == {"to": "/manage"}
    assert (await half.get("/manage")).status_code == OK
    row = await Passkey.select(Passkey.id).first()
    assert row
    refused = await half.post(f"/manage/account/passkeys/{row['id']}/remove")
    assert "only second factor" in refused.text


async def test_half_a_manager_cannot_add_one_beside_the_factor_that_is_missing(place: Place) -> None:
    half = await place.people.signed_in(place.cast.mira, second_factor=False)
    answer = await half.post("/signin/setup/passkey/options", json={}, headers=JSON)
    assert (answer.status_code, answer.json()) == (AGAIN, {"to": "/signin/code"})
    answer = await half.post("/manage/account/passkeys/options", json={}, headers=JSON)
    assert (answer.status_code, answer.json()) == (AGAIN, {"to": "/signin/code"})


@pytest.mark.parametrize(
    "lies",
    [{"origin": "http://localhost.evil.example"}, {"site": "evil.example"}, {"verifies": False}],
    ids=["another page", "another site", "not verified"],
)
async def test_what_a_false_page_got_is_worth_nothing(place: Place, lies: dict[str, Any]) -> None:
    client = await place.people.signed_in(place.cast.ada)
    assert (await adds(client, device(**lies))).status_code == REFUSED
    phone = await has_one(place, place.cast.ada)
    for name, value in lies.items():
        setattr(phone, name, value)
    before = await Session.count()
    assert (await uses(await place.people.visitor(), phone)).status_code == REFUSED
    assert await Session.count() == before


async def test_a_challenge_is_signed_once(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    visitor = await place.people.visitor()
    challenge, options = await asks(visitor, "/signin/passkey/options")
    said = {"challenge": challenge, "credential": phone.signs(options)}
    first = await visitor.post("/signin/passkey", json=said, headers=JSON)
    second = await (await place.people.visitor()).post("/signin/passkey", json=said, headers=JSON)
    assert (first.status_code, second.status_code) == (OK, REFUSED)


async def test_a_challenge_is_for_five_minutes(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    visitor = await place.people.visitor()
    challenge, options = await asks(visitor, "/signin/passkey/options")
    place.clock.forward(minutes=5)
    said = {"challenge": challenge, "credential": phone.signs(options)}
    answer = await visitor.post("/signin/passkey", json=said, headers=JSON)
    assert "took too long" in answer.json()["error"]


async def test_a_challenge_is_for_one_ceremony_and_one_session(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    ada, visitor = await place.people.signed_in(place.cast.ada), await place.people.visitor()
    challenge, options = await asks(ada, "/signin/again/options")
    said = {"challenge": challenge, "credential": phone.signs(options)}
    assert (await visitor.post("/signin/passkey", json=said, headers=JSON)).status_code == REFUSED
    challenge, options = await asks(ada, HERE + "/options")
    said = {"challenge": challenge, "credential": device(identity=b"other").makes(options)}
    ben = await place.people.signed_in(place.cast.ben)
    assert (await ben.post(HERE, json=said, headers=JSON)).status_code == REFUSED


async def test_a_copied_device_shows_by_its_counter(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    phone.counter = 10
    assert (await uses(await place.people.visitor(), phone)).status_code == OK
    phone.counter = 5
    assert (await uses(await place.people.visitor(), phone)).status_code == REFUSED


async def test_a_removed_passkey_opens_nothing(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    row = await Passkey.select(Passkey.id).first()
    assert row
    ben = await place.people.signed_in(place.cast.ben)
    assert (await ben.post(f"{HERE}/{row['id']}/remove")).status_code == GONE
    ada = await place.people.signed_in(place.cast.ada)
    assert (await ada.post(f"{HERE}/{row['id']}/remove")).status_code == MOVED
    answer = await uses(await place.people.visitor(), phone)
    assert "not known here any more" in answer.json()["error"]


async def test_adding_one_needs_a_fresh_proof_and_a_passkey_is_one(place: Place) -> None:
    phone = await has_one(place, place.cast.ada)
    ada = await place.people.signed_in(place.cast.ada)
    place.clock.forward(minutes=10)
    answer = await ada.post(HERE + "/options", json={}, headers=JSON)
    assert (answer.status_code, answer.json()["to"]) == (AGAIN, f"/signin/again?next={HERE}/new")
    assert "Use a passkey" in (await ada.get("/signin/again")).text
    assert (await uses(ada, phone, "/signin/again/passkey", next=HERE + "/new")).json() == {
        "to": HERE + "/new"
    }
    assert (await ada.post(HERE + "/options", json={}, headers=JSON)).status_code == OK


@pytest.mark.parametrize(
    "said",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"challenge": "x", "credential": {"response": {}}}',
        b'{"challenge": "0190a000-0000-7000-8000-000000000000", "credential": 7}',
        b'{"challenge": "0190a000-0000-7000-8000-000000000000", "credential": {"id": [], "response": {}}}',
    ],
)
async def test_nonsense_is_a_clear_no(place: Place, said: bytes) -> None:
    visitor = await place.people.visitor()
    answer = await visitor.post("/signin/passkey", content=said, headers=JSON)
    assert answer.status_code in (REFUSED, 422)
    assert answer.json()["error"]


async def test_an_address_in_numbers_has_none_and_says_why(ada: httpx.AsyncClient, stage: Stage) -> None:
    assert "in numbers" in (await ada.get("/settings/sign-in")).text
    assert "in numbers" in (await ada.get("/settings/sign-in/passkeys/new")).text
    answer = await ada.post("/signin/passkey/options", json={}, headers=JSON)
    assert answer.status_code == REFUSED
    assert letters_in(stage.settings) == []


@pytest.mark.parametrize(
    ("base_url", "possible", "origin"),
    [
        ("https://partners.example", True, "https://partners.example"),
        ("https://partners.example:443", True, "https://partners.example"),
        ("https://partners.example:8443", True, "https://partners.example:8443"),
        ("https://Bücher.example", True, "https://xn--bcher-kva.example"),
        ("http://localhost:8000", True, "http://localhost:8000"),
        ("http://partners.example", False, "http://partners.example"),
        ("http://127.0.0.1:8000", False, "http://127.0.0.1:8000"),
        ("https://[::1]:8000", False, ""),
    ],
)
def test_who_passkeys_are_for(base_url: str, possible: bool, origin: str) -> None:
    assert is_possible(base_url) is possible
    if origin:
        assert site_of(base_url, "Kartra").origin == origin
