"""Setting text: shaping with kerning and tracking, balanced line breaks, fitting, and masks of the ink.

Shaped lines are measured in em, so that a text is shaped once and fitted by division.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from PIL import Image, ImageDraw

from assets_gen import fonts

_EM = 512
# Japanese punctuation and small kana never begin a line.
_NOT_FIRST = "。、」）！？ーっッゃゅょャュョ"
_NO_LIGATURES = ["-liga", "-clig"]
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


@lru_cache(maxsize=4096)
def _advance(face: str, text: str) -> float:
    return fonts.sized(face, _EM).getlength(text, features=_NO_LIGATURES) / _EM


@lru_cache(maxsize=2048)
def shape(text: str, face: Face) -> Line:
    pieces: list[tuple[str, str, float]] = []
    x = 0.0
    upright, _, leaning = text.partition(LEAN)
    parts = fonts.runs(upright, face.stack) + fonts.runs(leaning.replace(LEAN, ""), face.tail or face.stack)
    from_right = reads_from_right(text)
    if from_right:
        # The space after a left-to-right word stands on its other side here.
        parts = [
            (font, run if fonts.is_complex(run[0]) else " " * run.endswith(" ") + run.rstrip(" "))
            for font, run in reversed(parts)
        ]
    for font, run in parts:
        if any(map(fonts.is_complex, run)):
            # Drawn from the right, its last space would stand before it.
            drawn = run if from_right else run.rstrip(" ")
            pieces.append((font, drawn, x))
            x += _advance(font, drawn) + (len(run) - len(drawn)) * _advance(font, " ")
            continue
        before = ""
        for cluster in _clusters(run):
            x += _kern(font, before, cluster)
            if not cluster.isspace():
                pieces.append((font, cluster, x))
            x += _advance(font, cluster) + face.tracking + (face.word_space if cluster.isspace() else 0)
            before = cluster
        x -= face.tracking
    return Line(tuple(pieces), max(x, 0.0))


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


def reads_from_right(text: str) -> bool:
    strong = next((b for b in map(unicodedata.bidirectional, text) if b in ("L", "R", "AL")), "L")
    return strong != "L"


@lru_cache(maxsize=512)
def ink(setting: Setting, align: str = "left") -> Ink:
    """The mask of a setting, drawn larger and reduced, so that glyphs stand where their kerning puts them."""
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
            draw.text(at, text, 255, fonts.sized(font, size), anchor="ls", features=_NO_LIGATURES)
    small = sheet.reduce(scale)
    box = small.getbbox() or (0, 0, 1, 1)
    corner = pad // scale
    return Ink(small.crop(box), box[0] - corner, box[1] - corner - int(size) // scale)


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


def words(text: str) -> list[str]:
    """Units that a line may end after: words, or single characters of Chinese and Japanese."""
    result: list[str] = []
    for word in text.split(" "):
        chunk = ""
        for character in word:
            if chunk and unicodedata.east_asian_width(character) in "WF" and character not in _NOT_FIRST:
                result.append(chunk + "\u2060")
                chunk = ""
            chunk += character
        result.append(chunk)
    return result


def joined(units: list[str]) -> str:
    return "".join(unit[:-1] if unit.endswith("\u2060") else unit + " " for unit in units).rstrip(" ")


@lru_cache(maxsize=1024)
def broken(text: str, count: int, face: Face, short: str = "even") -> tuple[str, ...] | None:
    """`text` in `count` lines with the narrowest measure; None if it has fewer words.

    Among breaks that are nearly as narrow, `short` says which line may be the short one: "first", "last"
    or, as "even", none. A single short word is never left alone on the last line if another break exists.
    """
    units = words(text)
    if count > len(units) or count < 1:
        return None
    if len(units) > 16:
        return _greedy(units, count, face)
    best: list[tuple[float, tuple[str, ...], list[float]]] = []
    for cuts in combinations(range(1, len(units)), count - 1):
        edges = (0, *cuts, len(units))
        lines = tuple(joined(units[a:b]) for a, b in pairwise(edges))
        widths = [shape(line, face).width for line in lines]
        alone = count > 1 and not {" ", "\u00a0"} & set(lines[-1])
        lonely = alone and widths[-1] < 0.5 * max(widths)
        best.append((max(widths) * (1.25 if lonely else 1), lines, widths))
    narrowest = min(score for score, _, _ in best)
    near = [(lines, widths) for score, lines, widths in best if score <= narrowest * 1.05]
    if short == "first":
        return min(near, key=lambda n: n[1][0])[0]
    if short == "last":
        return min(near, key=lambda n: n[1][-1])[0]
    return min(near, key=lambda n: max(n[1]) - min(n[1]))[0]


def _greedy(units: list[str], count: int, face: Face) -> tuple[str, ...] | None:
    low = max(shape(joined([unit]), face).width for unit in units)
    high = shape(joined(units), face).width
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(units, middle, face)) <= count else (middle, high)
    lines = _filled(units, high, face)
    return tuple(lines) if len(lines) == count else None


def _filled(units: list[str], measure: float, face: Face) -> list[str]:
    lines: list[list[str]] = [[]]
    for unit in units:
        if lines[-1] and shape(joined([*lines[-1], unit]), face).width > measure:
            lines.append([])
        lines[-1].append(unit)
    return [joined(line) for line in lines]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a text may be set: sizes in pixels, counts of lines as preferred, the least leading in em."""

    largest: float
    smallest: float
    counts: tuple[int, ...] = (1,)
    leading: float = 1.3
    short: str = "even"


def fitted(text: str, face: Face, fit: Fit, width: float, height: float) -> Setting | None:
    """The largest setting inside width and height, or None if even the smallest is too big.

    The earlier of two counts of lines wins when the later one is not a tenth larger.
    """
    best: Setting | None = None
    for count in fit.counts:
        lines = broken(text, count, face, fit.short)
        if lines is None:
            continue
        leading = leading_for(lines, face, fit.leading) if count > 1 else fit.leading
        widest = max(shape(line, face).width for line in lines)
        em_height = face.cap_height + 0.26 + leading * (count - 1)
        size = min(fit.largest, width / widest if widest else fit.largest, height / em_height)
        if size + 0.01 >= fit.smallest and (best is None or size > best.size * 1.1):
            best = Setting(lines, face, size, leading)
    return best


def shortened(text: str, face: Face, size: float, width: float) -> Setting:
    """One line at that size, cut with an ellipsis until it is narrow enough."""
    kept = text
    while shape(kept, face).width * size > width and len(kept) > 2:
        kept = kept.rstrip("…")[:-1].rstrip() + "…"
    return Setting((kept,), face, size, 1.3)
