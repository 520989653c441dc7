"""OKLCH colour: ramps from a brand's colours, and pairs chosen by measured contrast.

Lightness and chroma are OKLab's (0..1 and about 0..0.4), hues are degrees, colours on the wire are "#rrggbb".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Floats = NDArray[np.floating[Any]]

_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LMS = np.linalg.inv(_TO_LMS)
_FROM_LAB = np.linalg.inv(_TO_LAB)
_FROM_LMS_ROWS: list[list[float]] = _FROM_LMS.tolist()
_FROM_LAB_ROWS: list[list[float]] = (_FROM_LAB / _FROM_LAB[:, :1]).tolist()


def linear(srgb: Floats) -> Floats:
    """sRGB 0..1 to light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4)


def gamma(light: Floats) -> Floats:
    """Light 0..1 to sRGB."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def to_oklab(srgb: Floats) -> Floats:
    """Array (..., 3) of sRGB 0..1 to OKLab."""
    return np.asarray(np.cbrt(linear(srgb) @ _TO_LMS.T) @ _TO_LAB.T)


def from_oklab(lab: Floats) -> Floats:
    """OKLab to sRGB, not clipped: values outside 0..1 are outside the gamut."""
    return gamma((lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T)


def luminance(srgb: Floats) -> Floats:
    """WCAG relative luminance of an array (..., 3) of sRGB 0..1."""
    return np.asarray(linear(srgb) @ np.array([0.2126, 0.7152, 0.0722]))


@dataclass(frozen=True, slots=True)
class Colour:
    lightness: float
    chroma: float
    hue: float

    @classmethod
    def parse(cls, text: str) -> Colour:
        """Raises ValueError unless `text` is #rrggbb."""
        if not _HEX.match(text):
            raise ValueError(f"{text!r} is not a colour; write it as #14574A")
        return cls.of_rgb((int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)))

    @classmethod
    def of_rgb(cls, rgb: Rgb) -> Colour:
        lightness, a, b = (float(v) for v in to_oklab(np.array(rgb) / 255))
        return cls(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)

    @property
    def is_neutral(self) -> bool:
        """Too grey, too white or too black for its hue to speak for a brand."""
        return self.chroma < 0.035 or self.lightness > 0.97 or self.lightness < 0.12

    @property
    def rgb(self) -> Rgb:
        """The nearest colour a screen can show: chroma gives way, lightness and hue stay."""
        return _shown(self.lightness, self.chroma, self.hue)

    @property
    def hex(self) -> str:
        return "#{:02X}{:02X}{:02X}".format(*self.rgb)

    def at(self, lightness: float, chroma: float | None = None) -> Colour:
        return replace(self, lightness=lightness, chroma=self.chroma if chroma is None else chroma)


@lru_cache(maxsize=4096)
def _shown(lightness: float, chroma: float, hue: float) -> Rgb:
    low, high = 0.0, chroma
    light = _light(lightness, high, hue)
    if not _in_gamut(light):
        for _ in range(14):
            middle = (low + high) / 2
            low, high = (middle, high) if _in_gamut(_light(lightness, middle, hue)) else (low, middle)
        light = _light(lightness, low, hue)
    red, green, blue = (round(255 * min(max(_encoded(value), 0.0), 1.0)) for value in light)
    return red, green, blue


def _light(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """from_oklab for one colour without an array, still as light: a palette asks for hundreds of them."""
    angle = math.radians(hue)
    a, b = chroma * math.cos(angle), chroma * math.sin(angle)
    long, medium, short = ((lightness + row[1] * a + row[2] * b) ** 3 for row in _FROM_LAB_ROWS)
    red, green, blue = (row[0] * long + row[1] * medium + row[2] * short for row in _FROM_LMS_ROWS)
    return red, green, blue


def _in_gamut(light: tuple[float, float, float]) -> bool:
    return min(light) >= -0.0001 and max(light) <= 1.0001


def _encoded(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


@lru_cache(maxsize=4096)
def _luminance_of(rgb: Rgb) -> float:
    return float(luminance(np.array(rgb) / 255))


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG contrast, 1..21."""
    first, second = _luminance_of(one), _luminance_of(other)
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def readable(colour: Colour, ground: Rgb, least: float) -> Colour:
    """`colour` moved in lightness, away from the ground, until it has at least that contrast on it.

    Ends in white or black when nothing nearer reaches it.
    """
    if contrast(colour.rgb, ground) >= least:
        return colour
    up = contrast((255, 255, 255), ground) >= contrast((0, 0, 0), ground)
    end = 1.0 if up else 0.0
    steps = np.linspace(colour.lightness, end, 41)[1:]
    for lightness in steps:
        moved = colour.at(float(lightness))
        if contrast(moved.rgb, ground) >= least:
            return moved
    return Colour(end, 0.0, colour.hue)
