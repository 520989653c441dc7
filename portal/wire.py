"""What holds on the wire for every answer: security headers, and no unsafe request from another site."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import ClientException
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from portal.errors import NotAllowed, TooSlow
from portal.web import SAFE_METHODS

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=63072000; includeSubDomains; preload"
# As they go on the wire: they are added to every picture and every page.
_PLAIN = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_WITH_HSTS = [*_PLAIN, (b"strict-transport-security", HSTS.encode())]


async def security_headers(message: Message, scope: Scope) -> None:
    """A hook for every answer, error pages included. What a handler has set itself stays."""
    if message["type"] != "http.response.start":
        return
    own = list(message["headers"])
    said = {name.lower() for name, _ in own}
    wanted = _WITH_HSTS if scope["litestar_app"].state.settings.https else _PLAIN
    message["headers"] = own + [(name, value) for name, value in wanted if name not in said]


class ReadableHost(ASGIMiddleware):
    """Refuses a Host that is no host before anybody reads an address of it: no browser sends one.

    What is wrong goes from the request, so that the page that says so can be made.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if not all(map(_is_host, hosts)):
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"host"]
            raise ClientException
        await next_app(scope, receive, send)


class WholeBodies(ASGIMiddleware):
    """Ends requests whose body does not arrive: who sends a byte a minute would hold a place for ever.

    `seconds` is for all of a body, from the moment that somebody begins to read it.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float = 120) -> None:
        self.seconds = seconds

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        ends: float | None = None
        whole = False

        async def receive_in_time() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            nonlocal ends, whole
            if whole:  # what comes now is that the other side has gone, whenever it likes
                return await receive()
            ends = ends or asyncio.get_running_loop().time() + self.seconds
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            whole = not message.get("more_body", False)
            return message

        await next_app(scope, receive_in_time, send)


class SameOrigin(ASGIMiddleware):
    """Refuses unsafe requests that another site's page has made in somebody's name.

    Every browser of today sends Sec-Fetch-Site, older ones Origin. Programs send neither and carry no
    cookies that matter; webhooks are signed and say so with `opt={"signed": True}`.
    """

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "signed"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope.get("method") not in SAFE_METHODS and not _is_own(ASGIConnection(scope)):
            raise NotAllowed("This came from another site, so nothing was done. Use the portal's own page.")
        await next_app(scope, receive, send)


def _is_own(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    site = connection.headers.get("Sec-Fetch-Site")
    if site not in (None, "none"):
        return site == "same-origin"
    # "none" is typed into the address line, which no form is: what carries an Origin has to be ours.
    origin = connection.headers.get("Origin")
    if origin is None:
        return True
    base = urlsplit(connection.app.state.settings.base_url)
    try:
        own = urlsplit(origin)
    except ValueError:
        return False
    return (own.scheme, own.netloc) == (base.scheme, base.netloc) or own.netloc == connection.headers.get(
        "Host"
    )


def _is_host(text: str) -> bool:
    """Whether this is a name or a number with a port or none; empty, as old programs send it, is fine."""
    try:
        parts = urlsplit(f"//{text}")
        _ = parts.port
    except ValueError:
        return False
    return parts.netloc == text and not {"@", "\\"} & set(text) and text.isprintable() and " " not in text
