"""The public address that every picture lives at."""

from datetime import datetime
from urllib.parse import urlsplit

from litestar import HttpMethod, Response
from litestar.handlers import HTTPRouteHandler

from assets_gen import Design
from portal.creatives.actions import Picture, check_offered
from portal.creatives.asking import MEDIA_TYPES, studio_of
from portal.creatives.designs_living import library_of
from portal.creatives.hits import hit_of
from portal.creatives.kit_reviews import public_kit
from portal.creatives.kits import Holder, holder_of
from portal.creatives.promotions import carrying
from portal.creatives.remembered import Address, Answer, Remembered
from portal.creatives.rules import EVERGREEN, Wanted, wanted
from portal.errors import NotFound
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms
from portal.web import Asking, client_network, settings_of

FRESH = 300  # seconds in which a changed kit may still show its old picture elsewhere
FOR_EVER = 365 * 24 * 3600


@HTTPRouteHandler("/c/{kit:str}/{design:str}/{file:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def living(request: Asking) -> Response[bytes]:
    """Keeps its size for ever and shows what is current: whoever pasted it need not change a thing.

    `v` begins its version, `download` asks for a file, `lang` is the language and `p` names the placement.
    """
    # Read by hand: this is asked for more often than all else together.
    path, query, now = request.path_params, request.query_params, request.app.state.clock()
    v, download = query.get("v", ""), query.get("download", "")
    address = Address(path["kit"].lower(), path["design"], path["file"], query.get("lang", ""))
    remembered = _remembered(request)
    answer = remembered.get(address, v, now)
    if answer is None:
        who, terms, picture = await _current(request, address, now)
        name = "-".join(part for part in (terms.slug, who.slug, who.asked, picture.wanted.file) if part)
        shown = who.enrollment_id, picture.design.name, picture.wanted, picture.version, name
        # Whoever has it already does not wait for a drawing.
        known = _has(request, picture.version)
        answer = Answer(*shown, b"" if known else await studio_of(request).rendered(picture))
        if not known:
            remembered.keep(address, answer, now)
    _count(request, answer, now)
    headers = _public(answer.version, known=bool(v) and answer.version.startswith(v))
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{answer.name}"'
    if _has(request, answer.version):
        return Response(b"", status_code=304, headers=headers)
    return Response(answer.content, media_type=MEDIA_TYPES[answer.wanted.form], headers=headers)


async def _current(request: Asking, address: Address, now: datetime) -> tuple[Holder, ProgramTerms, Picture]:
    """Raises NotFound for nobody's address, and for a size or format that no design has."""
    who = await holder_of(address.kit)
    if who is None:
        raise NotFound
    asked = wanted(address.file)
    if asked is None:
        check_offered(Design.load(EVERGREEN), Wanted(address.file, ""))
        raise NotFound
    history = await terms_history(who.program_id)
    terms, since = history.at(now), history.kits_reviewed_since(now)
    own = await public_kit(who.affiliate_id, who.name, who.program_id, since)
    who = carrying(who.speaking(address.lang, terms), terms, now)
    library = await library_of(who, terms, now)
    base = settings_of(request).base_url
    picture = await library.picture(studio_of(request), own, who, terms, base, asked, address.design)
    return who, terms, picture


def _remembered(request: Asking) -> Remembered:
    state = request.app.state
    if "remembered" not in state:
        state.remembered = Remembered(settings_of(request).pictures_remembered)
    found: Remembered = state.remembered
    return found


def _count(request: Asking, answer: Answer, now: datetime) -> None:
    headers = request.headers
    own = urlsplit(f"//{headers.get('host', '')}").hostname, urlsplit(settings_of(request).base_url).hostname
    hit = hit_of(
        answer.enrollment,
        answer.design,
        answer.wanted,
        request.method,
        headers,
        request.query_params.get("p", ""),
        frozenset(host for host in own if host),
        now,
    )
    if hit is not None:
        request.app.state.hits.add(hit, client_network(request))


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
