"""The managers' queue of applications: reading, deciding, taking back, notes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.clock import local_date
from portal.enrollments import deciding
from portal.enrollments.deciding import Made
from portal.enrollments.forms import DecisionDraft, day_of, note_problem, parse_decision
from portal.enrollments.proposals import free_code, free_slug
from portal.enrollments.queue import SHOWN, Filters, queue_page
from portal.enrollments.reviewing import (
    ApplicationsPage,
    CheckPage,
    must_be_here,
    open_application,
)
from portal.enrollments.rules import Verdict
from portal.enrollments.taken import Taken
from portal.enrollments.wording import code_problem, slug_problem
from portal.errors import Conflict, Refused
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    form_of,
    go,
    own_path,
    page_number,
    program_of,
    settings_of,
    show,
    who,
)

QUEUE = "/manage/applications"
SAID = {
    Verdict.APPROVE: "{} is in, in a minute. Then the letter with link and code leaves.",
    Verdict.DECLINE: "{} gets your reason in a minute.",
    Verdict.ASK: "{} gets your question in a minute.",
}


@get("/")
async def applications(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _queue(request, now)


@get("/{application:uuid}")
async def application(request: Asking, application: FromPath[UUID], now: NamedDependency[datetime]) -> Page:
    return await _queue(request, now, application)


@post("/{application:uuid}")
async def decide(
    request: Asking, application: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    program_id = program_of(request)
    terms = await terms_at(program_id, now)
    # Whose is it? comes first: an application of another program is not there.
    name = await must_be_here(application, program_id)
    draft = parse_decision(
        await form_of(request), [tier.key for tier in terms.tiers], local_date(now, terms.timezone)
    )
    if draft.errors:
        return await _queue(request, now, application, draft, status=422)
    try:
        await deciding.decide(application, who(request).known, made_of(draft, terms), now)
    except Taken as taken:
        draft = await with_free(draft, taken, name, terms)
        return await _queue(request, now, application, draft, status=409)
    except (Refused, Conflict) as refusal:
        return await _queue(request, now, application, draft, refused=refusal.sentence, status=409)
    assert draft.verdict is not None  # noqa: S101 - a draft without errors has one
    return go(request, _back(request), flash=SAID[draft.verdict].format(name))


@get("/{application:uuid}/check")
async def check(request: Asking, application: FromPath[UUID], now: NamedDependency[datetime]) -> Page:
    """Whether a link and a code can be had, while somebody types them."""
    program_id = program_of(request)
    name = await must_be_here(application, program_id)
    slug = request.query_params.get("slug", "").strip().lower()
    code = request.query_params.get("code", "").strip().upper()
    said = {"slug": slug_problem(slug), "code": code_problem(code)}
    if not any(said.values()):
        try:
            await deciding.must_be_free(slug, code)
        except Taken as taken:
            terms = await terms_at(program_id, now)
            said[taken.field] = _with_another(taken, await _free(taken.field, name, terms))
    page = CheckPage(said["slug"] or "", said["code"] or "")
    return show(request, "enrollments/staff_check.html", page=page, fragment="check")


@post("/decisions/{decision:uuid}/undo")
async def undo(request: Asking, decision: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    application = await deciding.undo(decision, program_of(request), who(request).known, now)
    return go(request, f"{QUEUE}/{application}", flash="Taken back. No letter has left.")


@post("/{application:uuid}/notes")
async def note(request: Asking, application: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    await must_be_here(application, program_of(request))
    text = (await form_of(request)).get("note", "").strip()
    if problem := note_problem(text):
        return await _queue(request, now, application, note=(text, problem), status=422)
    await deciding.add_note(application, who(request).known, text, now)
    return go(request, f"{QUEUE}/{application}#notes")


@post("/{application:uuid}/notes/{note:uuid}/remove")
async def remove_note(
    request: Asking, application: FromPath[UUID], note: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    await must_be_here(application, program_of(request))
    await deciding.remove_note(note, application, who(request).known, now)
    return go(request, f"{QUEUE}/{application}#notes", flash="Your note is gone.")


def made_of(draft: DecisionDraft, terms: ProgramTerms) -> Made:
    """A draft without errors, as a decision."""
    if draft.verdict is None:
        raise ValueError("a decision needs a verdict")
    again = day_of(draft.again_from)
    return Made(
        verdict=draft.verdict,
        tier=draft.tier,
        slug=draft.slug,
        code=draft.code,
        reason=draft.question if draft.verdict is Verdict.ASK else draft.reason,
        again_from=_morning(again, terms) if again and draft.verdict is Verdict.DECLINE else None,
    )


async def with_free(draft: DecisionDraft, taken: Taken, name: str, terms: ProgramTerms) -> DecisionDraft:
    """What was typed stays; the sentence beside it names one that is free."""
    sentence = _with_another(taken, await _free(taken.field, name, terms))
    return replace(draft, errors={taken.field: sentence})


def _with_another(taken: Taken, free: str) -> str:
    return f"{taken.sentence} {free} is free."


async def _free(field: str, name: str, terms: ProgramTerms) -> str:
    return await free_slug(name) if field == "slug" else await free_code(name, terms)


def _morning(day: date, terms: ProgramTerms) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(terms.timezone))


def filters_of(said: Mapping[str, str], terms: ProgramTerms) -> Filters:
    ways = {way.key for way in terms.words.ways}
    shown = said.get("show", "")
    return Filters(
        show=shown if shown in SHOWN else "waiting",
        q=said.get("q", "").strip()[:100],
        kind=said.get("kind", "") if said.get("kind", "").isalpha() else "",
        way=said.get("way", "") if said.get("way", "") in ways else "",
        hints=said.get("hints") == "yes",
        late=said.get("late") == "yes",
    )


def _back(request: Asking) -> str:
    """The queue with the filters that it had."""
    query = request.url.query
    return own_path(f"{QUEUE}?{query}" if query else QUEUE)


async def _queue(
    request: Asking,
    now: datetime,
    current: UUID | None = None,
    draft: DecisionDraft | None = None,
    *,
    note: tuple[str, str] = ("", ""),
    refused: str | None = None,
    status: int = 200,
) -> Page:
    program_id = program_of(request)
    terms = await terms_at(program_id, now)
    filters = filters_of(request.query_params, terms)
    queue = await queue_page(
        program_id, terms, filters, page_number(request.query_params.get("page", "1")), now
    )
    chosen = current is not None
    # Whoever comes to work finds the first one open; whoever looks something up chooses.
    if current is None and queue.rows and filters.show == "waiting":
        current = queue.rows[0].id
    opened = None
    if current is not None:
        manager = who(request).known
        opened = await open_application(current, program_id, manager, terms, draft, queue.pending, now)
        if opened.unread:
            await deciding.note_opened(current, now)
    page = ApplicationsPage(
        queue=queue,
        open=opened,
        chosen=chosen,
        link_prefix=settings_of(request).base_url + "/r/",
        answer_days=terms.answer_days,
        refused=refused,
        note=note[0],
        note_error=note[1],
    )
    return show(request, "enrollments/staff_applications.html", page=page, status=status)
