"""Which program a page is about, and the dependency `me` of every page behind the affiliate's sign-in."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from portal.enrollments.queries import Me, me_of, programs_of
from portal.errors import Refused
from portal.web import Asking, House, house_of, houses_of, speak_of, who

NOT_YET = "Your application is not approved yet. The link in our letter shows where it stands."


class KnowProgram(ASGIMiddleware):
    """Settles the program: the one that the address names, or the one that whoever asks has open."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "nobody"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        houses = houses_of(connection)
        mine = await _mine(connection) if houses.several else ()
        if scope["path_template"].startswith("/p/"):
            speak_of(connection, houses.by_slug(str(scope["path_params"]["program"])), mine)
        else:
            chosen = who(connection).program
            opened = [house for house in mine if house.program_id == chosen] or mine
            speak_of(connection, opened[0] if opened else houses.of(None), mine)
        await next_app(scope, receive, send)


async def _mine(connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[House, ...]:
    """All programs for managers; for affiliates those that took them in, where they are active first."""
    asking, houses = who(connection), houses_of(connection)
    if asking.kind == "manager":
        return houses.all
    if asking.kind == "affiliate":
        return tuple([houses.of(program) for program in await programs_of(asking.known)])
    return ()


def must_speak_of(request: Asking, slug: str) -> None:
    """A form changes the program that it was shown for. Raises Refused where another tab opened another."""
    house = house_of(request)
    if house.several and slug != house.slug:
        raise Refused(f"You have opened {house.program} meanwhile. Nothing was changed; please look again.")


async def provide_me(request: Asking) -> Me:
    """Raises Refused for an account that no program has taken in yet."""
    house = house_of(request)
    me = await me_of(who(request).known, house.program_id) if house.program_id else None
    if me is None:
        raise Refused(NOT_YET)
    return me
