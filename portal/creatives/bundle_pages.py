"""Downloading many creatives at once."""

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from assets_gen.languages import language
from portal.clock import local_date
from portal.creatives.actions import Picture
from portal.creatives.asking import studio_of
from portal.creatives.bundles import FORMS, Bundles, Choice, Progress
from portal.creatives.designs_living import Library, library_of
from portal.creatives.disclosures import ANYWHERE
from portal.creatives.kit_reviews import public_kit, reviewed_since
from portal.creatives.kits import Holder, holder
from portal.creatives.promotions import carrying
from portal.creatives.rules import KIND_NAMES, Wanted
from portal.creatives.words import Teller, files_of
from portal.enrollments.queries import Me
from portal.errors import Refused
from portal.ids import new_id
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import Asking, Page, nothing, settings_of, show


@dataclass(frozen=True)
class Option:
    key: str
    label: str


@dataclass(frozen=True)
class DownloadPage:
    """creatives/download.html"""

    designs: tuple[Option, ...]
    kinds: tuple[Option, ...]
    forms: tuple[Option, ...]
    promotions: tuple[Option, ...]  # empty while none runs and none is announced
    promotion: str
    languages: tuple[Option, ...]  # empty where there is one
    lang: str
    chosen: Choice
    pictures: int  # with nothing ticked
    job: str
    progress: Progress | None = None


def bundles_of(request: Asking) -> Bundles:
    state = request.app.state
    if "bundles" not in state:
        state.bundles = Bundles(studio_of(request))
    bundles: Bundles = state.bundles
    return bundles


def _choice(request: Asking) -> Choice:
    said = request.query_params
    return Choice.of(
        said.getall("design", []), said.getall("kind", []), said.get("form", ""), said.get("sharp", "")
    )


async def _speaking(request: Asking, me: Me, now: datetime) -> tuple[Holder, ProgramTerms, Library]:
    terms = await terms_at(me.program_id, now)
    said = request.query_params
    who = holder(me).speaking(said.get("lang", ""), terms)
    who = carrying(who, terms, now, said.get("promotion", ""))
    return who, terms, await library_of(who, terms, now)


def _page(
    chosen: Choice,
    who: Holder,
    terms: ProgramTerms,
    library: Library,
    job: str,
    progress: Progress | None = None,
) -> DownloadPage:
    names = {"png": "PNG", "jpg": "JPEG", "webp": "WebP"}
    return DownloadPage(
        designs=tuple(Option(design.name, design.title) for design in library.shelf),
        kinds=tuple(Option(kind.value, name) for kind, name in KIND_NAMES.items()),
        forms=(Option("", "As suits each design"), *(Option(form, names[form]) for form in FORMS)),
        languages=tuple(Option(code, language(code).name) for code in terms.languages if terms.languages[1:]),
        promotions=_promotions(library),
        promotion=who.chosen_promotion,
        lang=who.language,
        chosen=chosen,
        pictures=len(Choice().files(library.shelf)),
        job=job,
        progress=progress,
    )


def _promotions(library: Library) -> tuple[Option, ...]:
    offers = tuple(Option(one.key, one.name) for one in library.offers)
    return (Option("", "As today"), *offers) if offers else ()


@get("/creatives/download")
async def download(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    page = _page(_choice(request), *await _speaking(request, me, now), new_id().hex)
    return show(request, "creatives/download.html", page=page)


@get("/creatives/download/{job:str}")
async def download_progress(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime], job: FromPath[str]
) -> Response[str]:
    """Another server process may be drawing it: what this one doesn't know changes nothing on the page."""
    progress = bundles_of(request).progress(me.affiliate_id, job)
    if progress is None:
        return nothing(204, {"Cache-Control": "no-store"})
    page = _page(Choice(), *await _speaking(request, me, now), job, progress)
    return show(request, "creatives/download.html", page=page, fragment="progress")


def _zip_name(who: Holder, terms: ProgramTerms) -> str:
    parts = (terms.slug, who.slug, who.chosen_promotion, "creatives.zip")
    return "-".join(part for part in parts if part)


@get("/creatives/zip", opt={"packed": True})
async def bundle(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Stream:
    """Raises Refused where nothing is as it was ticked, and Busy."""
    who, terms, library = await _speaking(request, me, now)
    chosen = _choice(request)
    files = chosen.files(library.shelf)
    if not files and not chosen.has_words:
        raise Refused("No creative is like this: no design has all that you ticked.")
    since, studio = await reviewed_since(me.program_id, now), studio_of(request)
    kit = await public_kit(me.affiliate_id, me.name, me.program_id, since)
    base = settings_of(request).base_url
    pictures: list[Picture] = [
        await library.picture(studio, kit, who, terms, base, Wanted(*file.rsplit(".", 1)), design.name)
        for design, file in files
    ]
    today = local_date(now, terms.timezone)
    teller = Teller(who, terms, me.tier, me.code_works, base, ANYWHERE, today, library.wording)
    texts = tuple(files_of(teller)) if chosen.has_words else ()
    job = request.query_params.get("job", "")[:40]
    return Stream(
        bundles_of(request).begun(who, terms, base, job, pictures, texts, now),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{_zip_name(who, terms)}"',
            "Cache-Control": "no-store",
        },
    )
