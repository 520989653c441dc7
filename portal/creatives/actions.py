"""Pictures made from brand kits: drawn once, stored under what is in them."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from uuid import UUID

from assets_gen import Brand, Design, Offer, Size
from assets_gen.fingerprint import fingerprint
from assets_gen.papers import PAPERS
from portal.creatives.jobs import CleanUpload, Declined, Done, DrawBanner, DrawSheet, Job, LogoOn
from portal.creatives.kits import Holder, Kit
from portal.creatives.price_list import price_list
from portal.creatives.promotions import said_by
from portal.creatives.renderers import Renderers, TookTooLong
from portal.creatives.room import PICTURES_FOLDER
from portal.creatives.rules import Wanted
from portal.errors import Busy, NotFound
from portal.programs.rules import ProgramTerms
from portal.storage import Storage

LOGOS_IN_MEMORY = 64
PICTURES = ("png", "jpg", "webp")
DARK = (23, 19, 28)  # the plate on the page of the brand kit


@dataclass(frozen=True)
class KeptLogo:
    key: str
    colours: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """Why an upload was not taken, for the form."""

    sentence: str


@dataclass(frozen=True)
class Picture:
    """A file and everything that is in it. `version` names the content: equal exactly for equal pictures."""

    design: Design
    wanted: Wanted
    affiliate: Brand
    program: Brand
    offer: Offer

    @property
    def version(self) -> str:
        return fingerprint(
            self.design, self.wanted.shape, self.wanted.form, self.affiliate, self.program, self.offer
        )

    async def job(self, storage: Storage) -> Job:
        """What a render process is asked for; a finished picture of a manager lies in the storage."""
        who = self.affiliate, self.program, self.offer
        kind = DrawSheet if self.wanted.shape in self.design.papers else DrawBanner
        own = dict(self.design.own)
        return kind(self.design.name, self.wanted.shape, self.wanted.form, *who, own)


class Studio:
    """What drawing takes: the store of files, the render processes, and the logos used last."""

    def __init__(self, storage: Storage, renderers: Renderers) -> None:
        self._storage = self.storage = storage
        self._renderers = self.renderers = renderers
        self._logos: OrderedDict[str, bytes] = OrderedDict()

    async def keep_upload(
        self, affiliate_id: UUID, upload: bytes, *, is_photo: bool = False
    ) -> KeptLogo | Refusal:
        """Cleans an upload in a render process and stores what is left; the upload itself is forgotten."""
        try:
            answer = await self._renderers.answer_to(CleanUpload(upload, is_photo))
        except TookTooLong:
            return Refusal(
                "This picture could not be opened. Export it again as a PNG and send the new file."
            )
        if isinstance(answer, Declined):
            return Refusal(answer.sentence)
        folder = "photos" if is_photo else "logos"
        key = upload_key(folder, affiliate_id, answer.data, answer.media_type)
        await self._storage.put(key, answer.data)
        return KeptLogo(key, answer.colours)

    async def logo(self, key: str) -> bytes | None:
        if key in self._logos:
            self._logos.move_to_end(key)
            return self._logos[key]
        found = await self._storage.get(key)
        if found is not None:
            self._logos[key] = found
            while len(self._logos) > LOGOS_IN_MEMORY:
                self._logos.popitem(last=False)
        return found

    async def rendered(self, picture: Picture) -> bytes:
        """The file's bytes: from the store, or drawn now and stored. Raises Busy and NotFound."""
        version = picture.version
        key = _kept_at(version, picture.wanted.form)
        kept = await self._storage.use(key)
        if kept is not None:
            return kept

        async def draw() -> bytes:
            drawn = await self.drawn(picture)
            await self._storage.put(key, drawn)
            return drawn

        return await self._renderers.once(version, draw)

    async def weight(self, picture: Picture) -> int | None:
        """In bytes; None until it was drawn once."""
        return await self._storage.size(_kept_at(picture.version, picture.wanted.form))

    async def drawn_once(self, picture: Picture) -> bytes:
        """Not stored either; whoever asks for the same one meanwhile gets the same drawing."""
        return await self._renderers.once(picture.version, lambda: self.drawn(picture))

    async def drawn(self, picture: Picture) -> bytes:
        """Drawn now and not stored, as for previews of what is being typed."""
        try:
            answer = await self._renderers.answer_to(await picture.job(self._storage))
        except TookTooLong as error:
            raise Busy(
                "This picture took too long to draw. Try again in a moment.", retry_after=10
            ) from error
        if isinstance(answer, Done):
            return answer.data
        raise NotFound(answer.sentence)

    async def quiet(self) -> None:
        """Lets those go first whom a page keeps waiting."""
        await self._renderers.quiet()

    async def brand_of(self, kit: Kit) -> Brand:
        keys = kit.logo_key, kit.dark_logo_key, kit.photo_key
        logo, dark, photo = [await self.logo(key) if key else None for key in keys]
        across, down = kit.focus
        return Brand(
            kit.name,
            logo,
            kit.shown_colours,
            kit.web_address,
            kit.tagline,
            photo=photo,
            focus=(across / 100, down / 100),
            dark_logo=dark,
        )

    async def logo_on_dark(self, kit: Kit) -> bytes:
        """As pictures show it on a dark ground, a PNG. Raises Busy, and NotFound for a kit without a logo."""
        answer = await self._renderers.answer_to(LogoOn(await self.brand_of(kit), DARK))
        if isinstance(answer, Done):
            return answer.data
        raise NotFound(answer.sentence)

    async def picture_of(
        self, kit: Kit, who: Holder, terms: ProgramTerms, base: str, wanted: Wanted, design: Design
    ) -> Picture:
        """Raises NotFound, with what there is, for a size or format that the design does not have."""
        check_offered(design, wanted)
        return Picture(
            design,
            wanted,
            await self.brand_of(kit if shows_photo(design) else kit.without_photo),
            program_brand(terms),
            self._offer(wanted, who, terms, base),
        )

    def _offer(self, wanted: Wanted, who: Holder, terms: ProgramTerms, base: str) -> Offer:
        """A price that changes concerns no picture but the list of prices. Paper outlives a promotion."""
        paper = PAPERS.get(wanted.shape)
        offer = offer_of(replace(who, promotion=None) if paper else who, base)
        lists_prices = paper is not None and paper.kind == "comparison"
        return replace(offer, plans=price_list(terms, who)) if lists_prices else offer


def upload_key(folder: str, affiliate_id: UUID, data: bytes, media_type: str) -> str:
    """Where storage keeps a cleaned logo or photo: the same content has the same place."""
    ending = "png" if media_type == "image/png" else "jpg"
    return f"{folder}/{affiliate_id}/{hashlib.sha256(data).hexdigest()}.{ending}"


def shows_photo(design: Design) -> bool:
    """All others are drawn without it, so that a new photo leaves their pictures as they are."""
    return any(
        element.kind == "portrait" for shape in design.compositions.values() for element in shape.elements
    )


def _kept_at(version: str, form: str) -> str:
    return f"{PICTURES_FOLDER}/{version[:2]}/{version}.{form}"


def check_offered(design: Design, wanted: Wanted) -> None:
    papers = [f"{paper}.pdf" for paper in design.papers]
    known = wanted.file in papers or (wanted.shape in design.previews and wanted.form in PICTURES)
    if not known and not (wanted.form in PICTURES and _banner_size(design, wanted.shape)):
        raise NotFound(_what_there_is(design))


def size_of_page(design: Design, shape: str) -> Size:
    """Of the banner that a page shows, where density is not asked for. Raises NotFound."""
    size = _banner_size(design, shape)
    if size is None or size.density != 1:
        raise NotFound(_what_there_is(design))
    return size


def _banner_size(design: Design, shape: str) -> Size | None:
    try:
        size = Size.parse(shape)
    except ValueError:
        return None
    return size if replace(size, density=1) in design.sizes else None


def _what_there_is(design: Design) -> str:
    sizes, also = ", ".join(map(str, design.sizes)), ", ".join(f"{paper}.pdf" for paper in design.papers)
    return f"There are {sizes}, each also @2x, as png, jpg or webp{f', and {also}' if also else ''}."


def program_brand(terms: ProgramTerms) -> Brand:
    """The program as its pictures show it: its mark if it has a drawn one, its name, its accent."""
    return Brand(terms.name, colours=(terms.brand.accent,), mark=terms.brand.drawing or None)


def offer_of(who: Holder, base: str) -> Offer:
    said = said_by(who)
    return Offer(
        link=f"{base}/r/{who.slug}",
        code=said.code,
        headline=said.headline,
        figure=said.figure,
        discount=said.discount,
        language=who.language,
    )
