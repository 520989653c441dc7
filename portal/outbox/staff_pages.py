"""Letters that could not be delivered, for managers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.outbox.given_up import given_up_page, let_go, send_again
from portal.web import Asking, Page, form_of, go, managers_only, program_of, show, who


@get("/manage/letters")
async def given_up(request: Asking) -> Page:
    return show(request, "outbox/given_up.html", page=await given_up_page(program_of(request)))


@post("/manage/letters/{letter:uuid}")
async def decide(request: Asking, letter: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    program_id, manager_id = program_of(request), who(request).known
    if (await form_of(request)).get("do") == "let-go":
        await let_go(letter, program_id, manager_id, now)
        return go(request, "/manage/letters", flash="It will not be sent.")
    await send_again(letter, program_id, manager_id, now)
    return go(request, "/manage/letters", flash="It is on its way again.")


given_up_router = Router("/", route_handlers=[given_up, decide], guards=[managers_only])
