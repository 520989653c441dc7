"""Switching a kind of letter off: from the letter's own address, or by the mail program's button."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.accounts.letter_choices import choice_page, switch
from portal.errors import NotFound
from portal.ids import unsealed
from portal.web import Asking, Page, form_of, go, settings_of, show

ONE_CLICK = "List-Unsubscribe"


@get("/letters/{token:str}")
async def letters(request: Asking, token: FromPath[str]) -> Page:
    """Mail programs open links to look at them, so switching takes a press."""
    return show(request, "accounts/letters.html", page=await choice_page(_choice(request, token)))


@post("/letters/{token:str}")
async def switch_letters(
    request: Asking, token: FromPath[str], now: NamedDependency[datetime]
) -> Response[Any]:
    choice, said = _choice(request, token), await form_of(request)
    off = said.get("letters") != "on"
    await switch(choice, off=off, now=now)
    if ONE_CLICK in said:
        # Mail programs follow no redirect.
        return show(request, "accounts/letters.html", page=await choice_page(choice))
    return go(request, f"/letters/{token}")


def _choice(request: Asking, token: str) -> UUID:
    choice = unsealed(settings_of(request).secret, "letters", token)
    if choice is None:
        raise NotFound("This link is not whole. Copy it from the letter again.")
    return choice


# The sealed address is the proof, and it must work from a mail program's own pages too.
letters_router = Router("/", route_handlers=[letters, switch_letters], opt={"signed": True})
