"""The rooms Brand kit and Creatives, and the public address that every picture lives at."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import HttpMethod, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from assets_gen import Design, Size
from assets_gen import design as designs
from portal.creatives import queries
from portal.creatives.actions import (
    Picture,
    Refusal,
    can_be_drawn,
    check_offered,
    remove_logo,
    save_kit,
)
from portal.creatives.asking import studio_of
from portal.creatives.bundle_pages import bundle, download, download_progress
from portal.creatives.forms import KitDraft, parse_kit
from portal.creatives.hits import hit_of
from portal.creatives.kits import Holder, Kit, holder, holder_of, kit_of
from portal.creatives.queries import EVERGREEN
from portal.creatives.rules import Wanted, wanted
from portal.creatives.seen import seen_on
from portal.enrollments.queries import Me
from portal.errors import NotFound, TooLarge
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    affiliates_only,
    client_network,
    go,
    read_form,
    settings_of,
    show,
    texts_of,
)

UPLOAD_BODY = 6_000_000
FRESH = 300  # seconds in which a changed kit may still show its old picture elsewhere
FOR_EVER = 365 * 24 * 3600
KINDS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "pdf": "application/pdf"}


async def _pictures(
    request: Asking, kit: Kit, who: Holder, terms: ProgramTerms, files: Iterable[tuple[str, str]]
) -> dict[str, Picture]:
    """By `design/file`."""
    base, studio = settings_of(request).base_url, studio_of(request)
    asked = [(design, file, wanted(file)) for design, file in files]
    return {
        f"{design}/{file}": await studio.picture_of(kit, who, terms, base, found, design)
        for design, file, found in asked
        if found
    }


# --- the brand kit ---


@get("/brand")
async def brand(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    kit = await kit_of(me.affiliate_id, me.name)
    return await _brand_page(request, me, kit, kit.draft, now)


@post("/brand", request_max_body_size=UPLOAD_BODY)
async def save_brand(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]
) -> Response[Any]:
    """Texts, colours and a logo in one form. What was typed comes back with what is wrong with it."""
    try:
        fields, upload = await _kit_form(request)
    except TooLarge as error:
        kit = await kit_of(me.affiliate_id, me.name)
        return await _brand_page(
            request, me, kit, kit.draft.with_error("logo", error.sentence), now, status=413
        )
    draft = parse_kit(fields)
    logo = None if upload is None else await studio_of(request).keep_logo(me.affiliate_id, upload)
    if isinstance(logo, Refusal):
        draft = draft.with_error("logo", logo.sentence)
        logo = None
    if draft.errors:
        kit = await kit_of(me.affiliate_id, me.name)
        return await _brand_page(request, me, kit, draft, now, status=422)
    await save_kit(me.affiliate_id, me.name, draft, logo, now)
    if fields.get("remove_logo"):
        await remove_logo(me.affiliate_id, me.name, now)
        return go(request, "/brand", flash="Your logo is removed. Your name stands in its place.")
    return go(request, "/brand", flash="Your brand kit is saved. Every picture follows it from now on.")


@get("/brand/logo")
async def logo(request: Asking, me: NamedDependency[Me]) -> Response[bytes]:
    kit = await kit_of(me.affiliate_id, me.name)
    found = await studio_of(request).logo(kit.logo_key) if kit.logo_key else None
    if kit.logo_key is None or found is None:
        raise NotFound
    kind = KINDS[kit.logo_key.rpartition(".")[2]]
    return Response(found, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})


@get("/brand/preview")
async def preview(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    """The preview beside the form, from what is typed and not saved yet."""
    kit = await kit_of(me.affiliate_id, me.name)
    return await _brand_page(request, me, kit, parse_kit(request.query_params), now, typed=True)


@get("/brand/preview/{file:str}")
async def preview_picture(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime], file: FromPath[str]
) -> Response[bytes]:
    kit, draft = await kit_of(me.affiliate_id, me.name), parse_kit(request.query_params)
    asked = wanted(file)
    if asked is None or not can_be_drawn(draft):
        raise NotFound
    terms = await terms_at(me.program_id, now)
    studio, base = studio_of(request), settings_of(request).base_url
    who = holder(me).speaking("", terms)
    picture = await studio.picture_of(kit.typed(draft), who, terms, base, asked)
    drawn = await studio.drawn(picture)
    return Response(drawn, media_type=KINDS[asked.form], headers={"Cache-Control": "private, max-age=60"})


async def _brand_page(
    request: Asking,
    me: Me,
    kit: Kit,
    draft: KitDraft,
    now: datetime,
    *,
    typed: bool = False,
    status: int = 200,
) -> Page:
    terms = await terms_at(me.program_id, now)
    who = holder(me).speaking("", terms)
    seen = kit.typed(draft) if typed and can_be_drawn(draft) else kit
    files = [(EVERGREEN, f"{size}.webp") for size in Design.load(EVERGREEN).sizes[: queries.LEADING]]
    pictures = await _pictures(request, seen, who, terms, files)
    page = queries.brand_page(
        kit, seen, draft, who, terms, {file: picture.version[:12] for file, picture in pictures.items()}
    )
    return show(request, "creatives/brand.html", page=page, fragment="preview", status=status)


async def _kit_form(request: Asking) -> tuple[dict[str, str], bytes | None]:
    """The text fields, and the chosen file, which may be empty. Raises TooLarge."""
    try:
        form = await read_form(request)
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge("This file is larger than 5 MB. Choose a smaller one.") from error
        raise
    file = form.get("logo")
    upload = await file.read() if isinstance(file, UploadFile) and file.filename else None
    return dict(texts_of(form)), upload


# --- the library ---


@get("/creatives")
async def creatives(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    only: FromQuery[str] = "all",
    lang: FromQuery[str] = "",
) -> Page:
    kit, terms = await kit_of(me.affiliate_id, me.name), await terms_at(me.program_id, now)
    who = holder(me).speaking(lang, terms)
    files = [(design.name, f"{shape}.webp") for design, shape in queries.gallery(only)]
    pictures = await _pictures(request, kit, who, terms, files)
    versions = {file: picture.version[:12] for file, picture in pictures.items()}
    page = queries.creatives_page(kit, who, terms, settings_of(request).base_url, versions, only)
    return show(request, "creatives/index.html", page=page, fragment="cards")


@get("/creatives/{design:str}/{size:str}")
async def creative(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    design: FromPath[str],
    size: FromPath[str],
    lang: FromQuery[str] = "",
) -> Page:
    asked = wanted(f"{size}.webp")
    if design not in designs.names() or asked is None or "@" in size:
        raise NotFound
    kit, terms = await kit_of(me.affiliate_id, me.name), await terms_at(me.program_id, now)
    who = holder(me).speaking(lang, terms)
    pictures = await _pictures(request, kit, who, terms, [(design, asked.file)])
    chosen, size_asked = Design.load(design), Size.parse(asked.shape)
    version = pictures[f"{design}/{asked.file}"].version[:12]
    base = settings_of(request).base_url
    seen = await seen_on(me.enrollment_id, design, now)
    page = queries.creative_page(kit, who, terms, base, chosen, size_asked, version, seen)
    return show(request, "creatives/creative.html", page=page)


# --- the living address ---


@HTTPRouteHandler("/c/{kit:str}/{design:str}/{file:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def living(
    request: Asking,
    kit: FromPath[str],
    design: FromPath[str],
    file: FromPath[str],
    now: NamedDependency[datetime],
    v: FromQuery[str] = "",
    download: FromQuery[str] = "",
    lang: FromQuery[str] = "",
) -> Response[bytes]:
    """Keeps its size for ever and shows what is current: whoever pasted it need not change a thing.

    `p` names the placement.
    """
    who = await holder_of(kit.lower())
    if who is None:
        raise NotFound
    asked = wanted(file)
    if asked is None:
        check_offered(Design.load(EVERGREEN), Wanted(file, ""))
        raise NotFound
    own, terms = await kit_of(who.affiliate_id, who.name), await terms_at(who.program_id, now)
    who = who.speaking(lang, terms)
    base, studio = settings_of(request).base_url, studio_of(request)
    picture = await studio.picture_of(own, who, terms, base, asked, design)
    version = picture.version
    headers = _public(version, known=bool(v) and version.startswith(v))
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{_file_name(terms, who, asked)}"'
    _count(request, who, picture, now)
    if _has(request, version):
        return Response(b"", status_code=304, headers=headers)
    return Response(await studio.rendered(picture), media_type=KINDS[asked.form], headers=headers)


def _count(request: Asking, who: Holder, picture: Picture, now: datetime) -> None:
    known = urlsplit(settings_of(request).base_url).hostname, request.url.hostname
    hit = hit_of(
        who.enrollment_id,
        picture.design.name,
        picture.wanted,
        request.method,
        dict(request.headers),
        request.query_params.get("p", ""),
        frozenset(host for host in known if host),
        now,
    )
    if hit is not None:
        request.app.state.hits.add(hit, client_network(request))


def _file_name(terms: ProgramTerms, who: Holder, asked: Wanted) -> str:
    return "-".join(part for part in (terms.slug, who.slug, who.asked, asked.file) if part)


def _public(version: str, *, known: bool) -> dict[str, str]:
    """For any page of anybody: no cookie, any origin. An address that names its content never changes."""
    fresh = f"public, max-age={FOR_EVER}, immutable" if known else f"public, max-age={FRESH}"
    return {
        "ETag": f'"{version[:32]}"',
        "Cache-Control": fresh,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _has(request: Asking, version: str) -> bool:
    tags = request.headers.get("If-None-Match", "")
    return f'"{version[:32]}"' in tags.replace("W/", "").split(", ")


def creatives_routers() -> list[Router]:
    return [
        Router(
            "/",
            route_handlers=[
                *(brand, save_brand, logo, preview, preview_picture),
                *(creatives, creative, download, download_progress, bundle),
            ],
            guards=[affiliates_only],
        ),
        Router("/", route_handlers=[living], opt={"nobody": True}),
    ]
