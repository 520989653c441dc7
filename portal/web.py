"""What every page shares: who is asking, showing a page or its fragment, going elsewhere, guards."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import msgspec
from jinja2 import Environment
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict
from litestar.handlers.base import BaseRouteHandler

from portal.asking import VISITOR, Who
from portal.errors import NotAllowed, NotFound, NotSignedIn, OnlyOwners, OnlyReads, Unreadable
from portal.flash import read_flash, sealed_flash
from portal.settings import Settings
from portal.templating import render_block

Asking = Request[Any, Any, Any]
Page = Response[str]

HTML = "text/html"  # Litestar adds the charset
FLASH = "flash"
SOURCES = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer", "via")
SOURCE_MOST = 120
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True)
class Look:
    """A program's accent: as it is on the mark, and readable in the light and in the dark."""

    sheet: str = ""  # the address of its stylesheet; empty for the portal's own accent
    mark: str = "#4a47e0"
    on_mark: str = "#ffffff"
    light: str = "#4a47e0"
    on_light: str = "#ffffff"
    dark: str = "#9a98ff"
    on_dark: str = "#0f1114"
    link: str = "#4441cf"
    link_dark: str = "#a9a7ff"


OWN_LOOK = Look()


@dataclass(frozen=True)
class House:
    """What frames and letters say about a program; all of it empty where they speak of none in particular."""

    program_id: UUID | None
    slug: str
    program: str
    mark: str  # one or two letters
    drawing: str  # a mark that is drawn and stands instead of the letters; or empty
    contact: str
    look: Look
    has_mailbox: bool
    several: bool  # whether it is one of several

    @property
    def path(self) -> str:
        """Its public page; the list, where there are several and none is meant."""
        return f"/p/{self.slug}" if self.several and self.slug else "/"

    @property
    def apply_path(self) -> str:
        if not self.several:
            return "/apply"
        return f"/p/{self.slug}/apply" if self.slug else "/"

    @property
    def title(self) -> str:
        return f"{self.program} partner program" if self.program else "Partner programs"


@dataclass(frozen=True)
class Houses:
    """The installation's programs, the oldest first, as they were at the start."""

    all: tuple[House, ...]
    has_mailbox: bool

    @property
    def several(self) -> bool:
        return len(self.all) > 1

    @property
    def nobodys(self) -> House:
        return House(None, "", "", "", "", "", OWN_LOOK, self.has_mailbox, several=True)

    def of(self, program_id: UUID | None) -> House:
        """That program's; without one, the only program's, and where there are several, nobody's."""
        if program_id is None:
            return self.nobodys if self.several else self.all[0]
        return next(house for house in self.all if house.program_id == program_id)

    def by_slug(self, slug: str) -> House:
        """Raises NotFound."""
        found = next((house for house in self.all if house.slug == slug), None)
        if found is None:
            raise NotFound
        return found


@dataclass(frozen=True)
class Frame:
    """The frame around every page: see templates/layout."""

    house: House
    who: Who
    path: str
    flash: str | None
    asking_htmx: bool
    mine: tuple[House, ...]  # the programs that whoever asks can work in; empty while there is only one
    came_from: str = ""  # where a visitor came from, as a query

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The same as fields, for forms that lead to another page of the visit."""
        return parse_qsl(self.came_from)

    @property
    def apply_href(self) -> str:
        """To the application form, which keeps where its writer came from."""
        query = f"?{self.came_from}" if self.came_from and self.house.slug else ""
        return self.house.apply_path + query


@dataclass(frozen=True)
class ErrorPage:
    """errors/error.html: what went wrong in a sentence, and one way on."""

    status: int
    heading: str
    sentence: str
    way_href: str
    way_label: str


def who(request: ASGIConnection[Any, Any, Any, Any]) -> Who:
    return cast(Who, request.scope.get("state", {}).get("who", VISITOR))


def houses_of(request: ASGIConnection[Any, Any, Any, Any]) -> Houses:
    return cast(Houses, request.app.state.houses)


def speak_of(
    request: ASGIConnection[Any, Any, Any, Any], house: House, mine: tuple[House, ...] | None = None
) -> None:
    """From here on the page, its frame and `program_of` are about this program."""
    state = request.scope["state"]
    state["house"] = house
    if mine is not None:
        state["mine"] = mine


def came_from(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What an address and its referrer tell of how somebody got here, as a query for the next page."""
    kept = {
        name: " ".join(value.split())[:SOURCE_MOST]
        for name in SOURCES
        if (value := str(request.query_params.get(name, ""))).strip()
    }
    try:
        host = urlsplit(request.headers.get("Referer", "")).hostname or ""
        own = request.url.hostname if host else None
    except ValueError:
        host, own = "", None
    if "referrer" not in kept and host and host != own:
        kept["referrer"] = host[:SOURCE_MOST]
    return urlencode(kept)


def house_of(request: ASGIConnection[Any, Any, Any, Any]) -> House:
    return cast(House, request.scope.get("state", {}).get("house") or houses_of(request).of(None))


def program_of(request: ASGIConnection[Any, Any, Any, Any]) -> UUID:
    """The program that the page speaks of. Raises NotFound where there are several and none is meant."""
    program = house_of(request).program_id
    if program is None:
        raise NotFound
    return program


def settings_of(request: ASGIConnection[Any, Any, Any, Any]) -> Settings:
    return cast(Settings, request.app.state.settings)


def show(
    request: Asking,
    template: str,
    *,
    page: object,
    fragment: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Page:
    """The whole page, or its named block when htmx asked for a part of it. Same template, same context."""
    environment: Environment = request.app.state.templates
    partial = fragment is not None and wants_fragment(request)
    flash = None if partial else read_flash(settings_of(request).secret, request.cookies.get(FLASH))
    frame = Frame(
        house=house_of(request),
        who=who(request),
        # Also of a request whose Host is none, which has no address to read.
        path=request.scope["path"],
        flash=flash,
        asking_htmx=partial,
        mine=request.scope.get("state", {}).get("mine", ()),
        came_from=came_from(request),
    )
    context = {"page": page, "frame": frame}
    found = environment.get_template(template)
    body = render_block(found, cast(str, fragment), context) if partial else found.render(context)
    response = Response(
        body,
        status_code=status,
        media_type=HTML,
        headers={"Vary": "HX-Request, Cookie", "Cache-Control": "no-store", **(headers or {})},
    )
    if flash is not None:
        response.delete_cookie(FLASH)
    return response


def nothing(status: int, headers: Mapping[str, str]) -> Response[Any]:
    """An answer without a body."""
    return Response(b"", status_code=status, media_type=HTML, headers=dict(headers))


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """For machines: RFC 9457, problem details."""
    return Response(
        msgspec.json.encode({"type": "about:blank", "title": title, "status": status, "detail": detail}),
        status_code=status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def wants_fragment(request: Asking) -> bool:
    """Going back and boosted links ask for whole pages, also through htmx."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def go(request: Asking, path: str, *, flash: str | None = None) -> Response[Any]:
    """303 to one of our own paths; `flash` is said once on the page that comes next."""
    response = nothing(303, {"Location": own_path(path), "Cache-Control": "no-store"})
    if flash is not None:
        response.set_cookie(
            Cookie(
                key=FLASH,
                value=sealed_flash(settings_of(request).secret, flash),
                httponly=True,
                secure=settings_of(request).https,
                samesite="lax",
                max_age=60,
            )
        )
    return response


def own_path(text: str) -> str:
    """A path of this portal, or `/`: never another host, however it is disguised."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    plain = text.isprintable() and "\\" not in text and not text.startswith("//")
    return text if plain and not parts.scheme and not parts.netloc and text.startswith("/") else "/"


def page_number(text: str) -> int:
    """A page number from an address; anything else is the first page."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


async def form_of(request: Asking) -> dict[str, str]:
    """The text fields of a form, the last value of each; files are left out. Unknown fields do no harm."""
    return dict(texts_of(await read_form(request)))


@dataclass(frozen=True)
class Said:
    """A form with fields that may have several values: the last one of each, and all of them."""

    one: Mapping[str, str]
    all: Mapping[str, Sequence[str]]

    def many(self, name: str) -> Sequence[str]:
        return self.all.get(name, ())


async def read_said(request: Asking) -> Said:
    texts = texts_of(await read_form(request))
    every: dict[str, list[str]] = {}
    for name, text in texts:
        every.setdefault(name, []).append(text)
    return Said(dict(texts), every)


def texts_of(form: FormMultiDict) -> list[tuple[str, str]]:
    """The fields of a form that are no files."""
    # Nobody types a NUL, and PostgreSQL keeps none.
    pairs = form.multi_items()
    return [(key, value.replace("\0", "")) for key, value in pairs if isinstance(value, str)]


async def read_form(request: Asking) -> FormMultiDict:
    """Raises Unreadable for a form that arrived damaged."""
    try:
        return await request.form()
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable("The form arrived damaged. Please send it again.") from error


def client_address(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Who is at the other end. X-Forwarded-For is believed only from the proxies that the settings name."""
    peer = _plain(request.client.host if request.client else "unknown")
    trusted = settings_of(request).trusted_proxies
    if not trusted or not _is_in(peer, trusted):
        return peer
    # From the right: the nearest proxy wrote the last entry, whatever stands left of it may be invented.
    # A proxy may add a line of its own instead of an entry, so all lines are one list.
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed([_plain(part.strip()) for part in hops]):
        if not _is_in(hop, trusted):
            return hop if _parsed(hop) else peer
    return peer


def client_network(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address that limits are counted for. An IPv6 subscriber has a whole /64 of them."""
    address = client_address(request)
    if ":" not in address or not _parsed(address):
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


async def affiliates_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """What is on an account: readers see it, owners and members change it."""
    _only("affiliate", connection)
    if not (connection.scope.get("method") in SAFE_METHODS or who(connection).may_change):
        raise OnlyReads


async def owners_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """What everybody on an account sees and only its owners change: the team, where money goes."""
    _only("affiliate", connection)
    if not (connection.scope.get("method") in SAFE_METHODS or who(connection).is_owner):
        raise OnlyOwners


async def people_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """What somebody on an account has of their own: readers change it too."""
    _only("affiliate", connection)


async def signed_in_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Affiliates and managers alike."""
    _only("manager" if who(connection).kind in ("half", "manager") else "affiliate", connection)


async def managers_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    _only("manager", connection)


def _only(kind: str, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    asking = who(connection)
    if asking.kind == kind:
        return
    if asking.kind in ("visitor", "half"):
        raise NotSignedIn
    raise NotAllowed


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """None for what is no address. A listener on both families writes 203.0.113.9 as ::ffff:203.0.113.9."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _plain(host: str) -> str:
    return str(_parsed(host) or host)


def _is_in(host: str, networks: tuple[Any, ...]) -> bool:
    address = _parsed(host)
    return address is not None and any(address in network for network in networks)
