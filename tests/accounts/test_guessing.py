"""Guessing passwords and codes, one after the other and all at once."""

import asyncio

import httpx
import pyotp

from portal.accounts.tables import Session
from tests.cast import PASSWORD, Cast
from tests.conftest import FrozenClock, People

TOO_MANY, WRONG = httpx.codes.TOO_MANY_REQUESTS, httpx.codes.UNPROCESSABLE_ENTITY


async def test_guesses_sent_all_at_once_are_counted_one_by_one(people: People, cast: Cast) -> None:
    guesses = [f"wrong guess number {n}" for n in range(14)] + [PASSWORD]
    clients = [await people.visitor() for _ in guesses]
    answers = await asyncio.gather(
        *(
            client.post("/signin", data={"email": cast.ada.email, "password": guess})
            for client, guess in zip(clients, guesses, strict=True)
        )
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(WRONG) == 10
    assert statuses.count(TOO_MANY) == 5
    assert await Session.count().where(Session.affiliate == cast.ada.id) == 1, "only the one of her approval"


async def test_one_time_codes_are_counted_as_well(people: People, cast: Cast, clock: FrozenClock) -> None:
    client = await people.signed_in(cast.mira, second_factor=False)
    right = pyotp.TOTP(cast.mira.totp_secret).at(clock())
    codes = [f"{n:06}" for n in range(14)]
    answers = await asyncio.gather(*(client.post("/signin/code", data={"code": code}) for code in codes))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(WRONG), statuses.count(TOO_MANY)) == (10, 4)
    assert (await client.post("/signin/code", data={"code": right})).status_code == TOO_MANY


async def test_right_ones_are_not_counted(people: People, cast: Cast) -> None:
    for _ in range(12):
        client = await people.visitor()
        answer = await client.post("/signin", data={"email": cast.ada.email, "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER


async def test_a_refusal_says_how_long_to_wait(people: People, cast: Cast) -> None:
    client = await people.visitor()
    for n in range(10):
        await client.post("/signin", data={"email": cast.ben.email, "password": f"wrong guess {n}"})
    answer = await client.post("/signin", data={"email": cast.ben.email, "password": PASSWORD})
    assert answer.status_code == TOO_MANY
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert "Try again in" in answer.text
