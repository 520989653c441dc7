"""Following a link, and the affiliate's page of links and codes."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from litestar import HttpMethod, Request, Response, Router, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from portal.enrollments.queries import Me
from portal.enrollments.wording import SLUG
from portal.errors import NotFound
from portal.ids import short_id
from portal.programs.queries import terms_at
from portal.referrals.clicks import Seen
from portal.referrals.queries import links_page, target_of
from portal.referrals.visits import device_of, not_counted, placement_of, referrer_host, with_click
from portal.web import (
    Asking,
    Page,
    affiliates_only,
    client_address,
    client_network,
    house_of,
    nothing,
    settings_of,
    show,
)

VISITOR = "visitor"
# Beyond it a machine is at work: it is redirected too, and fills no table.
VISITS = "300/minute"
REMEMBERED = 30 * 24 * 3600  # seconds


@HTTPRouteHandler("/r/{slug:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def follow_link(
    request: Asking, slug: FromPath[str], now: NamedDependency[datetime], p: FromQuery[str] = ""
) -> Response[Any]:
    """Redirects first; the click is written a moment later. `p` names the placement."""
    target = await target_of(slug.lower()) if SLUG.fullmatch(slug.lower()) else None
    if target is None:
        raise NotFound("This link leads nowhere. It may have been mistyped; ask whoever gave it to you.")
    token, why_not = short_id(), not_counted(request.method, dict(request.headers))
    agent = request.headers.get("User-Agent", "")
    visitor = _visitor(request, agent)
    if await request.app.state.limits.allows(VISITS, "visits", client_network(request)):
        request.app.state.clicks.add(
            Seen(
                token=token,
                link=target.link,
                enrollment=target.enrollment,
                at=now,
                placement=placement_of(p),
                referrer_host=referrer_host(request.headers.get("Referer", "")),
                device=device_of(agent),
                why_not=why_not,
                visitor_key=visitor,
            )
        )
    response = nothing(302, {"Location": with_click(target.destination, token), "Cache-Control": "no-store"})
    # Only a page that a person opens may set it, so a hidden picture or frame earns nothing.
    if why_not is None and request.headers.get("Sec-Fetch-Dest", "document") == "document":
        response.set_cookie(
            Cookie(
                key=VISITOR,
                value=visitor,
                max_age=REMEMBERED,
                path="/r/",
                httponly=True,
                secure=settings_of(request).https,
                samesite="lax",
            )
        )
    return response


@get("/links")
async def links(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    base = settings_of(request).base_url
    terms = await terms_at(me.program_id, now)
    page = await links_page(me, terms, f"{base}/r/{me.slug}", base + house_of(request).path, now)
    return show(request, "referrals/links.html", page=page)


def _visitor(request: Request[Any, Any, Any], agent: str) -> str:
    """Knows a visitor again without telling who it is: by our cookie, else by address and kind of browser.

    The cookie carries what the first visit was known by, so that both count as the same visitor.
    """
    known = request.cookies.get(VISITOR, "")
    if len(known) == 32 and known.isalnum():
        return known
    seen = f"visitor\0{client_address(request)}\0{agent}".encode()
    return hmac.new(settings_of(request).secret, seen, hashlib.sha256).hexdigest()[:32]


follow_router = Router("/", route_handlers=[follow_link], opt={"nobody": True})
links_router = Router("/", route_handlers=[links], guards=[affiliates_only])
