"""Links that sign in, and choosing passwords by letter: known addresses get a letter, all get one answer."""

import re

import httpx
from litestar import Litestar

from portal.accounts.tables import LetterToken
from tests.cast import Cast
from tests.conftest import FrozenClock, People
from tests.letters import path_in, sent_letters

MOVED, REFUSED, TOO_MANY = 303, 409, 429
NOBODY = "nobody@nowhere.example"


async def link_for(app: Litestar, visitor: httpx.AsyncClient, email: str, clock: FrozenClock) -> str:
    assert (await visitor.post("/signin/link", data={"email": email})).status_code == 200
    return path_in((await sent_letters(app, clock()))[-1], "/signin/link/")


async def test_a_link_signs_in_once_and_by_a_press_only(
    app: Litestar, visitor: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    path = await link_for(app, visitor, cast.ada.email, clock)
    # A mail program that looks at the page has not signed in anybody.
    assert "Welcome back, Ada" in (await visitor.get(path)).text
    assert (await visitor.get("/home")).status_code == MOVED
    assert (await visitor.post(path)).headers["Location"] == "/home"
    assert (await visitor.get("/home")).status_code == 200
    thief = await people.visitor()
    assert (await thief.post(path)).status_code == REFUSED
    assert "used already" in (await thief.get(path)).text


async def test_a_link_works_for_half_an_hour(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    path = await link_for(app, visitor, cast.ada.email, clock)
    clock.forward(minutes=30)
    assert "too old" in (await visitor.post(path)).text


async def test_a_managers_link_still_asks_for_the_second_factor(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    path = await link_for(app, visitor, cast.mira.email, clock)
    assert (await visitor.post(path)).headers["Location"] == "/signin/code"
    assert (await visitor.get("/manage")).headers["Location"] == "/signin/code"


async def test_a_link_for_one_thing_does_not_do_another(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    path = await link_for(app, visitor, cast.ada.email, clock)
    other = path.replace("/signin/link/", "/signin/password/")
    assert (await visitor.get(other)).status_code == REFUSED


async def test_an_unknown_address_gets_the_same_page_and_no_letter(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    before = len(await sent_letters(app, clock()))
    pages = [
        re.sub(r"[\w.]+@[\w.]+", "", (await visitor.post("/signin/link", data={"email": email})).text)
        for email in (cast.ada.email, NOBODY)
    ]
    assert len(set(pages)) == 1
    assert len(await sent_letters(app, clock())) == before + 1


async def test_an_address_is_sent_five_links_in_a_quarter_of_an_hour(people: People, cast: Cast) -> None:
    statuses = []
    for _ in range(6):
        client = await people.visitor()
        answer = await client.post("/signin/link", data={"email": cast.ada.email})
        statuses.append(answer.status_code)
    assert statuses == [200] * 5 + [TOO_MANY]


async def test_whoever_chooses_a_password_makes_older_links_useless(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    link = await link_for(app, visitor, cast.ada.email, clock)
    await visitor.post("/signin/forgot", data={"email": cast.ada.email})
    path = path_in((await sent_letters(app, clock()))[-1], "/signin/password/")
    await visitor.post(path, data={"password": "nine grey otters swim"})
    assert (await visitor.get(link)).status_code == REFUSED
    assert await LetterToken.exists().where(LetterToken.used_at.is_null()) is False


async def test_managers_reset_their_password_by_letter_and_keep_their_second_factor(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    await visitor.post("/signin/forgot", data={"email": cast.mira.email})
    path = path_in((await sent_letters(app, clock()))[-1], "/signin/password/")
    answer = await visitor.post(path, data={"password": "nine grey otters swim"})
    assert answer.headers["Location"] == "/signin/code"
