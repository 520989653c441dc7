"""What the pages of this room say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from urllib.parse import urlencode

from assets_gen import Design, Size
from assets_gen import design as designs
from assets_gen.languages import language
from assets_gen.papers import KINDS, PAPERS
from portal.creatives.disclosures import Channel, Country, Disclosure, channels, countries
from portal.creatives.downloads import Format, Weights, formats_of
from portal.creatives.filters import Chip, Facets, Filter, facets, found
from portal.creatives.kit_reviews import KitStanding
from portal.creatives.kits import Holder, Kit
from portal.creatives.marks import Mark, Marks
from portal.creatives.promotions import LookedAt, looked_at, said_by
from portal.creatives.rules import EVERGREEN
from portal.creatives.seen import SeenOn
from portal.creatives.wording_rules import NO_WORDING, Wording
from portal.programs.rules import ProgramTerms, Promotion


@dataclass(frozen=True)
class Shown:
    """A picture on a page: where it is, its size in CSS pixels, and what to read in its place."""

    src: str
    width: int
    height: int
    alt: str
    language: str


@dataclass(frozen=True)
class Card:
    """One creative of the gallery."""

    title: str
    note: str
    href: str
    copies: str
    downloads: tuple[tuple[str, str], ...]  # what, href
    picture: Shown
    mark: Mark | None = None  # of its design
    is_used: bool = False


@dataclass(frozen=True)
class CreativesPage:
    """creatives/index.html"""

    kit: Kit
    facets: Facets
    languages: tuple[Chip, ...]  # empty where pictures speak only one
    cards: tuple[Card, ...]
    promotions: tuple[Chip, ...]  # empty while none runs and none is announced
    promotion: LookedAt | None
    lang: str  # as an address says it
    words_are_new: bool
    standing: KitStanding | None = None  # of the newest kit, where managers look first


@dataclass(frozen=True)
class Gallery:
    """What stands in it for an affiliate today, and what of it was asked for."""

    chosen: Filter
    designs: Sequence[Design]
    marks: Marks
    offers: Sequence[Promotion]  # that can be looked at
    today: date


@dataclass(frozen=True)
class SizeChoice:
    label: str
    href: str
    width: int  # of the small outline, at most 48 by 28
    height: int
    current: bool


@dataclass(frozen=True)
class Beside:
    """What a creative's page says beside the picture."""

    weights: Weights
    told: Disclosure
    seen: tuple[SeenOn, ...]
    mark: Mark | None
    standing: KitStanding | None  # of the newest kit, where managers look first
    promotion: LookedAt | None


@dataclass(frozen=True)
class CreativePage:
    """creatives/creative.html"""

    kit: Kit
    design: str
    title: str
    about: str
    size: str
    picture: Shown
    sizes: tuple[SizeChoice, ...]
    languages: tuple[Chip, ...]
    formats: tuple[Format, ...]
    usual_format: str
    papers: tuple[tuple[str, str], ...]  # note, href
    html: str
    markdown: str
    address: str
    link: str
    code: str
    saving: str  # what the code takes off; empty where nothing
    disclosure: str  # the program's own; empty where the picture speaks another language
    most_weight: int  # bytes that ad networks take in this size; 0 where none sets a limit
    channels: tuple[Channel, ...]
    countries: tuple[Country, ...]
    here: str  # without its query
    lang: str  # as an address says it
    beside: Beside


def alt_text(program: str, me: Holder, design: Design) -> str:
    """In the picture's language."""
    spoken, said = language(me.language), said_by(me)
    saving = spoken.saving.format(figure=said.figure, discount=said.discount) if said.figure else ""
    headline = design.words(me.language)["headline"]
    if said.headline and design.compositions:
        headline = said.headline
    return spoken.alt_text(program, headline, saving, said.code)


def tracked_link(base: str, me: Holder, design: str, shape: str) -> str:
    """The link as it stands behind this picture, so that clicks tell where they came from."""
    return f"{base}/r/{me.slug}?p={design}-{shape.partition('@')[0]}"


def built_in(wording: Wording = NO_WORDING) -> tuple[Design, ...]:
    """With what the program says in them; the evergreen design first."""
    others = [name for name in designs.names() if name != EVERGREEN]
    return tuple(map(wording.design, (EVERGREEN, *others)))


def creatives_page(
    kit: Kit, me: Holder, terms: ProgramTerms, base: str, versions: dict[str, str], gallery: Gallery
) -> CreativesPage:
    """`versions` by design and file: a few digits of what is in the file, so browsers see every change."""
    chosen, marks = gallery.chosen, gallery.marks
    cards = tuple(
        replace(
            _paper_card(design, shape, me, terms.name, base, versions)
            if shape in design.previews
            else _banner_card(design, Size.parse(shape), me, terms.name, base, versions),
            mark=marks.of(design.name, shape),
            is_used=(design.name, shape) in marks.used,
        )
        for design, shape in found(chosen, gallery.designs)
    )
    return CreativesPage(
        kit=kit,
        facets=facets(chosen, gallery.designs, me.asked),
        languages=_languages(me, terms, lambda them: chosen.address(them.asked)),
        cards=cards,
        promotions=_promotions(gallery, me.asked),
        promotion=looked_at(me, gallery.today),
        lang=me.asked,
        words_are_new=marks.words_are_new,
    )


def _promotions(gallery: Gallery, lang: str) -> tuple[Chip, ...]:
    if not gallery.offers:
        return ()
    chosen, today = gallery.chosen, gallery.today
    offers = ((offer.key, f"{offer.name}, {_when(offer, today)}") for offer in gallery.offers)
    return tuple(
        (replace(chosen, promotion=key).address(lang), label, None, key == chosen.promotion)
        for key, label in (("", "As today"), *offers)
    )


def _when(offer: Promotion, today: date) -> str:
    if offer.starts_on > today:
        return f"from {offer.starts_on.day} {offer.starts_on:%B}"
    return f"until {offer.ends_on.day} {offer.ends_on:%B}"


def _languages(me: Holder, terms: ProgramTerms, page: Callable[[Holder], str]) -> tuple[Chip, ...]:
    """`page` is where the same stands in the language of a holder."""
    if len(terms.languages) == 1:
        return ()
    return tuple(
        (page(me.speaking(code, terms)), language(code).name, None, code == me.language)
        for code in terms.languages
    )


def address_of(me: Holder, design: str, file: str, **said: str) -> str:
    """Where the public finds it."""
    query = urlencode({"lang": me.asked, **said} if me.asked else said)
    return f"/c/{me.slug}/{design}/{file}?{query}" if query else f"/c/{me.slug}/{design}/{file}"


def own_address_of(me: Holder, design: str, file: str, **said: str) -> str:
    """Where only the affiliate finds it: what is not public yet."""
    query = urlencode({"lang": me.asked, "promotion": me.chosen_promotion, **said})
    return f"/creatives/preview/{design}/{file}?{query}"


def shown(design: Design, file: str, size: Size, me: Holder, program: str, versions: dict[str, str]) -> Shown:
    address = own_address_of if me.unpublished or me.is_ahead else address_of
    src = address(me, design.name, file, v=versions[f"{design.name}/{file}"])
    return Shown(src, size.width, size.height, alt_text(program, me, design), me.language)


def _banner_card(
    design: Design, size: Size, me: Holder, program: str, base: str, versions: dict[str, str]
) -> Card:
    name = f"{size.width} × {size.height}"
    return Card(
        title=f"{design.title} {name}",
        note=_USES.get(str(size), "Banner"),
        href=_page(design.name, size, me),
        copies=base + address_of(me, design.name, f"{size}.{design.form}"),
        downloads=tuple(
            (name, downloaded(me, design.name, f"{size}.{form}"))
            for name, form in (("PNG", "png"), ("JPEG", "jpg"))
        ),
        picture=shown(design, f"{size}.webp", size, me, program, versions),
    )


def downloaded(me: Holder, design: str, file: str) -> str:
    """What is not offered yet can be downloaded before it is: all can be ready on its first day."""
    address = own_address_of if me.is_ahead else address_of
    return address(me, design, file, download="1")


_USES = {
    "1200x630": "Links on social networks, posts",
    "300x250": "Inside a text or a side column",
    "728x90": "Above or below a text",
    "1080x1080": "Square posts",
    "1080x1350": "Upright posts",
    "1080x1920": "Stories and short videos",
    "1280x720": "Thumbnails of videos",
    "1500x500": "The head of a profile",
    "1000x1500": "Pins",
    "336x280": "Inside a text",
    "970x250": "Across the head of a page",
    "160x600": "A narrow side column",
    "300x600": "A side column",
    "320x50": "The foot of a phone’s screen",
    "320x100": "Phones, above or below a text",
    "600x200": "The head of an e-mail",
    "600x300": "Inside an e-mail",
}


def _paper_card(
    design: Design, paper: str, me: Holder, program: str, base: str, versions: dict[str, str]
) -> Card:
    me = replace(me, promotion=None)  # paper outlives a promotion
    address = address_of(me, design.name, f"{paper}.pdf")
    return Card(
        title=f"{design.title} {KINDS[PAPERS[paper].kind]}",
        note=f"PDF, {PAPERS[paper].format}, text can be selected",
        href=address,
        copies=base + address,
        downloads=tuple(
            (PAPERS[other].format, address_of(me, design.name, f"{other}.pdf", download="1"))
            for other in design.sheets[PAPERS[paper].kind]
        ),
        picture=shown(design, f"{paper}.webp", design.previews[paper], me, program, versions),
    )


def creative_page(
    kit: Kit,
    me: Holder,
    terms: ProgramTerms,
    base: str,
    design: Design,
    size: Size,
    version: str,
    beside: Beside,
) -> CreativePage:
    file = f"{size}.webp"
    picture = shown(design, file, size, me, terms.name, {f"{design.name}/{file}": version})
    image, sharp = (
        base + address_of(me, design.name, f"{size}{density}.{design.form}") for density in ("", "@2x")
    )
    link = f"{base}/r/{me.slug}"
    here = tracked_link(base, me, design.name, str(size))
    spoken, said = f' lang="{me.language}"' if me.asked else "", said_by(me)
    # What is pasted stays, whatever the picture shows later.
    alt = alt_text(terms.name, replace(me, promotion=None), design)
    return CreativePage(
        kit=kit,
        design=design.name,
        title=design.title,
        about=design.about,
        size=f"{size.width} × {size.height}",
        picture=picture,
        sizes=tuple(_choice(design, other, me, other == size) for other in design.sizes),
        languages=_languages(me, terms, lambda them: _page(design.name, size, them)),
        usual_format="PNG" if design.form == "png" else "JPEG",
        formats=formats_of(size, beside.weights, lambda one: downloaded(me, design.name, one)),
        papers=tuple(
            (
                f"{KINDS[PAPERS[paper].kind]}, {PAPERS[paper].format}",
                address_of(me, design.name, f"{paper}.pdf", download="1"),
            )
            for paper in design.previews
        ),
        html=(
            f'<a href="{escape(here)}" rel="sponsored">\n'
            f'  <img{spoken} src="{escape(image)}"\n'
            f'    srcset="{escape(image)} 1x, {escape(sharp)} 2x"\n'
            # Else browsers tell only the host, and the affiliate would not learn on which page it stands.
            f'    referrerpolicy="no-referrer-when-downgrade"\n'
            f'    width="{size.width}" height="{size.height}"\n'
            f'    alt="{escape(alt)}">\n</a>'
        ),
        markdown=f"[![{alt}]({image})]({here})",
        address=image,
        link=link,
        code=said.code,
        saving=said.figure,
        disclosure="" if me.asked else terms.words.disclosure,
        most_weight=size.weight_limit or 0,
        channels=tuple(channels().values()),
        countries=tuple(countries().values()),
        here=f"/creatives/{design.name}/{size}",
        lang=me.asked,
        beside=beside,
    )


def _page(design: str, size: Size, me: Holder) -> str:
    said = {"lang": me.asked, "promotion": me.chosen_promotion}
    query = urlencode({key: value for key, value in said.items() if value})
    return f"/creatives/{design}/{size}" + (f"?{query}" if query else "")


def _choice(design: Design, size: Size, me: Holder, current: bool) -> SizeChoice:
    share = min(48 / size.width, 28 / size.height)
    return SizeChoice(
        label=f"{size.width} × {size.height}",
        href=_page(design.name, size, me),
        width=round(size.width * share),
        height=round(size.height * share),
        current=current,
    )
