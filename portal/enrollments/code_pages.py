"""The managers' page of codes that the vendor's checkout doesn't take yet, or should no longer take."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.audit.actions import Actor
from portal.enrollments import codes
from portal.enrollments.code_queries import codes_page
from portal.errors import Refused
from portal.programs.queries import terms_at
from portal.web import Asking, Page, go, house_of, managers_only, program_of, settings_of, show, who

HERE = "/manage/codes"
Verb = Callable[[UUID, UUID, Actor, datetime], Awaitable[str]]  # gives back the code


@get("/")
async def all_codes(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _codes(request, now)


@post("/{code:uuid}/made")
async def made(request: Asking, code: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    said = "{} is noted as created. Its partner reads that it works."
    return await _done(request, codes.mark_made, code, said, now)


@post("/{code:uuid}/off")
async def off(request: Asking, code: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    return await _done(request, codes.mark_gone, code, "{} is noted as switched off.", now)


@post("/{code:uuid}/again")
async def again(request: Asking, code: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    return await _done(request, codes.try_again, code, "{} is tried again within a minute.", now)


@post("/again")
async def all_again(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    count = await codes.try_all_again(program_of(request), _actor(request), now)
    said = "There was nothing to try again." if not count else "All are tried again, a few at a time."
    return go(request, HERE, flash=said)


async def _done(request: Asking, verb: Verb, code: UUID, said: str, now: datetime) -> Response[Any]:
    try:
        name = await verb(code, program_of(request), _actor(request), now)
    except Refused as refusal:
        return await _codes(request, now, refusal.sentence)
    return go(request, HERE, flash=said.format(name))


async def _codes(request: Asking, now: datetime, blocked: str | None = None) -> Page:
    program_id, house = program_of(request), house_of(request)
    terms = await terms_at(program_id, now)
    page = await codes_page(
        program_id,
        terms.name,
        terms.timezone,
        has_key=settings_of(request).stripe_key_of(house.slug) is not None,
        blocked=blocked,
    )
    return show(request, "enrollments/staff_codes.html", page=page, status=409 if blocked else 200)


def _actor(request: Asking) -> Actor:
    return Actor("manager", str(who(request).known))


codes_router = Router(HERE, route_handlers=[all_codes, made, off, again, all_again], guards=[managers_only])
