"""What the page of the brand kit says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from urllib.parse import urlencode

from assets_gen import Brand, Design, Size, fonts
from assets_gen.colour import Colour, contrast
from assets_gen.palette import palette_of
from portal.creatives.actions import Picture
from portal.creatives.forms import KitDraft, colour_of
from portal.creatives.kit_reviews import KitStanding
from portal.creatives.kits import Holder, KeptKit, Kit
from portal.creatives.queries import Shown, shown
from portal.creatives.rules import EVERGREEN
from portal.programs.rules import ProgramTerms

EARLIER = 20
SMALL = "300x250"
# What a kit is judged by: deep and bright grounds, both logos, the photo. The small ones stand side by side.
PREVIEWS = (("spotlight", "1200x630.webp"), ("split", "300x250@2x.webp"), ("voice", "300x250@2x.webp"))
WHITE = (255, 255, 255)
WORDS, LARGE_WORDS = 4.5, 3.0


@dataclass(frozen=True)
class Check:
    """What was measured on the preview, as parts.checks shows it."""

    name: str
    words: str
    passed: bool = True


@dataclass(frozen=True)
class EarlierKit:
    """One that can be used again."""

    revision: int
    name: str
    picture: str
    saved_at: datetime
    saved_by: str  # empty where it is not known
    said: str  # what was new in it
    is_public: bool  # while a newer one waits


@dataclass(frozen=True)
class BrandPage:
    """creatives/brand.html"""

    draft: KitDraft
    revision: int
    logo_src: str  # empty without a logo
    dark_logo_src: str  # the one for dark grounds, or what pictures make of the other
    has_dark_logo: bool
    photo_src: str  # empty without one
    focus: tuple[int, int]
    found: tuple[str, ...]
    reads: Mapping[str, str]  # how words in it read, by colour: of those found and those that are typed
    used: tuple[str, ...]  # the colours that the pictures are made from
    previews: tuple[Shown, ...]
    checks: tuple[Check, ...]
    standing: KitStanding | None  # None where no manager looks first
    answer_days: int  # working days
    saved: KeptKit | None = None  # the newest, for the whole page
    earlier: tuple[EarlierKit, ...] = ()


def brand_page(
    kit: Kit,
    seen: Kit,
    draft: KitDraft,
    me: Holder,
    terms: ProgramTerms,
    drawn: Mapping[str, Picture],
    kept: Sequence[KeptKit] = (),
    standing: KitStanding | None = None,
) -> BrandPage:
    """`seen` is what the preview shows: `kit` itself or, while somebody types, what it would become.
    `drawn` are its pictures by `design/file`.

    `kept` are the saved ones, the newest first: those of `EARLIER`, and two more to compare with.
    """
    versions = {file: picture.version[:12] for file, picture in drawn.items()}
    pictures = tuple(
        shown(
            drawn[f"{design}/{file}"].design,
            file,
            Size.parse(file.partition(".")[0]),
            me,
            terms.name,
            versions,
        )
        for design, file in PREVIEWS
    )
    if seen != kit:
        keys = ("name", "tagline", "main", "second", "focus_x", "focus_y")
        typed = {key: getattr(seen.draft, key) for key in keys}
        pictures = tuple(
            # A JPEG, which takes an eighth of the time and is looked at for a moment only.
            replace(picture, src=f"/brand/preview/{design}/{file.replace('webp', 'jpg')}?{urlencode(typed)}")
            for picture, (design, file) in zip(pictures, PREVIEWS, strict=True)
        )
    return BrandPage(
        draft=draft,
        revision=kit.revision,
        logo_src=f"/brand/logo?v={kit.logo_key[-20:-4]}" if kit.logo_key else "",
        dark_logo_src=f"/brand/logo?on=dark&v={(kit.dark_logo_key or kit.logo_key)[-20:-4]}"
        if kit.logo_key
        else "",
        has_dark_logo=kit.dark_logo_key is not None,
        photo_src=f"/brand/photo?v={kit.photo_key[-20:-4]}" if kit.photo_key else "",
        focus=seen.focus,
        found=kit.colours.found,
        reads={
            colour: reading(colour)
            for colour in (*kit.colours.found, *draft.colours)
            if colour_of(colour) is not None
        },
        used=seen.shown_colours,
        previews=pictures,
        checks=checks_of(Design.load(EVERGREEN), seen, terms),
        standing=standing,
        answer_days=terms.answer_days,
        saved=kept[0] if kept else None,
        earlier=tuple(
            EarlierKit(
                revision=one.kit.revision,
                name=one.kit.name,
                picture=f"/brand/kits/{one.kit.revision}/{SMALL}.webp",
                saved_at=one.saved_at,
                saved_by=one.saved_by,
                said=_new_in(one, older),
                is_public=standing is not None
                and standing.public is not None
                and standing.public.id == one.id,
            )
            for one, older in zip_longest(kept[1:], kept[2:])
        )[:EARLIER],
    )


def _new_in(kept: KeptKit, older: KeptKit | None) -> str:
    if kept.first_saved is not None:
        return "Used again"
    if older is None:
        return "Your first kit"
    one, other = kept.kit, older.kit
    files = (
        ("logo", one.logo_key, other.logo_key),
        ("logo for dark backgrounds", one.dark_logo_key, other.dark_logo_key),
        ("photo", one.photo_key, other.photo_key),
    )
    parts = (
        ("name", one.name != other.name),
        *((part, bool(now) and now != before) for part, now, before in files),
        ("colours", one.colours.chosen != other.colours.chosen),
        ("place for the face", one.photo_key == other.photo_key and one.focus != other.focus),
        ("web address", one.web_address != other.web_address),
        ("tagline", one.tagline != other.tagline),
    )
    changed = [part for part, differs in parts if differs]
    told = " and ".join(part for part in (", ".join(changed[:-1]), *changed[-1:]) if part)
    removed = [f"{part} removed" for part, now, before in files if before and not now]
    said = [f"new {told}", *removed] if told else removed
    return " · ".join(said).capitalize() or "Saved again"


def reading(colour: str) -> str:
    """Whether words in that colour read on white, with the figure (WCAG: 4.5, from 24 px bold 3)."""
    ratio = contrast(Colour.parse(colour).rgb, WHITE)
    # Cut, not rounded: 4.46 is not 4.5.
    told = f"{int(ratio * 10) / 10:.1f} : 1"
    if ratio >= WORDS:
        return f"reads well on white: {told}"
    if ratio >= LARGE_WORDS:
        return f"large words read on white: {told}. We set small ones in ink"
    return f"too pale for text: {told} on white. We set text in ink"


def checks_of(design: Design, kit: Kit, terms: ProgramTerms) -> tuple[Check, ...]:
    """The contrasts that the design will have with these colours."""
    brand = Brand(kit.name, colours=kit.shown_colours)
    palette = palette_of(design, brand, Brand(terms.name, colours=(terms.brand.accent,)))
    text = contrast(palette["text"].rgb, palette["near"].rgb)
    button = contrast(palette["action_ink"].rgb, palette["action"].rgb)
    gaps = "" if kit.logo_key else fonts.missing(kit.name, "name")
    where = "your colours" if kit.shown_colours else f"{terms.name}’s colours, because you have chosen none"
    named = Check("Your name can be set", "Every letter of it is in the fonts that pictures are set in.")
    if gaps:
        named = Check("Not all of your name can be set", f"No font here has {gaps}. A logo shows it.", False)
    return (
        named,
        Check("Words read well", f"Their contrast is {text:.1f} : 1 in {where}; 4.5 is enough."),
        Check("Buttons read well", f"Dark words on {palette['action'].hex} have {button:.1f} : 1."),
        Check(
            "Both brands carry the same weight", "They are scaled by their area of ink, not by their width."
        ),
    )
