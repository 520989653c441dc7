"""Managers answer claims: which payment it is, and why it counts or doesn't."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.earnings.staff_forms import reason_problem
from portal.enrollments.me import must_speak_of
from portal.ids import as_uuid
from portal.support import actions, queries
from portal.web import Asking, Page, form_of, go, managers_only, program_of, show, who

HERE = "/manage/claims"


@get(HERE)
async def claims(request: Asking) -> Page:
    return show(
        request, "support/staff_claims.html", page=await queries.staff_claims_page(program_of(request))
    )


@get(HERE + "/{claim:uuid}")
async def claim(request: Asking, claim: FromPath[UUID], now: NamedDependency[datetime]) -> Page:
    search = str(request.query_params.get("q", "")).strip()[:255]
    page = await queries.staff_claim_page(program_of(request), claim, search, now)
    return show(request, "support/staff_claim.html", page=page)


@post(HERE + "/{claim:uuid}")
async def answer(
    request: Asking, claim: FromPath[UUID], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    accepts = said.get("verb") == "accept"
    reason, payment = " ".join(said.get("reason", "").split()), as_uuid(said.get("payment", ""))
    search = said.get("q", "").strip()[:255]
    page = await queries.staff_claim_page(program, claim, search, now)
    errors = reason_problem(reason)
    known = {one.id for one in page.candidates if one.may}
    if accepts and payment not in known:
        errors["payment"] = "Choose the payment that it is about."
    if errors:
        page = await queries.staff_claim_page(program, claim, search, now, errors, said)
        return show(request, "support/staff_claim.html", page=page, status=422)
    manager = who(request).known
    if accepts and payment is not None:
        await actions.accept(program, claim, payment, reason=reason, manager=manager, now=now)
        return go(request, HERE, flash=f"{page.claim.affiliate} has the sale, and a letter says so.")
    await actions.decline(program, claim, reason=reason, manager=manager, now=now)
    return go(request, HERE, flash=f"Declined. A letter tells {page.claim.affiliate} why.")


staff_claims_router = Router("/", route_handlers=[claims, claim, answer], guards=[managers_only])
