"""Managers look at changed brand kits before everybody does."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.creatives.asking import private_picture
from portal.creatives.kit_deciding import decide_kit
from portal.creatives.kit_queries import PREVIEWS
from portal.creatives.kit_reviews import (
    KitReviewsPage,
    decided_kits,
    reviewed_since,
    waiting_kits,
    whose_kit,
)
from portal.creatives.kits import holder_in, kept_kit
from portal.creatives.rules import KitVerdict
from portal.earnings.staff_forms import reason_problem
from portal.enrollments.me import must_speak_of
from portal.errors import NotFound
from portal.web import Asking, Page, form_of, go, program_of, show, who

HERE = "/manage/kits"
AN_HOUR = 3600


@get(HERE)
async def kits(request: Asking, now: NamedDependency[datetime]) -> Page:
    return show(request, "creatives/staff_kits.html", page=await _page(program_of(request), now))


@post(HERE + "/{kit:uuid}")
async def decide(
    request: Asking, kit: FromPath[UUID], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    """Sending back takes a reason, approving does not."""
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    whose = await whose_kit(program, kit)
    reason = " ".join(said.get("reason", "").split())
    verdict = KitVerdict.RETURNED if said.get("verb") == "return" else KitVerdict.APPROVED
    problem = reason_problem(reason).get("reason") if verdict is KitVerdict.RETURNED else None
    if problem:
        page = replace(await _page(program, now), refused=kit, error=problem, typed=said.get("reason", ""))
        return show(request, "creatives/staff_kits.html", page=page, status=422)
    reason = reason if verdict is KitVerdict.RETURNED else ""
    await decide_kit(program, kit, verdict, reason=reason, manager=who(request).known, now=now)
    told = "is public now" if verdict is KitVerdict.APPROVED else "is sent back"
    return go(request, HERE, flash=f"The kit of {whose.name} {told}. A letter says so.")


@get(HERE + "/{kit:uuid}/{design:str}/{file:str}")
async def kit_picture(
    request: Asking,
    kit: FromPath[UUID],
    design: FromPath[str],
    file: FromPath[str],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """As it would be in public."""
    program = program_of(request)
    whose = await whose_kit(program, kit)
    kept, holder = await kept_kit(whose.affiliate, whose.revision), await holder_in(whose.affiliate, program)
    if kept is None or holder is None:
        raise NotFound
    return await private_picture(request, kept.kit, holder, f"{design}/{file}", AN_HOUR, now)


async def _page(program: UUID, now: datetime) -> KitReviewsPage:
    waiting, total = await waiting_kits(program, now)
    is_on = await reviewed_since(program, now) is not None
    return KitReviewsPage(is_on, waiting, total, await decided_kits(program), PREVIEWS)


KIT_STAFF_PAGES = (kits, decide, kit_picture)
