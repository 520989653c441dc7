"""What a picture must keep to be shown, measured on its scene and its pixels.

Each finding is a sentence that names the element and the numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from PIL import Image

from assets_gen.banner import compose
from assets_gen.brand import Brand, Offer
from assets_gen.colour import Floats, luminance
from assets_gen.design import Design
from assets_gen.draw import grounds
from assets_gen.encode import Format, encoded
from assets_gen.logo import Logo
from assets_gen.palette import Palette
from assets_gen.relight import MARK, faint, shows_by_itself
from assets_gen.scene import Box, Picture, Placed, Scene, Slip, Tile, Type
from assets_gen.size import Size
from assets_gen.slip import Cut

_INKS = ("text", "logo", "mark", "qr", "pill", "plate", "rule", "icon")


class Fault(StrEnum):
    GLYPHS = "glyphs"
    CROWDED = "crowded"
    OUTSIDE = "outside"
    SMALL = "small"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the elements of these names."""

    fault: Fault
    names: tuple[str, ...]
    told: str

    @property
    def sentence(self) -> str:
        return f"{' and '.join(self.names)} {self.told}".strip()


def findings(design: Design, size: Size, affiliate: Brand, program: Brand, offer: Offer) -> list[str]:
    """Everything that is wrong with the picture, as PNG and as JPEG; empty if it may be published."""
    picture, scene, palette = compose(design, size, affiliate, program, offer)
    found = check(scene, palette)
    for form in (Format.PNG, Format.JPEG):
        data = encoded(picture, form, size.weight_limit)
        # A network is given the form that suits the design; the other one is a download.
        limit = size.weight_limit if form == design.form else None
        if limit is not None and len(data) > limit:
            found.append(f"The {form} weighs {len(data)} bytes; {limit} are allowed.")
        if scene.has("qr") and decoded(data) != offer.link:
            found.append(f"The QR code in the {form} does not read as {offer.link}.")
    return found


def check(scene: Scene, palette: Palette) -> list[str]:
    """The findings that need no file: distances, margins, type, contrast, glyphs."""
    found = [flaw.sentence for flaw in laid_out(scene)]
    under: Floats = np.asarray(grounds(scene, palette), dtype=np.float32) / 255
    for element in scene.elements:
        if isinstance(element.content, Type):
            found += _contrast(element, scene, under)
        if isinstance(element.content, Picture):
            found += faint_inks(element, element.content.logo, under)
        if isinstance(element.content, Slip) and element.kind == "slip":
            found += [f"{element.name}: {sentence}" for sentence in check(element.content.scene, palette)]
        if isinstance(element.content, Tile) and element.content.pixels < 2 * scene.size.density:
            found.append(f"A module of the QR code is {element.content.pixels} px; 2 are needed.")
    return found


def laid_out(scene: Scene) -> list[Flaw]:
    """What is wrong before anything is painted; what lies on a slip is looked at by itself."""
    found = (
        [Flaw(Fault.GLYPHS, (), f"No font has the characters {scene.missing!r}.")] if scene.missing else []
    )
    return [*found, *_crowded(scene), *_outside(scene), *_type(scene)]


def decoded(data: bytes) -> str | None:
    """The text of the QR code in an encoded picture. Needs zxing-cpp; raises ImportError without it."""
    import zxingcpp

    with Image.open(io.BytesIO(data)) as picture:
        codes = zxingcpp.read_barcodes(np.asarray(picture.convert("RGB")))
    return next((code.text for code in codes), None)


def _least_gap(scene: Scene) -> float:
    """2 % of the short side, at least 6 px; elements that belong together are grouped and exempt."""
    return max(0.02 * scene.size.short, 6.0) * scene.size.density


def _crowded(scene: Scene) -> Iterator[Flaw]:
    least = _least_gap(scene) - 1
    for one, other in combinations(
        [e for e in scene.elements if e.solid and (e.kind in _INKS or e.bleeds)], 2
    ):
        if (one.bleeds and other.bleeds) or (one.group and one.group == other.group):
            continue
        if "ground" in (one.kind, other.kind) or _stands_in(one, other):
            continue
        gap = _gap(one, other)
        if gap < least:
            told = f"are {max(gap, 0):.0f} px apart; {least + 1:.0f} are needed."
            yield Flaw(Fault.CROWDED, (one.name, other.name), told)


def _stands_in(one: Placed, other: Placed) -> bool:
    """The code and its window, or on a strip the button, stand in the light on purpose."""
    return "disc" in (one.kind, other.kind) and bool({"qr", "cta"} & {one.group, other.group})


def _gap(one: Placed, other: Placed) -> float:
    if "disc" in (one.kind, other.kind):
        disc, box = (one.box, other.box) if one.kind == "disc" else (other.box, one.box)
        x, y = (disc.left + disc.right) / 2, (disc.top + disc.bottom) / 2
        dx = max(box.left - x, 0, x - box.right)
        dy = max(box.top - y, 0, y - box.bottom)
        return float((dx**2 + dy**2) ** 0.5 - disc.width / 2)
    for slip, box in ((one, other.box), (other, one.box)):
        if isinstance(slip.content, Slip):
            return _clear_of(slip.content.cut, slip.box, box)
    return one.box.gap_to(other.box)


def _clear_of(cut: Cut, place: Box, box: Box) -> float:
    """The widest gap between a turned slip and a box that is seen along a side of either."""
    x, y = (place.left + place.right) / 2, (place.top + place.bottom) / 2
    own = np.array(cut.corners) + np.array((x, y))
    others = np.array([(a, b) for a in (box.left, box.right) for b in (box.top, box.bottom)])
    turn = np.radians(-cut.angle)
    ways = np.array([(1, 0), (0, 1), (np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    one, other = own @ ways.T, others @ ways.T
    apart = np.maximum(one.min(axis=0) - other.max(axis=0), other.min(axis=0) - one.max(axis=0))
    return float(apart.max())


def _outside(scene: Scene) -> Iterator[Flaw]:
    width, height = scene.size.width * scene.size.density, scene.size.height * scene.size.density
    least = max(0.06 * scene.size.short, 8) * scene.size.density - 1
    inner = Box(least, least, width - least, height - least)
    for element in scene.elements:
        if element.bleeds or element.kind not in _INKS:
            continue
        box = element.box
        if (
            box.left < inner.left
            or box.top < inner.top
            or box.right > inner.right
            or box.bottom > inner.bottom
        ):
            told = f"stands outside the margin of {least + 1:.0f} px."
            yield Flaw(Fault.OUTSIDE, (element.name,), told)


def _type(scene: Scene) -> Iterator[Flaw]:
    for element in scene.elements:
        if not isinstance(element.content, Type):
            continue
        size = element.text_size or 0
        if size < 11 * scene.size.density - 0.05:
            told = f"is set in {size:.1f} px; 11 are the least."
            yield Flaw(Fault.SMALL, (element.name,), told)
        if element.cut:
            yield Flaw(Fault.CUT, (element.name,), f"is cut: {element.text!r}.")


def _is_bold(element: Placed) -> bool:
    return isinstance(element.content, Type) and element.content.setting.face.stack != "text"


def _contrast(element: Placed, scene: Scene, under: Floats) -> list[str]:
    measured = measured_contrast(element, under)
    large = _is_bold(element) and (element.text_size or 0) >= 24 * scene.size.density
    least = 3.0 if large else 4.5
    if measured is None or measured >= least:
        return []
    return [f"{element.name} has a contrast of {measured:.1f}; {least} is needed."]


def measured_contrast(element: Placed, under: Floats) -> float | None:
    """Of its ink with the pixels behind its box, where they read worst; None outside the picture."""
    left, top, right, bottom = (max(0, v) for v in element.box.pixels)
    behind = luminance(under[top:bottom, left:right])
    if not behind.size:
        return None
    ink = float(luminance(np.array(element.ink) / 255))
    lights, darks = np.maximum(behind, ink) + 0.05, np.minimum(behind, ink) + 0.05
    return float(np.quantile(lights / darks, 0.02))


def faint_inks(element: Placed, logo: Logo, under: Floats) -> list[str]:
    """Measured on the logo as it is painted: in its size, on the pixels that lie behind it."""
    left, top, right, bottom = element.box.pixels
    behind = under[top:bottom, left:right]
    picture = logo.scaled(bottom - top).crop((0, 0, behind.shape[1], behind.shape[0]))
    if shows_by_itself(logo):
        return _photo(element, picture, behind)
    return [
        f"{element.name} has a contrast of {one.contrast:.1f} in {one.colour.hex}; {one.least} is needed."
        for one in faint(Logo(picture, logo.tile), behind)
    ]


def _photo(element: Placed, picture: Image.Image, behind: Floats) -> list[str]:
    pixels = np.asarray(picture, dtype=np.float32) / 255
    lights, grounds_ = luminance(pixels[..., :3]) + 0.05, luminance(behind) + 0.05
    seen = np.maximum(lights / grounds_, grounds_ / lights)[pixels[..., 3] > 0.5] >= MARK
    if float(seen.mean()) >= 0.1:
        return []
    return [f"{element.name} is a photo of which {seen.mean():.0%} can be told from the ground."]
