"""The room Brand kit: the form, its preview, and the logo."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery

from assets_gen import Design
from portal.creatives import queries
from portal.creatives.actions import KeptLogo, Refusal
from portal.creatives.asking import MEDIA_TYPES, pictures_of, studio_of
from portal.creatives.forms import KitDraft, parse_kit
from portal.creatives.kit_actions import Files, can_be_drawn, save_kit, undo, use_again
from portal.creatives.kit_queries import EARLIER, brand_page
from portal.creatives.kit_reviews import own_holder, standing_of
from portal.creatives.kits import Kit, holder, kept_kit, kept_kits, kit_of
from portal.creatives.queries import EVERGREEN
from portal.creatives.rules import wanted
from portal.enrollments.queries import Me
from portal.errors import NotFound, TooLarge
from portal.programs.queries import terms_at
from portal.web import Asking, Page, form_of, go, read_form, settings_of, show, texts_of, who

FILES = ("logo", "dark_logo")
UPLOAD_BODY = 5_500_000 * len(FILES)
REMOVED = {
    "logo": "Your logo is removed. Your name stands in its place.",
    "dark_logo": "Your logo for dark backgrounds is removed. Pictures light up the other one there.",
}


@get("/brand")
async def brand(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    kit = await kit_of(me.affiliate_id, me.name)
    return await _brand_page(request, me, kit, kit.draft, now)


@post("/brand", request_max_body_size=UPLOAD_BODY)
async def save_brand(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]
) -> Response[Any]:
    """Texts, colours and logos in one form. What was typed comes back with what is wrong with it."""
    kit = await kit_of(me.affiliate_id, me.name)
    try:
        fields, uploads = await _kit_form(request)
    except TooLarge as error:
        draft = kit.draft.with_error("logo", error.sentence)
        return await _brand_page(request, me, kit, draft, now, status=413)
    draft, files = await _taken(request, me, kit, parse_kit(fields), uploads)
    if draft.errors:
        return await _brand_page(request, me, kit, draft, now, status=422)
    removed = fields.get("remove", "")
    await save_kit(me.affiliate_id, me.name, draft, replace(files, removed=removed), who(request).person, now)
    return go(request, "/brand", flash=REMOVED.get(removed) or await _saved(me, now))


async def _saved(me: Me, now: datetime) -> str:
    standing = await standing_of(me.affiliate_id, me.program_id, now)
    if standing is None or standing.is_public:
        return "Your brand kit is saved. Every picture follows it from now on."
    return "Your brand kit is saved. The public sees it once it is approved."


async def _taken(
    request: Asking, me: Me, kit: Kit, draft: KitDraft, uploads: dict[str, bytes]
) -> tuple[KitDraft, Files]:
    """What is left of the uploads, and a sentence in the draft for each that cannot be taken."""
    kept: dict[str, KeptLogo] = {}
    for name, upload in uploads.items():
        answer = await studio_of(request).keep_logo(me.affiliate_id, upload)
        if isinstance(answer, Refusal):
            draft = draft.with_error(name, answer.sentence)
        else:
            kept[name] = answer
    if "dark_logo" in uploads and not (kit.logo_key or "logo" in uploads):
        draft = draft.with_error("dark_logo", "This one stands beside your usual logo. Send that one too.")
    return draft, Files(kept.get("logo"), kept.get("dark_logo"))


@post("/brand/undo")
async def undo_brand(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]
) -> Response[Any]:
    said = (await form_of(request)).get("revision", "")
    await undo(me.affiliate_id, me.name, said, who(request).person, now)
    return go(request, "/brand", flash="Undone. Your brand kit is what it was before.")


@post("/brand/kits/{revision:int}/again")
async def brand_again(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime], revision: FromPath[int]
) -> Response[Any]:
    await use_again(me.affiliate_id, me.name, revision, who(request).person, now)
    return go(request, "/brand", flash="This kit is yours again. Every picture follows it from now on.")


@get("/brand/kits/{revision:int}/{file:str}")
async def earlier_picture(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    revision: FromPath[int],
    file: FromPath[str],
) -> Response[bytes]:
    """What the pictures of an earlier kit looked like, in what is on offer today."""
    kept, asked = await kept_kit(me.affiliate_id, revision), wanted(file)
    if kept is None or asked is None:
        raise NotFound
    terms = await terms_at(me.program_id, now)
    studio, base = studio_of(request), settings_of(request).base_url
    picture = await studio.picture_of(kept.kit, holder(me).speaking("", terms), terms, base, asked)
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(await studio.rendered(picture), media_type=MEDIA_TYPES[asked.form], headers=headers)


@get("/creatives/preview/{design:str}/{file:str}")
async def own_preview(
    request: Asking,
    me: NamedDependency[Me],
    now: NamedDependency[datetime],
    design: FromPath[str],
    file: FromPath[str],
    lang: FromQuery[str] = "",
) -> Response[bytes]:
    """A picture with the newest kit, which the public may not see yet."""
    kit, asked = await kit_of(me.affiliate_id, me.name), wanted(file)
    if asked is None or asked.form == "pdf":
        raise NotFound
    terms = await terms_at(me.program_id, now)
    studio, base = studio_of(request), settings_of(request).base_url
    picture = await studio.picture_of(kit, holder(me).speaking(lang, terms), terms, base, asked, design)
    headers = {"Cache-Control": "private, max-age=300"}
    return Response(await studio.rendered(picture), media_type=MEDIA_TYPES[asked.form], headers=headers)


@get("/brand/logo")
async def logo(request: Asking, me: NamedDependency[Me], on: FromQuery[str] = "") -> Response[bytes]:
    """As it was sent, or as pictures show it on a dark ground."""
    kit = await kit_of(me.affiliate_id, me.name)
    if on == "dark":
        shown = await studio_of(request).logo_on_dark(kit)
        return Response(shown, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
    found = await studio_of(request).logo(kit.logo_key) if kit.logo_key else None
    if kit.logo_key is None or found is None:
        raise NotFound
    kind = MEDIA_TYPES[kit.logo_key.rpartition(".")[2]]
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
    holding = holder(me).speaking("", terms)
    picture = await studio.picture_of(kit.typed(draft), holding, terms, base, asked)
    drawn = await studio.drawn(picture)
    return Response(
        drawn, media_type=MEDIA_TYPES[asked.form], headers={"Cache-Control": "private, max-age=60"}
    )


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
    standing = await standing_of(me.affiliate_id, me.program_id, now)
    holding = own_holder(me, standing).speaking("", terms)
    seen = kit.typed(draft) if typed and can_be_drawn(draft) else kit
    files = [(EVERGREEN, f"{size}.webp") for size in Design.load(EVERGREEN).sizes[: queries.LEADING]]
    pictures = await pictures_of(request, seen, holding, terms, files)
    versions = {file: picture.version[:12] for file, picture in pictures.items()}
    kept = () if typed else await kept_kits(me.affiliate_id, EARLIER + 2)
    page = brand_page(kit, seen, draft, holding, terms, versions, kept, standing)
    return show(request, "creatives/brand.html", page=page, fragment="preview", status=status)


async def _kit_form(request: Asking) -> tuple[dict[str, str], dict[str, bytes]]:
    """The text fields, and the chosen files, which may be empty. Raises TooLarge."""
    try:
        form = await read_form(request)
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge("This file is larger than 5 MB. Choose a smaller one.") from error
        raise
    chosen = {name: form.get(name) for name in FILES}
    uploads = {
        name: await file.read()
        for name, file in chosen.items()
        if isinstance(file, UploadFile) and file.filename
    }
    return dict(texts_of(form)), uploads


KIT_PAGES = (
    *(brand, save_brand, undo_brand, brand_again),
    *(logo, preview, preview_picture, earlier_picture, own_preview),
)
