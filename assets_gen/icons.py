"""Icons of four primitives: square, disc, quarter disc and bar, in a box of 96 by 80."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

_OVER = 4
# Which of the three inks: the pale body, the dark part, the strong one.
Layer = tuple[int, Callable[["_Sheet"], None]]


class _Sheet:
    def __init__(self, width: int, height: int) -> None:
        self.mask = Image.new("L", (width * _OVER, height * _OVER))
        self._draw = ImageDraw.Draw(self.mask)
        self._x, self._y = width * _OVER / 96, height * _OVER / 80

    def bar(self, x: float, y: float, width: float, height: float, ink: int = 255) -> None:
        right, bottom = (x + width) * self._x - 1, (y + height) * self._y - 1
        self._draw.rectangle((x * self._x, y * self._y, right, bottom), fill=ink)

    def disc(self, x: float, y: float, radius: float, ink: int = 255) -> None:
        box = (x - radius) * self._x, (y - radius) * self._y, (x + radius) * self._x, (y + radius) * self._y
        self._draw.ellipse(box, fill=ink)

    def slice(self, x: float, y: float, radius: float, start: int, end: int) -> None:
        box = (x - radius) * self._x, (y - radius) * self._y, (x + radius) * self._x, (y + radius) * self._y
        self._draw.pieslice(box, start, end, fill=255)

    def tick(self, points: list[tuple[float, float]], width: float) -> None:
        scaled = [(x * self._x, y * self._y) for x, y in points]
        self._draw.line(scaled, fill=255, width=round(width * self._x), joint="curve")


def _page_dots(sheet: _Sheet) -> None:
    sheet.disc(12, 9, 3.2)
    sheet.disc(22, 9, 3.2)


def _page_picture(sheet: _Sheet) -> None:
    sheet.slice(12, 68, 40, 270, 360)


def _page_lines(sheet: _Sheet) -> None:
    for y in (28, 44, 60):
        sheet.bar(62, y, 22, 8)


def _flap(sheet: _Sheet) -> None:
    sheet.slice(48, 0, 44, 0, 180)


def _card(sheet: _Sheet) -> None:
    sheet.bar(0, 0, 96, 14)
    sheet.bar(0, 26, 96, 38)
    sheet.bar(12, 44, 24, 8, 0)
    sheet.disc(71, 54, 25, 0)


_LAYERS: dict[str, tuple[Layer, ...]] = {
    "page": (
        (0, lambda s: s.bar(0, 0, 96, 18)),
        (1, lambda s: s.bar(0, 18, 96, 62)),
        (1, _page_dots),
        (0, _page_picture),
        (2, _page_lines),
    ),
    "mail": ((2, lambda s: s.bar(0, 0, 96, 80)), (0, _flap), (1, lambda s: s.disc(48, 47, 10))),
    "checkout": (
        (2, _card),
        (1, lambda s: s.disc(71, 54, 21)),
        (0, lambda s: s.tick([(62, 54), (69, 61), (81, 47)], 5)),
    ),
}


@lru_cache(maxsize=64)
def drawn_icon(name: str, width: int, height: int) -> tuple[tuple[Image.Image, int], ...]:
    """Masks with the number of the ink that goes through each, from below."""
    layers = []
    for ink, draw in _LAYERS[name]:
        sheet = _Sheet(width, height)
        draw(sheet)
        layers.append((sheet.mask.reduce(_OVER), ink))
    return tuple(layers)
