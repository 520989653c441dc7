"""Signing in and out, the one-time code, passwords by letter."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from portal.accounts import actions, queries, signing_in
from portal.accounts.forms import email_problem, parse_sign_in
from portal.accounts.rules import WRONG_TRIES, Purpose, email_key, password_problem
from portal.accounts.sessions import forget, remember
from portal.accounts.signing_in import Device, NewSession
from portal.errors import NotSignedIn
from portal.ids import unsealed
from portal.limits import RateLimits
from portal.web import (
    Asking,
    Page,
    client_address,
    client_network,
    form_of,
    go,
    own_path,
    settings_of,
    show,
    who,
)

HOME = {"affiliate": "/home", "manager": "/manage", "half": "/signin/code"}


@get("/signin")
async def sign_in_page(request: Asking, next: FromQuery[str] = "") -> Response[Any]:  # noqa: A002 - its name in addresses
    if who(request).kind in ("affiliate", "manager"):
        return go(request, _onward(next, who(request).kind))
    return show(request, "accounts/signin.html", page=queries.SignInPage(next=_kept(next)))


@post("/signin")
async def sign_in(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    said = await form_of(request)
    form, onward = parse_sign_in(said), _kept(said.get("next", ""))
    if form.errors:
        page = queries.SignInPage(form.email, onward, form.errors)
        return show(request, "accounts/signin.html", page=page, status=422)
    session = await _tried(
        request,
        ("account", email_key(form.email)),
        ("address", client_network(request)),
        attempt=lambda: signing_in.sign_in(form.email, form.password, device(request), now),
    )
    if session is None:
        page = queries.SignInPage(form.email, onward, wrong=True)
        return show(request, "accounts/signin.html", page=page, status=422)
    await _end_current(request)
    if session.kind == "half":
        response = go(request, "/signin/code" + (f"?next={quote(onward)}" if onward else ""))
    else:
        response = go(request, _onward(onward, session.kind))
    remember(response, session, settings_of(request))
    return response


@get("/signin/code")
async def code_page(request: Asking, next: FromQuery[str] = "") -> Response[Any]:  # noqa: A002
    asking = who(request)
    if asking.kind != "half":
        return go(request, HOME.get(asking.kind, "/signin"))
    return show(request, "accounts/manager_code.html", page=queries.CodePage(asking.name, _kept(next)))


@post("/signin/code")
async def give_code(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    asking = who(request)
    if asking.kind != "half" or asking.session_id is None:
        raise NotSignedIn
    said = await form_of(request)
    onward = _kept(said.get("next", ""))
    session_id, code = asking.session_id, said.get("code", "")[:20]
    session = await _tried(
        request,
        ("code", str(asking.id)),
        attempt=lambda: signing_in.give_code(session_id, code, now),
    )
    if session is None:
        page = queries.CodePage(
            asking.name,
            onward,
            "This code is wrong or was used already. Type the one that your app shows now.",
        )
        return show(request, "accounts/manager_code.html", page=page, status=422)
    response = go(request, _onward(onward, session.kind))
    remember(response, session, settings_of(request))
    return response


@post("/signout")
async def sign_out(request: Asking) -> Response[Any]:
    await _end_current(request)
    response = go(request, "/signin", flash="You are signed out.")
    forget(response, settings_of(request))
    return response


@get("/signin/forgot")
async def forgot_page(request: Asking) -> Page:
    return show(request, "accounts/forgot.html", page=queries.ForgotPage())


@post("/signin/forgot")
async def forgot(request: Asking, now: NamedDependency[datetime]) -> Page:
    email = (await form_of(request)).get("email", "").strip()[:320]
    if problem := email_problem(email):
        return show(
            request, "accounts/forgot.html", page=queries.ForgotPage(email, error=problem), status=422
        )
    await _limits(request).spend("5/15minutes", "forgot", client_network(request))
    await _limits(request).spend("5/15minutes", "forgot", email_key(email))
    await actions.ask_for_password(email, now)
    return show(request, "accounts/forgot.html", page=queries.ForgotPage(email, sent=True))


@get("/signin/password/{token:str}")
async def password_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    owner = await queries.whose_token(_token(request, token), Purpose.PASSWORD, now)
    page = queries.SetPasswordPage(owner.email, owner.name, owner.has_password)
    return show(request, "accounts/set_password.html", page=page)


@post("/signin/password/{token:str}")
async def set_password(
    request: Asking, token: FromPath[str], now: NamedDependency[datetime]
) -> Response[Any]:
    identity = _token(request, token)
    owner = await queries.whose_token(identity, Purpose.PASSWORD, now)
    password = (await form_of(request)).get("password", "")
    if problem := password_problem(password, email=owner.email, name=owner.name):
        page = queries.SetPasswordPage(owner.email, owner.name, owner.has_password, error=problem)
        return show(request, "accounts/set_password.html", page=page, status=422)
    session = await actions.set_password(identity, password, device(request), now)
    response = go(request, HOME[session.kind], flash="Your password is set. Welcome in.")
    remember(response, session, settings_of(request))
    return response


def device(request: Asking) -> Device:
    return Device(request.headers.get("User-Agent", ""), client_address(request))


def _token(request: Asking, text: str) -> UUID:
    """The id in the letter's address. One that is not ours is answered like one that was used."""
    found = unsealed(settings_of(request).secret, Purpose.PASSWORD, text)
    return found or UUID(int=0)


def _kept(text: str) -> str:
    """Where to go after signing in: one of our own pages, or nowhere in particular."""
    path = own_path(text)
    return "" if path == "/" or path.startswith("/sign") else path[:300]


def _onward(text: str, kind: str) -> str:
    path = _kept(text)
    theirs = path.startswith("/manage") == (kind == "manager")
    return path if path and theirs else HOME[kind]


async def _tried(
    request: Asking, *keys: tuple[str, str], attempt: Callable[[], Awaitable[NewSession | None]]
) -> NewSession | None:
    """An attempt to get in; only wrong ones are counted, and each is counted before the next begins."""
    limits = _limits(request)
    async with limits.turns(*keys):
        for key in keys:
            await limits.must_have_room(WRONG_TRIES, *key)
        session = await attempt()
        if session is None:
            for key in keys:
                await limits.spend(WRONG_TRIES, *key)
        return session


def _limits(request: Asking) -> RateLimits:
    limits: RateLimits = request.app.state.limits
    return limits


async def _end_current(request: Asking) -> None:
    session = who(request).session_id
    if session is not None:
        await signing_in.sign_out(session)


accounts_router = Router(
    "/",
    route_handlers=[
        sign_in_page,
        sign_in,
        code_page,
        give_code,
        sign_out,
        forgot_page,
        forgot,
        password_page,
        set_password,
    ],
)
