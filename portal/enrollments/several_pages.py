"""Deciding several applications together, each with its own link, code or reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from portal.clock import local_date
from portal.enrollments import deciding
from portal.enrollments.answers import Choice
from portal.enrollments.forms import DecisionDraft, parse_decision
from portal.enrollments.reviewing import Chosen, SeveralPage, chosen_applications
from portal.enrollments.rules import AGAIN_AFTER_DAYS, Verdict
from portal.enrollments.staff_pages import (
    QUEUE,
    application,
    applications,
    check,
    decide,
    made_of,
    note,
    remove_note,
    undo,
    with_free,
)
from portal.enrollments.taken import Taken
from portal.errors import Conflict, Refused
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    go,
    managers_only,
    program_of,
    read_form,
    settings_of,
    show,
    texts_of,
    who,
)

MOST = 50
FIELDS = ("tier", "slug", "code", "reason", "again_from")


@get("/several")
async def several_page(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    picked = _ids(request.query_params.getall("pick", []))
    if not picked:
        return go(request, QUEUE, flash="Tick the applications first, then say what to do with them.")
    terms = await terms_at(program_of(request), now)
    chosen = await chosen_applications(picked, program_of(request), terms, {})
    return _page(request, _verdict(request.query_params), chosen, (), terms, now)


@post("/several")
async def decide_several(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    said = texts_of(await read_form(request))
    one = dict(said)
    program_id = program_of(request)
    terms = await terms_at(program_id, now)
    verdict = _verdict(one)
    picked = _ids([value for name, value in said if name == "pick"])
    typed = {each: _typed(one, each, verdict, terms, now) for each in picked}
    chosen = await chosen_applications(picked, program_id, terms, typed)
    left, done = [], []
    for each in chosen:
        # Each is a transaction of its own: one that can't be decided holds up none of the others.
        problem = await _decide_one(request, each, terms, now)
        if problem is None:
            done.append(each.name)
        else:
            left.append(problem)
    if left or not done:
        return _page(request, verdict, tuple(left), tuple(done), terms, now, status=409)
    verb = "approved" if verdict is Verdict.APPROVE else "declined"
    count = "One application is" if len(done) == 1 else f"{len(done)} applications are"
    return go(request, QUEUE, flash=f"{count} {verb}. For a minute, each can be taken back.")


async def _decide_one(request: Asking, chosen: Chosen, terms: ProgramTerms, now: datetime) -> Chosen | None:
    """None when it is decided, else the same with its sentences."""
    if chosen.draft.errors:
        return chosen
    try:
        await deciding.decide(chosen.id, who(request).known, made_of(chosen.draft, terms), now)
    except Taken as taken:
        draft = await with_free(chosen.draft, taken, chosen.name, terms)
        return Chosen(chosen.id, chosen.name, chosen.web_address, draft)
    except (Refused, Conflict) as refusal:
        return Chosen(chosen.id, chosen.name, chosen.web_address, chosen.draft, refusal.sentence)
    return None


def _typed(
    said: Mapping[str, str], each: UUID, verdict: Verdict, terms: ProgramTerms, now: datetime
) -> DecisionDraft:
    """The fields of one application carry its id: `slug-…`."""
    own = {field: said.get(f"{field}-{each}", "") for field in FIELDS}
    today = local_date(now, terms.timezone)
    return parse_decision({**own, "verdict": verdict}, [tier.key for tier in terms.tiers], today)


def _verdict(said: Mapping[str, str]) -> Verdict:
    return Verdict.DECLINE if said.get("verdict") == Verdict.DECLINE else Verdict.APPROVE


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts[:MOST]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _page(
    request: Asking,
    verdict: Verdict,
    chosen: tuple[Chosen, ...],
    done: tuple[str, ...],
    terms: ProgramTerms,
    now: datetime,
    *,
    status: int = 200,
) -> Page:
    page = SeveralPage(
        verdict=verdict,
        chosen=chosen,
        done=done,
        tiers=tuple(Choice(tier.key, f"{tier.name}, {tier.rate_bps // 100} %") for tier in terms.tiers),
        link_prefix=settings_of(request).base_url + "/r/",
        usual_again=local_date(now, terms.timezone) + timedelta(days=AGAIN_AFTER_DAYS),
        back=QUEUE,
    )
    return show(request, "enrollments/staff_several.html", page=page, status=status)


applications_router = Router(
    QUEUE,
    route_handlers=[
        applications,
        several_page,
        decide_several,
        application,
        decide,
        check,
        undo,
        note,
        remove_note,
    ],
    guards=[managers_only],
)
