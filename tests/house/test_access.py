"""Who may open what: every route of the portal, asked by everybody.

A route that is not in `ACCESS` fails the test, and so does a row without a route. Where a route names
somebody's thing, it is asked for Ben's, so that Ada learns whether she can reach it.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from portal.creatives.queries import EVERGREEN
from portal.ids import sealed, unsealed
from portal.outbox.pages import only_at_this_machine
from portal.programs.colours import sheet_name
from portal.web import affiliates_only, managers_only, signed_in_only
from tests.cast import Cast
from tests.conftest import STRIPE_SECRET, FrozenClock, People, Stage
from tests.letters import sent_letters
from tests.pages import filled_in
from tests.sales import click_on, sell


class Open(StrEnum):
    TO_EVERYBODY = "everybody"
    TO_WHOEVER_LEAVES = "everybody, who then stands before the door"
    TO_THIS_MACHINE = "whoever sits at this machine, while there is no mail server"
    TO_AFFILIATES = "affiliates"
    TO_ITS_AFFILIATE = "the affiliate whose it is"
    TO_HALF_A_MANAGER = "a manager whose one-time code is missing"
    TO_MANAGERS = "managers"
    TO_PEOPLE = "affiliates and managers"
    TO_STRIPE = "whoever signs with Stripe's secret"


ACCESS = {
    "GET /": Open.TO_EVERYBODY,
    "GET /p/{program}": Open.TO_EVERYBODY,
    "GET /p/{program}/colours/{sheet}": Open.TO_EVERYBODY,
    "POST /programs/{program}/open": Open.TO_PEOPLE,
    "GET /apply": Open.TO_EVERYBODY,
    "GET /p/{program}/apply": Open.TO_EVERYBODY,
    "POST /p/{program}/apply": Open.TO_EVERYBODY,
    "POST /p/{program}/apply/draft": Open.TO_EVERYBODY,
    "POST /p/{program}/apply/link": Open.TO_EVERYBODY,
    "POST /p/{program}/apply/forget": Open.TO_EVERYBODY,
    "GET /apply/draft/{token}": Open.TO_EVERYBODY,
    "GET /apply/sent/{token}": Open.TO_EVERYBODY,
    "GET /apply/find": Open.TO_EVERYBODY,
    "POST /apply/find": Open.TO_EVERYBODY,
    "GET /apply/confirm/{token}": Open.TO_EVERYBODY,
    "POST /apply/confirm/{token}": Open.TO_EVERYBODY,
    "GET /apply/status/{token}": Open.TO_EVERYBODY,
    "GET /apply/status/{token}/change": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/change": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/again": Open.TO_EVERYBODY,
    "GET /signin": Open.TO_EVERYBODY,
    "POST /signin": Open.TO_EVERYBODY,
    "GET /signin/code": Open.TO_HALF_A_MANAGER,
    "POST /signin/code": Open.TO_HALF_A_MANAGER,
    "GET /signin/forgot": Open.TO_EVERYBODY,
    "POST /signin/forgot": Open.TO_EVERYBODY,
    "GET /signin/password/{token}": Open.TO_EVERYBODY,
    "POST /signin/password/{token}": Open.TO_EVERYBODY,
    "POST /signout": Open.TO_WHOEVER_LEAVES,
    "GET /r/{slug}": Open.TO_EVERYBODY,
    "HEAD /r/{slug}": Open.TO_EVERYBODY,
    "GET /static/{version}/{name}": Open.TO_EVERYBODY,
    "GET /favicon.ico": Open.TO_EVERYBODY,
    "GET /healthz": Open.TO_EVERYBODY,
    "GET /readyz": Open.TO_EVERYBODY,
    "GET /metrics": Open.TO_EVERYBODY,
    "POST /webhooks/stripe": Open.TO_STRIPE,
    "POST /webhooks/stripe/{program}": Open.TO_STRIPE,
    "GET /mailbox": Open.TO_THIS_MACHINE,
    "GET /mailbox/{letter}": Open.TO_THIS_MACHINE,
    "GET /mailbox/{letter}/html": Open.TO_THIS_MACHINE,
    "GET /home": Open.TO_AFFILIATES,
    "GET /links": Open.TO_AFFILIATES,
    "GET /earnings": Open.TO_AFFILIATES,
    "GET /earnings/{sale}": Open.TO_ITS_AFFILIATE,
    "GET /brand": Open.TO_AFFILIATES,
    "POST /brand": Open.TO_AFFILIATES,
    "GET /brand/logo": Open.TO_ITS_AFFILIATE,  # Ada has none, and sees nobody else's
    "GET /brand/preview": Open.TO_AFFILIATES,
    "GET /brand/preview/{file}": Open.TO_AFFILIATES,
    "GET /creatives": Open.TO_AFFILIATES,
    "GET /creatives/{design}/{size}": Open.TO_AFFILIATES,
    "GET /c/{kit}/{design}/{file}": Open.TO_EVERYBODY,
    "HEAD /c/{kit}/{design}/{file}": Open.TO_EVERYBODY,
    "GET /manage": Open.TO_MANAGERS,
    "GET /manage/affiliates": Open.TO_MANAGERS,
    "GET /manage/applications": Open.TO_MANAGERS,
    "GET /manage/applications/{application}": Open.TO_MANAGERS,
    "POST /manage/applications/{application}": Open.TO_MANAGERS,
}
# What answers when nothing else does: a 404 in the frame of whoever asks.
NOWHERE = "/{anything}"


class Answer(StrEnum):
    OPENS = "opens"
    SIGN_IN = "asks to sign in"
    CODE = "asks for the one-time code"
    HOME = "leads home"
    FORGED = "400"
    NOT_FOR_YOU = "403"
    NOT_THERE = "404"


PEOPLE = ("visitor", "ada", "cleo, who is paused", "mira without her code", "mira")
YES, SIGN, CODE, HOME, FORGED, NO, GONE = ({answer} for answer in Answer)
# In the order of PEOPLE.
EXPECTED: dict[Open, tuple[set[Answer], ...]] = {
    Open.TO_EVERYBODY: (YES, YES | HOME, YES | HOME, YES, YES | HOME),
    Open.TO_WHOEVER_LEAVES: (SIGN, SIGN, SIGN, SIGN, SIGN),
    Open.TO_THIS_MACHINE: (YES, YES, YES, YES, YES),
    Open.TO_AFFILIATES: (SIGN, YES, YES, CODE, NO),
    Open.TO_ITS_AFFILIATE: (SIGN, GONE, GONE, CODE, NO),
    Open.TO_HALF_A_MANAGER: (SIGN, SIGN | HOME, SIGN | HOME, YES, SIGN | HOME),
    Open.TO_MANAGERS: (SIGN, NO, NO, CODE, YES),
    Open.TO_PEOPLE: (SIGN, HOME, HOME, CODE, HOME),
    Open.TO_STRIPE: (FORGED, FORGED, FORGED, FORGED, FORGED),
}
GUARDS = {
    Open.TO_AFFILIATES: affiliates_only,
    Open.TO_ITS_AFFILIATE: affiliates_only,
    Open.TO_MANAGERS: managers_only,
    Open.TO_PEOPLE: signed_in_only,
    Open.TO_THIS_MACHINE: only_at_this_machine,
}


TYPED = {"name": "Northbound"}  # what a preview is drawn from
LEADS_TO = {
    "/signin": Answer.SIGN_IN,
    "/signin/code": Answer.CODE,
    "/home": Answer.HOME,
    "/manage": Answer.HOME,
}


def routes(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS"}:
                if route.path_format != NOWHERE:
                    yield f"{method} {route.path_format}", handler


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """Who may open what does not depend on the engine."""
    return sqlite_stage


def test_every_route_has_its_row_and_every_row_its_route(app: Litestar) -> None:
    assert {name for name, _ in routes(app)} ^ ACCESS.keys() == set()


def test_guards_sit_where_the_table_says(app: Litestar) -> None:
    for name, handler in routes(app):
        wanted = GUARDS.get(ACCESS[name])
        assert tuple(handler.resolve_guards()) == ((wanted,) if wanted else ()), name


async def test_everybody_reaches_what_the_table_says_and_nothing_else(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    things = await things_of_others(app, people, cast, clock())
    wrong = []
    for name, _ in routes(app):
        method, path = name.split(maxsplit=1)
        for person, expected in zip(PEOPLE, EXPECTED[ACCESS[name]], strict=True):
            # A new session each time, for some addresses end it.
            client = await somebody(person, people, cast)
            address = path.format_map({**things, **things_below(path, things)})
            found = what_is(await client.request(method, address, params=TYPED))
            if found not in expected:
                wrong.append(f"{person} asks {name}: {found}, not {' or '.join(sorted(expected))}")
    assert wrong == []


async def somebody(person: str, people: People, cast: Cast) -> httpx.AsyncClient:
    match person:
        case "ada":
            return await people.signed_in(cast.ada)
        case "cleo, who is paused":
            return await people.signed_in(cast.cleo)
        case "mira without her code":
            return await people.signed_in(cast.mira, second_factor=False)
        case "mira":
            return await people.signed_in(cast.mira)
        case _:
            return await people.visitor()


def what_is(answer: httpx.Response) -> Answer:
    assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, answer.text
    by_status = {400: Answer.FORGED, 403: Answer.NOT_FOR_YOU, 404: Answer.NOT_THERE}
    if answer.status_code in by_status:
        return by_status[answer.status_code]
    to = answer.headers.get("Location", "").partition("?")[0]
    return LEADS_TO.get(to, Answer.OPENS) if answer.status_code == httpx.codes.SEE_OTHER else Answer.OPENS


async def begun(visitor: httpx.AsyncClient) -> str:
    """An application that somebody has begun to write."""
    form = filled_in(await visitor.get("/p/kartra/apply"))
    await visitor.post("/p/kartra/apply/draft", data={**form, "name": "Edda"})
    return form["draft"]


def things_below(path: str, things: dict[str, str]) -> dict[str, str]:
    """Names that mean something else below some addresses."""
    below = path.removeprefix("/apply/").partition("/")[0]
    return {"token": things[below]} if below in ("draft", "sent") else {}


async def things_of_others(app: Litestar, people: People, cast: Cast, now: datetime) -> dict[str, str]:
    """A value for every name in an address. Those that belong to somebody are Ben's or Dora's."""
    buyer = await people.visitor()
    click = await click_on(buyer, cast.ben.slug)
    await app.state.clicks.settled()
    letters = await sent_letters(app, now)
    secret = app.state.settings.secret
    draft = unsealed(secret, "draft", await begun(buyer))
    assert draft
    return {
        "draft": sealed(secret, "draft", draft),
        "sent": sealed(secret, "sent", draft),
        "token": sealed(secret, "status", cast.dora.application),
        "slug": cast.ben.slug,
        "program": "kartra",
        "sheet": sheet_name(cast.terms.brand.accent),
        "kit": cast.ben.slug,
        "design": EVERGREEN,
        "size": "300x250",
        "file": "300x250.png",
        "version": "any",
        "name": "app.js",
        "letter": letters[0]["Message-ID"].strip("<>").partition("@")[0],
        "sale": str(await sell(buyer, click, STRIPE_SECRET, now)),
        "application": str(cast.dora.application),
    }
