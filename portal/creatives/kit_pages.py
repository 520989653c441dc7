"""The room Brand kit: the form, its preview beside it, and what was saved before."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from portal.creatives.actions import KeptLogo, Refusal
from portal.creatives.asking import pictures_of, studio_of
from portal.creatives.designs_living import library_of
from portal.creatives.forms import KitDraft, parse_kit
from portal.creatives.kit_actions import Files, can_be_drawn, save_kit, undo, use_again
from portal.creatives.kit_queries import EARLIER, PREVIEWS, brand_page
from portal.creatives.kit_reviews import own_holder, standing_of
from portal.creatives.kits import Kit, kept_kits, kit_of
from portal.creatives.promotions import carrying
from portal.enrollments.queries import Me
from portal.errors import TooLarge
from portal.programs.queries import terms_at
from portal.web import Asking, Page, form_of, go, read_form, show, texts_of, who

FILES = ("logo", "dark_logo", "photo")
UPLOAD_BODY = 5_500_000 * len(FILES)
REMOVED = {
    "logo": "Your logo is removed, and your name stands in its place.",
    "dark_logo": "Your logo for dark backgrounds is removed. The other one is lit up there.",
    "photo": "Your photo is removed, and a quotation mark stands in its place.",
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
    return await _back(request, me, REMOVED.get(removed, "Your brand kit is saved."), now)


async def _back(request: Asking, me: Me, done: str, now: datetime) -> Response[Any]:
    standing = await standing_of(me.affiliate_id, me.program_id, now)
    shown = standing is None or standing.is_public
    follows = "Every picture follows it from now on." if shown else "The public sees it once it is approved."
    return go(request, "/brand", flash=f"{done} {follows}")


async def _taken(
    request: Asking, me: Me, kit: Kit, draft: KitDraft, uploads: dict[str, bytes]
) -> tuple[KitDraft, Files]:
    """What is left of the uploads, and a sentence in the draft for each that cannot be taken."""
    kept: dict[str, KeptLogo] = {}
    for name, upload in uploads.items():
        answer = await studio_of(request).keep_upload(me.affiliate_id, upload, is_photo=name == "photo")
        if isinstance(answer, Refusal):
            draft = draft.with_error(name, answer.sentence)
        else:
            kept[name] = answer
    if "dark_logo" in uploads and not (kit.logo_key or "logo" in uploads):
        draft = draft.with_error("dark_logo", "This one stands beside your usual logo. Send that one too.")
    return draft, Files(kept.get("logo"), kept.get("dark_logo"), kept.get("photo"))


@post("/brand/undo")
async def undo_brand(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]
) -> Response[Any]:
    said = (await form_of(request)).get("revision", "")
    await undo(me.affiliate_id, me.name, said, who(request).person, now)
    return await _back(request, me, "Undone. Your brand kit is what it was before.", now)


@post("/brand/kits/{revision:int}/again")
async def brand_again(
    request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime], revision: FromPath[int]
) -> Response[Any]:
    await use_again(me.affiliate_id, me.name, revision, who(request).person, now)
    return await _back(request, me, "This kit is yours again.", now)


@get("/brand/preview")
async def preview(request: Asking, me: NamedDependency[Me], now: NamedDependency[datetime]) -> Page:
    """The preview beside the form, from what is typed and not saved yet."""
    kit = await kit_of(me.affiliate_id, me.name)
    return await _brand_page(request, me, kit, parse_kit(request.query_params), now, typed=True)


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
    holding = carrying(own_holder(me, standing).speaking("", terms), terms, now)
    seen = kit.typed(draft) if typed and can_be_drawn(draft) else kit
    library = await library_of(holding, terms, now)
    pictures = await pictures_of(request, seen, holding, terms, PREVIEWS, library)
    kept = () if typed else await kept_kits(me.affiliate_id, EARLIER + 2)
    page = brand_page(kit, seen, draft, holding, terms, pictures, kept, standing)
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


KIT_PAGES = (brand, save_brand, undo_brand, brand_again, preview)
