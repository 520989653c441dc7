"""The room Creatives."""

from dataclasses import replace
from datetime import datetime

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from portal.clock import local_date
from portal.creatives import queries
from portal.creatives.actions import (
    size_of_page,
)
from portal.creatives.asking import pictures_of, weights_of
from portal.creatives.bundle_pages import bundle, download, download_progress
from portal.creatives.designs_living import Library, library_of
from portal.creatives.disclosures import disclosure
from portal.creatives.downloads import files_of
from portal.creatives.filters import Filter, found
from portal.creatives.kit_pages import KIT_PAGES
from portal.creatives.kit_pictures import KIT_PICTURES
from portal.creatives.kit_reviews import own_holder, standing_of
from portal.creatives.kits import kit_of
from portal.creatives.living_pages import living
from portal.creatives.marks import Marks, marks_for
from portal.creatives.promotions import carrying, looked_at
from portal.creatives.seen import seen_on
from portal.creatives.words_pages import WORDS_PAGES
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    affiliates_only,
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
