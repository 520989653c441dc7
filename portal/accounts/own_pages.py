"""Settings: the account, one's own name, password, address, passkeys and sessions; the same for managers."""

from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import segno
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from portal.accounts import own, own_queries, signing_in
from portal.accounts.doors import carrying, kept, limits_of, must_be_proved, onward, token_in, tried
from portal.accounts.forms import AccountDraft, email_problem, name_problem, one_line, parse_account
from portal.accounts.passkey_pages import own_passkey_handlers
from portal.accounts.passkeys import has_second_factor, is_possible
from portal.accounts.queries import whose_token
from portal.accounts.rules import Purpose, email_key, password_problem
from portal.accounts.tables import Manager
from portal.accounts.whose import Whose
from portal.errors import NotFound, NotSignedIn
from portal.web import (
    Asking,
    Page,
    affiliates_only,
    form_of,
    go,
    houses_of,
    managers_only,
    people_only,
    settings_of,
    show,
    who,
)

ADDRESSES = "5/hour"


# The account


@get("/settings")
async def account(request: Asking) -> Page:
    page = await own_queries.account_page(who(request).known)
    return show(request, "accounts/account.html", page=page)


@post("/settings")
async def save_account(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    draft: AccountDraft = parse_account(await form_of(request))
    asking = who(request)
    if draft.errors:
        kept_page = await own_queries.account_page(asking.known)
        page = own_queries.AccountPage(draft.name, draft.web_address, kept_page.email, draft.errors)
        return show(request, "accounts/account.html", page=page, status=422)
    await own.save_account(asking.known, draft.name, draft.web_address, Whose.asking(asking).id, now)
    return go(request, "/settings", flash="Saved.")


@post("/accounts/{account:uuid}")
async def open_account(
    request: Asking, account: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    asking, (whose, session) = who(request), _me(request)
    await signing_in.switch_account(session, whose.id, account, now)
    name = next((one.name for one in asking.others if one.id == account), asking.account)
    return go(request, "/home", flash=f"You are looking at {name} now.")


# One's own things, at /settings/sign-in for people and at /manage/account for managers


@get("/")
async def own_page(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _own(request, now)


@post("/name")
async def save_name(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    name = one_line((await form_of(request)).get("name", ""))
    if problem := name_problem(name):
        return await _own(request, now, {"name": problem}, typed_name=name)
    await own.save_name(_me(request)[0], name, now)
    return go(request, _base(request), flash="Your name is saved.")


@post("/password")
async def change_password(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    said, (whose, session), asking = await form_of(request), _me(request), who(request)
    row = await whose.row()
    if row.password_hash:
        is_right = await tried(
            request,
            ("account", email_key(asking.email)),
            attempt=lambda: own.is_right(whose, said.get("present", "")[:1000]),
        )
        if not is_right:
            return await _own(request, now, {"present": "This is not your present password."})
    else:
        # Without one, a letter or a passkey must have shown lately who this is.
        must_be_proved(request, now, _base(request))
    password = said.get("password", "")
    if problem := password_problem(password, email=asking.email, name=asking.name):
        return await _own(request, now, {"password": problem})
    renewed = await own.change_password(whose, session, asking.kind, password, now)
    response = go(request, _base(request), flash="Your password is changed. Other browsers are signed out.")
    return carrying(request, response, renewed)


@get("/email")
async def address_page(request: Asking, now: NamedDependency[datetime], email: FromQuery[str] = "") -> Page:
    must_be_proved(request, now)
    return _address(request, email[:320])


@post("/email")
async def ask_address(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    email = (await form_of(request)).get("email", "").strip()[:320]
    # What was typed comes along, and stands in the form again afterwards.
    must_be_proved(request, now, f"{request.url.path}?email={quote(email)}")
    whose, asking = _me(request)[0], who(request)
    problem = email_problem(email)
    if not problem and email_key(email) == email_key(asking.email):
        problem = "This is your address already."
    if problem:
        return _address(request, email, error=problem)
    await limits_of(request).spend(ADDRESSES, "address", str(whose.id))
    await own.ask_for_address(whose, email, now)
    return _address(request, email, sent=True)


@get("/passkeys/new")
async def passkey_page(request: Asking, now: NamedDependency[datetime]) -> Page:
    must_be_proved(request, now)
    base_url = settings_of(request).base_url
    page = own_queries.NewPasskeyPage(_base(request), who(request).name, is_possible(base_url), base_url)
    return show(request, "accounts/new_passkey.html", page=page)


@post("/sessions/others")
async def end_others(request: Asking) -> Response[Any]:
    await own.end_other_sessions(*_me(request))
    return go(request, _base(request), flash="All other browsers are signed out.")


@post("/sessions/{session:uuid}")
async def end_session(request: Asking, session: FromPath[UUID]) -> Response[Any]:
    await own.end_session(_me(request)[0], session)
    return go(request, _base(request), flash="That browser is signed out.")


# A manager's app for one-time codes


@get("/manage/account/app")
async def app_page(request: Asking, now: NamedDependency[datetime]) -> Page:
    must_be_proved(request, now)
    return await _setup(request, "/manage/account/app")


@post("/manage/account/app")
async def renew_app(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    must_be_proved(request, now)
    return await _take_app(request, now, "/manage/account/app", "/manage/account")


@get("/signin/setup")
async def setup_page(request: Asking) -> Response[Any]:
    asking = who(request)
    if asking.kind != "half":
        raise NotSignedIn
    if await has_second_factor(asking.known):
        return go(request, "/signin/code")
    return await _setup(request, "/signin/setup")


@post("/signin/setup")
async def set_up(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    asking = who(request)
    if asking.kind != "half" or await has_second_factor(asking.known):
        raise NotSignedIn
    return await _take_app(request, now, "/signin/setup", "/manage")


# Once more, before what is hard to undo


@get("/signin/again")
async def again_page(request: Asking, next: FromQuery[str] = "") -> Page:  # noqa: A002
    if who(request).kind == "half":
        raise NotSignedIn
    return await _again(request, kept(next))


@post("/signin/again")
async def prove_again(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    said, (whose, session), asking = await form_of(request), _me(request), who(request)
    if asking.kind == "half":
        raise NotSignedIn
    next_page = kept(said.get("next", ""))
    is_right = await tried(
        request,
        ("account", email_key(asking.email)),
        attempt=lambda: own.is_right(whose, said.get("password", "")[:1000]),
    )
    if not is_right:
        return await _again(request, next_page, "This is not your password.")
    renewed = await signing_in.prove(session, asking.kind, now)
    return carrying(request, go(request, onward(next_page, asking.kind)), renewed)


# From the letter to a new address; whoever holds it need not be signed in here


@get("/signin/address/{token:str}")
async def confirm_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    owner = await whose_token(token_in(request, Purpose.EMAIL, token), Purpose.EMAIL, now)
    page = own_queries.NewAddressPage("", owner.email, owner.new_email)
    return show(request, "accounts/confirm_address.html", page=page)


@post("/signin/address/{token:str}")
async def confirm(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    email = await own.confirm_address(token_in(request, Purpose.EMAIL, token), now)
    kind = who(request).kind
    where = {"affiliate": "/settings/sign-in", "manager": "/manage/account"}.get(kind, "/signin")
    return go(request, where, flash=f"From now on you sign in with {email}.")


def _me(request: Asking) -> tuple[Whose, UUID]:
    asking = who(request)
    if asking.session_id is None:
        raise NotSignedIn
    return Whose.asking(asking), asking.session_id


def _base(request: Asking) -> str:
    return "/manage/account" if who(request).kind == "manager" else "/settings/sign-in"


async def _own(
    request: Asking, now: datetime, errors: dict[str, str] | None = None, *, typed_name: str | None = None
) -> Page:
    (whose, session), asking = _me(request), who(request)
    page = await own_queries.own_page(
        whose,
        session,
        _base(request),
        now,
        can_passkeys=is_possible(settings_of(request).base_url),
        may_leave=asking.kind == "affiliate" and await own_queries.may_leave(asking.known, asking.person),
        errors=errors,
        typed_name=typed_name,
    )
    return show(request, "accounts/own.html", page=page, status=422 if errors else 200)


def _address(request: Asking, email: str = "", *, sent: bool = False, error: str | None = None) -> Page:
    page = own_queries.NewAddressPage(_base(request), who(request).email, email, sent, error)
    return show(request, "accounts/new_address.html", page=page, status=422 if error else 200)


async def _again(request: Asking, next_page: str, error: str | None = None) -> Page:
    whose, asking = _me(request)[0], who(request)
    page = own_queries.AgainPage(
        name=asking.name,
        email=asking.email,
        next=next_page,
        has_password=bool((await whose.row()).password_hash),
        has_passkeys=is_possible(settings_of(request).base_url) and await own_queries.has_passkeys(whose),
        error=error,
    )
    return show(request, "accounts/again.html", page=page, status=422 if error else 200)


async def _setup(request: Asking, base: str, error: str | None = None) -> Page:
    asking = who(request)
    key = await _offered(request)
    address = own.key_address(key, asking.email, houses_of(request).of(None).title)
    page = own_queries.SetupPage(
        base=base,
        qr_svg=segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True),
        key=key,
        is_first=asking.kind == "half",
        can_passkeys=is_possible(settings_of(request).base_url),
        error=error,
    )
    return show(request, "accounts/setup.html", page=page, status=422 if error else 200)


async def _take_app(request: Asking, now: datetime, base: str, afterwards: str) -> Response[Any]:
    (whose, session), asking = _me(request), who(request)
    code, key = (await form_of(request)).get("code", "")[:20], await _offered(request)
    renewed = await tried(
        request,
        ("code", str(whose.id)),
        attempt=lambda: own.take_key(whose.id, session, asking.kind, key, code, now),
    )
    if renewed is None:
        problem = "This is not the code that the app shows for this key now. Look again, and check its clock."
        return await _setup(request, base, problem)
    response = go(request, afterwards, flash="Your authenticator app is set up. It asks at every sign-in.")
    return carrying(request, response, renewed)


async def _offered(request: Asking) -> str:
    whose, session = _me(request)
    row = await whose.row()
    if not isinstance(row, Manager):
        raise NotFound
    return own.offered_key(settings_of(request).secret, session, row.totp_secret)


own_handlers = (
    own_page,
    save_name,
    change_password,
    address_page,
    ask_address,
    passkey_page,
    end_others,
    end_session,
    *own_passkey_handlers,
)
own_routers = (
    Router("/", route_handlers=[account, save_account], guards=[affiliates_only]),
    Router("/settings/sign-in", route_handlers=own_handlers, guards=[people_only]),
    Router("/", route_handlers=[open_account], guards=[people_only]),
    Router("/manage/account", route_handlers=own_handlers, guards=[managers_only]),
    Router("/", route_handlers=[app_page, renew_app], guards=[managers_only]),
    Router("/", route_handlers=[setup_page, set_up, again_page, prove_again, confirm_page, confirm]),
)
