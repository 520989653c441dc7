"""The managers' queue of applications, and deciding one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from portal.enrollments import actions, queries
from portal.enrollments.forms import DecisionDraft, parse_decision
from portal.enrollments.rules import Verdict
from portal.errors import Conflict, Refused
from portal.programs.queries import terms_at
from portal.web import (
    Asking,
    Page,
    form_of,
    go,
    managers_only,
    program_of,
    settings_of,
    show,
    wants_fragment,
    who,
)


@get("/")
async def applications(
    request: Asking,
    now: NamedDependency[datetime],
    which: Annotated[str, QueryParameter(name="show")] = "waiting",
) -> Page:
    return await _queue(request, now, decided=which == "decided")


@get("/{application:uuid}")
async def application(request: Asking, application: FromPath[UUID], now: NamedDependency[datetime]) -> Page:
    return await _queue(request, now, application)


@post("/{application:uuid}")
async def decide(
    request: Asking, application: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    program_id = program_of(request)
    terms = await terms_at(program_id, now)
    draft = parse_decision(await form_of(request), [tier.key for tier in terms.tiers])
    if draft.errors:
        return await _queue(request, now, application, draft, status=422)
    # Whose is it? comes first: an application of another program is not there.
    opened = await queries.open_application(application, program_id, terms, draft)
    manager = who(request).known
    try:
        if draft.verdict is Verdict.APPROVE:
            await actions.approve(
                application, manager, terms, tier=draft.tier, slug=draft.slug, code=draft.code, now=now
            )
            said = f"{opened.answers.name} is in. The letter with link and code is on its way."
        else:
            await actions.decline(application, manager, draft.reason, now)
            said = f"{opened.answers.name} gets your reason by letter."
    except (Refused, Conflict) as refusal:
        return await _queue(request, now, application, draft, refused=refusal.sentence, status=409)
    return go(request, "/manage/applications", flash=said)


async def _queue(
    request: Asking,
    now: datetime,
    current: UUID | None = None,
    draft: DecisionDraft | None = None,
    *,
    decided: bool = False,
    refused: str | None = None,
    status: int = 200,
) -> Page:
    program_id = program_of(request)
    terms = await terms_at(program_id, now)
    if current is None and not decided and not wants_fragment(request):
        current = await queries.oldest_waiting(program_id)
    opened = None
    if current is not None:
        opened = await queries.open_application(current, program_id, terms, draft)
        decided = opened.decided_at is not None
    page = queries.ApplicationsPage(
        queue=await queries.queue(program_id, terms, decided=decided, current=current),
        waiting=await queries.count_waiting(program_id),
        showing="decided" if decided else "waiting",
        open=opened,
        link_prefix=settings_of(request).base_url + "/r/",
        answer_days=terms.answer_days,
        refused=refused,
    )
    return show(request, "enrollments/staff_applications.html", page=page, status=status)


applications_router = Router(
    "/manage/applications", route_handlers=[applications, application, decide], guards=[managers_only]
)
