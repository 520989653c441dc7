"""The room Creatives, and the public address that every picture lives at."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from litestar import HttpMethod, Response, Router, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from assets_gen import Design
from portal.clock import local_date
from portal.creatives import queries
from portal.creatives.actions import (
    Picture,
    check_offered,
    size_of_page,
)
from portal.creatives.asking import MEDIA_TYPES, pictures_of, studio_of, weights_of
from portal.creatives.bundle_pages import bundle, download, download_progress
from portal.creatives.designs_living import Library, library_of
from portal.creatives.disclosures import disclosure
from portal.creatives.downloads import files_of
from portal.creatives.filters import Filter, found
from portal.creatives.hits import hit_of
from portal.creatives.kit_pages import KIT_PAGES
from portal.creatives.kit_pictures import KIT_PICTURES
from portal.creatives.kit_reviews import own_holder, public_kit, standing_of
from portal.creatives.kits import Holder, holder_of, kit_of
from portal.creatives.marks import Marks, marks_for
from portal.creatives.promotions import carrying, looked_at
from portal.creatives.rules import EVERGREEN, Wanted, wanted
from portal.creatives.seen import seen_on
from portal.creatives.words_pages import WORDS_PAGES
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.programs.queries import terms_at, terms_history
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    affiliates_only,
    client_network,
    settings_of,
    show,
)

FRESH = 300  # seconds in which a changed kit may still show its old picture elsewhere
FOR_EVER = 365 * 24 * 3600


@get("/creatives")
async def creatives(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    lang: FromQuery[str] = "",
    promotion: FromQuery[str] = "",
) -> Page:
    kit, terms = await kit_of(me.affiliate_id, me.name), await terms_at(me.program_id, now)
    standing = await standing_of(me.affiliate_id, me.program_id, now)
    who = carrying(own_holder(me, standing).speaking(lang, terms), terms, now, promotion)
    library = await library_of(who, terms, now)
    chosen = Filter.read(request.query_params, library.shelf, who.chosen_promotion)
    files = [(design.name, f"{shape}.webp") for design, shape in found(chosen, library.shelf)]
    pictures = await pictures_of(request, kit, who, terms, files, library)
    versions = {file: picture.version[:12] for file, picture in pictures.items()}
    base = settings_of(request).base_url
    marks = await _marks(me, terms, now, library)
    today = local_date(now, terms.timezone)
    gallery = queries.Gallery(chosen, library.shelf, marks, library.offers, today)
    page = queries.creatives_page(kit, who, terms, base, versions, gallery)
    page = replace(page, standing=standing)
    return show(request, "creatives/index.html", page=page, fragment="cards")


@get("/creatives/{design:str}/{size:str}")
async def creative(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    design: FromPath[str],
    size: FromPath[str],
    channel: FromQuery[str] = "",
    country: FromQuery[str] = "",
) -> Page:
    kit, terms = await kit_of(me.affiliate_id, me.name), await terms_at(me.program_id, now)
    standing = await standing_of(me.affiliate_id, me.program_id, now)
    lang, promotion = (request.query_params.get(key, "") for key in ("lang", "promotion"))
    who = carrying(own_holder(me, standing).speaking(lang, terms), terms, now, promotion)
    library = await library_of(who, terms, now)
    chosen = library.find(design)
    if chosen is None:
        raise NotFound
    size_asked = size_of_page(chosen, size)
    files = [(design, file) for file in files_of(size_asked)]
    pictures = await pictures_of(request, kit, who, terms, files, library)
    shown = pictures[f"{design}/{size}.webp"]
    if shown.design.name != design:
        raise NotFound
    base = settings_of(request).base_url
    beside = queries.Beside(
        # What is downloaded is what the public sees.
        weights={} if who.unpublished else await weights_of(request, pictures),
        told=disclosure(channel, country, who.language),
        seen=await seen_on(me.enrollment_id, design, now),
        mark=(await _marks(me, terms, now, library)).of(design),
        standing=standing,
        promotion=looked_at(who, local_date(now, terms.timezone)),
    )
    page = queries.creative_page(kit, who, terms, base, chosen, size_asked, shown.version[:12], beside)
    return show(request, "creatives/creative.html", page=page, fragment="told")


async def _marks(me: Me, terms: ProgramTerms, now: datetime, library: Library) -> Marks:
    return await marks_for(me.enrollment_id, me.began_at, terms.timezone, now, library.own, library.wording)


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
    history = await terms_history(who.program_id)
    terms, since = history.at(now), history.kits_reviewed_since(now)
    own = await public_kit(who.affiliate_id, who.name, who.program_id, since)
    who = carrying(who.speaking(lang, terms), terms, now)
    base, studio = settings_of(request).base_url, studio_of(request)
    library = await library_of(who, terms, now)
    picture = await library.picture(studio, own, who, terms, base, asked, design)
    version = picture.version
    headers = _public(version, known=bool(v) and version.startswith(v))
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{_file_name(terms, who, asked)}"'
    _count(request, who, picture, now)
    if _has(request, version):
        return Response(b"", status_code=304, headers=headers)
    return Response(await studio.rendered(picture), media_type=MEDIA_TYPES[asked.form], headers=headers)


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
                *KIT_PAGES,
                *KIT_PICTURES,
                *(creatives, creative, download, download_progress, bundle),
                *WORDS_PAGES,
            ],
            guards=[affiliates_only],
        ),
        Router("/", route_handlers=[living], opt={"nobody": True}),
    ]
