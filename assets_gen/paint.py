"""Painting: antialiased masks, dithered colour ramps, grain and soft shadows on a Pillow canvas.

Everything that is the same for every affiliate (masks, shadows, the positions inside a ramp) is cached by
its geometry; a new affiliate's colours only go through a table of 256 entries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from assets_gen.colour import Colour, Rgb, from_oklab, to_oklab

Box = tuple[int, int, int, int]
Floats = NDArray[np.floating[Any]]
_OVER = 4


@lru_cache(maxsize=64)
def noise(width: int, height: int) -> Floats:
    """The same grain each time: normal, sigma 1."""
    return np.random.default_rng(20261122).standard_normal((height, width)).astype(np.float32)


def ramp_image(position: Floats, grain: float) -> Image.Image:
    """Positions 0..1 in a ramp as indices 0..255; grain (sigma in indices) dithers what 8 bits would band."""
    height, width = position.shape
    index = position * 255 + noise(width, height) * grain
    return Image.fromarray(np.clip(np.rint(index), 0, 255).astype(np.uint8))


def ramp_table(stops: Sequence[Colour]) -> bytes:
    """256 colours through the stops, evenly spaced in OKLab."""
    return _table(tuple(stop.rgb for stop in stops))


@lru_cache(maxsize=256)
def _table(stops: tuple[Rgb, ...]) -> bytes:
    labs = to_oklab(np.array(stops) / 255)
    at = np.linspace(0, len(stops) - 1, 256)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), labs[:, axis]) for axis in range(3)], axis=1)
    return np.rint(np.clip(from_oklab(mixed), 0, 1) * 255).astype(np.uint8).tobytes()


def coloured(ramp: Image.Image, table: bytes) -> Image.Image:
    picture = ramp.copy()
    picture.putpalette(table)
    return picture.convert("RGB")


@lru_cache(maxsize=64)
def radial(width: int, height: int, centre: tuple[float, float], reach: float, grain: float) -> Image.Image:
    """Ramp positions by distance from a point: 1 at the point, 0 from `reach` pixels on."""
    y, x = np.ogrid[:height, :width]
    distance = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / reach
    return ramp_image(np.asarray(1 - np.clip(distance, 0, 1)), grain)


@lru_cache(maxsize=64)
def slanted(width: int, height: int, grain: float) -> Image.Image:
    """Ramp positions for light from the upper right: 1 in that corner, 0 opposite."""
    y, x = np.ogrid[:height, :width]
    position = 0.5 + 0.5 * (x / width - 0.5) * 0.9 - (y / height - 0.5) * 0.9
    return ramp_image(np.clip(position, 0, 1), grain)


@lru_cache(maxsize=64)
def disc_mask(diameter: int) -> Image.Image:
    radius = diameter / 2
    y, x = np.ogrid[:diameter, :diameter]
    distance = np.hypot(x + 0.5 - radius, y + 0.5 - radius)
    return Image.fromarray(np.rint(np.clip(radius - distance + 0.5, 0, 1) * 255).astype(np.uint8))


@lru_cache(maxsize=32)
def beam_mask(
    width: int, height: int, lamp: tuple[float, float], centre: tuple[float, float], radius: float,
    bright: float, dim: float,
) -> tuple[Image.Image, tuple[int, int]]:  # fmt: skip
    """The cone from a lamp to a disc, tangent to it; `bright` and `dim` are its opacity at either end.

    Returns the mask and its place.
    """
    y, x = np.ogrid[:height, :width]
    dx, dy = centre[0] - lamp[0], centre[1] - lamp[1]
    length = float(np.hypot(dx, dy))
    half = np.arcsin(min(radius / length, 1.0))
    along = ((x - lamp[0]) * dx + (y - lamp[1]) * dy) / length
    across = np.abs((x - lamp[0]) * dy - (y - lamp[1]) * dx) / length
    edge = along * np.sin(half) - across * np.cos(half)
    fade = np.clip(along / length, 0, 1)
    alpha = np.clip(edge + 0.5, 0, 1) * (bright + (dim - bright) * fade)
    # Past the disc's middle there is no light to see.
    alpha = alpha * (along < length)
    dithered = np.clip(alpha * 255 + noise(width, height) * (alpha > 0) * 0.6, 0, 255)
    mask = Image.fromarray(np.rint(dithered).astype(np.uint8))
    box = mask.getbbox() or (0, 0, 1, 1)
    return mask.crop(box), (box[0], box[1])


@lru_cache(maxsize=256)
def rounded_mask(width: int, height: int, radii: tuple[float, float, float, float]) -> Image.Image:
    """A rectangle with its own radius per corner: upper left, upper right, lower right, lower left."""
    big = Image.new("L", (width * _OVER, height * _OVER), 255)
    draw = ImageDraw.Draw(big)
    for number, radius in enumerate(radii):
        size = round(radius * _OVER)
        if size <= 0:
            continue
        left = 0 if number in (0, 3) else big.width - size
        top = 0 if number in (0, 1) else big.height - size
        draw.rectangle((left, top, left + size, top + size), fill=0)
        corner = (left if number in (0, 3) else left - size, top if number in (0, 1) else top - size)
        draw.ellipse((*corner, corner[0] + 2 * size - 1, corner[1] + 2 * size - 1), fill=255)
    return big.reduce(_OVER)


@lru_cache(maxsize=64)
def shadow_mask(width: int, height: int, radius: float, blur: float, opacity: float) -> Image.Image:
    """The mask of a soft shadow, with a border of three times the blur around the shape."""
    border = int(blur * 3)
    sheet = Image.new("L", (width + 2 * border, height + 2 * border))
    shape = rounded_mask(width, height, (radius,) * 4).point(lambda v: int(v * opacity))
    sheet.paste(shape, (border, border))
    return sheet.filter(ImageFilter.GaussianBlur(blur))


def fill(canvas: Image.Image, colour: Rgb, mask: Image.Image, at: tuple[int, int]) -> None:
    """Colour through a mask; what lies outside the canvas is cut."""
    # Pillow lays a picture through a mask in half the time that it takes for a colour.
    canvas.paste(Image.new("RGB", mask.size, colour), at, mask)


def outside(box: Box, hidden: Box | None) -> list[Box]:
    """The parts of a box that are not hidden: above, left, right and below."""
    if hidden is None:
        return [box]
    left, top = max(box[0], hidden[0]), max(box[1], hidden[1])
    right, bottom = min(box[2], hidden[2]), min(box[3], hidden[3])
    if left >= right or top >= bottom:
        return [box]
    parts = [
        (box[0], box[1], box[2], top),
        (box[0], top, left, bottom),
        (right, top, box[2], bottom),
        (box[0], bottom, box[2], box[3]),
    ]
    return [part for part in parts if part[0] < part[2] and part[1] < part[3]]


def rounded(canvas: Image.Image, box: Box, radius: float, colour: Rgb) -> None:
    width, height = box[2] - box[0], box[3] - box[1]
    radius = min(radius, width / 2, height / 2)
    if radius <= 0:
        canvas.paste(colour, box)
        return
    fill(canvas, colour, rounded_mask(width, height, (radius,) * 4), (box[0], box[1]))


def shadow(canvas: Image.Image, box: Box, radius: float, blur: float, opacity: float, drop: int) -> None:
    """The shadow of something opaque that is painted next: only what shows around it is painted."""
    mask = shadow_mask(box[2] - box[0], box[3] - box[1], radius, blur, opacity)
    border, inset = int(blur * 3), int(radius) + 1
    left, top = box[0] - border, box[1] - border + drop
    inner = (
        border + inset,
        border - drop + inset,
        mask.width - border - inset,
        mask.height - border - drop - inset,
    )
    for strip in (
        (0, 0, mask.width, inner[1]),
        (0, inner[3], mask.width, mask.height),
        (0, inner[1], inner[0], inner[3]),
        (inner[2], inner[1], mask.width, inner[3]),
    ):
        seen = _on(canvas, strip, left, top)
        if seen is not None:
            fill(canvas, (0, 0, 0), mask.crop(seen), (left + seen[0], top + seen[1]))


def _on(canvas: Image.Image, box: Box, left: int, top: int) -> Box | None:
    """The part of a box, moved to (left, top), that falls on the canvas."""
    x1, y1 = max(box[0], -left), max(box[1], -top)
    x2, y2 = min(box[2], canvas.width - left), min(box[3], canvas.height - top)
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def place(
    canvas: Image.Image, picture: Image.Image, at: tuple[int, int], radii: tuple[float, float, float, float]
) -> None:
    """An opaque picture with rounded corners: only the corners go through a mask."""
    kept = []
    for number, radius in enumerate(radii):
        size = math.ceil(radius)
        if size:
            x = at[0] if number in (0, 3) else at[0] + picture.width - size
            y = at[1] if number in (0, 1) else at[1] + picture.height - size
            corner = (x, y, x + size, y + size)
            kept.append((canvas.crop(corner), corner[:2], _outside_corner(size, radius, number)))
    canvas.paste(picture, at)
    for under, corner_at, mask in kept:
        canvas.paste(under, corner_at, mask)


@lru_cache(maxsize=64)
def _outside_corner(size: int, radius: float, number: int) -> Image.Image:
    whole = rounded_mask(size * 2, size * 2, (radius,) * 4)
    left, top = 0 if number in (0, 3) else size, 0 if number in (0, 1) else size
    return whole.crop((left, top, left + size, top + size)).point(lambda v: 255 - v)


def modules(
    canvas: Image.Image, rows: Sequence[Sequence[bool]], at: tuple[int, int], pixels: int, colour: Rgb
) -> None:
    """The dark modules of a QR code, whole pixels each."""
    grid = np.kron(np.array(rows, dtype=np.uint8) * 255, np.ones((pixels, pixels), dtype=np.uint8))
    fill(canvas, colour, Image.fromarray(grid), at)
