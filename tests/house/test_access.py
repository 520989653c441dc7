"""Who may open what: every route of the portal, asked by everybody.

A route that is not in `ACCESS` fails the test, and so does a row without a route. Where a route names
somebody's thing, it is asked for Ben's, so that Ada learns whether she can reach it.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from PIL import Image

from assets_gen import Size
from portal.accounts.letter_choices import FIRST_WEEK, choices_of
from portal.accounts.managers import take_on
from portal.accounts.rules import Role
from portal.accounts.tables import Invitation, Manager, Membership, Passkey, Person, Session
from portal.accounts.teams import invite
from portal.audit.actions import Actor
from portal.creatives.designs_actions import Taken, create, put_pictures
from portal.creatives.designs_forms import DesignDraft
from portal.creatives.designs_kept import design_of
from portal.creatives.forms import KitDraft
from portal.creatives.kit_actions import Files, save_kit
from portal.creatives.kits import kept_kits
from portal.creatives.rules import EVERGREEN
from portal.earnings.dry_runs import ask, work
from portal.enrollments.deciding import Made, add_note, decide
from portal.enrollments.rules import Verdict
from portal.ids import new_id, sealed, unsealed
from portal.outbox.pages import only_at_this_machine
from portal.programs.colours import sheet_name
from portal.storage import Storage
from portal.support.actions import report
from portal.support.forms import ClaimDraft
from portal.web import (
    SAFE_METHODS,
    affiliates_only,
    managers_only,
    owners_only,
    people_only,
    signed_in_only,
)
from tests.cast import KARTRA, Cast, Staff, apply, joins
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
    TO_OWNERS = "an account's owners; its others look"
    TO_ITS_OWNERS = "the owners of the account whose it is"
    TO_PEOPLE_ON_IT = "people on an account, readers too"
    TO_ITS_PERSON = "the person whose it is"
    TO_HALF_A_MANAGER = "a manager whose second factor is missing"
    TO_MANAGERS_WITHOUT = "a manager who has no second factor yet"
    TO_MANAGERS = "managers"
    TO_ITS_MANAGER = "the manager whose it is"
    TO_SIGNED_IN = "whoever is signed in, also half"
    TO_WHOLLY_SIGNED_IN = "whoever is signed in"
    TO_PEOPLE = "affiliates and managers"
    TO_STRIPE = "whoever signs with Stripe's secret"
    TO_KEYS = "whoever signs with a key of the API"


ACCESS = {
    "GET /": Open.TO_EVERYBODY,
    "GET /p/{program}": Open.TO_EVERYBODY,
    "GET /p/{program}/try/{design}/{file}": Open.TO_EVERYBODY,
    "GET /p/{program}/colours/{sheet}": Open.TO_EVERYBODY,
    "POST /programs/{program}/open": Open.TO_PEOPLE,
    "GET /apply": Open.TO_EVERYBODY,
    "GET /p/{program}/apply": Open.TO_EVERYBODY,
    "POST /p/{program}/apply": Open.TO_EVERYBODY,
    "POST /p/{program}/apply/draft": Open.TO_EVERYBODY,
    "POST /p/{program}/apply/link": Open.TO_EVERYBODY,
    "POST /p/{program}/apply/forget": Open.TO_EVERYBODY,
    "GET /p/{program}/terms": Open.TO_EVERYBODY,
    "GET /p/{program}/terms/{version}": Open.TO_EVERYBODY,
    "GET /agreement": Open.TO_AFFILIATES,
    "POST /agreement": Open.TO_AFFILIATES,
    "GET /manage/program/questions": Open.TO_MANAGERS,
    "GET /manage/program/questions/new": Open.TO_MANAGERS,
    "POST /manage/program/questions/new": Open.TO_MANAGERS,
    "GET /manage/program/questions/{key}": Open.TO_MANAGERS,
    "POST /manage/program/questions/{key}": Open.TO_MANAGERS,
    "POST /manage/program/questions/{key}/move": Open.TO_MANAGERS,
    "POST /manage/program/questions/{key}/remove": Open.TO_MANAGERS,
    "GET /manage/program/terms": Open.TO_MANAGERS,
    "GET /manage/program/terms/{version}/file": Open.TO_MANAGERS,
    "GET /manage/program/terms/new": Open.TO_MANAGERS,
    "POST /manage/program/terms/new": Open.TO_MANAGERS,
    "GET /manage/program/terms/dry-runs/{run}": Open.TO_MANAGERS,
    "GET /manage/program/terms/dry-runs/{run}/affiliates.csv": Open.TO_MANAGERS,
    "POST /manage/program/terms/dry-runs/{run}/again": Open.TO_MANAGERS,
    "POST /manage/program/terms/dry-runs/{run}/publish": Open.TO_MANAGERS,
    "GET /apply/draft/{token}": Open.TO_EVERYBODY,
    "POST /apply/draft/{token}": Open.TO_EVERYBODY,
    "GET /apply/sent/{token}": Open.TO_EVERYBODY,
    "GET /apply/find": Open.TO_EVERYBODY,
    "POST /apply/find": Open.TO_EVERYBODY,
    "GET /apply/confirm/{token}": Open.TO_EVERYBODY,
    "POST /apply/confirm/{token}": Open.TO_EVERYBODY,
    "GET /apply/status/{token}": Open.TO_EVERYBODY,
    "GET /apply/status/{token}/change": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/change": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/answer": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/again": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/remind": Open.TO_EVERYBODY,
    "GET /apply/status/{token}/delete": Open.TO_EVERYBODY,
    "POST /apply/status/{token}/delete": Open.TO_EVERYBODY,
    "GET /signin": Open.TO_EVERYBODY,
    "POST /signin": Open.TO_EVERYBODY,
    "GET /signin/code": Open.TO_HALF_A_MANAGER,
    "POST /signin/code": Open.TO_HALF_A_MANAGER,
    "GET /signin/forgot": Open.TO_EVERYBODY,
    "POST /signin/forgot": Open.TO_EVERYBODY,
    "GET /signin/password/{token}": Open.TO_EVERYBODY,
    "POST /signin/password/{token}": Open.TO_EVERYBODY,
    "GET /signin/link": Open.TO_EVERYBODY,
    "POST /signin/link": Open.TO_EVERYBODY,
    "GET /signin/link/{token}": Open.TO_EVERYBODY,
    "POST /signin/link/{token}": Open.TO_EVERYBODY,
    "GET /signin/address/{token}": Open.TO_EVERYBODY,
    "POST /signin/address/{token}": Open.TO_EVERYBODY,
    "POST /signin/passkey": Open.TO_EVERYBODY,
    "POST /signin/passkey/options": Open.TO_EVERYBODY,
    "GET /signin/again": Open.TO_WHOLLY_SIGNED_IN,
    "POST /signin/again": Open.TO_WHOLLY_SIGNED_IN,
    "POST /signin/again/options": Open.TO_SIGNED_IN,
    "POST /signin/again/passkey": Open.TO_SIGNED_IN,
    "GET /signin/setup": Open.TO_MANAGERS_WITHOUT,
    "POST /signin/setup": Open.TO_MANAGERS_WITHOUT,
    "POST /signin/setup/passkey": Open.TO_MANAGERS_WITHOUT,
    "POST /signin/setup/passkey/options": Open.TO_MANAGERS_WITHOUT,
    "GET /invitation/{token}": Open.TO_EVERYBODY,
    "POST /invitation/{token}": Open.TO_EVERYBODY,
    "GET /letters/{token}": Open.TO_EVERYBODY,
    "POST /letters/{token}": Open.TO_EVERYBODY,
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
    "POST /api/v1/events": Open.TO_KEYS,
    "GET /api/v1/openapi.json": Open.TO_EVERYBODY,
    "GET /mailbox": Open.TO_THIS_MACHINE,
    "GET /mailbox/{letter}": Open.TO_THIS_MACHINE,
    "GET /mailbox/{letter}/html": Open.TO_THIS_MACHINE,
    "GET /home": Open.TO_AFFILIATES,
    "POST /home/first-week": Open.TO_AFFILIATES,
    "GET /links": Open.TO_AFFILIATES,
    "GET /earnings": Open.TO_AFFILIATES,
    "GET /earnings/not-counted": Open.TO_AFFILIATES,
    "GET /earnings/check": Open.TO_AFFILIATES,
    "GET /earnings/export/{kind}": Open.TO_AFFILIATES,
    "GET /earnings/claims": Open.TO_AFFILIATES,
    "POST /earnings/claims": Open.TO_AFFILIATES,
    "GET /earnings/{sale}": Open.TO_ITS_AFFILIATE,
    "GET /brand": Open.TO_AFFILIATES,
    "POST /brand": Open.TO_AFFILIATES,
    "POST /brand/undo": Open.TO_AFFILIATES,
    "POST /brand/kits/{revision}/again": Open.TO_ITS_AFFILIATE,  # the seventh of somebody who has none
    "GET /brand/kits/{revision}/{file}": Open.TO_ITS_AFFILIATE,
    "GET /brand/logo": Open.TO_ITS_AFFILIATE,  # Ada has none, and sees nobody else's
    "GET /brand/preview": Open.TO_AFFILIATES,
    "GET /brand/preview/{design}/{file}": Open.TO_AFFILIATES,
    "GET /brand/photo": Open.TO_ITS_AFFILIATE,
    "GET /creatives/preview/{design}/{file}": Open.TO_AFFILIATES,
    "GET /creatives/download": Open.TO_AFFILIATES,
    "GET /creatives/download/{job}": Open.TO_AFFILIATES,  # each their own; others' change nothing
    "GET /creatives/zip": Open.TO_AFFILIATES,
    "GET /creatives/words": Open.TO_AFFILIATES,
    "GET /creatives/words/{file}": Open.TO_AFFILIATES,
    "GET /creatives": Open.TO_AFFILIATES,
    "GET /creatives/{design}/{size}": Open.TO_AFFILIATES,
    "GET /c/{kit}/{design}/{file}": Open.TO_EVERYBODY,
    "HEAD /c/{kit}/{design}/{file}": Open.TO_EVERYBODY,
    "GET /settings": Open.TO_AFFILIATES,
    "POST /settings": Open.TO_AFFILIATES,
    "POST /settings/leave": Open.TO_PEOPLE_ON_IT,
    "POST /accounts/{account}": Open.TO_ITS_PERSON,
    "GET /settings/sign-in": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/name": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/password": Open.TO_PEOPLE_ON_IT,
    "GET /settings/sign-in/email": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/email": Open.TO_PEOPLE_ON_IT,
    "GET /settings/sign-in/passkeys/new": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/passkeys/options": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/passkeys": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/passkeys/{passkey}/remove": Open.TO_ITS_PERSON,
    "POST /settings/sign-in/sessions/others": Open.TO_PEOPLE_ON_IT,
    "POST /settings/sign-in/sessions/{session}": Open.TO_ITS_PERSON,
    "GET /settings/team": Open.TO_OWNERS,
    "POST /settings/team": Open.TO_OWNERS,
    "POST /settings/team/{membership}": Open.TO_ITS_OWNERS,
    "POST /settings/team/{membership}/remove": Open.TO_ITS_OWNERS,
    "POST /settings/team/invitations/{invitation}/again": Open.TO_ITS_OWNERS,
    "POST /settings/team/invitations/{invitation}/withdraw": Open.TO_ITS_OWNERS,
    "GET /manage/account": Open.TO_MANAGERS,
    "POST /manage/account/name": Open.TO_MANAGERS,
    "POST /manage/account/password": Open.TO_MANAGERS,
    "GET /manage/account/email": Open.TO_MANAGERS,
    "POST /manage/account/email": Open.TO_MANAGERS,
    "GET /manage/account/passkeys/new": Open.TO_MANAGERS,
    "POST /manage/account/passkeys/options": Open.TO_MANAGERS,
    "POST /manage/account/passkeys": Open.TO_MANAGERS,
    "POST /manage/account/passkeys/{passkey}/remove": Open.TO_ITS_MANAGER,
    "POST /manage/account/sessions/others": Open.TO_MANAGERS,
    "POST /manage/account/sessions/{session}": Open.TO_ITS_MANAGER,
    "GET /manage/account/app": Open.TO_MANAGERS,
    "POST /manage/account/app": Open.TO_MANAGERS,
    "GET /manage/team": Open.TO_MANAGERS,
    "POST /manage/team": Open.TO_MANAGERS,
    "POST /manage/team/invitations/{invitation}/again": Open.TO_ITS_MANAGER,
    "POST /manage/team/invitations/{invitation}/withdraw": Open.TO_ITS_MANAGER,
    "GET /manage": Open.TO_MANAGERS,
    "GET /manage/affiliates": Open.TO_MANAGERS,
    "GET /manage/funnel": Open.TO_MANAGERS,
    "GET /manage/letters": Open.TO_MANAGERS,
    "POST /manage/letters/{letter}": Open.TO_ITS_MANAGER,  # it was delivered, so it is none of these
    "GET /manage/funnel/sources.csv": Open.TO_MANAGERS,
    "GET /manage/affiliates/{enrollment}": Open.TO_MANAGERS,
    "POST /manage/affiliates/{enrollment}": Open.TO_MANAGERS,
    "GET /manage/affiliates/{enrollment}/export/{kind}": Open.TO_MANAGERS,
    "GET /manage/affiliates/{enrollment}/sales/{sale}": Open.TO_MANAGERS,
    "POST /manage/affiliates/{enrollment}/sales/{sale}": Open.TO_MANAGERS,
    "GET /manage/decisions": Open.TO_MANAGERS,
    "GET /manage/creatives": Open.TO_MANAGERS,
    "GET /manage/designs": Open.TO_MANAGERS,
    "GET /manage/designs/new": Open.TO_MANAGERS,
    "POST /manage/designs/new": Open.TO_MANAGERS,
    "GET /manage/designs/{design}": Open.TO_MANAGERS,
    "POST /manage/designs/{design}": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/pictures": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/publish": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/withdraw": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/revert": Open.TO_MANAGERS,
    "GET /manage/designs/{design}/{size}": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/{size}": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/{size}/remove": Open.TO_MANAGERS,
    "GET /manage/designs/{design}/{size}/picture": Open.TO_MANAGERS,
    "GET /manage/designs/{design}/{size}/kits/{number}": Open.TO_MANAGERS,
    "GET /manage/designs/{design}/words": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/words": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/words/publish": Open.TO_MANAGERS,
    "GET /manage/designs/{design}/words/file": Open.TO_MANAGERS,
    "POST /manage/designs/{design}/words/file": Open.TO_MANAGERS,
    "GET /manage/designs/{design}/words/{shape}/kits/{number}": Open.TO_MANAGERS,
    "GET /manage/kits": Open.TO_MANAGERS,
    "POST /manage/kits/{kit}": Open.TO_MANAGERS,
    "GET /manage/kits/{kit}/{design}/{file}": Open.TO_MANAGERS,
    "GET /manage/claims": Open.TO_MANAGERS,
    "GET /manage/claims/{claim}": Open.TO_MANAGERS,
    "POST /manage/claims/{claim}": Open.TO_MANAGERS,
    "GET /manage/applications": Open.TO_MANAGERS,
    "GET /manage/applications/{application}": Open.TO_MANAGERS,
    "POST /manage/applications/{application}": Open.TO_MANAGERS,
    "GET /manage/applications/{application}/check": Open.TO_MANAGERS,
    "POST /manage/applications/{application}/notes": Open.TO_MANAGERS,
    "POST /manage/applications/{application}/notes/{note}/remove": Open.TO_ITS_MANAGER,
    "GET /manage/applications/several": Open.TO_MANAGERS,
    "POST /manage/applications/several": Open.TO_MANAGERS,
    "POST /manage/applications/decisions/{decision}/undo": Open.TO_MANAGERS,
    "GET /manage/codes": Open.TO_MANAGERS,
    "POST /manage/codes/again": Open.TO_MANAGERS,
    "POST /manage/codes/{code}/made": Open.TO_ITS_MANAGER,  # Mira's program has no such code
    "POST /manage/codes/{code}/off": Open.TO_ITS_MANAGER,
    "POST /manage/codes/{code}/again": Open.TO_ITS_MANAGER,
}
# What answers when nothing else does: a 404 in the frame of whoever asks.
NOWHERE = "/{anything}"


class Answer(StrEnum):
    OPENS = "opens"
    SIGN_IN = "asks to sign in"
    CODE = "asks for the second factor"
    HOME = "leads home"
    FORGED = "400"
    UNSIGNED = "401"
    NOT_FOR_YOU = "403"
    NOT_THERE = "404"


# An applicant signs in nowhere: she asks as a visitor does, with the address from her letter.
PEOPLE = (
    "visitor",
    "ada, an owner",
    "her member",
    "her reader",
    "cleo, who is paused",
    "mira without her code",
    "ines, who has no second factor yet",
    "mira",
)
YES, SIGN, CODE, HOME, FORGED, UNSIGNED, NO, GONE = ({answer} for answer in Answer)
# In the order of PEOPLE.
EXPECTED: dict[Open, tuple[set[Answer], ...]] = {
    Open.TO_EVERYBODY: (YES, *(YES | HOME,) * 4, YES, YES, YES | HOME),
    Open.TO_WHOEVER_LEAVES: (SIGN,) * 8,
    Open.TO_THIS_MACHINE: (YES,) * 8,
    Open.TO_AFFILIATES: (SIGN, YES, YES, YES, YES, CODE, CODE, NO),
    Open.TO_ITS_AFFILIATE: (SIGN, GONE, GONE, GONE, GONE, CODE, CODE, NO),
    Open.TO_OWNERS: (SIGN, YES, YES, YES, YES, CODE, CODE, NO),
    Open.TO_ITS_OWNERS: (SIGN, GONE, GONE, GONE, GONE, CODE, CODE, NO),
    Open.TO_PEOPLE_ON_IT: (SIGN, *(YES | SIGN,) * 4, CODE, CODE, NO),
    Open.TO_ITS_PERSON: (SIGN, GONE, GONE, GONE, GONE, CODE, CODE, NO),
    Open.TO_HALF_A_MANAGER: (SIGN, *(SIGN | HOME,) * 4, YES, YES, SIGN | HOME),
    Open.TO_MANAGERS_WITHOUT: (SIGN, SIGN, SIGN, SIGN, SIGN, CODE, YES, SIGN),
    Open.TO_MANAGERS: (SIGN, NO, NO, NO, NO, CODE, CODE, YES),
    Open.TO_ITS_MANAGER: (SIGN, NO, NO, NO, NO, CODE, CODE, GONE),
    Open.TO_PEOPLE: (SIGN, HOME, HOME, HOME, HOME, CODE, CODE, HOME),
    Open.TO_SIGNED_IN: (SIGN, YES, YES, YES, YES, YES, YES, YES),
    Open.TO_WHOLLY_SIGNED_IN: (SIGN, YES, YES, YES, YES, CODE, CODE, YES),
    Open.TO_STRIPE: (FORGED,) * 8,
    Open.TO_KEYS: (UNSIGNED,) * 8,
}
# What a person on an account may only look at.
LOOKS_AT = {
    "her reader": {Open.TO_AFFILIATES, Open.TO_ITS_AFFILIATE, Open.TO_OWNERS, Open.TO_ITS_OWNERS},
    "her member": {Open.TO_OWNERS, Open.TO_ITS_OWNERS},
}
GUARDS = {
    Open.TO_AFFILIATES: affiliates_only,
    Open.TO_ITS_AFFILIATE: affiliates_only,
    Open.TO_OWNERS: owners_only,
    Open.TO_ITS_OWNERS: owners_only,
    Open.TO_PEOPLE_ON_IT: people_only,
    Open.TO_ITS_PERSON: people_only,
    Open.TO_MANAGERS: managers_only,
    Open.TO_ITS_MANAGER: managers_only,
    Open.TO_PEOPLE: signed_in_only,
    Open.TO_THIS_MACHINE: only_at_this_machine,
}


# What a preview is drawn from, and a download with nothing in it, which takes no time.
TYPED = {"name": "Northbound", "design": "split", "kind": "paper"}
LEADS_TO = {
    "/signin": Answer.SIGN_IN,
    "/signin/code": Answer.CODE,
    "/signin/again": Answer.CODE,
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
        for person, usual in zip(PEOPLE, EXPECTED[ACCESS[name]], strict=True):
            only_looks = method not in SAFE_METHODS and ACCESS[name] in LOOKS_AT.get(person, ())
            expected = NO if only_looks else usual
            # A new session each time, for some addresses end it.
            client = await somebody(person, people, cast, clock())
            address = path.format_map({**things, **things_below(path, things)})
            found = what_is(await client.request(method, address, params=TYPED))
            if found not in expected:
                wrong.append(f"{person} asks {name}: {found}, not {' or '.join(sorted(expected))}")
    assert wrong == []


async def somebody(person: str, people: People, cast: Cast, now: datetime) -> httpx.AsyncClient:
    match person:
        case "ada, an owner":
            return await people.signed_in(cast.ada)
        case "her member" | "her reader":
            # Somebody new each time, for some addresses lead off the account.
            role = Role(person.removeprefix("her "))
            email = f"{new_id()}@northbound.example"
            return await people.signed_in(await joins(cast.ada, "Rita Holm", email, role, now))
        case "cleo, who is paused":
            return await people.signed_in(cast.cleo)
        case "mira without her code":
            return await people.signed_in(cast.mira, second_factor=False)
        case "ines, who has no second factor yet":
            return await people.signed_in(await ines(now), second_factor=False)
        case "mira":
            return await people.signed_in(cast.mira)
        case _:
            return await people.visitor()


async def ines(now: datetime) -> Staff:
    """A manager who was invited, has chosen a password and stopped there."""
    name, email = "Ines Duarte", "ines@kartra.example"
    known = await Manager.select(Manager.id).where(Manager.email == email).first()
    if known is not None:
        return Staff(known["id"], name, email, "")
    return Staff(await take_on(email, name, "", "", Actor("portal", "tests"), now), name, email, "")


def what_is(answer: httpx.Response) -> Answer:
    assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, answer.text
    by_status = {400: Answer.FORGED, 401: Answer.UNSIGNED, 403: Answer.NOT_FOR_YOU, 404: Answer.NOT_THERE}
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
    if "/terms/{version}" in path:
        return {"version": "1"}
    if "/words" in path and path.startswith("/manage/designs"):
        return {"design": "spotlight", "shape": "320x50", "number": "0"}
    if path.startswith("/manage/designs"):
        # One is there to lose its picture.
        return {"design": "spare" if path.endswith("/remove") else "own", "number": "0"}
    if path.startswith("/manage/kits"):
        return {"kit": things["brand_kit"]}
    if path.startswith("/creatives/words"):
        return {"file": "email.txt"}
    below = path.removeprefix("/apply").strip("/").partition("/")[0]
    return {"token": things[below]} if below in ("draft", "sent", "letters") else {}


async def things_of_others(app: Litestar, people: People, cast: Cast, now: datetime) -> dict[str, str]:
    """A value for every name in an address. Those that belong to somebody are Ben's or Dora's."""
    buyer = await people.visitor()
    click = await click_on(buyer, cast.ben.slug)
    await app.state.clicks.settled()
    letters = await sent_letters(app, now)
    await painted(app.state.storage, cast, now)
    secret = app.state.settings.secret
    draft = unsealed(secret, "draft", await begun(buyer))
    assert draft
    return {
        "draft": sealed(secret, "draft", draft),
        "sent": sealed(secret, "sent", draft),
        "letters": sealed(secret, "letters", (await choices_of([cast.ben.id], FIRST_WEEK))[cast.ben.id]),
        "token": sealed(secret, "status", cast.dora.application),
        "slug": cast.ben.slug,
        "program": "kartra",
        "key": "reach",
        "sheet": sheet_name(cast.terms.brand.accent),
        "kit": cast.ben.slug,
        "design": EVERGREEN,
        "size": "300x250",
        "revision": "7",
        "job": "another",
        "file": "300x250.png",
        "version": "any",
        "name": "app.js",
        "letter": letters[0]["Message-ID"].strip("<>").partition("@")[0],
        **await what_ben_has(cast, now),
        "kind": "csv",
        "enrollment": str(cast.ben.enrollment),
        "sale": str(await sell(buyer, click, STRIPE_SECRET, now)),
        "application": str(cast.dora.application),
        "note": str(await add_note(cast.dora.application, cast.noor.id, "Noor's own.", now)),
        "decision": str(await decided(cast, now)),
        "run": str(await looked_back(cast, now)),
        "claim": str(await missed(cast, now)),
        "brand_kit": str(await dressed(cast, now)),
        "code": str(new_id()),  # of another program, or none at all
    }


async def missed(cast: Cast, now: datetime) -> UUID:
    """A sale that Ben misses."""
    draft = ClaimDraft(order="in_1", paid_on=now.date().isoformat(), why="Through my link.")
    return await report(cast.ben.enrollment, cast.program, draft, Actor("affiliate", str(cast.ben.id)), now)


async def dressed(cast: Cast, now: datetime) -> UUID:
    """A kit of Ben's."""
    await save_kit(cast.ben.id, cast.ben.name, KitDraft("Low Tide"), Files(), None, now)
    (kit,) = await kept_kits(cast.ben.id, 1)
    return kit.id


async def painted(storage: Storage, cast: Cast, now: datetime) -> None:
    """Two designs of finished pictures."""
    picture = io.BytesIO()
    Image.new("RGB", (300, 250)).save(picture, "PNG")
    await storage.put("designs/own.png", picture.getvalue())
    for name in ("own", "spare"):
        await create(cast.program, DesignDraft(name, name), cast.noor.id, now)
        design = await design_of(cast.program, name)
        await put_pictures(design.id, [Taken(Size(300, 250), "designs/own.png")])


async def looked_back(cast: Cast, now: datetime) -> UUID:
    """A dry run that is done."""
    asked = await ask(cast.program, KARTRA.read_text(), now.date(), cast.noor.id, now)
    await work(asked, lambda: now)
    return asked


async def decided(cast: Cast, now: datetime) -> UUID:
    """A decision about somebody whose page nobody else needs."""
    edda = await apply(cast.program, cast.terms, "Edda Falk", "edda@falk.example", now)
    return await decide(edda.application, cast.noor.id, Made(Verdict.ASK, reason="Who reads you?"), now)


async def what_ben_has(cast: Cast, now: datetime) -> dict[str, str]:
    """His account, his place on it, a session, a passkey and an invitation of his."""
    (person,) = await Person.select(Person.id).where(Person.email == cast.ben.email)
    await invite(cast.ben.id, "nora@lowtide.example", Role.MEMBER, person["id"], now)
    (place,) = await Membership.select(Membership.id).where(Membership.person == person["id"])
    (session, *_) = await Session.select(Session.id).where(Session.person == person["id"])
    (invitation,) = await Invitation.select(Invitation.id).where(Invitation.affiliate == cast.ben.id)
    passkey = Passkey(
        id=new_id(), person=person["id"], credential_id="YmVu", public_key="", name="Phone", created_at=now
    )
    await Passkey.insert(passkey)
    return {
        "account": str(cast.ben.id),
        "membership": str(place["id"]),
        "session": str(session["id"]),
        "invitation": str(invitation["id"]),
        "passkey": str(passkey.id),
    }
