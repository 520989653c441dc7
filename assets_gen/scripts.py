"""Directions and syllables: in which order a line is drawn, and where a word may be parted."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import groupby
from typing import Any

# Marks that turn text around and are never drawn.
TURNS = "\u200e\u200f"
_STRONG = ("L", "R", "AL")
_NUMBERS = ("EN", "AN")
_SETTLED = ("L", "R", *_NUMBERS)
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_LONG = re.compile(r"[^\W\d_]{9,}")


def reads_from_right(text: str) -> bool:
    return next((kind for kind in map(unicodedata.bidirectional, text) if kind in _STRONG), "L") != "L"


def holds_right(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def turned(text: str) -> str:
    """Text of a language that is read from the right, also where it begins with a foreign name.

    A per cent sign stays behind its number, as the language's own standard has it.
    """
    return turned_line(text.replace("%", "\u200e%\u200e"))


def turned_line(line: str) -> str:
    return line if reads_from_right(line) or not holds_right(line) else "\u200f" + line


def visual(text: str) -> list[tuple[str, bool]]:
    """(part, whether it is read from the right) as they stand from left to right.

    The Unicode bidirectional algorithm for one line without embeddings.
    """
    levels = _levels(text, int(reads_from_right(text)))
    parts = [
        (level, "".join(character for _, character in group))
        for level, group in groupby(zip(levels, text, strict=True), key=lambda pair: pair[0])
    ]
    for least in range(max(levels, default=0), 0, -1):
        parts = _reversed_from(least, parts)
    kept = [(_without_turns(part), level % 2 == 1) for level, part in parts]
    return [(part, from_right) for part, from_right in kept if part]


def _reversed_from(least: int, parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    result: list[tuple[int, str]] = []
    for high, group in groupby(parts, key=lambda part: part[0] >= least):
        members = list(group)
        result += reversed(members) if high else members
    return result


def mirrored_signs(text: str) -> str:
    """Brackets as they look in text that runs from the right."""
    return text.translate(_MIRRORED)


def hyphenable(text: str, language: str) -> str:
    """Long words with soft hyphens where the language parts them, if it is one with rules for that."""
    dictionary = _dictionary(language)
    if dictionary is None:
        return text
    return _LONG.sub(lambda word: str(dictionary.inserted(word[0], "\u00ad")), text)


@cache
def _dictionary(language: str) -> Any:
    import pyphen

    found = pyphen.language_fallback(language.replace("-", "_"))
    return pyphen.Pyphen(lang=found, left=3, right=4) if found else None


def _without_turns(text: str) -> str:
    return "".join(character for character in text if character not in TURNS)


def _levels(text: str, base: int) -> list[int]:
    kinds = _weak(list(map(unicodedata.bidirectional, text)), base)
    kinds = _neutral(_bracketed(text, kinds, base), base)
    if base:
        levels = [2 if kind in ("L", *_NUMBERS) else 1 for kind in kinds]
    else:
        levels = [{"R": 1, "EN": 2, "AN": 2}.get(kind, 0) for kind in kinds]
    for place in reversed(range(len(text))):
        if not text[place].isspace():
            break
        levels[place] = base
    return levels


def _weak(kinds: list[str], base: int) -> list[str]:
    """Marks, numbers and the signs in and around numbers."""
    start = "R" if base else "L"
    kinds = _after_letters(kinds, start)
    for place in range(1, len(kinds) - 1):
        one, kind, other = kinds[place - 1 : place + 2]
        joins = (kind == "ES" and one == "EN") or (kind == "CS" and one in _NUMBERS)
        if joins and one == other:
            kinds[place] = one
    for places in (range(len(kinds)), reversed(range(len(kinds)))):
        last = ""
        for place in places:
            if kinds[place] == "ET" and last == "EN":
                kinds[place] = "EN"
            last = kinds[place]
    strong, result = start, []
    for kind in kinds:
        if kind in _STRONG:
            strong = "L" if kind == "L" else "R"
        number_of_left = kind == "EN" and strong == "L"
        result.append(strong if kind in _STRONG or number_of_left else kind)
    return result


def _after_letters(kinds: list[str], start: str) -> list[str]:
    """A mark is what it stands on; a number behind an Arabic letter is an Arabic number."""
    result: list[str] = []
    strong = start
    for kind in kinds:
        now = (result[-1] if result else start) if kind == "NSM" else kind
        if now in _STRONG:
            strong = now
        result.append("AN" if now == "EN" and strong == "AL" else now)
    return result


def _bracketed(text: str, kinds: list[str], base: int) -> list[str]:
    """Both brackets of a pair go with what they hold, or with the line where that goes with it too."""
    own, result = "R" if base else "L", list(kinds)
    waiting: list[tuple[str, int]] = []
    for place, character in enumerate(text):
        if character in "([{":
            waiting.append((mirrored_signs(character), place))
        elif waiting and character == waiting[-1][0]:
            start = waiting.pop()[1]
            held = {_side(kind) for kind in result[start:place] if kind in _SETTLED}
            before = next((_side(k) for k in reversed(result[:start]) if k in _SETTLED), own)
            if held:
                result[start] = result[place] = own if own in held else before
    return result


def _neutral(kinds: list[str], base: int) -> list[str]:
    """Spaces and signs go with what stands on both of their sides, else with the line."""
    own = "R" if base else "L"
    result: list[str] = []
    groups = [
        (free, list(group)) for free, group in groupby(kinds, key=lambda k: k not in ("L", "R", *_NUMBERS))
    ]
    for number, (free, group) in enumerate(groups):
        if not free:
            result += group
            continue
        before = _side(groups[number - 1][1][-1]) if number else own
        after = _side(groups[number + 1][1][0]) if number + 1 < len(groups) else own
        result += [before if before == after else own] * len(group)
    return result


def _side(kind: str) -> str:
    return "L" if kind == "L" else "R"
