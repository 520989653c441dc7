"""Marks that assets_gen draws itself, as closed cubic outlines in units of the mark's height."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point]

_ROUND = 0.5522847


def _circle(x: float, y: float, r: float) -> tuple[Point, tuple[Cubic, ...]]:
    k = r * _ROUND
    return (x + r, y), (
        ((x + r, y + k), (x + k, y + r), (x, y + r)),
        ((x - k, y + r), (x - r, y + k), (x - r, y)),
        ((x - r, y - k), (x - k, y - r), (x, y - r)),
        ((x + k, y - r), (x + r, y - k), (x + r, y)),
    )


_LEAF = (
    (0.47, 0.478),
    (((0.475, 0.17), (0.66, 0.01), (0.97, 0.0)), ((0.955, 0.29), (0.79, 0.465), (0.47, 0.478))),
)
_LOWER = (
    (0.47, 0.522),
    (((0.475, 0.83), (0.66, 0.99), (0.97, 1.0)), ((0.955, 0.71), (0.79, 0.535), (0.47, 0.522))),
)

# name: (width, outlines in the ink, outlines in the accent)
Outline = tuple[Point, tuple[Cubic, ...]]
MARKS: dict[str, tuple[float, tuple[Outline, ...], tuple[Outline, ...]]] = {
    "leaves": (0.97, (_circle(0.215, 0.5, 0.215), _LOWER), (_LEAF,))
}


def width_of(mark: str) -> float:
    return MARKS[mark][0]


@lru_cache(maxsize=64)
def mask(mark: str, height: int, *, accent: bool) -> Image.Image:
    """The mask of one of the two inks at that height in pixels."""
    scale = 8
    width = round(MARKS[mark][0] * height) + 1
    sheet = Image.new("L", (width * scale, height * scale))
    draw = ImageDraw.Draw(sheet)
    unit = height * scale
    _, inked, accented = MARKS[mark]
    for start, cubics in accented if accent else inked:
        draw.polygon([(x * unit, y * unit) for x, y in _flattened(start, cubics)], fill=255)
    return sheet.reduce(scale)


def svg_paths(mark: str) -> tuple[str, str]:
    """Path data in ink and accent, in a view box of height 1."""
    result = []
    _, inked, accented = MARKS[mark]
    for group in (inked, accented):
        data = ""
        for start, cubics in group:
            data += f"M{start[0]} {start[1]}" + "".join(
                "C" + " ".join(f"{x:.4g} {y:.4g}" for x, y in cubic) for cubic in cubics
            ) + "Z"  # fmt: skip
        result.append(data)
    return result[0], result[1]


def _flattened(start: Point, cubics: tuple[Cubic, ...]) -> list[Point]:
    points: list[Point] = []
    here = start
    for one, two, end in cubics:
        for t in np.linspace(0, 1, 24, endpoint=False):
            a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
            points.append((
                a * here[0] + b * one[0] + c * two[0] + d * end[0],
                a * here[1] + b * one[1] + c * two[1] + d * end[1],
            ))  # fmt: skip
        here = end
    return points
