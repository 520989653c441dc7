"""Managers see where creatives are live."""

from datetime import datetime

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from portal.creatives.kit_staff_pages import KIT_STAFF_PAGES
from portal.creatives.seen import live_page
from portal.ids import as_uuid
from portal.web import Asking, Page, managers_only, program_of, show


@get("/manage/creatives")
async def live(
    request: Asking,
    now: NamedDependency[datetime],
    design: FromQuery[str] = "",
    affiliate: FromQuery[str] = "",
) -> Page:
    page = await live_page(program_of(request), design, as_uuid(affiliate), now)
    return show(request, "creatives/live.html", page=page, fragment="places")


staff_creatives_router = Router("/", route_handlers=[live, *KIT_STAFF_PAGES], guards=[managers_only])
