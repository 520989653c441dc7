"""What the pages around signing in share: counting wrong tries, where to go next, whose device it is."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response

from portal.accounts.passkeys import Site, is_possible, site_of
from portal.accounts.rules import WRONG_TRIES, is_proved
from portal.accounts.sessions import remember
from portal.accounts.signing_in import Device, NewSession, sign_out
from portal.errors import NotProved, Refused, Unreadable
from portal.ids import unsealed
from portal.limits import RateLimits
from portal.web import Asking, client_address, go, houses_of, own_path, settings_of, who

HOME = {"affiliate": "/home", "manager": "/manage", "half": "/signin/code"}
Answer = TypeVar("Answer")


def device(request: Asking) -> Device:
    return Device(request.headers.get("User-Agent", ""), client_address(request))


def limits_of(request: Asking) -> RateLimits:
    limits: RateLimits = request.app.state.limits
    return limits


def site(request: Asking) -> Site:
    """Whom passkeys are for: the configured address, never what the request claims. Raises Refused."""
    base_url = settings_of(request).base_url
    if not is_possible(base_url):
        raise Refused("Passkeys need a portal with a name and https. This one's address is in numbers.")
    return site_of(base_url, houses_of(request).of(None).title)


async def tried(request: Asking, *keys: tuple[str, str], attempt: Callable[[], Awaitable[Answer]]) -> Answer:
    """An attempt to get in; only wrong ones (None, False, Refused) count, each before the next one begins."""
    limits = limits_of(request)
    async with limits.turns(*keys):
        for key in keys:
            await limits.must_have_room(WRONG_TRIES, *key)
        try:
            answer = await attempt()
        except Refused:
            await _count(limits, keys)
            raise
        if not answer:
            await _count(limits, keys)
        return answer


async def _count(limits: RateLimits, keys: tuple[tuple[str, str], ...]) -> None:
    for key in keys:
        await limits.spend(WRONG_TRIES, *key)


def token_in(request: Asking, purpose: str, text: str) -> UUID:
    """The id in a letter's address. One that is not ours is answered like one that was used."""
    return unsealed(settings_of(request).secret, purpose, text) or UUID(int=0)


def kept(text: str) -> str:
    """Where to go after signing in: one of our own pages, or nowhere in particular."""
    path = own_path(text)
    return "" if path == "/" or path.startswith("/sign") else path[:300]


def onward(text: str, kind: str) -> str:
    path = kept(text)
    theirs = path.startswith("/manage") == (kind == "manager")
    return path if path and theirs else HOME[kind]


async def entered(
    request: Asking, session: NewSession, next_page: str = "", *, flash: str | None = None
) -> Response[Any]:
    """Into the portal with a new session; the one before it ends."""
    await end_current(request)
    where = onward(next_page, session.kind)
    if session.kind == "half" and kept(next_page):
        where += f"?next={quote(kept(next_page))}"
    return carrying(request, go(request, where, flash=flash), session)


def carrying(request: Asking, response: Response[Any], session: NewSession) -> Response[Any]:
    remember(response, session, settings_of(request))
    return response


async def end_current(request: Asking) -> None:
    session = who(request).session_id
    if session is not None:
        await sign_out(session)


def must_be_proved(request: Asking, now: datetime, afterwards: str | None = None) -> None:
    """For what is hard to undo. Raises NotProved."""
    if not is_proved(who(request).proved_at, now):
        raise NotProved(afterwards or request.url.path)


async def json_of(request: Asking) -> dict[str, Any]:
    """Raises Unreadable."""
    try:
        said = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(said, dict):
        raise Unreadable
    return said


def challenge_in(said: dict[str, Any]) -> tuple[UUID, dict[str, Any]]:
    """The challenge's id and the browser's credential. Raises Unreadable."""
    try:
        identity = UUID(str(said.get("challenge")))
    except ValueError as error:
        raise Unreadable from error
    credential = said.get("credential")
    if not isinstance(credential, dict) or not isinstance(credential.get("response"), dict):
        raise Unreadable
    return identity, credential


def as_json(text: str) -> Response[Any]:
    return Response(
        text.encode(), status_code=200, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def leading_to(path: str) -> Response[Any]:
    """For a script that goes there itself."""
    return as_json(msgspec.json.encode({"to": path}).decode())
