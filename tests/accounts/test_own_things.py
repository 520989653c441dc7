"""What people change about themselves, and what must be proved again before."""

import httpx
import pyotp
import pytest
from litestar import Litestar

from portal.accounts.devices import device_in_words
from portal.accounts.rules import Role
from portal.accounts.tables import Affiliate, Person, Session
from tests.cast import PASSWORD, Cast, joins
from tests.conftest import FrozenClock, People
from tests.letters import path_in, sent_letters, text_of

NEW = "nine grey otters swim"
OK, MOVED, REFUSED, WRONG = 200, 303, 409, 422
HERE = "/settings/sign-in"


async def test_a_new_password_needs_the_present_one_and_ends_the_other_browsers(
    app: Litestar, ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    elsewhere = await people.signed_in(cast.ada)
    wrong = await ada.post(f"{HERE}/password", data={"present": "not the password", "password": NEW})
    assert wrong.status_code == WRONG
    assert "not your present password" in wrong.text
    weak = await ada.post(f"{HERE}/password", data={"present": PASSWORD, "password": "short"})
    assert "12 characters or more" in weak.text
    before = ada.cookies["session"]
    assert (
        await ada.post(f"{HERE}/password", data={"present": PASSWORD, "password": NEW})
    ).status_code == MOVED
    assert ada.cookies["session"] != before
    assert (await ada.get("/home")).status_code == OK
    assert (await elsewhere.get("/home")).status_code == MOVED
    letter = (await sent_letters(app, clock()))[-1]
    assert (letter["To"], letter["Subject"]) == (cast.ada.email, "Your password is changed")
    fresh = await people.visitor()
    assert (await fresh.post("/signin", data={"email": cast.ada.email, "password": NEW})).status_code == MOVED


async def test_guessing_the_present_password_ends_soon(ada: httpx.AsyncClient) -> None:
    statuses = [
        (await ada.post(f"{HERE}/password", data={"present": f"guess {n}", "password": NEW})).status_code
        for n in range(11)
    ]
    assert statuses == [WRONG] * 10 + [429]


async def test_a_new_address_is_confirmed_there_and_told_here(
    app: Litestar, ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    old, new = cast.ada.email, "ada@lindqvist.example"
    await ada.post("/signin/link", data={"email": old})
    link = path_in((await sent_letters(app, clock()))[-1], "/signin/link/")
    answer = await ada.post(f"{HERE}/email", data={"email": new})
    assert new in answer.text
    letter = (await sent_letters(app, clock()))[-1]
    assert letter["To"] == new
    path = path_in(letter, "/signin/address/")
    reader = await people.visitor()  # the mailbox is open in another browser
    assert (await reader.get(path)).status_code == OK
    assert (await Person.exists().where(Person.email == new)) is False, "looking changes nothing"
    await reader.post(path)
    assert await Person.exists().where(Person.email == new)
    kept = await Affiliate.select(Affiliate.email).where(Affiliate.id == cast.ada.id).first()
    assert kept == {"email": new}, "letters about the account follow"
    told = (await sent_letters(app, clock()))[-1]
    assert told["To"] == old
    assert new not in text_of(told)
    assert (await reader.get(link)).status_code == REFUSED, "links in older letters are dead"
    assert (await reader.post(path)).status_code == REFUSED


async def test_somebody_elses_address_is_answered_by_letter_only(
    app: Litestar, ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    free = await ada.post(f"{HERE}/email", data={"email": "free@northbound.example"})
    taken = await ada.post(f"{HERE}/email", data={"email": cast.ben.email})
    assert free.text.replace("free@northbound.example", "") == taken.text.replace(cast.ben.email, "")
    letter = (await sent_letters(app, clock()))[-1]
    assert letter["To"] == cast.ben.email
    assert "/signin/address/" not in text_of(letter)


async def test_an_old_session_proves_itself_before_what_is_hard_to_undo(
    ada: httpx.AsyncClient, clock: FrozenClock
) -> None:
    clock.forward(minutes=10)
    for path in (f"{HERE}/email", f"{HERE}/passkeys/new"):
        assert (await ada.get(path)).headers["Location"] == f"/signin/again?next={path}"
    sent = await ada.post(f"{HERE}/email", data={"email": "ada@lindqvist.example"})
    assert sent.headers["Location"].startswith("/signin/again")
    assert (
        f'value="{HERE}/email?email=ada%40lindqvist.example"'
        in (await ada.get(sent.headers["Location"])).text
    )
    again = await ada.post("/signin/again", data={"password": "not the password", "next": f"{HERE}/email"})
    assert again.status_code == WRONG
    before = ada.cookies["session"]
    again = await ada.post("/signin/again", data={"password": PASSWORD, "next": f"{HERE}/email"})
    assert again.headers["Location"] == f"{HERE}/email"
    assert ada.cookies["session"] != before
    page = await ada.get(f"{HERE}/email?email=ada%40lindqvist.example")
    assert 'value="ada@lindqvist.example"' in page.text, "what was typed is not lost"


async def test_sessions_are_listed_and_ended(ada: httpx.AsyncClient, people: People, cast: Cast) -> None:
    phone = await people.visitor()
    phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"
    await phone.post("/signin", data={"email": cast.ada.email, "password": PASSWORD})
    page = (await ada.get(HERE)).text
    assert "Safari on an iPhone" in page
    assert "this browser" in page
    row = await Session.select(Session.id).where(Session.user_agent.like("%iPhone%")).first()
    assert row
    await ada.post(f"{HERE}/sessions/{row['id']}")
    assert (await phone.get("/home")).status_code == MOVED
    other = await people.signed_in(cast.ada)
    await ada.post(f"{HERE}/sessions/others")
    assert (await other.get("/home")).status_code == MOVED
    assert (await ada.get("/home")).status_code == OK


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537.36 Edg/140", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/18 Safari/605", "Safari on a Mac"),
        ("curl/8", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_device_in_words(said: str, words: str) -> None:
    assert device_in_words(said) == words


async def test_members_change_the_account_and_readers_their_own_name(
    people: People, cast: Cast, clock: FrozenClock
) -> None:
    member = await people.signed_in(
        await joins(cast.ada, "Max", "max@northbound.example", Role.MEMBER, clock())
    )
    account = {"account_name": "Northbound", "web_address": "northbound.example/shop"}
    assert (await member.post("/settings", data=account)).status_code == MOVED
    wrong = await member.post("/settings", data={**account, "web_address": "no address"})
    assert wrong.status_code == WRONG
    assert 'value="no address"' in wrong.text
    reader = await people.signed_in(
        await joins(cast.ada, "Rita", "rita@northbound.example", Role.READER, clock())
    )
    assert (await reader.post("/settings", data=account)).status_code == 403
    assert "You are a reader here" in (await reader.get("/settings")).text
    assert (await reader.post(f"{HERE}/name", data={"name": "Rita Holm"})).status_code == MOVED
    page = (await reader.get("/settings")).text
    assert "Rita Holm" in page
    assert "Northbound" in page


# A manager's second factor


async def test_an_invited_manager_sees_nothing_before_a_second_factor(
    app: Litestar, mira: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await mira.post("/manage/team", data={"email": "ines@kartra.example"})
    path = path_in((await sent_letters(app, clock()))[-1], "/invitation/")
    await visitor.post(path, data={"name": "Ines Duarte", "password": NEW})
    assert (await visitor.get("/manage")).headers["Location"] == "/signin/code"
    assert (await visitor.get("/signin/code")).headers["Location"] == "/signin/setup"
    key = key_on(await visitor.get("/signin/setup"))
    assert key == key_on(await visitor.get("/signin/setup")), "the key stays while it is being typed"
    wrong = await visitor.post("/signin/setup", data={"code": "000000"})
    assert wrong.status_code == WRONG
    assert key_on(wrong) == key
    done = await visitor.post("/signin/setup", data={"code": pyotp.TOTP(key).at(clock())})
    assert done.headers["Location"] == "/manage"
    assert (await visitor.get("/manage")).status_code == OK
    assert "Ines Duarte" in (await visitor.get("/manage/team")).text
    assert (await visitor.get("/signin/setup")).status_code == MOVED


async def test_a_manager_renews_the_app_and_the_old_key_is_dead(
    mira: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    elsewhere = await people.signed_in(cast.mira)
    key = key_on(await mira.get("/manage/account/app"))
    await mira.post("/manage/account/app", data={"code": pyotp.TOTP(key).at(clock())})
    assert (await mira.get("/manage")).status_code == OK
    assert (await elsewhere.get("/manage")).status_code == MOVED
    clock.forward(minutes=1)
    half = await people.signed_in(cast.mira, second_factor=False)
    old = await half.post("/signin/code", data={"code": pyotp.TOTP(cast.mira.totp_secret).at(clock())})
    assert old.status_code == WRONG
    new = await half.post("/signin/code", data={"code": pyotp.TOTP(key).at(clock())})
    assert new.headers["Location"] == "/manage"
    assert key_on(await mira.get("/manage/account/app")) != key


async def test_half_a_session_cannot_replace_the_second_factor(people: People, cast: Cast) -> None:
    half = await people.signed_in(cast.mira, second_factor=False)
    assert (await half.get("/signin/setup")).headers["Location"] == "/signin/code"
    assert (await half.post("/signin/setup", data={"code": "123456"})).headers["Location"] == "/signin/code"
    assert (await half.get("/manage/account/app")).headers[
        "Location"
    ] == "/signin/code?next=/manage/account/app"


def key_on(page: httpx.Response) -> str:
    between = page.text.partition('<p class="key-words"><code>')[2].partition("</code>")[0]
    assert between
    return "".join(between.split())
