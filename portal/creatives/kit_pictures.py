"""Pictures of the room Brand kit, for the affiliate's own eyes: what was sent, and what is drawn from it."""

from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from portal.creatives.asking import MEDIA_TYPES, Said, private_picture, studio_of
from portal.creatives.forms import parse_kit
from portal.creatives.kit_actions import can_be_drawn
from portal.creatives.kits import holder, kept_kit, kit_of
from portal.creatives.rules import EVERGREEN
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.web import Asking

A_MINUTE, FIVE_MINUTES, AN_HOUR = 60, 300, 3600


@get("/brand/logo")
async def logo(request: Asking, me: NamedDependency[Me], on: FromQuery[str] = "") -> Response[bytes]:
    """As it was sent, or as pictures show it on a dark ground."""
    kit = await kit_of(me.affiliate_id, me.name)
    if on == "dark":
        shown = await studio_of(request).logo_on_dark(kit)
        return Response(shown, media_type=MEDIA_TYPES["png"], headers=_kept_for(AN_HOUR))
    return await _file(request, kit.logo_key)


@get("/brand/photo")
async def photo(request: Asking, me: NamedDependency[Me]) -> Response[bytes]:
    return await _file(request, (await kit_of(me.affiliate_id, me.name)).photo_key)


async def _file(request: Asking, key: str | None) -> Response[bytes]:
    found = await studio_of(request).logo(key) if key else None
    if key is None or found is None:
        raise NotFound
    return Response(found, media_type=MEDIA_TYPES[key.rpartition(".")[2]], headers=_kept_for(AN_HOUR))


def _kept_for(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"private, max-age={seconds}"}


@get("/brand/preview/{design:str}/{file:str}")
async def preview_picture(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    design: FromPath[str],
    file: FromPath[str],
) -> Response[bytes]:
    """From what is typed and not saved."""
    draft = parse_kit(request.query_params)
    if not can_be_drawn(draft):
        raise NotFound
    kit = (await kit_of(me.affiliate_id, me.name)).typed(draft)
    return await private_picture(request, kit, holder(me), f"{design}/{file}", A_MINUTE, now, keep=False)


@get("/brand/kits/{revision:int}/{file:str}")
async def earlier_picture(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    revision: FromPath[int],
    file: FromPath[str],
) -> Response[bytes]:
    """What the pictures of an earlier kit looked like, in what is on offer today."""
    kept = await kept_kit(me.affiliate_id, revision)
    if kept is None:
        raise NotFound
    return await private_picture(request, kept.kit, holder(me), f"{EVERGREEN}/{file}", AN_HOUR, now)


@get("/creatives/preview/{design:str}/{file:str}")
async def own_preview(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    design: FromPath[str],
    file: FromPath[str],
    lang: FromQuery[str] = "",
    promotion: FromQuery[str] = "",
    download: FromQuery[str] = "",
) -> Response[bytes]:
    """What the public may not see yet: the newest kit, and a promotion that is announced."""
    kit, path = await kit_of(me.affiliate_id, me.name), f"{design}/{file}"
    said = Said(lang, promotion)
    picture = await private_picture(request, kit, holder(me), path, FIVE_MINUTES, now, said=said)
    if download:
        picture.headers["Content-Disposition"] = f'attachment; filename="{me.slug}-{design}-{file}"'
    return picture


KIT_PICTURES = (logo, photo, preview_picture, earlier_picture, own_preview)
