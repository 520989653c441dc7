"""Signing in and out, the one-time code, passwords and links by letter."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from portal.accounts import actions, queries, signing_in
from portal.accounts.doors import (
    HOME,
    carrying,
    device,
    end_current,
    entered,
    kept,
    limits_of,
    onward,
    token_in,
    tried,
)
from portal.accounts.forms import email_problem, parse_sign_in
from portal.accounts.passkeys import has_second_factor, is_possible
from portal.accounts.rules import Purpose, email_key, password_problem
from portal.accounts.sessions import forget
from portal.errors import NotSignedIn
from portal.web import Asking, Page, client_network, form_of, go, settings_of, show, who

LETTERS = "5/15minutes"


@get("/signin")
async def sign_in_page(request: Asking, next: FromQuery[str] = "") -> Response[Any]:  # noqa: A002 - its name in addresses
    if who(request).kind in ("affiliate", "manager"):
        return go(request, onward(next, who(request).kind))
    return _sign_in(request, next_page=kept(next))


@post("/signin")
async def sign_in(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    said = await form_of(request)
    form, next_page = parse_sign_in(said), kept(said.get("next", ""))
    if form.errors:
        return _sign_in(request, form.email, next_page, errors=form.errors)
    session = await tried(
        request,
        ("account", email_key(form.email)),
        ("address", client_network(request)),
        attempt=lambda: signing_in.sign_in(form.email, form.password, device(request), now),
    )
    if session is None:
        return _sign_in(request, form.email, next_page, wrong=True)
    return await entered(request, session, next_page)


@get("/signin/code")
async def code_page(request: Asking, next: FromQuery[str] = "") -> Response[Any]:  # noqa: A002
    asking = who(request)
    if asking.kind != "half":
        return go(request, HOME.get(asking.kind, "/signin"))
    if not await has_second_factor(asking.known):
        return go(request, "/signin/setup")
    return await _code(request, kept(next))


@post("/signin/code")
async def give_code(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    asking = who(request)
    if asking.kind != "half" or asking.session_id is None:
        raise NotSignedIn
    said = await form_of(request)
    next_page = kept(said.get("next", ""))
    session_id, code = asking.session_id, said.get("code", "")[:20]
    session = await tried(
        request,
        ("code", str(asking.id)),
        attempt=lambda: signing_in.give_code(session_id, code, now),
    )
    if session is None:
        problem = "This code is wrong or was used already. Type the one that your app shows now."
        return await _code(request, next_page, problem)
    return carrying(request, go(request, onward(next_page, session.kind)), session)


@post("/signout")
async def sign_out(request: Asking) -> Response[Any]:
    await end_current(request)
    response = go(request, "/signin", flash="You are signed out.")
    forget(response, settings_of(request))
    return response


@get("/signin/forgot")
async def forgot_page(request: Asking) -> Page:
    return show(request, "accounts/forgot.html", page=queries.ForgotPage())


@post("/signin/forgot")
async def forgot(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _ask_by_letter(request, "forgot", actions.ask_for_password, now)


@get("/signin/link")
async def link_page(request: Asking) -> Page:
    return show(request, "accounts/forgot.html", page=queries.ForgotPage(wants="link"))


@post("/signin/link")
async def ask_link(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _ask_by_letter(request, "link", actions.ask_for_link, now)


@get("/signin/link/{token:str}")
async def open_link_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    """Mail programs open links to look at them, so signing in takes a press."""
    owner = await queries.whose_token(token_in(request, Purpose.LINK, token), Purpose.LINK, now)
    return show(request, "accounts/link.html", page=queries.LinkPage(owner.name, owner.email))


@post("/signin/link/{token:str}")
async def open_link(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    identity = token_in(request, Purpose.LINK, token)
    return await entered(request, await actions.use_link(identity, device(request), now))


@get("/signin/password/{token:str}")
async def password_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    owner = await queries.whose_token(token_in(request, Purpose.PASSWORD, token), Purpose.PASSWORD, now)
    page = queries.SetPasswordPage(owner.email, owner.name, owner.has_password)
    return show(request, "accounts/set_password.html", page=page)


@post("/signin/password/{token:str}")
async def set_password(
    request: Asking, token: FromPath[str], now: NamedDependency[datetime]
) -> Response[Any]:
    identity = token_in(request, Purpose.PASSWORD, token)
    owner = await queries.whose_token(identity, Purpose.PASSWORD, now)
    password = (await form_of(request)).get("password", "")
    if problem := password_problem(password, email=owner.email, name=owner.name):
        page = queries.SetPasswordPage(owner.email, owner.name, owner.has_password, error=problem)
        return show(request, "accounts/set_password.html", page=page, status=422)
    session = await actions.set_password(identity, password, device(request), now)
    return await entered(request, session, flash="Your password is set. Welcome in.")


async def _ask_by_letter(
    request: Asking, wants: str, ask: Callable[[str, datetime], Awaitable[None]], now: datetime
) -> Page:
    """The same page for every address, after the same work: who is known is found out elsewhere."""
    email = (await form_of(request)).get("email", "").strip()[:320]
    if problem := email_problem(email):
        page = queries.ForgotPage(email, wants=wants, error=problem)
        return show(request, "accounts/forgot.html", page=page, status=422)
    await limits_of(request).spend(LETTERS, wants, client_network(request))
    await limits_of(request).spend(LETTERS, wants, email_key(email))
    await ask(email, now)
    return show(request, "accounts/forgot.html", page=queries.ForgotPage(email, wants=wants, sent=True))


def _sign_in(
    request: Asking,
    email: str = "",
    next_page: str = "",
    *,
    errors: dict[str, str] | None = None,
    wrong: bool = False,
) -> Page:
    has_passkeys = is_possible(settings_of(request).base_url)
    page = queries.SignInPage(email, next_page, errors or {}, wrong, has_passkeys)
    return show(request, "accounts/signin.html", page=page, status=422 if errors or wrong else 200)


async def _code(request: Asking, next_page: str, error: str | None = None) -> Page:
    asking = who(request)
    ways = await queries.second_factors(asking.known)
    page = queries.CodePage(
        asking.name,
        next_page,
        has_app=ways.has_app,
        has_passkeys=ways.has_passkeys and is_possible(settings_of(request).base_url),
        error=error,
    )
    return show(request, "accounts/manager_code.html", page=page, status=422 if error else 200)


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
        link_page,
        ask_link,
        open_link_page,
        open_link,
        password_page,
        set_password,
    ],
)
