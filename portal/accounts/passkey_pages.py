"""Passkeys on the wire: JSON, for static/passkeys.js. Everything else works without it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.accounts import passkeys, signing_in
from portal.accounts.doors import (
    HOME,
    as_json,
    carrying,
    challenge_in,
    device,
    end_current,
    json_of,
    leading_to,
    limits_of,
    must_be_proved,
    onward,
    site,
    tried,
)
from portal.accounts.forms import has_hidden, one_line
from portal.accounts.passkeys import has_second_factor
from portal.accounts.whose import Whose
from portal.db import transaction
from portal.errors import NotSignedIn
from portal.web import Asking, client_network, go, who

CEREMONIES = "120/5minutes"
NAME_MOST = 60


@post("/signin/passkey/options")
async def sign_in_options(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    await limits_of(request).spend(CEREMONIES, "passkey", client_network(request))
    return as_json(await passkeys.asking(site(request), now))


@post("/signin/passkey")
async def sign_in(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    said = await json_of(request)
    challenge, credential = challenge_in(said)
    session = await tried(
        request,
        ("address", client_network(request)),
        attempt=lambda: passkeys.sign_in(challenge, credential, site(request), device(request), now),
    )
    await end_current(request)
    return carrying(request, leading_to(onward(str(said.get("next", "")), session.kind)), session)


@post("/signin/again/options")
async def prove_options(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    _, session, _ = _signed_in(request)
    await limits_of(request).spend(CEREMONIES, "passkey", client_network(request))
    return as_json(await passkeys.asking(site(request), now, session))


@post("/signin/again/passkey")
async def prove(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """Proves it once more; for half a manager it is the second factor."""
    whose, session, kind = _signed_in(request)
    said = await json_of(request)
    challenge, credential = challenge_in(said)
    renewed = await tried(
        request,
        ("code", str(whose.id)),
        attempt=lambda: passkeys.prove_again(whose, session, kind, challenge, credential, site(request), now),
    )
    return carrying(request, leading_to(onward(str(said.get("next", "")), renewed.kind)), renewed)


async def options_for_new(request: Asking, now: datetime) -> Response[Any]:
    whose, session, _ = _signed_in(request)
    return as_json(await passkeys.registering(whose, session, site(request), now))


async def keep_new(request: Asking, now: datetime) -> str:
    """Gives back the name under which it is kept."""
    whose, session, _ = _signed_in(request)
    said = await json_of(request)
    challenge, credential = challenge_in(said)
    name = one_line(str(said.get("name", "")))[:NAME_MOST]
    name = "Passkey" if not name or has_hidden(name) else name
    await passkeys.register(whose, session, challenge, credential, name, site(request), now)
    return name


@post("/signin/setup/passkey/options")
async def setup_options(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    await _must_lack_a_factor(request)
    return await options_for_new(request, now)


@post("/signin/setup/passkey")
async def setup_passkey(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """A manager's first second factor. Its device has just verified them, so it counts at once."""
    await _must_lack_a_factor(request)
    whose, session, _ = _signed_in(request)
    async with transaction():
        await passkeys.must_lack_a_factor(whose.id)
        await keep_new(request, now)
        whole = await signing_in.make_whole(session, whose.id, now)
    return carrying(request, leading_to(HOME["manager"]), whole)


@post("/passkeys/options")
async def new_options(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    must_be_proved(request, now, request.url.path.removesuffix("/options") + "/new")
    return await options_for_new(request, now)


@post("/passkeys")
async def new_passkey(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    must_be_proved(request, now, request.url.path + "/new")
    await keep_new(request, now)
    return leading_to(request.url.path.removesuffix("/passkeys"))


@post("/passkeys/{passkey:uuid}/remove")
async def remove_passkey(
    request: Asking, passkey: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    base = request.url.path.partition("/passkeys/")[0]
    must_be_proved(request, now, base)
    name = await passkeys.remove(_signed_in(request)[0], passkey, now)
    return go(request, base, flash=f"The passkey “{name}” is removed.")


def _signed_in(request: Asking) -> tuple[Whose, UUID, str]:
    asking = who(request)
    if asking.session_id is None:
        raise NotSignedIn
    return Whose.asking(asking), asking.session_id, asking.kind


async def _must_lack_a_factor(request: Asking) -> None:
    asking = who(request)
    if asking.kind != "half" or await has_second_factor(asking.known):
        raise NotSignedIn


passkeys_router = Router(
    "/",
    route_handlers=[sign_in_options, sign_in, prove_options, prove, setup_options, setup_passkey],
)
own_passkey_handlers = (new_options, new_passkey, remove_passkey)
