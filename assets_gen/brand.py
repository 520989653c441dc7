"""What goes into a picture: two brands and an offer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from assets_gen.colour import Colour

MAX_NAME = 60
MAX_CODE = 24
MAX_HEADLINE = 90


class AssetError(Exception):
    """Something that cannot be drawn; the sentence tells a person what to change."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A name with, optionally, a logo and colours.

    `logo` is an encoded PNG, JPEG or WebP as it leaves `assets_gen.intake` (trusted, small). `colours` are
    "#rrggbb", the main one first; without any they come from the logo. `mark` names a mark of marks.py.
    `photo` is as clean as the logo; `focus` is where its face is, from 0 to 1 across and down.
    `dark_logo` takes the logo's place on dark grounds; without it the logo itself is relit where it must be.
    """

    name: str
    logo: bytes | None = None
    colours: tuple[str, ...] = ()
    web_address: str = ""
    tagline: str = ""
    mark: str | None = None
    photo: bytes | None = None
    focus: tuple[float, float] = (0.5, 0.38)
    dark_logo: bytes | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", drawable(self.name, MAX_NAME))
        if not self.name:
            raise AssetError("A brand needs a name.")
        object.__setattr__(self, "tagline", drawable(self.tagline, MAX_HEADLINE))
        try:
            for colour in self.colours:
                Colour.parse(colour)
        except ValueError as wrong:
            raise AssetError(str(wrong)) from wrong


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan of the program for the comparison sheet, prices as they are written in the offer's language.

    `first_monthly` and `first_yearly` are what the code leaves of the first payment. Empty: there is none.
    """

    name: str
    monthly: str = ""
    first_monthly: str = ""
    yearly: str = ""
    yearly_a_month: str = ""
    first_yearly: str = ""
    trial_days: int = 0
    trial_price: str = ""  # empty: it costs nothing


@dataclass(frozen=True, slots=True)
class Offer:
    """What the picture says. Empty texts fall back to the design's own copy of the `language` (BCP 47).

    `code` and `link` may be empty: the design then closes the gap. `figure` and `discount` are what the code
    saves ("20 %", "off your first payment"); no design ever promises a saving by itself.
    Only the comparison sheet shows the `plans`.
    """

    link: str = ""
    code: str = ""
    headline: str = ""
    subline: str = ""
    action: str = ""
    discount: str = ""
    figure: str = ""
    small_print: str = ""
    disclosure: str = ""
    language: str = "en"
    plans: tuple[Plan, ...] = ()

    def __post_init__(self) -> None:
        if len(self.code) > MAX_CODE:
            raise AssetError(f"A code has at most {MAX_CODE} characters.")
        if len(self.headline) > MAX_HEADLINE:
            raise AssetError(f"A headline has at most {MAX_HEADLINE} characters.")
        for slot in ("headline", "subline", "action", "discount", "figure", "small_print", "disclosure"):
            object.__setattr__(self, slot, drawable(getattr(self, slot), 240))
        object.__setattr__(self, "code", drawable(self.code, MAX_CODE))


def drawable(text: str, limit: int) -> str:
    """Single spaces, no control characters, at most 3 combining marks in a row, cut at `limit`."""
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", re.sub(r"[ \t\r\n]+", " ", text)):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        # Joiners shape Persian and Indic words; other invisible characters only hide or turn text around.
        hidden = kind == "Cf" and character not in "\u200c\u200d"
        if marks > 3 or hidden or kind in ("Cc", "Cs", "Co", "Cn"):
            continue
        kept.append(character)
    return "".join(kept).strip(" ")[:limit].rstrip(" ")
