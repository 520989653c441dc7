"""Counting a visit, and the managers' page of the way from there."""

import csv
import io
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from portal.clock import local_date
from portal.insights.queries import SourceRow, funnel_page, sources_of
from portal.insights.rules import NAMES, PERIODS, Stage, source_of
from portal.insights.visits import Visit
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.referrals.visits import not_counted
from portal.web import Asking, Page, came_from, client_network, house_of, managers_only, program_of, show, who

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def count_visit(request: Asking, terms: ProgramTerms, now: datetime) -> None:
    """A visitor's first look at a program page today. Bots, prefetching and our own people do not count."""
    if who(request).kind != "visitor" or request.headers.get("HX-Request"):
        return
    if not_counted(request.method, dict(request.headers)) is not None:
        return
    said = dict(parse_qsl(came_from(request)))
    request.app.state.visits.add(
        Visit(
            program=program_of(request),
            day=local_date(now, terms.timezone),
            source=source_of(
                utm_source=said.get("utm_source", ""),
                via=said.get("via", ""),
                referrer=said.get("referrer", ""),
            ),
            network=client_network(request),
            browser=request.headers.get("User-Agent", ""),
        )
    )


@get("/manage/funnel")
async def funnel(request: Asking, now: NamedDependency[datetime], days: FromQuery[str] = "30") -> Page:
    program_id = program_of(request)
    page = await funnel_page(program_id, await terms_at(program_id, now), _period(days), now)
    return show(request, "insights/funnel.html", page=page, fragment="period")


@get("/manage/funnel/sources.csv")
async def sources_csv(
    request: Asking, now: NamedDependency[datetime], days: FromQuery[str] = "30"
) -> Response[Any]:
    program_id = program_of(request)
    first, last, rows = await sources_of(program_id, await terms_at(program_id, now), _period(days), now)
    name = f"{house_of(request).slug}-funnel-{first}-{last}.csv"
    return Response(
        _csv(first.isoformat(), last.isoformat(), rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _csv(first: str, last: str, rows: list[SourceRow]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["from", "to", "source", *(NAMES[stage][0].lower() for stage in Stage)])
    for row in rows:
        words = f"'{row.words}" if row.words.startswith(FORMULA) else row.words
        writer.writerow([first, last, words, *(row.counts.of(stage) for stage in Stage)])
    return out.getvalue()


def _period(text: str) -> int:
    return next((days for days in PERIODS if str(days) == text), 30)


funnel_router = Router("/", route_handlers=[funnel, sources_csv], guards=[managers_only])
