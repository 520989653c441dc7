"""The terms in full for everybody, agreeing to new ones for affiliates, who agreed for managers."""

from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.audit.actions import Actor
from portal.enrollments import agreeing
from portal.enrollments import agreement_queries as queries
from portal.enrollments.me import must_speak_of
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.programs.queries import file_of
from portal.web import (
    Asking,
    Page,
    affiliates_only,
    form_of,
    go,
    house_of,
    managers_only,
    page_number,
    program_of,
    show,
    who,
)


@get("/p/{program:str}/terms")
async def current_terms(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _terms(request, None, now)


@get("/p/{program:str}/terms/{version:int}")
async def terms_version(request: Asking, version: FromPath[int], now: NamedDependency[datetime]) -> Page:
    return await _terms(request, version, now)


@get("/agreement")
async def agreement(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    may_agree = who(request).may_change
    page = await queries.agreement_page(me.affiliate_id, me.program_id, now, may_agree=may_agree)
    return show(request, "enrollments/agreement.html", page=page)


@post("/agreement")
async def agree(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Response[Any]:
    said = await form_of(request)
    must_speak_of(request, said.get("program", ""))
    version = page_number(said.get("version", ""))
    asking = who(request)
    actor = Actor("person", str(asking.person)) if asking.person else Actor("affiliate", str(asking.known))
    await agreeing.agree(me.affiliate_id, me.program_id, version, actor, now)
    return go(request, "/agreement", flash=f"Thank you. You have agreed to version {version} of the terms.")


@get("/terms")
async def staff_terms(request: Asking, now: NamedDependency[datetime]) -> Page:
    page = await queries.staff_terms_page(program_of(request), now)
    return show(request, "enrollments/staff_terms.html", page=page)


@get("/terms/{version:int}/file")
async def terms_file(request: Asking, version: FromPath[int]) -> Response[Any]:
    """The version as a program file, to change and send again."""
    text = await file_of(program_of(request), version)
    name = f"{house_of(request).slug}-{version}.toml"
    return Response(
        text,
        media_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _terms(request: Asking, version: int | None, now: datetime) -> Page:
    page = await queries.terms_page(program_of(request), version, now)
    if page is None:
        raise NotFound("There is no such version of the terms.")
    return show(request, "enrollments/terms.html", page=page)


terms_router = Router("/", route_handlers=[current_terms, terms_version])
agreement_router = Router("/", route_handlers=[agreement, agree], guards=[affiliates_only])
staff_terms_router = Router(
    "/manage/program", route_handlers=[staff_terms, terms_file], guards=[managers_only]
)
