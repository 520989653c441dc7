"""Managers look into an affiliate's books, give and take, and decide what the rules leave open."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from portal.audit.actions import Actor
from portal.earnings import rulings, staff_queries
from portal.earnings.adjustment import is_adjustment
from portal.earnings.facts import AdjustmentKind
from portal.earnings.forms import read_filter
from portal.earnings.ledger_pages import file_of
from portal.earnings.staff_forms import amount_of, problems, read_adjustment, reason_problem
from portal.programs.queries import terms_at
from portal.web import Asking, Page, form_of, go, managers_only, program_of, show, who

AFFILIATE = "/manage/affiliates/{enrollment:uuid}"
SALE = AFFILIATE + "/sales/{sale:uuid}"


@get(AFFILIATE)
async def affiliate(request: Asking, enrollment: FromPath[UUID], now: NamedDependency[datetime]) -> Page:
    wanted = read_filter(request.query_params)
    page = await staff_queries.affiliate_page(program_of(request), enrollment, now, wanted)
    return show(request, "earnings/staff_affiliate.html", page=page, fragment="ledger")


@get(AFFILIATE + "/export/{kind:str}")
async def affiliate_file(
    request: Asking, enrollment: FromPath[UUID], now: NamedDependency[datetime], kind: FromPath[str]
) -> Stream:
    program = program_of(request)
    await staff_queries.whose_books(program, enrollment, await terms_at(program, now))
    return await file_of(request, enrollment, now, kind)


@post(AFFILIATE)
async def adjust(
    request: Asking, enrollment: FromPath[UUID], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    program = program_of(request)
    terms = await terms_at(program, now)
    whose = await staff_queries.whose_books(program, enrollment, terms)
    draft = read_adjustment(await form_of(request), terms.currency)
    errors, amount = problems(draft), amount_of(draft)
    if errors or amount is None:
        page = await staff_queries.affiliate_page(program, enrollment, now, read_filter({}), draft, errors)
        return show(request, "earnings/staff_affiliate.html", page=page, status=422)
    kind = AdjustmentKind(draft.kind)
    await rulings.adjust(enrollment, kind, amount, reason=draft.reason, by=_manager(request), now=now)
    return go(request, whose.path, flash=f"The {kind} is booked, and {whose.name} sees your reason.")


@get(SALE)
async def sale(
    request: Asking, enrollment: FromPath[UUID], sale: FromPath[UUID], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    if await is_adjustment(sale):
        # Its reason stands among the decisions; it has no way of its own to tell.
        return go(request, f"/manage/affiliates/{enrollment}")
    page = await staff_queries.staff_sale_page(program_of(request), enrollment, sale, now)
    return show(request, "earnings/staff_sale.html", page=page)


@post(SALE)
async def decide(
    request: Asking, enrollment: FromPath[UUID], sale: FromPath[UUID], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    """Overrules the payment, or ties its subscription to somebody else."""
    program, typed = program_of(request), await form_of(request)
    page = await staff_queries.staff_sale_page(program, enrollment, sale, now)
    errors = reason_problem(typed.get("reason", ""))
    to = None
    if typed.get("verb") == "move":
        to = await staff_queries.enrollment_named(program, typed.get("to", ""))
        if to is None:
            errors["to"] = "Nobody in this program has this link, code or e-mail."
    if errors:
        page = await staff_queries.staff_sale_page(program, enrollment, sale, now, errors, typed)
        return show(request, "earnings/staff_sale.html", page=page, status=422)
    by, reason = _manager(request), typed["reason"]
    if to is not None and page.subscription is not None:
        since = None if typed.get("since") == "start" else now
        await rulings.move_subscription(page.subscription, to, reason=reason, by=by, now=now, since=since)
        return go(request, page.whose.path, flash="The subscription is tied anew. Both affiliates see it.")
    await rulings.overrule(sale, counts=page.may_count, reason=reason, by=by, now=now)
    said = "counts now" if page.may_count else "no longer counts"
    return go(request, f"{page.whose.path}/sales/{sale}", flash=f"This payment {said}.")


@get("/manage/decisions")
async def decisions(request: Asking, now: NamedDependency[datetime]) -> Page:
    page = await staff_queries.decisions_page(program_of(request), now)
    return show(request, "earnings/staff_decisions.html", page=page)


def _manager(request: Asking) -> Actor:
    return Actor("manager", str(who(request).known))


staff_earnings_router = Router(
    "/",
    route_handlers=[affiliate, affiliate_file, adjust, sale, decide, decisions],
    guards=[managers_only],
)
