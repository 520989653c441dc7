"""The faces that come along, in stacks: a character that one face lacks is taken from the next."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

HERE = Path(__file__).parent / "fonts"
_OTHERS = (
    "NotoSansArabic-SemiBold.ttf",
    "NotoSansHebrew-SemiBold.ttf",
    "NotoSansThai-SemiBold.ttf",
    "NotoSansDevanagari-SemiBold.ttf",
)
_SCRIPTS = (*_OTHERS, "ZenKakuGothicNew-Medium.ttf")
_HEAVY = ("Alexandria-ExtraBold.ttf", *_OTHERS, "ZenKakuGothicNew-Black.ttf")
_BOOK = ("NotoNaskhArabic-SemiBold.ttf", *_OTHERS, "ShipporiMincho-SemiBold.ttf")
# Kana and the 3,000 commonest kanji come along; a whole CJK font is 5.5 MB a weight, so the rest is drawn
# where the system has it.
_SYSTEM = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)
STACKS: dict[str, tuple[str, ...]] = {
    "display": ("BricolageGrotesque-Bold.ttf", "Inter-SemiBold.ttf", *_HEAVY),
    "name": ("BricolageGrotesque-SemiBold.ttf", "Inter-SemiBold.ttf", *_HEAVY),
    "text": ("Inter-Regular.ttf", "Inter-SemiBold.ttf", *_SCRIPTS),
    "strong": ("Inter-SemiBold.ttf", *_SCRIPTS),
    "poster": ("Archivo-ExtraBold.ttf", "Inter-SemiBold.ttf", *_HEAVY),
    "poster_small": ("Archivo-SemiBold.ttf", "Inter-SemiBold.ttf", *_SCRIPTS),
    "round": ("Manrope-ExtraBold.ttf", "Inter-SemiBold.ttf", *_HEAVY),
    "round_small": ("Manrope-SemiBold.ttf", "Inter-SemiBold.ttf", *_SCRIPTS),
    "serif_large": ("Fraunces144pt-Book.ttf", "Fraunces144pt-Book-Ext.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "serif_large_italic": (
        "Fraunces144pt-BookItalic.ttf",
        "Fraunces144pt-BookItalic-Ext.ttf",
        "Inter-SemiBold.ttf",
        *_BOOK,
    ),
    "serif": ("Fraunces36pt-Book.ttf", "Fraunces36pt-Book-Ext.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "serif_italic": (
        "Fraunces36pt-BookItalic.ttf",
        "Fraunces36pt-BookItalic-Ext.ttf",
        "Inter-SemiBold.ttf",
        *_BOOK,
    ),
    "serif_figure": ("Fraunces144pt-Light.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "reading": ("Newsreader-Regular.ttf", "Inter-Regular.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "reading_italic": ("Newsreader-Italic.ttf", "Inter-Regular.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "reading_strong": ("Newsreader-SemiBold.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "quote": ("InstrumentSerif-Regular.ttf", "Inter-SemiBold.ttf", *_BOOK),
    "grotesk": ("HankenGrotesk-Bold.ttf", "Inter-SemiBold.ttf", *_HEAVY),
    "grotesk_small": ("HankenGrotesk-SemiBold.ttf", "Inter-SemiBold.ttf", *_SCRIPTS),
    "narrow": ("BigShouldersDisplay-ExtraBold.ttf", "Inter-SemiBold.ttf", *_HEAVY),
    "mono": ("JetBrainsMono-Bold.ttf", "Inter-SemiBold.ttf", *_SCRIPTS),
}
_COMPLEX = ("ARABIC", "HEBREW", "THAI", "DEVANAGARI", "SYRIAC", "BENGALI", "TAMIL", "KHMER", "MYANMAR")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u00ad"


@cache
def covered(face: str) -> frozenset[int]:
    with TTFont(HERE / face, lazy=True, fontNumber=0) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=256)
def sized(face: str, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(HERE / face), pixels, layout_engine=ImageFont.Layout.RAQM)


@cache
def metrics(face: str) -> tuple[float, float]:
    """Cap height and x-height in em."""
    with TTFont(HERE / face, lazy=True) as font:
        em = font["head"].unitsPerEm
        return font["OS/2"].sCapHeight / em, font["OS/2"].sxHeight / em


@cache
def _installed(stack: str) -> tuple[str, ...]:
    return STACKS[stack] + tuple(path for path in _SYSTEM if Path(path).exists())


@cache
def face_for(character: str, stack: str) -> str | None:
    """The first face of the stack that draws the character, or None."""
    return next((face for face in _installed(stack) if ord(character) in covered(face)), None)


def is_complex(character: str) -> bool:
    """Whether its letters join, stack or run from the right, so that only whole runs can be drawn."""
    return ord(character) > 0x2FF and unicodedata.name(character, "").startswith(_COMPLEX)


def runs(text: str, stack: str) -> list[tuple[str, str]]:
    """(face, text) in logical order. A character that no face has is given to the first one."""
    result: list[tuple[str, str]] = []
    for character in text:
        bound = unicodedata.combining(character) or character in _INVISIBLE
        face = result[-1][0] if bound and result else face_for(character, stack) or STACKS[stack][0]
        if character == " " and result:
            face = result[-1][0]
        if result and result[-1][0] == face:
            result[-1] = (face, result[-1][1] + character)
        else:
            result.append((face, character))
    return result


def without_missing(text: str, stack: str) -> str:
    """The text less the characters that no face draws (an emoji in a name), unless that leaves nothing."""
    gaps = missing(text, stack)
    return " ".join("".join(c for c in text if c not in gaps).split()) or text


def missing(text: str, stack: str) -> str:
    """The characters that no face of the stack can draw."""
    return "".join(c for c in dict.fromkeys(text) if face_for(c, stack) is None and c not in _INVISIBLE)
