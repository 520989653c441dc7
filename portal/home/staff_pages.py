"""The managers' first page, and the list of affiliates."""

from datetime import datetime

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from portal.home import queries
from portal.home.today import today_page
from portal.programs.queries import terms_at, terms_history
from portal.web import Asking, Page, managers_only, page_number, program_of, show, who


@get("/manage")
async def today(request: Asking, now: NamedDependency[datetime]) -> Page:
    program_id = program_of(request)
    page = await today_page(who(request).known, program_id, await terms_history(program_id), now)
    return show(request, "home/today.html", page=page)


@get("/manage/affiliates")
async def affiliates(
    request: Asking, now: NamedDependency[datetime], q: FromQuery[str] = "", page: FromQuery[str] = "1"
) -> Page:
    program_id = program_of(request)
    terms = await terms_at(program_id, now)
    found = await queries.affiliates_page(program_id, terms, q[:100], page_number(page), now)
    return show(request, "home/affiliates.html", page=found, fragment="list")


staff_home_router = Router("/", route_handlers=[today, affiliates], guards=[managers_only])
