"""Pixels of a scene: each kind of element has one painter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from PIL import Image

from assets_gen import marks, paint, photo, slip
from assets_gen.icons import drawn_icon
from assets_gen.mirroring import turned_box
from assets_gen.palette import Palette
from assets_gen.qr import QUIET
from assets_gen.scene import Drawing, Mark, Picture, Placed, Portrait, Scene, Slip, Tile, Type
from assets_gen.text import ink
from assets_gen.window import dashboard, objects, page


def painted(scene: Scene, palette: Palette) -> Image.Image:
    """Art lies below what stands on it, whatever order the composition was solved in."""
    canvas = Image.new("RGB", (scene.size.width * scene.size.density, scene.size.height * scene.size.density))
    art = sorted((e for e in scene.elements if e.kind in _DEPTH), key=lambda e: _DEPTH[e.kind])
    if scene.mirrored:
        # Painted as it is composed, from the left, and turned around as a whole: the light too.
        below = [replace(e, box=turned_box(e.box, canvas.width)) for e in art if e.kind not in _PAPER]
        _paint(canvas, below, palette)
        canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        art = [element for element in art if element.kind in _PAPER]
    _paint(canvas, art, palette)
    _paint(canvas, [element for element in scene.elements if element.kind not in _DEPTH], palette)
    return canvas


def _paint(canvas: Image.Image, elements: Sequence[Placed], palette: Palette) -> None:
    hidden = next((_covered(element) for element in elements if element.kind == "window"), None)
    for element in elements:
        if element.kind in _ART:
            _ART[element.kind](canvas, element, palette, hidden)
        else:
            (_PLATES | _INKS)[element.kind](canvas, element)


def grounds(scene: Scene, palette: Palette) -> Image.Image:
    """The picture without its type, logos and codes: what lies behind them, for measuring contrast.

    Slips are left out too: nothing else stands on them, and each is measured by itself.
    """
    elements = tuple(e for e in scene.elements if e.kind not in _INKS and e.kind != "slip")
    return painted(replace(scene, elements=elements), palette)


def _options(element: Placed) -> dict[str, object]:
    return dict(element.content.options) if isinstance(element.content, Drawing) else {}


def _pair(value: object) -> tuple[float, float]:
    if not (isinstance(value, tuple) and len(value) == 2):
        raise TypeError(f"{value!r} is not a point")
    return float(value[0]), float(value[1])


def _number(options: Mapping[str, object], key: str) -> float:
    value = options[key]
    if not isinstance(value, int | float):
        raise TypeError(f"{key} = {value!r} is not a number")
    return float(value)


def _covered(window: Placed) -> paint.Box:
    """What nothing below the window is seen through: all of it but its rounded corners."""
    left, top, right, bottom = window.box.pixels
    inset = math.ceil(_radius(window))
    return left + inset, top + inset, right, bottom - inset


def _radius(window: Placed) -> float:
    options = _options(window)
    return _number(options, "bar") * 0.45 if options["drawing"] == "page" else 15 * _number(options, "unit")


def _ground(canvas: Image.Image, element: Placed, palette: Palette, _: paint.Box | None) -> None:
    options = _options(element)
    grain = _number(options, "grain")
    ramp = paint.radial(*canvas.size, _pair(options["centre"]), _number(options, "reach"), grain)
    table = paint.ramp_table([palette["far"], palette["mid"], palette["near"]])
    canvas.paste(paint.coloured(ramp, table), (0, 0))


def _beam(canvas: Image.Image, element: Placed, palette: Palette, hidden: paint.Box | None) -> None:
    options = _options(element)
    mask, at = paint.beam_mask(
        *canvas.size,
        _pair(options["lamp"]),
        _pair(options["target"]),
        _number(options, "radius"),
        _number(options, "bright"),
        _number(options, "dim"),
    )
    left, top = at
    for part in paint.outside((left, top, left + mask.width, top + mask.height), hidden):
        seen = mask.crop((part[0] - left, part[1] - top, part[2] - left, part[3] - top))
        if lit := seen.getbbox():
            paint.fill(canvas, palette["disc"].rgb, seen.crop(lit), (part[0] + lit[0], part[1] + lit[1]))


def _disc(canvas: Image.Image, element: Placed, palette: Palette, hidden: paint.Box | None) -> None:
    left, top, right, _ = element.box.pixels
    diameter = right - left
    ramp = paint.slanted(diameter, diameter, 4)
    table = paint.ramp_table([palette["disc_deep"], palette["disc"], palette["disc"]])
    mask = paint.disc_mask(diameter)
    for part in paint.outside((left, top, left + diameter, top + diameter), hidden):
        own = part[0] - left, part[1] - top, part[2] - left, part[3] - top
        canvas.paste(paint.coloured(ramp.crop(own), table), part[:2], mask.crop(own))


def _window(canvas: Image.Image, element: Placed, palette: Palette, _: paint.Box | None) -> None:
    options = _options(element)
    left, top, right, bottom = element.box.pixels
    second = palette["program_second"].rgb
    if options["drawing"] == "page":
        bar = round(_number(options, "bar"))
        picture = page(right - left, bottom - top, bar, palette["paper"].rgb)
    else:
        unit = _number(options, "unit")
        size = min(right, canvas.width) - left, min(bottom, canvas.height) - top
        density = element.content.density if isinstance(element.content, Drawing) else 1
        # Below this its words are grey mush: a second drawing has only three things in it.
        if unit < 0.72 * density:
            picture = objects(size, palette["program"].rgb, palette["disc"].rgb, density)
        else:
            picture = dashboard(size, unit, palette["program"].rgb, second, str(options["language"]))
    radius = _radius(element)
    corners = (
        radius,
        0 if right >= canvas.width else radius,
        0 if max(right / canvas.width, bottom / canvas.height) >= 1 else radius,
        0 if bottom >= canvas.height else radius,
    )
    shade = max(3.0, radius * 1.6)
    paint.shadow(canvas, element.box.pixels, radius, shade, 0.34, round(shade * 0.6))
    paint.place(canvas, picture, (left, top), corners)


def _icon(canvas: Image.Image, element: Placed, palette: Palette, _: paint.Box | None) -> None:
    options = _options(element)
    left, top, right, bottom = element.box.pixels
    inks = tuple(palette[str(role)].rgb for role in (options["one"], options["two"], options["three"]))
    for mask, ink_ in drawn_icon(str(options["drawing"]), right - left, bottom - top):
        paint.fill(canvas, inks[ink_], mask, (left, top))


def _portrait(canvas: Image.Image, element: Placed, palette: Palette, _: paint.Box | None) -> None:
    if not isinstance(element.content, Portrait):
        return
    left, top, right, bottom = element.box.pixels
    width, height = right - left, bottom - top
    content = element.content
    table = paint.ramp_table([palette[role] for role in ("photo_dark", "photo_mid", "photo_light")])
    if content.photo is not None:
        grey = photo.cropped(content.photo, (width, height), content.focus)
        canvas.paste(paint.coloured(grey, table), (left, top))
        return
    canvas.paste(paint.coloured(photo.empty(width, height), table), (left, top))
    # As wide as the field lets it be, its middle where a face would have its eyes.
    drawn = ink(replace(content.instead, size=photo.mark_size(width, height)))
    at = left + (width - drawn.mask.width) // 2, top + round(0.44 * height - drawn.mask.height / 2)
    paint.fill(canvas, element.ink, drawn.mask, at)


def _guilloche(canvas: Image.Image, element: Placed, palette: Palette, _: paint.Box | None) -> None:
    left, top, right, bottom = element.box.pixels
    density = element.content.density if isinstance(element.content, Drawing) else 1
    mask = slip.guilloche(right - left, bottom - top, density / slip.OVER)
    paint.fill(canvas, palette["figure"].rgb, mask, (left, top))


def _slip(canvas: Image.Image, element: Placed, palette: Palette, _: paint.Box | None) -> None:
    if isinstance(element.content, Slip):
        content = element.content
        inner = painted(content.scene, palette)
        if content.turned:
            inner = inner.transpose(Image.Transpose.ROTATE_90)
        picture = slip.turned(inner, content.cut, palette["paper"].rgb)
        canvas.paste(picture, element.box.pixels[:2], slip.mask(content.cut))


def _shade(canvas: Image.Image, element: Placed, _palette: Palette, _: paint.Box | None) -> None:
    if isinstance(element.content, Slip):
        mask, border = slip.shade(element.content.cut)
        left, top = element.box.pixels[:2]
        paint.fill(canvas, (0, 0, 0), mask, (left - border, top - border))


def _plate(canvas: Image.Image, element: Placed) -> None:
    if element.colour is None:
        raise ValueError(f"{element.name} has no colour")
    paint.rounded(canvas, element.box.pixels, element.radius, element.colour)


def _rule(canvas: Image.Image, element: Placed) -> None:
    box = element.box.pixels
    strength = 90 if element.colour is None else 255
    mask = Image.new("L", (max(1, box[2] - box[0]), max(1, box[3] - box[1])), strength)
    paint.fill(canvas, element.ink, mask, (box[0], box[1]))


def _text(canvas: Image.Image, element: Placed) -> None:
    if isinstance(element.content, Type):
        content = element.content
        drawn = ink(content.setting, content.align)
        left, top = content.x + drawn.x, content.y + drawn.y
        mask = drawn.mask
        if element.clip is not None:
            a, b, c, d = element.clip.pixels
            kept = max(a - left, 0), max(b - top, 0), min(c - left, mask.width), min(d - top, mask.height)
            if kept[0] >= kept[2] or kept[1] >= kept[3]:
                return
            mask, left, top = mask.crop(kept), left + kept[0], top + kept[1]
        paint.fill(canvas, element.ink, mask, (left, top))


def _mark(canvas: Image.Image, element: Placed) -> None:
    if isinstance(element.content, Mark):
        mark = element.content
        for accent, colour in ((False, element.ink), (True, element.colour or element.ink)):
            mask = marks.mask(mark.name, mark.height, accent=accent)
            paint.fill(canvas, colour, mask, element.box.pixels[:2])


def _logo(canvas: Image.Image, element: Placed) -> None:
    if isinstance(element.content, Picture):
        picture = element.content.logo.scaled(element.box.pixels[3] - element.box.pixels[1])
        canvas.paste(picture, element.box.pixels[:2], picture)


def _qr(canvas: Image.Image, element: Placed) -> None:
    if isinstance(element.content, Tile):
        tile = element.content
        left, top = (edge + QUIET * tile.pixels for edge in element.box.pixels[:2])
        paint.modules(canvas, tile.qr.rows, (left, top), tile.pixels, element.ink)


def inked(canvas: Image.Image, elements: Iterable[Placed]) -> None:
    """Plates, type, logos and codes onto a picture that is there already."""
    for element in elements:
        (_PLATES | _INKS)[element.kind](canvas, element)


_ART: dict[str, Callable[[Image.Image, Placed, Palette, paint.Box | None], None]] = {
    "ground": _ground,
    "beam": _beam,
    "disc": _disc,
    "window": _window,
    "icon": _icon,
    "portrait": _portrait,
    "guilloche": _guilloche,
    "shade": _shade,
    "slip": _slip,
}
_DEPTH = {"ground": 0, "beam": 1, "shade": 1, "disc": 2, "slip": 2, "window": 3}
# What has words on it is never turned around.
_PAPER = ("slip", "shade")
_PLATES: dict[str, Callable[[Image.Image, Placed], None]] = {"plate": _plate, "pill": _plate}
_INKS: dict[str, Callable[[Image.Image, Placed], None]] = {
    "rule": _rule,
    "text": _text,
    "mark": _mark,
    "logo": _logo,
    "qr": _qr,
}
