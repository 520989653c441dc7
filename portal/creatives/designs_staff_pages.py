"""Managers make designs: /manage/designs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from assets_gen import Size
from assets_gen import design as built_in
from assets_gen.slots import Finished, Kind
from portal.clock import local_date
from portal.creatives import designs_actions as actions
from portal.creatives import designs_kept as kept
from portal.creatives import designs_queries as queries
from portal.creatives.actions import Refusal
from portal.creatives.asking import MEDIA_TYPES, studio_of
from portal.creatives.designs_forms import DesignDraft, added, parse_design, parse_slots
from portal.creatives.designs_living import stored
from portal.creatives.designs_rules import LONGEST_SLUG, Managed
from portal.creatives.jobs import Declined, DrawSample
from portal.creatives.renderers import TookTooLong
from portal.creatives.wording_staff_pages import WORDS_STAFF_PAGES
from portal.enrollments.me import must_speak_of
from portal.errors import Busy, NotFound, TooLarge
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    form_of,
    go,
    managers_only,
    program_of,
    read_form,
    settings_of,
    show,
    texts_of,
    who,
)

HERE = "/manage/designs"
ONE = HERE + "/{design:str}"
SIZE = ONE + "/{size:str}"
UPLOADS_BODY = 40_000_000
SAMPLE_WIDTH = 480  # twice what the widest preview takes on a page


@get(HERE)
async def designs(request: Asking, now: NamedDependency[datetime]) -> Page:
    program = program_of(request)
    terms = await terms_at(program, now)
    page = await queries.designs_page(program, terms, local_date(now, terms.timezone))
    return show(request, "creatives/designs.html", page=page)


@get(HERE + "/new")
async def new(request: Asking, now: NamedDependency[datetime]) -> Page:
    page = queries.new_design_page(DesignDraft(), await terms_at(program_of(request), now), now)
    return show(request, "creatives/design_new.html", page=page)


@post(HERE + "/new")
async def create(request: Asking, now: NamedDependency[datetime]) -> Page | Response[Any]:
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    terms = await terms_at(program, now)
    # `new` is this page, and a built-in design answers at its own name.
    taken = {*await kept.designs_of(program), *built_in.names(), "new", "all", "paper"}
    draft = parse_design(said, *_keys_of(terms), taken)
    if draft.errors:
        page = queries.new_design_page(draft, terms, now)
        return show(request, "creatives/design_new.html", page=page, status=422)
    await actions.create(program, draft, who(request).known, now)
    return go(request, f"{HERE}/{draft.slug}", flash=f"{draft.name} is begun. Send its first picture.")


@get(ONE)
async def design(request: Asking, design: FromPath[str], now: NamedDependency[datetime]) -> Page:
    found = await kept.design_of(program_of(request), design)
    return await _design_page(request, found, now)


@post(ONE)
async def change(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    found = await kept.design_of(program, design)
    terms = await terms_at(program, now)
    tiers, promotions = _keys_of(terms)
    # The terms may have lost the promotion that it belongs to.
    draft = parse_design(said, tiers, [*promotions, found.promotion], ())
    if draft.errors:
        return await _design_page(request, found, now, draft=draft, status=422)
    await actions.change(found, draft, who(request).known, now)
    return go(request, f"{HERE}/{found.slug}", flash="Saved.")


def _keys_of(terms: ProgramTerms) -> tuple[list[str], list[str]]:
    """Of tiers and of promotions."""
    return [tier.key for tier in terms.tiers], [offer.key for offer in terms.promotions]


@post(ONE + "/pictures", request_max_body_size=UPLOADS_BODY)
async def send_pictures(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    """Several at once: the pixels of each say which size it is."""
    program = program_of(request)
    found = await kept.design_of(program, design)
    said, files = await _files_of(request)
    must_speak_of(request, said.get("program", ""))
    studio = studio_of(request)
    taken, refused = [], []
    for name, content in files:
        one = await actions.take_in(studio, program, content)
        if isinstance(one, Refusal):
            refused.append((name, one.sentence))
        else:
            taken.append(one)
    await actions.put_pictures(found.id, taken)
    await actions.check(studio, found.id, settings_of(request).base_url)
    if refused or not taken:
        refused = refused or [("", "Choose at least one picture.")]
        return await _design_page(request, found, now, refused=refused, status=422)
    if len(taken) == 1:
        return go(request, f"{HERE}/{found.slug}/{taken[0].size}", flash=f"{taken[0].size} is in.")
    return go(request, f"{HERE}/{found.slug}", flash=f"{len(taken)} pictures are in.")


@post(ONE + "/publish")
async def publish(request: Asking, design: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    found = await kept.design_of(program, design)
    await actions.check(studio_of(request), found.id, settings_of(request).base_url)
    number = await actions.publish(program, found, who(request).known, now)
    return go(request, f"{HERE}/{found.slug}", flash=f"Revision {number} of {found.name} is published.")


@post(ONE + "/withdraw")
async def withdraw(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    found = await kept.design_of(program, design)
    replacement = said.get("replacement", "")
    if replacement and replacement not in {one.key for one in await queries.replacements_for(program, found)}:
        errors = {"replacement": "Choose one of the designs that are there."}
        return await _design_page(request, found, now, errors=errors, status=422)
    await actions.withdraw(found, replacement, who(request).known, now)
    return go(
        request, f"{HERE}/{found.slug}", flash=f"{found.name} is withdrawn; its addresses still answer."
    )


@post(ONE + "/revert")
async def revert(request: Asking, design: FromPath[str]) -> Response[Any]:
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    found = await kept.design_of(program, design)
    await actions.revert(found)
    await actions.check(studio_of(request), found.id, settings_of(request).base_url)
    return go(request, f"{HERE}/{found.slug}", flash=f"Back at revision {found.number}.")


@get(SIZE)
async def size(request: Asking, design: FromPath[str], size: FromPath[str]) -> Page:
    found = await kept.design_of(program_of(request), design)
    await kept.one_working(found.id, size)
    page = queries.size_page(found, await kept.working_of(found.id), Size.parse(size))
    return show(request, "creatives/design_size.html", page=page)


@post(SIZE)
async def save_slots(request: Asking, design: FromPath[str], size: FromPath[str]) -> Page | Response[Any]:
    """The fields of all slots; `verb` may also add one (`add`, of `new`) or take one away (`remove-2`)."""
    said = await form_of(request)
    must_speak_of(request, said.get("program", ""))
    found = await kept.design_of(program_of(request), design)
    working, parsed_size = await kept.one_working(found.id, size), Size.parse(size)
    verb = said.get("verb", "save")
    if verb.startswith("remove-"):
        said.pop(f"kind-{verb.removeprefix('remove-')}", None)
    parsed = parse_slots(said, parsed_size)
    if parsed.errors:
        every = await kept.working_of(found.id)
        page = queries.size_page(found, every, parsed_size, parsed.drafts, parsed.errors)
        return show(request, "creatives/design_size.html", page=page, status=422)
    slots = list(parsed.slots)
    if verb == "add" and said.get("new") in list(Kind):
        slots.append(added(Kind(said["new"]), parsed_size))
    shown = said.get("changes", "")
    await actions.save_slots(working, slots, int(shown) if shown.isdecimal() and len(shown) < 9 else -1)
    await actions.check(studio_of(request), found.id, settings_of(request).base_url)
    return go(request, f"{HERE}/{found.slug}/{size}", flash=_saved(verb))


def _saved(verb: str) -> str:
    if verb == "add":
        return "It is in the middle of the picture. Put it where it belongs."
    return "The slot is removed." if verb.startswith("remove-") else "Saved and checked."


@post(SIZE + "/remove")
async def remove(request: Asking, design: FromPath[str], size: FromPath[str]) -> Response[Any]:
    said = await form_of(request)
    must_speak_of(request, said.get("program", ""))
    found = await kept.design_of(program_of(request), design)
    await kept.one_working(found.id, size)
    await actions.remove_picture(found.id, size)
    return go(request, f"{HERE}/{found.slug}", flash=f"{size} is removed.")


@get(SIZE + "/picture")
async def picture(request: Asking, design: FromPath[str], size: FromPath[str]) -> Response[bytes]:
    """Without anything in its slots."""
    found = await kept.design_of(program_of(request), design)
    working = await kept.one_working(found.id, size)
    content = await stored(studio_of(request).storage, working.key)
    return _private(content, MEDIA_TYPES[working.key.rpartition(".")[2]])


@get(SIZE + "/kits/{number:int}")
async def sample(
    request: Asking, design: FromPath[str], size: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """With one of the test kits."""
    found = await kept.design_of(program_of(request), design)
    working, studio = await kept.one_working(found.id, size), studio_of(request)
    finished = Finished(await stored(studio.storage, working.key), working.slots)
    link = f"{settings_of(request).base_url}/r/{LONGEST_SLUG}"
    job = DrawSample(finished, working.size, max(number, 0), link, SAMPLE_WIDTH)
    try:
        answer = await studio.renderers.answer_to(job)
    except TookTooLong as error:
        raise Busy("This picture took too long to draw.", retry_after=10) from error
    if isinstance(answer, Declined):
        raise NotFound(answer.sentence)
    return _private(answer.data, answer.media_type)


def _private(content: bytes, media_type: str) -> Response[bytes]:
    return Response(content, media_type=media_type, headers={"Cache-Control": "private, max-age=86400"})


async def _design_page(
    request: Asking,
    found: Managed,
    now: datetime,
    *,
    draft: DesignDraft | None = None,
    refused: Sequence[tuple[str, str]] = (),
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Page:
    program = program_of(request)
    terms = await terms_at(program, now)
    today = local_date(now, terms.timezone)
    page = await queries.design_page(program, found, terms, today, draft, tuple(refused), errors or {})
    return show(request, "creatives/design.html", page=page, status=status)


async def _files_of(request: Asking) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """The text fields, and each chosen file with its name. Raises TooLarge."""
    try:
        form = await read_form(request)
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge("These files are larger than 40 MB together. Send fewer at once.") from error
        raise
    files = [
        (file.filename, await file.read())
        for key, file in form.multi_items()
        if key == "pictures" and isinstance(file, UploadFile) and file.filename
    ]
    return dict(texts_of(form)), files


staff_designs_router = Router(
    "/",
    route_handlers=[
        designs, new, create, design, change, send_pictures, publish, withdraw, revert, size, save_slots,
        remove, picture, sample, *WORDS_STAFF_PAGES,
    ],
    guards=[managers_only],
)  # fmt: skip
