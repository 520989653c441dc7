"""The program's window: a drawn dashboard for large pictures and a bare page for small ones.

Drawn once per size and colour of the program and kept; no affiliate's colour is in it.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from assets_gen import paint
from assets_gen.colour import Rgb
from assets_gen.languages import Language, language
from assets_gen.text import Face, Setting, ink

_BAR, _BAR_LINE, _DOT, _FIELD = (243, 241, 245), (233, 230, 238), (211, 208, 218), (229, 226, 233)
_PAGE, _SIDE, _LINE, _EDGE = (255, 254, 253), (250, 249, 252), (239, 237, 244), (231, 229, 240)
_INK, _SOFT, _FAINT, _RISE = (22, 18, 51), (93, 89, 116), (124, 120, 146), (12, 133, 91)
_ICON = (168, 165, 182)
_STRONG, _PLAIN = Face("strong", -0.01), Face("text")
_ROOMS = ("Overview", "Pages", "E-mail", "Funnels", "Checkout", "Courses", "Calendar")
_CARDS = (("Sales", "$4,820", "+18 %"), ("New contacts", "312", "+9 %"), ("Open rate", "46 %", "+4 %"))
_HEIGHTS = (30, 43, 37, 55, 51, 70, 64, 84, 79, 98, 90, 112, 126, 121, 140, 158)


class _Sheet:
    """A canvas in drawing units, `unit` pixels each, with the words of a language."""

    def __init__(self, size: tuple[int, int], unit: float, spoken: Language | None = None) -> None:
        self.canvas = Image.new("RGB", size, _PAGE)
        self.unit = unit
        self.told = spoken.own.get("window", {}) if spoken else {}
        self.mirrored = bool(spoken and spoken.from_right)

    def plate(self, x: float, y: float, w: float, h: float, radius: float, colour: Rgb) -> None:
        u = self.unit
        box = (round(x * u), round(y * u), round((x + w) * u), round((y + h) * u))
        if box[0] < self.canvas.width and box[1] < self.canvas.height and box[2] > box[0] and box[3] > box[1]:
            paint.rounded(self.canvas, box, radius * u, colour)

    def frame(self, x: float, y: float, w: float, h: float, radius: float) -> None:
        line = max(1.0, round(1.3 * self.unit)) / self.unit
        self.plate(x, y, w, h, radius, _EDGE)
        self.plate(x + line, y + line, w - 2 * line, h - 2 * line, radius - line, _PAGE)

    def line(self, x: float, y: float, x2: float, y2: float, colour: Rgb) -> None:
        width = max(1, round(1.2 * self.unit))
        points = [round(v * self.unit) for v in (x, y, x2, y2)]
        ImageDraw.Draw(self.canvas).line(points, fill=colour, width=width)

    def words(
        self, text: str, x: float, y: float, size: float, colour: Rgb, face: Face, align: str = "left"
    ) -> None:
        setting = Setting((self.told.get(text, text),), face, size * self.unit, 1.3)
        drawn = ink(setting)
        left = x * self.unit - (setting.width if align == "right" else 0)
        # The whole window is turned around later; its words come out of that as they are read.
        mask = drawn.mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.mirrored else drawn.mask
        paint.fill(self.canvas, colour, mask, (round(left) + drawn.x, round(y * self.unit) + drawn.y))


@lru_cache(maxsize=16)
def dashboard(size: tuple[int, int], unit: float, main: Rgb, second: Rgb, spoken: str = "en") -> Image.Image:
    """What is seen of a dashboard 800 units wide, from its upper left corner."""
    sheet = _Sheet(size, unit, language(spoken))
    width = size[0] / unit
    sheet.plate(0, 42, 139, size[1] / unit, 0, _SIDE)
    sheet.line(139, 42, 139, size[1] / unit, _LINE)
    _title_bar(sheet, width)
    _rooms(sheet, main)
    sheet.words("Good morning", 165, 90, 21, _INK, _STRONG)
    sheet.words("Everything that happened since yesterday", 165, 112, 12.6, _FAINT, _PLAIN)
    for number, (label, figure, change) in enumerate(_CARDS):
        x = 165 + number * 170
        sheet.frame(x, 132, 156, 86, 10)
        sheet.words(label, x + 15, 157, 12, _FAINT, _PLAIN)
        sheet.words(change, x + 141, 157, 11.6, _RISE, _STRONG, "right")
        sheet.words(figure, x + 14, 193, 26, _INK, Face("strong", -0.03))
    _chart(sheet, main, second)
    return sheet.canvas


@lru_cache(maxsize=64)
def objects(size: tuple[int, int], main: Rgb, second: Rgb, density: int) -> Image.Image:
    """The window for pictures in which the dashboard would be too small to read: a line, a bar, a chart."""
    # Half the way that the picture grows, the things in it grow; the other half shows more of them.
    unit = density * (size[0] / density / 112) ** 0.5
    sheet = _Sheet(size, unit)
    width, height = size[0] / unit, size[1] / unit
    sheet.plate(0, 0, width, 12, 0, _BAR)
    sheet.line(0, 12, width, 12, _BAR_LINE)
    for number in range(3):
        sheet.plate(7 + number * 6, 4.2, 3.6, 3.6, 1.8, _DOT)
    sheet.plate(11, 20, 36, 4.5, 2.2, _tinted(_INK, 0.2))
    sheet.plate(11, 29, 58, 9, 2.5, _INK)
    room = max(10.0, height - 46)
    for number in range(12):
        x = 11 + number * 17.5
        share = 0.42 + 0.075 * number + (0.09 if number % 2 else 0.0)
        tint = second if number == 5 else _tinted(main, min(1.0, 0.30 + number * 0.12))
        u = unit
        left, right, top = round(x * u), round((x + 12.5) * u), round((height - room * min(share, 0.96)) * u)
        if left < size[0] and right > left and top < size[1]:
            mask = paint.rounded_mask(right - left, size[1] - top, (2.4 * u, 2.4 * u, 0, 0))
            paint.fill(sheet.canvas, tint, mask, (left, top))
    return sheet.canvas


def _title_bar(sheet: _Sheet, width: float) -> None:
    sheet.plate(0, 0, width, 42, 0, _BAR)
    sheet.line(0, 42, width, 42, _BAR_LINE)
    for number in range(3):
        sheet.plate(17 + number * 17, 16, 11, 11, 5.5, _DOT)
    sheet.plate(231, 12, 240, 19, 9.5, _FIELD)


def _rooms(sheet: _Sheet, main: Rgb) -> None:
    for number, room in enumerate(_ROOMS):
        y = 81 + number * 36.8
        if number == 0:
            sheet.plate(13, y - 15, 113, 30, 8, _tinted(main, 0.13))
        here = number == 0
        sheet.plate(23.5, y - 5.5, 11, 11, 2.6 if number % 2 else 5.5, main if here else _ICON)
        sheet.words(room, 44, y + 4.6, 12.8, main if here else _SOFT, _STRONG)


def _chart(sheet: _Sheet, main: Rgb, second: Rgb) -> None:
    sheet.frame(165, 235, 496, 208, 10)
    sheet.words("Revenue", 181, 263, 12.8, _INK, _STRONG)
    for y in (294, 338, 382):
        sheet.line(181, y, 645, y, _LINE)
    for number, height in enumerate(_HEIGHTS[:12]):
        x = 187 + number * 38.6
        tint = _tinted(main, min(1.0, 0.27 + number * 0.066))
        _bar(sheet, x, 426, height * 1.05, {8: main, 11: second}.get(number, tint))


def _bar(sheet: _Sheet, x: float, foot: float, height: float, colour: Rgb) -> None:
    u = sheet.unit
    left, right = round(x * u), round((x + 24) * u)
    top, bottom = round((foot - height) * u), round(foot * u)
    if left < sheet.canvas.width and right > left and bottom > top:
        mask = paint.rounded_mask(right - left, bottom - top, (4.5 * u, 4.5 * u, 0, 0))
        paint.fill(sheet.canvas, colour, mask, (left, top))


@lru_cache(maxsize=64)
def page(width: int, height: int, bar: int, paper: Rgb) -> Image.Image:
    """A window with nothing but its title bar of that height; a code or a text takes the page."""
    canvas = Image.new("RGB", (width, height), paper)
    if bar < 7:
        return canvas
    canvas.paste(_BAR, (0, 0, width, bar))
    canvas.paste(_BAR_LINE, (0, bar - 1, width, bar))
    dot = max(3, round(bar * 0.32))
    for number in range(3):
        left, top = round(bar * 0.45 + number * dot * 1.55), (bar - dot) // 2
        paint.rounded(canvas, (left, top, left + dot, top + dot), dot / 2, _DOT)
    field = round(width * 0.44), round(width * 0.86)
    paint.rounded(canvas, (field[0], (bar - dot) // 2 - 1, field[1], (bar + dot) // 2 + 1), dot, _FIELD)
    return canvas


def _tinted(colour: Rgb, share: float) -> Rgb:
    """The colour printed at that opacity on white."""
    red, green, blue = (round(255 + (channel - 255) * share) for channel in colour)
    return red, green, blue
