"""The first page of visitors and affiliates."""

from datetime import datetime

from litestar import Router, get
from litestar.di import NamedDependency

from portal.enrollments.queries import Me
from portal.home import queries
from portal.programs.queries import terms_at
from portal.web import Asking, Page, affiliates_only, program_of, settings_of, show


@get("/")
async def program(request: Asking, now: NamedDependency[datetime]) -> Page:
    terms = await terms_at(program_of(request), now)
    return show(request, "home/program.html", page=await queries.program_page(terms, now))


@get("/home")
async def home(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    link = f"{settings_of(request).base_url}/r/{me.slug}"
    page = await queries.home_page(me, await terms_at(me.program_id, now), link, now)
    return show(request, "home/index.html", page=page)


front_router = Router("/", route_handlers=[program])
affiliate_home_router = Router("/", route_handlers=[home], guards=[affiliates_only])
