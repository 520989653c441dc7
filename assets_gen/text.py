"""Setting text: shaping with kerning and tracking, balanced line breaks, fitting, and masks of the ink.

Shaped lines are measured in em, so that a text is shaped once and fitted by division.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from assets_gen import fonts, scripts

_EM = 512
# Japanese signs take the room of their ink, not of a square.
_FEATURES = ["-liga", "-clig", "palt"]
# Squares are not drawn together as letters are.
_SQUARE_TRACKING = 0.3
_BRACKETS = frozenset("（「『【〈《")
_SQUARE_MIDDLE = 0.38
# Stands before each word that is set in the face's tail. Private, so no text that comes in can hold it.
LEAN = "\ue000"


@dataclass(frozen=True, slots=True)
class Face:
    """A stack of fonts with tracking and extra word space in em; `tail` is the stack of the last words."""

    stack: str
    tracking: float = 0.0
    word_space: float = 0.0
    tail: str = ""

    @property
    def cap_height(self) -> float:
        return fonts.metrics(fonts.STACKS[self.stack][0])[0]

    @property
    def x_height(self) -> float:
        return fonts.metrics(fonts.STACKS[self.stack][0])[1]


@dataclass(frozen=True, slots=True)
class Line:
    """(font file, text, x in em) from left to right."""

    pieces: tuple[tuple[str, str, float], ...]
    width: float


@dataclass(frozen=True, slots=True)
class Ink:
    """A mask of set text; `x`, `y` are its corner, in pixels from the left edge and the first baseline."""

    mask: Image.Image
    x: int
    y: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.x + self.mask.width, self.y + self.mask.height


@dataclass(frozen=True, slots=True)
class Setting:
    """Text broken into lines at a size in pixels, `leading` in em."""

    lines: tuple[str, ...]
    face: Face
    size: float
    leading: float

    @property
    def width(self) -> float:
        return max(shape(line, self.face).width for line in self.lines) * self.size

    @property
    def rise(self) -> float:
        """From the first baseline to what the eye takes for the top: capitals, or other scripts' ink."""
        return rise(self.lines[0], self.face) * self.size

    def middle(self, line: int) -> float:
        """How far above its baseline the middle of a line's small letters is, or of its squares."""
        squares = any(map(is_square, self.lines[line]))
        return (_SQUARE_MIDDLE if squares else self.face.x_height / 2) * self.size

    @property
    def sink(self) -> float:
        """How much deeper than Latin descenders, for which every margin has room, its last line hangs."""
        return max(0.0, fall(self.lines[-1], self.face) - 0.22) * self.size if is_other(self.lines[-1]) else 0


@lru_cache(maxsize=4096)
def _advance(face: str, text: str) -> float:
    return fonts.sized(face, _EM).getlength(text, features=_FEATURES) / _EM


@lru_cache(maxsize=2048)
def shape(text: str, face: Face) -> Line:
    pieces: list[tuple[str, str, float]] = []
    x = -_indent(text[:1], face.stack)
    upright, _, leaning = text.replace("\u200b", "").replace("\u00ad", "").partition(LEAN)
    for told, stack in ((upright, face.stack), (leaning.replace(LEAN, ""), face.tail or face.stack)):
        for part, from_right in scripts.visual(told):
            runs = fonts.runs(part, stack)
            for font, run in reversed(runs) if from_right else runs:
                x = _run(pieces, font, run, face, x, from_right=from_right)
    return Line(tuple(pieces), max(x, 0.0))


def _indent(first: str, stack: str) -> float:
    """The empty half of a bracket's square, by which it would push in the line that it opens."""
    if first not in _BRACKETS:
        return 0.0
    return max(0.0, _advance(fonts.runs(first, stack)[0][0], first) - 0.5)


def _run(
    pieces: list[tuple[str, str, float]], font: str, run: str, face: Face, x: float, *, from_right: bool
) -> float:
    """Adds text of one font in one direction; where the next starts."""
    if not any(map(fonts.is_complex, run)):
        return _letters(pieces, font, run, face, x, from_right=from_right)
    # Drawn from the left, its last space is no part of its ink.
    drawn = run if from_right else run.rstrip(" ")
    pieces.append((font, drawn, x))
    return x + _advance(font, drawn) + (len(run) - len(drawn)) * _advance(font, " ")


def _letters(
    pieces: list[tuple[str, str, float]], font: str, run: str, face: Face, x: float, *, from_right: bool
) -> float:
    """Adds them one by one, kerned and tracked; where the next run starts."""
    clusters = _clusters(run)
    if from_right:
        clusters = [scripts.mirrored_signs(cluster) for cluster in reversed(clusters)]
    before, tracking = "", 0.0
    for cluster in clusters:
        x += _kern(font, before, cluster)
        if not cluster.isspace():
            pieces.append((font, cluster, x))
        tracking = face.tracking * (_SQUARE_TRACKING if is_square(cluster) else 1.0)
        x += _advance(font, cluster) + tracking + (face.word_space if cluster.isspace() else 0)
        before = cluster
    return x - tracking


def is_square(text: str) -> bool:
    """Chinese and Japanese signs."""
    return unicodedata.east_asian_width(text[0]) in "WF"


def _kern(font: str, before: str, cluster: str) -> float:
    if not before:
        return 0.0
    return _advance(font, before + cluster) - _advance(font, before) - _advance(font, cluster)


def _clusters(text: str) -> list[str]:
    result: list[str] = []
    for character in text:
        if result and (unicodedata.combining(character) or character in "\u200c\u200d\ufe0f"):
            result[-1] += character
        else:
            result.append(character)
    return result


def leaning(text: str) -> str:
    """The text with its last words marked for the tail, where their script has italics."""
    units = text.split(" ")
    last = 2 if len(units[-1]) < 5 and len(units) > 3 else 1
    tail = units[-last:]
    if len(units) < 2 or any(ord(character) > 0x24F for character in "".join(tail) if character.isalpha()):
        return text
    return " ".join([*units[:-last], *(LEAN + unit for unit in tail)])


def ink(setting: Setting, align: str = "left") -> Ink:
    """The mask of a setting, drawn larger and reduced, so that glyphs stand where their kerning puts them."""
    return _ink(setting, "left" if len(setting.lines) == 1 else align)


# All words of all designs in all sizes are some 600 masks; 512 would forget each before it comes again.
@lru_cache(maxsize=1536)
def _ink(setting: Setting, align: str) -> Ink:
    scale = 2 if setting.size >= 48 else 4
    size = setting.size * scale
    pad = int(size * 0.5) // scale * scale + scale
    shaped = [shape(line, setting.face) for line in setting.lines]
    widest = max(line.width for line in shaped)
    step = setting.leading * setting.size
    height = pad * 2 + int(size) + (round(step * (len(shaped) - 1)) + 2) * scale
    sheet = Image.new("L", ((int(widest * size) + pad * 2 + scale) // scale * scale, height // scale * scale))
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(shaped):
        spare = {"left": 0.0, "center": (widest - line.width) / 2, "right": widest - line.width}[align]
        baseline = pad + int(size) // scale * scale + round(step * number) * scale
        for font, text, x in line.pieces:
            at = (pad + (x + spare) * size, baseline)
            draw.text(at, text, 255, fonts.sized(font, size), anchor="ls", features=_FEATURES)
    small = sheet.reduce(scale)
    box = small.getbbox() or (0, 0, 1, 1)
    corner = pad // scale
    return Ink(small.crop(box), box[0] - corner, box[1] - corner - int(size) // scale)


@lru_cache(maxsize=512)
def rise(line: str, face: Face) -> float:
    """In em. Arabic towers over Latin capitals here and stays below them there; kanji fill their square."""
    return max(face.cap_height, -_extent(line, face)[0]) if is_other(line) else face.cap_height


@lru_cache(maxsize=512)
def fall(line: str, face: Face) -> float:
    """How far it reaches below its baseline, in em."""
    return max(0.26, _extent(line, face)[1]) if is_other(line) else 0.26


def is_other(line: str) -> bool:
    return any(is_square(character) or fonts.is_complex(character) for character in line)


def _extent(line: str, face: Face) -> tuple[float, float]:
    _, top, _, bottom = ink(Setting((line,), face, 64.0, 1.0)).box
    return top / 64, bottom / 64


@lru_cache(maxsize=512)
def leading_for(lines: tuple[str, ...], face: Face, least: float, clear: float = 0.05) -> float:
    """The tightest leading, in em, that is at least `least` and keeps descenders `clear` of the line below.

    Measured on the glyphs: most pairs of lines may be set much tighter than their boxes.
    """
    size = 64.0
    needed = least
    for upper, lower in pairwise(lines):
        above, below = (ink(Setting((line,), face, size, 1.0)) for line in (upper, lower))
        deep, high = _profile(above, size, down=True), _profile(below, size, down=False)
        width = min(len(deep), len(high))
        reach = deep[:width] + high[:width]
        if np.isfinite(reach).any():
            needed = max(needed, float(np.max(reach)) / size + clear)
    return needed


def _profile(text: Ink, size: float, *, down: bool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How far the ink reaches below (or above) the baseline by column, spread a little to both sides."""
    solid = np.asarray(text.mask) > 60
    columns = np.full(text.x + solid.shape[1] + 8, -np.inf)
    rows = np.arange(solid.shape[0])[:, None] + text.y
    reach = np.where(solid, rows + 1 if down else -rows, -np.inf).max(axis=0)
    start = max(text.x, 0)
    columns[start : start + len(reach)] = reach[: len(columns) - start]
    spread = round(size * 0.04)
    return np.asarray(np.max([np.roll(columns, s) for s in range(-spread, spread + 1)], axis=0))
