"""An affiliate's books as pages and files."""

from datetime import datetime
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from portal.earnings.adjustment import adjustment_page, is_adjustment
from portal.earnings.exports import KINDS, export, file_name
from portal.earnings.forms import read_filter
from portal.earnings.queries import earnings_page, missed_page, searched, shelf_of
from portal.earnings.sale import sale_page
from portal.earnings.supposed import check_page, read_supposed
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.referrals.rules import Code
from portal.web import Asking, Page, affiliates_only, show


@get("/earnings")
async def earnings(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    shown = await earnings_page(me.enrollment_id, now, read_filter(request.query_params))
    return show(request, "earnings/index.html", page=shown, fragment="ledger")


@get("/earnings/not-counted")
async def missed(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    shown = await missed_page(me.enrollment_id, now, read_filter(request.query_params))
    return show(request, "earnings/missed.html", page=shown, fragment="ledger")


@get("/earnings/check")
async def check(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    supposed, code = read_supposed(request.query_params), Code(me.code, me.enrollment_id, me.percent_bps)
    shown = await check_page(me.enrollment_id, me.program_id, code, supposed, now)
    return show(request, "earnings/check.html", page=shown, fragment="answer")


@get("/earnings/export/{kind:str}")
async def earnings_file(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime], kind: FromPath[str]
) -> Stream:
    return await file_of(request, me.enrollment_id, now, kind)


async def file_of(request: Asking, enrollment: UUID, now: datetime, kind: str) -> Stream:
    if kind not in KINDS:
        raise NotFound
    shelf, wanted = await shelf_of(enrollment, now, read_filter(request.query_params))
    name = file_name(shelf.terms.slug, shelf.today, kind)
    return Stream(
        export(shelf, wanted, await searched(shelf, wanted), kind),
        media_type=KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@get("/earnings/{sale:uuid}")
async def sale(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime], sale: FromPath[UUID]
) -> Page:
    if await is_adjustment(sale):
        adjusted = await adjustment_page(me.enrollment_id, sale, now)
        return show(request, "earnings/adjustment.html", page=adjusted)
    return show(request, "earnings/sale.html", page=await sale_page(me.enrollment_id, sale, now))


earnings_router = Router(
    "/", route_handlers=[earnings, missed, check, earnings_file, sale], guards=[affiliates_only]
)
