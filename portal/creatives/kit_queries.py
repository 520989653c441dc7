"""What the page of the brand kit says."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from assets_gen import Brand, Design, fonts
from assets_gen.colour import contrast
from assets_gen.palette import palette_of
from portal.creatives.forms import KitDraft
from portal.creatives.kits import Holder, Kit
from portal.creatives.queries import EVERGREEN, LEADING, Shown, shown
from portal.programs.rules import ProgramTerms


@dataclass(frozen=True)
class Check:
    """What was measured on the preview, as parts.checks shows it."""

    name: str
    words: str
    passed: bool = True


@dataclass(frozen=True)
class BrandPage:
    """creatives/brand.html"""

    draft: KitDraft
    revision: int
    logo_src: str  # empty without a logo
    found: tuple[str, ...]
    used: tuple[str, ...]  # the colours that the pictures are made from
    previews: tuple[Shown, ...]
    checks: tuple[Check, ...]


def brand_page(
    kit: Kit, seen: Kit, draft: KitDraft, me: Holder, terms: ProgramTerms, versions: dict[str, str]
) -> BrandPage:
    """`seen` is what the preview shows: `kit` itself or, while somebody types, what it would become."""
    design = Design.load(EVERGREEN)
    sizes = design.sizes[:LEADING]
    pictures = tuple(shown(design.name, f"{size}.webp", size, me, terms.name, versions) for size in sizes)
    if seen != kit:
        typed = urlencode(
            {"name": seen.name, "tagline": seen.tagline, "main": seen.draft.main, "second": seen.draft.second}
        )
        pictures = tuple(
            replace(picture, src=f"/brand/preview/{size}.webp?{typed}")
            for picture, size in zip(pictures, sizes, strict=True)
        )
    return BrandPage(
        draft=draft,
        revision=kit.revision,
        logo_src=f"/brand/logo?v={kit.logo_key[-20:-4]}" if kit.logo_key else "",
        found=kit.colours.found,
        used=seen.shown_colours,
        previews=pictures,
        checks=checks_of(design, seen, terms),
    )


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
