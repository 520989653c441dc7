"""An affiliate reports a missing sale and reads what came of it."""

from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from portal.audit.actions import Actor
from portal.clock import local_date
from portal.enrollments.me import must_speak_of
from portal.enrollments.queries import Me
from portal.programs.queries import terms_at
from portal.support import actions, queries
from portal.support.forms import parse_claim
from portal.web import Asking, Page, affiliates_only, form_of, go, show, who

HERE = "/earnings/claims"


@get(HERE)
async def claims(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    page = await queries.claims_page(me.enrollment_id, me.program_id, now)
    return show(request, "support/claims.html", page=page)


@post(HERE)
async def report(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    said = await form_of(request)
    must_speak_of(request, said.get("program", ""))
    terms = await terms_at(me.program_id, now)
    draft = parse_claim(said, local_date(now, terms.timezone))
    own = await queries.own_sale(me.enrollment_id, draft.order) if draft.order else None
    if own is not None:
        draft = draft.wrong("order", "This sale is in your books already.")
    if draft.errors:
        page = await queries.claims_page(me.enrollment_id, me.program_id, now, draft, own)
        return show(request, "support/claims.html", page=page, status=422)
    asking = who(request)
    by = Actor("person", str(asking.person)) if asking.person else Actor("affiliate", str(asking.known))
    await actions.report(me.enrollment_id, me.program_id, draft, by, now)
    return go(request, HERE, flash="Reported. A manager looks at it, and the answer comes by letter.")


claims_router = Router("/", route_handlers=[claims, report], guards=[affiliates_only])
