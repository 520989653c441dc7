"""Pieces of paper with a scene of their own: torn along one side, turned as a whole, with their shadow.

A slip is painted at twice its size and turned before it is reduced, so that its type stays sharp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from assets_gen import paint
from assets_gen.colour import Rgb

OVER = 2
_SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True)
class Cut:
    """The outline of a slip in pixels: `torn` names its side with teeth, `angle` (degrees) turns it left."""

    width: int
    height: int
    angle: float
    torn: str

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """From the middle of the slip, as it lies."""
        turn = math.radians(-self.angle)
        cos, sin = math.cos(turn), math.sin(turn)
        halves = [(x * self.width / 2, y * self.height / 2) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        return tuple((x * cos - y * sin, x * sin + y * cos) for x, y in halves)

    @property
    def reach(self) -> tuple[float, float]:
        """Half of the width and height that it takes, turned."""
        return max(x for x, _ in self.corners), max(y for _, y in self.corners)


def turned(picture: Image.Image, cut: Cut, paper: Rgb) -> Image.Image:
    """A picture of twice the slip's size as it lies, in pixels of the file."""
    return _laid(picture, cut, paper)


@lru_cache(maxsize=64)
def mask(cut: Cut) -> Image.Image:
    outline = _outline(cut.width * OVER, cut.height * OVER, cut.torn)
    # With some nothing around it, so that its edges are soft too.
    return _laid(ImageOps.expand(outline, 2 * OVER) if cut.angle else outline, cut, 0)


def _laid(picture: Image.Image, cut: Cut, around: Rgb | int) -> Image.Image:
    """Turned and reduced in one step: each pixel is read between four of the larger picture."""
    width, height = (2 * math.ceil(reach) for reach in cut.reach)
    if not cut.angle:
        return picture.reduce(OVER)
    turn = math.radians(cut.angle)
    cos, sin = OVER * math.cos(turn), OVER * math.sin(turn)
    matrix = (
        *(cos, -sin, picture.width / 2 - cos * width / 2 + sin * height / 2),
        *(sin, cos, picture.height / 2 - sin * width / 2 - cos * height / 2),
    )
    way = Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    return picture.transform((width, height), *way, fillcolor=around)


@lru_cache(maxsize=64)
def shade(cut: Cut) -> tuple[Image.Image, int]:
    """The shadow's mask with the border around the slip: a dark one where it touches, a soft one it casts."""
    short = min(cut.width, cut.height)
    near, far = max(1.2, 0.008 * short), max(4.0, 0.055 * short)
    border = math.ceil(far * 3)
    shape = mask(cut)
    sheet = Image.new("L", (shape.width + 2 * border, shape.height + 2 * border))
    layers = []
    for blur, drop, opacity in ((near, near, 0.28), (far, 0.8 * far, 0.36)):
        layer = sheet.copy()
        layer.paste(shape.point(lambda v, o=opacity: int(v * o)), (border, border + round(drop)))
        layers.append(np.asarray(layer.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float32) / 255)
    both = 1 - (1 - layers[0]) * (1 - layers[1])
    return Image.fromarray(np.rint(both * 255).astype(np.uint8)), border


@lru_cache(maxsize=64)
def _outline(width: int, height: int, torn: str) -> Image.Image:
    """Rounded corners, but on the torn side a notch at each end and teeth between them."""
    short = min(width, height)
    radius = 0.06 * short
    whole = (radius,) * 4
    shape = paint.rounded_mask(width, height, whole).copy()
    if torn not in _SIDES:
        return shape
    length = height if torn in ("left", "right") else width
    # By the torn side, which both halves have in common: their teeth once were one row of holes.
    notch = max(0.05 * length, 3.0 * OVER)
    bite = max(0.0135 * length, 1.5 * OVER)
    count = max(1, round((length - 2 * notch) / (3.1 * bite)))
    step = (length - 2 * notch) / count
    holes = [(0.0, notch), (float(length), notch)]
    holes += [(notch + step * (number + 0.5), bite) for number in range(count)]
    fine = 4
    band = math.ceil(notch + radius)
    strip = Image.new("L", (band * fine, length * fine), 255)
    draw = ImageDraw.Draw(strip)
    for at, size in holes:
        draw.ellipse((-size * fine, (at - size) * fine, size * fine, (at + size) * fine), fill=0)
    # Drawn for the left side; the others are its turns.
    edge = strip.reduce(fine)
    turns = {
        "right": Image.Transpose.ROTATE_180,
        "bottom": Image.Transpose.ROTATE_90,
        "top": Image.Transpose.ROTATE_270,
    }
    if torn in turns:
        edge = edge.transpose(turns[torn])
    corner = (width - band if torn == "right" else 0, height - band if torn == "bottom" else 0)
    shape.paste(edge, corner)
    return shape


@lru_cache(maxsize=32)
def guilloche(width: int, height: int, line: float) -> Image.Image:
    """Nine waves, each a little later than the one before, as on banknotes."""
    fine = 2
    sheet = Image.new("L", (width * fine, height * fine))
    draw = ImageDraw.Draw(sheet)
    across = np.linspace(0, width * fine, 240)
    for number in range(9):
        phase = number * 0.36
        slow = np.sin(across / (width * fine) * 2 * math.pi * 1.7 + phase)
        quick = np.sin(across / (width * fine) * 2 * math.pi * 3.4 - 1.2 * phase)
        down = height * fine * (0.55 + 0.26 * slow + 0.14 * quick)
        draw.line(
            list(zip(across.tolist(), down.tolist(), strict=True)), fill=41, width=max(1, round(line * fine))
        )
    return sheet.reduce(fine)
