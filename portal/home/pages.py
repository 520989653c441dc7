"""The first page of visitors and affiliates, and going from one program to another."""

from datetime import datetime
from typing import Any, cast

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from assets_gen import Size
from assets_gen.design import names
from portal.creatives.asking import MEDIA_TYPES, studio_of
from portal.creatives.wording_kept import wording_of
from portal.enrollments.me import must_speak_of
from portal.enrollments.queries import Me
from portal.errors import Busy, NotFound, TooMany
from portal.home import actions, program_list, queries
from portal.home.forms import parse_try
from portal.home.program_page import program_page
from portal.home.studio import Wall, picture_of, stand_in
from portal.insights.pages import count_visit
from portal.programs.actions import open_program
from portal.programs.colours import sheet_name, stylesheet
from portal.programs.queries import terms_at, terms_history
from portal.web import (
    Asking,
    Page,
    affiliates_only,
    client_network,
    form_of,
    go,
    house_of,
    houses_of,
    own_path,
    program_of,
    settings_of,
    show,
    signed_in_only,
    who,
)

SPOKEN = "en"  # this page, and the pictures on it
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/")
async def front(
    request: Asking, now: NamedDependency[datetime], q: FromQuery[str] = "", category: FromQuery[str] = ""
) -> Page:
    """The program, or the list of them where there are several."""
    if houses_of(request).several:
        page = await program_list.programs_page(q[:100], category[:60], now)
        return show(request, "home/programs.html", page=page, fragment="list")
    return await _program(request, now)


@get("/p/{program:str}")
async def one_program(request: Asking, now: NamedDependency[datetime]) -> Page:
    """The one that the address names: KnowProgram has found it already."""
    return await _program(request, now)


async def _program(request: Asking, now: datetime) -> Page:
    said = {key: str(value) for key, value in request.query_params.items()}
    history = await terms_history(program_of(request))
    count_visit(request, history.at(now), now)
    wording, base = await wording_of(program_of(request), SPOKEN), settings_of(request).base_url
    page = await program_page(house_of(request).path, history, wording, said, base, now)
    part = "studio" if "studio" in request.headers.get("HX-Target", "") else "calculation"
    return show(request, "home/program.html", page=page, fragment=part)


@get("/p/{program:str}/try/{design:str}/{file:str}")
async def try_picture(
    request: Asking, design: FromPath[str], file: FromPath[str], now: NamedDependency[datetime]
) -> Response[bytes]:
    """A real banner with the name that a visitor typed."""
    terms = await terms_at(program_of(request), now)
    trying = parse_try({**request.query_params, "design": design}, names())
    if trying.design != design or trying.note:
        raise NotFound
    wording = await wording_of(program_of(request), SPOKEN)
    picture = picture_of(terms, wording, trying, file, settings_of(request).base_url)
    known = request.query_params.get("v", "") == picture.version[:12]
    try:
        drawn = await _wall(request).drawn(picture, client_network(request))
    except (Busy, TooMany) as problem:
        size = Size.parse(picture.wanted.shape)
        return Response(
            stand_in(size, trying.name, terms.name, problem),
            status_code=429 if isinstance(problem, TooMany) else 503,
            media_type="image/svg+xml",
            headers={"Cache-Control": "no-store", "Retry-After": str(problem.retry_after)},
        )
    keep = "public, max-age=86400, immutable" if known else "no-store"
    return Response(drawn, media_type=MEDIA_TYPES[picture.wanted.form], headers={"Cache-Control": keep})


def _wall(request: Asking) -> Wall:
    state = request.app.state
    if "wall" not in state:
        state.wall = Wall(studio_of(request), state.limits)
    return cast(Wall, state.wall)


@get("/p/{program:str}/colours/{sheet:str}", sync_to_thread=False)
def colours(request: Asking, program: FromPath[str], sheet: FromPath[str]) -> Response[Any]:
    look = houses_of(request).by_slug(program).look
    if sheet != sheet_name(look.mark):
        raise NotFound
    return Response(stylesheet(look.mark), media_type="text/css", headers=FOR_EVER)


@post("/programs/{program:str}/open")
async def open_one(request: Asking, program: FromPath[str]) -> Response[Any]:
    """From here on this session works in that program. One that did not take its person in is not there."""
    asking, house = who(request), houses_of(request).by_slug(program)
    mine = request.scope["state"].get("mine") or houses_of(request).all
    if house not in mine or asking.session_id is None or house.program_id is None:
        raise NotFound
    came_from = own_path((await form_of(request)).get("from", ""))
    await open_program(asking.session_id, house.program_id)
    return go(request, _same_room(came_from, asking.kind))


def _same_room(path: str, kind: str) -> str:
    """The room that one stood in; a thing in it belongs to the program that was left."""
    rooms = 2 if kind == "manager" else 1
    room = "/".join(path.partition("?")[0].split("/")[: rooms + 1])
    inside = room.startswith("/manage") if kind == "manager" else room != "/" and not room.startswith("/p")
    return room if inside else {"manager": "/manage"}.get(kind, "/home")


@get("/home")
async def home(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    link = f"{settings_of(request).base_url}/r/{me.slug}"
    page = await queries.home_page(me, await terms_at(me.program_id, now), link, now)
    return show(request, "home/index.html", page=page)


@post("/home/first-week")
async def first_week(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]
) -> Response[Any]:
    """A button of the checklist: the link is placed, or is not after all, or the list is put away."""
    said = await form_of(request)
    must_speak_of(request, said.get("program", ""))
    match said.get("do", ""):
        case "placed":
            await actions.say_placed(me.enrollment_id, now)
            words = "Good. The first click will show here within a second."
            return go(request, "/home#first-week", flash=words)
        case "not-placed":
            await actions.take_back_placed(me.enrollment_id)
        case "put-away":
            await actions.put_away(me.enrollment_id, now)
            return go(request, "/home", flash="Put away. Your link, logo and banners stay in the menu.")
    return go(request, "/home#first-week")


front_router = Router("/", route_handlers=[front, one_program, try_picture])
colours_router = Router("/", route_handlers=[colours], opt={"nobody": True})
switch_router = Router("/", route_handlers=[open_one], guards=[signed_in_only])
affiliate_home_router = Router("/", route_handlers=[home, first_week], guards=[affiliates_only])
