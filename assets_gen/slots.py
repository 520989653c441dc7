"""Finished pictures with slots: somebody's own picture, and where what of the affiliate is set on it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from PIL import Image

from assets_gen import fonts
from assets_gen.banner import Banner
from assets_gen.brand import AssetError, Brand, Offer
from assets_gen.breaking import Fit, fitted, shortened
from assets_gen.colour import Colour, Floats, Rgb
from assets_gen.draw import inked
from assets_gen.encode import Format, encoded
from assets_gen.lint import measured_contrast
from assets_gen.logo import Logo
from assets_gen.qr import qr_of
from assets_gen.relight import for_ground, logo_on
from assets_gen.scene import Box, Picture, Placed, Scene, Tile, Type
from assets_gen.size import Size
from assets_gen.text import Face, Setting, ink

DARK: Rgb = (17, 19, 24)
WHITE: Rgb = (255, 255, 255)
LEAST_TYPE, LEAST_LARGE_TYPE = 11, 24
_FACES = {"name": Face("name", -0.005), "code": Face("strong", 0.02), "text": Face("strong", -0.005)}
_NAME_SHARE = 0.6
_LINES = {"name": (1, 2, 3), "code": (1,), "text": (1, 2, 3, 4)}


class Kind(StrEnum):
    LOGO = "logo"
    NAME = "name"
    CODE = "code"
    QR = "qr"
    TEXT = "text"


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in CSS pixels from the picture's upper left.

    `text` is for Kind.TEXT and may hold {name}, {code} and {saving}. `colour` is "#rrggbb"; empty takes dark
    or white, whichever reads better there. `largest` is the type's size in px; 0 lets it fill the place.
    """

    kind: Kind
    left: int
    top: int
    width: int
    height: int
    text: str = ""
    colour: str = ""
    align: Align = Align.LEFT
    largest: int = 0

    def box(self, density: int = 1) -> Box:
        right, bottom = self.left + self.width, self.top + self.height
        return Box(self.left * density, self.top * density, right * density, bottom * density)


@dataclass(frozen=True, slots=True)
class Finished:
    """`picture` is a PNG or JPEG as it leaves `intake.clean_picture`, of one size or twice as large."""

    picture: bytes
    slots: tuple[Slot, ...]


def least_type(size: Size) -> int:
    """In px: what is looked at on a phone in a square of 1080 is a third as large there."""
    return LEAST_LARGE_TYPE if size.short >= 1000 else LEAST_TYPE


def render_finished(
    finished: Finished, size: Size, affiliate: Brand, offer: Offer, form: Format | str = Format.PNG
) -> Banner:
    """As `render_banner`. A slot whose content the affiliate does not have (a code, a link) is left out."""
    form = Format.parse(form)
    picture, scene = composed(finished, size, affiliate, offer)
    return Banner(encoded(picture, form, size.weight_limit), form.media_type, scene)


def composed(finished: Finished, size: Size, affiliate: Brand, offer: Offer) -> tuple[Image.Image, Scene]:
    ground = ground_of(finished.picture, size)
    under: Floats = np.asarray(ground, dtype=np.float32) / 255
    elements = [
        element
        for number, slot in enumerate(finished.slots)
        for element in _placed(slot, number, size, affiliate, offer, under)
    ]
    picture = ground.copy()
    inked(picture, elements)
    return picture, Scene(size, 0.0, tuple(elements))


@lru_cache(maxsize=8)
def ground_of(data: bytes, size: Size) -> Image.Image:
    """The picture alone, with the pixels of the file that is asked for."""
    wanted = size.width * size.density, size.height * size.density
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as file:
            picture = file.convert("RGB")
    except (OSError, SyntaxError, ValueError) as broken:
        raise AssetError("The picture of this design cannot be read.") from broken
    return picture if picture.size == wanted else picture.resize(wanted, Image.Resampling.LANCZOS)


def named(number: int, slot: Slot, slots: Sequence[Slot]) -> str:
    """ "The code", or "Text 2" where there are several of its kind."""
    alike = [place for place, other in enumerate(slots) if other.kind == slot.kind]
    word = {"qr": "QR code"}.get(slot.kind, str(slot.kind))
    return f"The {word}" if len(alike) == 1 else f"{word[0].upper()}{word[1:]} {alike.index(number) + 1}"


def said(slot: Slot, affiliate: Brand, offer: Offer) -> str:
    """What is set in a slot of words; empty where something that it names is missing."""
    if slot.kind == Kind.CODE:
        return offer.code
    if slot.kind != Kind.TEXT:
        return affiliate.name
    values = {"{name}": affiliate.name, "{code}": offer.code, "{saving}": offer.figure}
    text = slot.text
    for key, value in values.items():
        if key in text and not value:
            return ""
        text = text.replace(key, value)
    return text


def _placed(
    slot: Slot, number: int, size: Size, affiliate: Brand, offer: Offer, under: Floats
) -> list[Placed]:
    name, box = str(number), slot.box(size.density)
    if slot.kind == Kind.QR:
        return _qr(name, box, offer.link, size.density) if offer.link else []
    ground = _ground_in(box, under)
    if slot.kind == Kind.LOGO and (data := logo_on(affiliate, ground)) is not None:
        return [_logo(name, slot, box, for_ground(data, ground))]
    text = said(slot, affiliate, offer)
    return [_words(name, slot, box, text, size, under)] if text else []


def _qr(name: str, box: Box, link: str, density: int) -> list[Placed]:
    qr = qr_of(link)
    pixels = max(1, int(min(box.width, box.height)) // qr.modules)
    side = pixels * qr.modules
    left, top = round(box.left + (box.width - side) / 2), round(box.top + (box.height - side) / 2)
    tile = Box(left, top, left + side, top + side)
    plate = Placed(name, "plate", tile, group=name, solid=False, colour=WHITE, radius=4.0 * density)
    return [plate, Placed(name, "qr", tile, Tile(qr, pixels), DARK, name)]


def _logo(name: str, slot: Slot, box: Box, logo: Logo) -> Placed:
    height = min(box.height, box.width / logo.aspect, logo.picture.height * 1.25)
    width = height * logo.aspect
    left = round(_aligned(slot.align, box, width))
    top = round(box.top + (box.height - height) / 2)
    place = Box(left, top, left + max(round(width), 1), top + max(round(height), 1))
    return Placed(name, "logo", place, Picture(logo), group=name)


def _words(name: str, slot: Slot, box: Box, text: str, size: Size, under: Floats) -> Placed:
    kind = "name" if slot.kind == Kind.LOGO else slot.kind.value
    face = _FACES[kind]
    shown = fonts.without_missing(text, face.stack) or text
    setting, whole = _set(shown, kind, slot, box, size)
    drawn = ink(setting, slot.align.value)
    block = face.cap_height * setting.size + setting.leading * setting.size * (len(setting.lines) - 1)
    baseline = round(box.top + (box.height - block) / 2 + face.cap_height * setting.size)
    x = round(_aligned(slot.align, box, drawn.mask.width)) - drawn.x
    a, b, c, d = drawn.box
    place = Box(x + a, baseline + b, x + c, baseline + d)
    content = Type(setting, x, baseline, slot.align.value)
    element = Placed(name, "text", place, content, DARK, name, cut=not whole)
    return _coloured(element, slot.colour, under)


def _set(text: str, kind: str, slot: Slot, box: Box, size: Size) -> tuple[Setting, bool]:
    """The setting, and whether the whole text is in it."""
    face, least = _FACES[kind], least_type(size) * size.density
    most = slot.largest * size.density or box.height / (face.cap_height + 0.26)
    if slot.kind == Kind.LOGO:
        # A short name must not shout where others have a logo.
        most = min(most, _NAME_SHARE * box.height)
    fit = Fit(max(most, least), least, _LINES[kind], 1.16)
    setting = fitted(text, face, fit, box.width, box.height)
    return (setting, True) if setting else (shortened(text, face, least, box.width), False)


def _coloured(element: Placed, colour: str, under: Floats) -> Placed:
    inks = (Colour.parse(colour).rgb,) if colour else (DARK, WHITE)
    choices = [_with_ink(element, one) for one in inks]
    return max(choices, key=lambda one: measured_contrast(one, under) or 0.0)


def _with_ink(element: Placed, rgb: Rgb) -> Placed:
    return Placed(
        element.name, element.kind, element.box, element.content, rgb, element.group, cut=element.cut
    )


def _aligned(align: Align, box: Box, width: float) -> float:
    spare = box.width - width
    return box.left + {"left": 0.0, "center": spare / 2, "right": spare}[align.value]


def _ground_in(box: Box, under: Floats) -> Rgb:
    """The middle colour behind a box; of a box outside the picture, white."""
    left, top, right, bottom = (max(0, edge) for edge in box.pixels)
    behind = under[top:bottom, left:right].reshape(-1, 3)
    if not len(behind):
        return WHITE
    red, green, blue = (round(float(value) * 255) for value in np.median(behind, axis=0))
    return red, green, blue
