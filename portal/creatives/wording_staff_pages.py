"""Managers write what built-in designs say: /manage/designs/{design}/words."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery

from assets_gen import Design
from assets_gen import design as built_in
from portal.creatives import wording_actions as actions
from portal.creatives.actions import program_brand
from portal.creatives.asking import studio_of
from portal.creatives.designs_rules import LONGEST_SLUG
from portal.creatives.jobs import Declined, DrawWords
from portal.creatives.renderers import TookTooLong
from portal.creatives.wording_forms import FILE_MOST, file_of, parse_file, parse_words
from portal.creatives.wording_kept import Kept, kept_words
from portal.creatives.wording_queries import NOTHING, Typed, words_page
from portal.creatives.wording_rules import shapes
from portal.enrollments.me import must_speak_of
from portal.errors import Busy, NotFound, TooLarge
from portal.programs.queries import terms_at
from portal.web import Asking, Page, form_of, go, program_of, read_form, settings_of, show, texts_of, who

WORDS = "/manage/designs/{design:str}/words"
SAMPLE_WIDTH = 480  # twice what the widest preview takes on a page
FILE_BODY = FILE_MOST + 100_000


def _design(name: str) -> Design:
    """Raises NotFound for one that does not come along."""
    if name not in built_in.names():
        raise NotFound
    return Design.load(name)


async def _spoken(request: Asking, asked: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    """The language that is asked for, else the program's first; and all of them."""
    languages = (await terms_at(program_of(request), now)).languages
    return (asked if asked in languages else languages[0]), languages


@get(WORDS)
async def words(
    request: Asking,
    design: FromPath[str],
    now: NamedDependency[datetime],
    lang: FromQuery[str] = "",
    shape: FromQuery[str] = "",
) -> Page:
    return await _page(request, _design(design), lang, now, shape=shape)


@post(WORDS)
async def save_words(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    """Saves and checks. `again` is the number of an earlier revision to go back to, 0 the design itself."""
    found, said = _design(design), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    spoken, _ = await _spoken(request, said.get("lang", ""), now)
    kept = await kept_words(program_of(request), found.name, spoken)
    shown, again = _number(said.get("changes", "")), said.get("again", "")
    if again:
        if not await actions.use_again(program_of(request), kept, _number(again), shown):
            return await _page(request, found, spoken, now, Typed(meanwhile=actions.MEANWHILE), status=409)
    else:
        draft = parse_words(found, spoken, said)
        if draft.errors:
            return await _page(request, found, spoken, now, Typed(draft.said, draft.errors), status=422)
        if not await actions.save(program_of(request), kept, draft.words, shown):
            typed = Typed(draft.said, meanwhile=actions.MEANWHILE)
            return await _page(request, found, spoken, now, typed, status=409)
    report = await _checked(request, found, spoken, now)
    return go(request, _address(found, spoken, said.get("shape", "")), flash=_saved(report))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def _saved(kept: Kept) -> str:
    if kept.report:
        return f"Saved. The check has {len(kept.report)} finding{'s' if len(kept.report) > 1 else ''}."
    return "Saved and checked."


async def _checked(request: Asking, design: Design, spoken: str, now: datetime) -> Kept:
    program = program_of(request)
    kept, terms = await kept_words(program, design.name, spoken), await terms_at(program, now)
    await actions.check(studio_of(request), program, program_brand(terms), design, kept)
    return await kept_words(program, design.name, spoken)


@post(WORDS + "/publish")
async def publish_words(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Response[Any]:
    found, said = _design(design), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    spoken, _ = await _spoken(request, said.get("lang", ""), now)
    await _checked(request, found, spoken, now)
    number = await actions.publish(program_of(request), found, spoken, who(request).known, now)
    told = f"Revision {number} of the words is published. Every picture follows within minutes."
    return go(request, _address(found, spoken), flash=told)


@get(WORDS + "/file")
async def words_file(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Response[bytes]:
    """The working copy in all of the program's languages, as a table."""
    found, program = _design(design), program_of(request)
    _, languages = await _spoken(request, "", now)
    own = {spoken: (await kept_words(program, found.name, spoken)).words for spoken in languages}
    named = f'attachment; filename="{found.name}-words.csv"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(file_of(found, own), media_type="text/csv; charset=utf-8", headers=headers)


@post(WORDS + "/file", request_max_body_size=FILE_BODY)
async def send_words_file(
    request: Asking, design: FromPath[str], now: NamedDependency[datetime]
) -> Page | Response[Any]:
    found = _design(design)
    said, content = await _file_of(request)
    must_speak_of(request, said.get("program", ""))
    spoken, languages = await _spoken(request, said.get("lang", ""), now)
    if not content:
        return await _page(request, found, spoken, now, _no_file("Choose the file first."), status=422)
    sent = parse_file(found, languages, content)
    if sent.errors or not sent.words:
        typed = _no_file(*(sent.errors or ["There is no text in this file."]))
        return await _page(request, found, spoken, now, typed, status=422)
    await actions.take_file(program_of(request), found.name, sent.words)
    reports = [await _checked(request, found, code, now) for code in sent.words]
    count = sum(len(kept.report or ()) for kept in reports)
    told = (
        f"The check has {count} finding{'s' if count > 1 else ''}." if count else "The check found nothing."
    )
    return go(request, _address(found, spoken), flash=f"The words are in. {told}")


def _no_file(*sentences: str) -> Typed:
    return Typed(file_errors=sentences)


async def _file_of(request: Asking) -> tuple[dict[str, str], bytes]:
    """The text fields and the file, which may be empty. Raises TooLarge."""
    try:
        form = await read_form(request)
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge(
                "This file is larger than 200 kB. A table of these texts is far smaller."
            ) from error
        raise
    sent = form.get("table")
    content = await sent.read() if isinstance(sent, UploadFile) and sent.filename else b""
    if len(content) > FILE_MOST:
        raise TooLarge("This file is larger than 200 kB. A table of these texts is far smaller.")
    return dict(texts_of(form)), content


@get(WORDS + "/{shape:str}/kits/{number:int}")
async def words_sample(
    request: Asking,
    design: FromPath[str],
    shape: FromPath[str],
    number: FromPath[int],
    now: NamedDependency[datetime],
    lang: FromQuery[str] = "",
) -> Response[bytes]:
    """The working copy with one of the test kits."""
    found, program = _design(design), program_of(request)
    if shape not in shapes(found):
        raise NotFound
    spoken, _ = await _spoken(request, lang, now)
    kept = await kept_words(program, found.name, spoken)
    link, terms = f"{settings_of(request).base_url}/r/{LONGEST_SLUG}", await terms_at(program, now)
    job = DrawWords(
        found.name, spoken, dict(kept.words), shape, max(number, 0), program_brand(terms), link, SAMPLE_WIDTH
    )
    try:
        answer = await studio_of(request).renderers.answer_to(job)
    except TookTooLong as error:
        raise Busy("This picture took too long to draw.", retry_after=10) from error
    if isinstance(answer, Declined):
        raise NotFound(answer.sentence)
    keep = {"Cache-Control": "private, max-age=86400"}
    return Response(answer.data, media_type=answer.media_type, headers=keep)


def _address(design: Design, spoken: str, shape: str = "") -> str:
    more = f"&shape={shape}" if shape in shapes(design) else ""
    return f"/manage/designs/{design.name}/words?lang={spoken}{more}"


async def _page(
    request: Asking,
    design: Design,
    lang: str,
    now: datetime,
    typed: Typed = NOTHING,
    *,
    shape: str = "",
    status: int = 200,
) -> Page:
    spoken, languages = await _spoken(request, lang, now)
    kept = await kept_words(program_of(request), design.name, spoken)
    shown = shape if shape in shapes(design) else str(design.sizes[0])
    page = words_page(design, kept, languages, shown, typed)
    return show(request, "creatives/design_words.html", page=page, fragment="kits", status=status)


WORDS_STAFF_PAGES = (words, save_words, publish_words, words_file, send_words_file, words_sample)
