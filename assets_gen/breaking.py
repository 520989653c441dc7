"""Lines: where a text may be broken in its language, which breaks look best, and how large it can be set."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, pairwise

from assets_gen import scripts
from assets_gen.text import Face, Setting, fall, is_other, is_square, leading_for, rise, shape

# What never begins a line, and what never ends one.
_NOT_FIRST = "。、，．・：；」』）】〉》！？!?,.:;)ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ％%…"
_NOT_LAST = "「『（【〈《(￥¥$#"
# A word is parted, or a phrase, only if the whole text can be set that much larger by it.
_GAIN = 1.4
# A line that is narrower than this share of the widest one looks lost among them.
_THIN = 0.4
# Arabic and kanji fill more of their em than Latin letters, and stand closer than these can.
_OTHER, _LEADING = 0.88, 1.12
_KANA = re.compile(r"[\u3041-\u309f]")


@dataclass(frozen=True, slots=True)
class Unit:
    """What a line may end after. `glue` follows it within a line, `end` at the end of one."""

    text: str
    glue: str = " "
    end: str = ""


@lru_cache(maxsize=512)
def variants(text: str) -> tuple[tuple[Unit, ...], ...]:
    """From whole words and phrases to words that are parted and, in Japanese, any two signs."""
    whole = _units(text.replace("\u00ad", ""), _phrases)
    found = [whole]
    if "\u00ad" in text:
        found.append(_units(text, _phrases))
    if any(map(is_square, text)):
        found.append(_units(text.replace("\u00ad", ""), _signs))
    return tuple(found)


def _units(text: str, parts: Callable[[str], list[str]]) -> tuple[Unit, ...]:
    result: list[Unit] = []
    for word in text.split(" "):
        for syllable in word.split("\u00ad"):
            result += [Unit(part, "") for part in parts(syllable)]
            result[-1] = Unit(result[-1].text, "", "-")
        result[-1] = Unit(result[-1].text)
    return tuple(result)


def _phrases(word: str) -> list[str]:
    """Japanese by its phrases: as its author parted it, else where kana end and something else begins."""
    if "\u200b" in word:
        return word.split("\u200b")
    return _parted(word, lambda before, after: bool(_KANA.match(before)) and not _KANA.match(after))


def _signs(word: str) -> list[str]:
    return _parted(word.replace("\u200b", ""), lambda before, after: is_square(before) or is_square(after))


def _parted(word: str, may: Callable[[str, str], bool]) -> list[str]:
    result = [word[:1]]
    for before, after in pairwise(word):
        comma = before in "、。，・！？"
        wide = is_square(before) or is_square(after)
        opens = after in _NOT_LAST
        if (
            wide
            and (comma or opens or may(before, after))
            and after not in _NOT_FIRST
            and before not in _NOT_LAST
        ):
            result.append("")
        result[-1] += after
    return result


def joined(units: tuple[Unit, ...]) -> str:
    return "".join(unit.text + unit.glue for unit in units[:-1]) + units[-1].text + units[-1].end


@lru_cache(maxsize=1024)
def broken(text: str, count: int, face: Face, short: str = "even") -> tuple[str, ...] | None:
    """`text` in `count` lines with the narrowest measure; None if it has fewer words.

    Among breaks that are nearly as narrow, `short` says which line may be the short one: "first", "last"
    or, as "even", none. A single short word is never left alone on the last line if another break exists.
    """
    return _broken(variants(text)[0], count, face, short)


@lru_cache(maxsize=2048)
def _broken(units: tuple[Unit, ...], count: int, face: Face, short: str) -> tuple[str, ...] | None:
    if count > len(units) or count < 1:
        return None
    lines = _greedy(units, count, face) if len(units) > 16 else _balanced(units, count, face, short)
    # A line that begins with a foreign word is still read as the text is.
    if lines is not None and scripts.reads_from_right(joined(units)):
        lines = tuple(scripts.turned_line(line) for line in lines)
    return lines


def _balanced(units: tuple[Unit, ...], count: int, face: Face, short: str) -> tuple[str, ...]:
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


def _greedy(units: tuple[Unit, ...], count: int, face: Face) -> tuple[str, ...] | None:
    low = max(shape(joined((unit,)), face).width for unit in units)
    high = shape(joined(units), face).width
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(units, middle, face)) <= count else (middle, high)
    lines = _filled(units, high, face)
    return tuple(lines) if len(lines) == count else None


def _filled(units: tuple[Unit, ...], measure: float, face: Face) -> list[str]:
    lines: list[list[Unit]] = [[]]
    for unit in units:
        if lines[-1] and shape(joined((*lines[-1], unit)), face).width > measure:
            lines.append([])
        lines[-1].append(unit)
    return [joined(tuple(line)) for line in lines]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a text may be set: sizes in pixels, counts of lines as preferred, the least leading in em."""

    largest: float
    smallest: float
    counts: tuple[int, ...] = (1,)
    leading: float = 1.3
    short: str = "even"


def optical(text: str) -> float:
    """By how much it is set smaller than Latin letters to look as large."""
    return _OTHER if is_other(text) else 1.0


def fitted(text: str, face: Face, fit: Fit, width: float, height: float) -> Setting | None:
    """The largest setting inside width and height, or None if even the smallest is too big.

    The earlier of two counts of lines wins when the later one is not a tenth larger, unless it leaves a word
    alone that the later one, nearly as large, keeps with another.
    """
    if is_other(text):
        fit = replace(
            fit, largest=max(fit.largest * _OTHER, fit.smallest), leading=max(fit.leading, _LEADING)
        )
    best: Setting | None = None
    for number, told in enumerate(variants(text)):
        gain = _GAIN if number else 1.0
        found = _largest(told, face, fit, width, height)
        if found is not None and (best is None or found.size > best.size * gain):
            best = found
    return best


def _largest(told: tuple[Unit, ...], face: Face, fit: Fit, width: float, height: float) -> Setting | None:
    best: Setting | None = None
    lost = False
    # What has fewer words than the fewest lines stands one word a line.
    for count in [count for count in fit.counts if count <= len(told)] or [len(told)]:
        lines = _broken(told, count, face, fit.short)
        if lines is None:
            continue
        leading = leading_for(lines, face, fit.leading) if count > 1 else fit.leading
        widths = [shape(line, face).width for line in lines]
        widest = max(widths)
        em_height = rise(lines[0], face) + fall(lines[-1], face) + leading * (count - 1)
        size = min(fit.largest, width / widest if widest else fit.largest, height / em_height)
        whole = widths[1:] if fit.short == "first" else widths[:-1] if fit.short == "last" else widths
        thin = min(whole, default=widest) < _THIN * widest
        needed = best.size * (0.9 if lost and not thin else 1.1) if best else 0
        if size + 0.01 >= max(fit.smallest, needed):
            best, lost = Setting(lines, face, size, leading), thin
    return best


def shortened(text: str, face: Face, size: float, width: float) -> Setting:
    """One line at that size, cut with an ellipsis until it is narrow enough."""
    kept = text.replace("\u00ad", "")
    while shape(kept, face).width * size > width and len(kept) > 2:
        kept = kept.rstrip("…")[:-1].rstrip() + "…"
    return Setting((kept,), face, size, 1.3)
