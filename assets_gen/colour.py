"""OKLCH colour: ramps from a brand's colours, and pairs chosen by measured contrast.

Lightness and chroma are OKLab's (0..1 and about 0..0.4), hues are degrees, colours on the wire are "#rrggbb".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
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
        low, high = 0.0, self.chroma
        srgb = self._srgb(high)
        if not _in_gamut(srgb):
            for _ in range(18):
                middle = (low + high) / 2
                low, high = (middle, high) if _in_gamut(self._srgb(middle)) else (low, middle)
            srgb = self._srgb(low)
        red, green, blue = (int(v) for v in np.rint(np.clip(srgb, 0, 1) * 255))
        return red, green, blue

    @property
    def hex(self) -> str:
        return "#{:02X}{:02X}{:02X}".format(*self.rgb)

    def at(self, lightness: float, chroma: float | None = None) -> Colour:
        return replace(self, lightness=lightness, chroma=self.chroma if chroma is None else chroma)

    def _srgb(self, chroma: float) -> Floats:
        angle = math.radians(self.hue)
        return from_oklab(np.array([self.lightness, chroma * math.cos(angle), chroma * math.sin(angle)]))


def _in_gamut(srgb: Floats) -> bool:
    return bool((srgb >= -0.0005).all() and (srgb <= 1.0005).all())


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG contrast, 1..21."""
    first, second = (float(luminance(np.array(c) / 255)) for c in (one, other))
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


def better_ink(ground: Rgb, dark: Colour, light: Colour) -> Colour:
    """Whichever of the two reads better on the ground."""
    return dark if contrast(dark.rgb, ground) >= contrast(light.rgb, ground) else light
