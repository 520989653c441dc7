"""Signing in: a new secret at every change of rights, nothing learnt from wrong tries, an end to trying."""

import re

import httpx
import pyotp
import pytest

from portal.accounts.tables import Session
from portal.ids import token_hash
from tests.cast import PASSWORD, Cast
from tests.conftest import FrozenClock, People

WRONG = "not the password"


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/signin", data={"email": email, "password": password})


def code_of(key: str, clock: FrozenClock) -> str:
    return pyotp.TOTP(key).at(clock())


async def test_a_session_that_somebody_chose_beforehand_is_not_adopted(
    visitor: httpx.AsyncClient, people: People, cast: Cast
) -> None:
    visitor.cookies.set("session", "chosen-by-an-attacker")
    await sign_in(visitor, cast.ada.email)
    attacker = await people.visitor()
    attacker.cookies.set("session", "chosen-by-an-attacker")
    assert (await attacker.get("/home")).status_code == httpx.codes.SEE_OTHER
    assert (await visitor.get("/home")).status_code == httpx.codes.OK


async def test_every_sign_in_gets_a_secret_of_its_own_and_only_its_hash_is_kept(
    people: People, cast: Cast
) -> None:
    secrets = set()
    for _ in range(2):
        client = await people.visitor()
        await sign_in(client, cast.ada.email)
        secrets.add(client.cookies["session"])
    assert len(secrets) == 2
    kept = {row["token_hash"] for row in await Session.select(Session.token_hash)}
    assert not kept & secrets
    assert {token_hash(secret) for secret in secrets} <= kept


async def test_the_one_time_code_changes_the_secret_and_the_old_one_is_dead(
    visitor: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await sign_in(visitor, cast.mira.email)
    half = visitor.cookies["session"]
    assert (await visitor.get("/manage")).headers["Location"] == "/signin/code"
    await visitor.post("/signin/code", data={"code": code_of(cast.mira.totp_secret, clock)})
    assert visitor.cookies["session"] != half
    assert (await visitor.get("/manage")).status_code == httpx.codes.OK
    thief = await people.visitor()
    thief.cookies.set("session", half)
    assert (await thief.get("/signin/code")).status_code == httpx.codes.SEE_OTHER


async def test_a_one_time_code_works_once(people: People, cast: Cast, clock: FrozenClock) -> None:
    code = code_of(cast.mira.totp_secret, clock)
    statuses = []
    for _ in range(2):
        client = await people.visitor()
        await sign_in(client, cast.mira.email)
        statuses.append((await client.post("/signin/code", data={"code": code})).status_code)
    assert statuses == [httpx.codes.SEE_OTHER, httpx.codes.UNPROCESSABLE_ENTITY]


async def test_signing_out_ends_the_session_for_everybody_who_has_its_cookie(
    ada: httpx.AsyncClient, people: People
) -> None:
    thief = await people.visitor()
    thief.cookies.set("session", ada.cookies["session"])
    assert (await thief.get("/home")).status_code == httpx.codes.OK
    await ada.post("/signout")
    assert (await thief.get("/home")).status_code == httpx.codes.SEE_OTHER


async def test_a_session_ends_by_itself(
    ada: httpx.AsyncClient, mira: httpx.AsyncClient, clock: FrozenClock
) -> None:
    clock.forward(hours=13)
    assert (await mira.get("/manage")).status_code == httpx.codes.SEE_OTHER
    assert (await ada.get("/home")).status_code == httpx.codes.OK
    clock.forward(days=14)
    assert (await ada.get("/home")).status_code == httpx.codes.SEE_OTHER


async def test_nothing_tells_whether_an_address_is_known(visitor: httpx.AsyncClient, cast: Cast) -> None:
    known = await sign_in(visitor, cast.ada.email, WRONG)
    unknown = await sign_in(visitor, "nobody@nowhere.example", WRONG)
    assert known.status_code == unknown.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert known.text.replace(cast.ada.email, "") == unknown.text.replace("nobody@nowhere.example", "")
    asked = [
        await visitor.post("/signin/forgot", data={"email": email})
        for email in (cast.ada.email, "nobody@nowhere.example")
    ]
    assert [answer.status_code for answer in asked] == [httpx.codes.OK] * 2
    assert len({re.sub(r"[\w.]+@[\w.]+", "", answer.text) for answer in asked}) == 1


@pytest.mark.slow
async def test_ten_wrong_tries_are_the_last_whatever_address_they_claim(
    visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    for attempt in range(10):
        visitor.headers["X-Forwarded-For"] = f"203.0.113.{attempt}"
        assert (await sign_in(visitor, cast.ada.email, WRONG)).status_code == httpx.codes.UNPROCESSABLE_ENTITY
    stopped = await sign_in(visitor, cast.ada.email)
    assert stopped.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert int(stopped.headers["Retry-After"]) > 0
    assert "short break" in stopped.text
    elsewhere = await sign_in(visitor, cast.ben.email)
    assert elsewhere.status_code == httpx.codes.TOO_MANY_REQUESTS, (
        "the tries of one address count for all accounts"
    )
