"""A logo that shows on any ground: each of its inks that melts into the ground is lit until it reads."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assets_gen.brand import AssetError, Brand
from assets_gen.colour import Colour, Rgb, contrast, from_oklab, luminance, to_oklab
from assets_gen.inks import apart, inks, nearest
from assets_gen.logo import Logo, border, fitting, is_photo, logo_of, reached

Floats = NDArray[np.floating[Any]]
WORD, MARK = 4.5, 3.0
# A word is lit beyond its least: beside a white wordmark the bare minimum looks switched off.
_SPARE = {WORD: 1.3, MARK: 1.16}
_SAMPLES = 3000
# What just reads at full size is a little fainter when it is reduced.
_RESERVE = 1.06
_TOLD_APART = 0.16


@dataclass(frozen=True, slots=True)
class Faint:
    """An ink that melts into the ground: its contrast there, and the least that it must have."""

    lab: tuple[float, float, float]
    contrast: float
    least: float

    @property
    def colour(self) -> Colour:
        return _colour(np.array(self.lab))


def is_dark(ground: Rgb) -> bool:
    """White reads on it at least as well as black."""
    return contrast((255, 255, 255), ground) >= contrast((0, 0, 0), ground)


def logo_on(brand: Brand, ground: Rgb) -> bytes | None:
    """The brand's own choice for that ground. Like any other it is relit there if it would vanish."""
    if brand.dark_logo is not None and brand.logo is not None and is_dark(ground):
        return brand.dark_logo
    return brand.logo


def shown_on(brand: Brand, ground: Rgb, height: int) -> bytes:
    """The logo as pictures show it on that ground, as a PNG of at most that height.

    Raises AssetError for a brand without one.
    """
    data = logo_on(brand, ground)
    if data is None:
        raise AssetError("This brand has no logo.")
    logo = for_ground(data, ground)
    buffer = io.BytesIO()
    logo.scaled(min(height, logo.picture.height)).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


@lru_cache(maxsize=256)
def for_ground(data: bytes, ground: Rgb) -> Logo:
    """The logo as it can be seen on that ground: itself, or a version with its faint inks relit."""
    logo = logo_of(data)
    under = np.array(ground, dtype=np.float32) / 255
    found = faint(logo, under, _RESERVE)
    if not found or shows_by_itself(logo):
        return logo
    drawn, lab, places = _shades(logo)
    centres = _inks_of(logo)
    moves = _moved(centres, found, ground) - centres
    # Between two inks, where one edge blends into the other, the move blends too.
    weight = 1 / (apart(lab, centres) ** 2 + 1e-7)
    lab = lab + (weight @ moves) / weight.sum(axis=-1, keepdims=True)
    pixels = np.array(logo.picture)
    pixels[drawn, :3] = np.rint(np.clip(from_oklab(lab), 0, 1) * 255).astype(np.uint8)[places]
    return Logo(Image.fromarray(pixels, "RGBA"), tile=False)


@lru_cache(maxsize=32)
def _shades(logo: Logo) -> tuple[NDArray[np.bool_], Floats, NDArray[np.intp]]:
    """Where something is drawn, each colour that is in it once, in OKLab, and which of them each pixel has.

    A logo has a thousand shades in a hundred thousand pixels, and is relit for every colour that is tried.
    """
    pixels = np.asarray(logo.picture)
    drawn = pixels[..., 3] > 0
    packed = pixels[drawn, :3].astype(np.uint32) @ np.array([65_536, 256, 1], dtype=np.uint32)
    shades, places = np.unique(packed, return_inverse=True)
    rgb = np.stack([shades >> 16, shades >> 8 & 255, shades & 255], axis=-1)
    return drawn, to_oklab(rgb.astype(np.float32) / 255), places


@lru_cache(maxsize=128)
def printed(data: bytes, ground: Rgb, ink: Rgb) -> Logo:
    """The logo for a ground in whose one ink everything is printed: one of a single ink joins in."""
    logo = logo_of(data)
    if shows_by_itself(logo) or len(_inks_of(logo)) > 1:
        return for_ground(data, ground)
    plain = Image.new("RGBA", logo.picture.size, ink)
    plain.putalpha(logo.picture.getchannel("A"))
    return Logo(plain, tile=False)


@lru_cache(maxsize=64)
def shows_by_itself(logo: Logo) -> bool:
    """Photos bring their own light and dark; relit, they would be negatives."""
    if logo.tile:
        return True
    pixels = np.asarray(logo.picture)
    return is_photo(pixels[..., :3][pixels[..., 3] > 76])


def faint(logo: Logo, ground: Floats, reserve: float = 1.0) -> list[Faint]:
    """The inks that cannot be told from the ground, (3,) or a picture as large as the logo, in sRGB 0..1.

    Words need 4.5 : 1 and marks 3 : 1. What lies hidden inside a shape that shows is a hole, and fine.
    """
    lights, solid, owner, centres, least = _looked_at(logo)
    if not solid.any():
        return []
    under = luminance(_grid(ground) if ground.ndim == 3 else ground)
    measured = _contrasts(lights, under)
    unseen = ~solid | (measured < reserve * np.array([*least, 0.0])[owner])
    outside = np.pad(unseen, 1, constant_values=True)
    melted = reached(outside, border(solid.shape))[1:-1, 1:-1] & solid
    found = []
    for number, centre in enumerate(centres):
        own = owner == number
        # A sliver melts into an edge's own softness; a quarter of an ink is a part that is missing.
        if (melted & own).sum() > max(0.25 * own.sum(), 0.01 * solid.sum()):
            light, a, b = map(float, centre)
            found.append(Faint((light, a, b), float(np.median(measured[melted & own])), least[number]))
    return found


@lru_cache(maxsize=64)
def _looked_at(logo: Logo) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp], Floats, list[float]]:
    """Each point's luminance, whether it is solid, whose ink it is; the inks, and the least of each."""
    rgba = _grid(np.asarray(logo.picture)).astype(np.float32) / 255
    solid, centres = rgba[..., 3] > 0.5, _inks_of(logo)
    owner = np.where(solid, nearest(to_oklab(rgba[..., :3]), centres), -1)
    least = [WORD if _is_word(owner == number) else MARK for number in range(len(centres))]
    return luminance(rgba[..., :3]), solid, owner, centres, least


def _grid(pixels: NDArray[Any]) -> NDArray[Any]:
    height, width = fitting(pixels.shape, 240)[::-1]
    rows = np.linspace(0, pixels.shape[0] - 1, height).round().astype(int)
    columns = np.linspace(0, pixels.shape[1] - 1, width).round().astype(int)
    return np.asarray(pixels[np.ix_(rows, columns)])


@lru_cache(maxsize=64)
def _inks_of(logo: Logo) -> Floats:
    pixels = np.asarray(logo.picture).reshape(-1, 4)
    alpha = pixels[:, 3].astype(np.float32) / 255
    opaque = np.flatnonzero(alpha > min(0.9, 0.99 * float(alpha.max())))
    chosen = pixels[opaque[:: max(1, len(opaque) // _SAMPLES)], :3]
    return inks(to_oklab(chosen.astype(np.float32) / 255))


def _is_word(own: NDArray[np.bool_]) -> bool:
    """Type runs along a line; a mark is about as wide as high."""
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if not len(rows):
        return False
    return int(columns[-1] - columns[0] + 1) > 1.6 * int(rows[-1] - rows[0] + 1)


def _contrasts(one: Floats, other: Floats) -> Floats:
    return np.asarray((np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05))


def _moved(centres: Floats, found: list[Faint], ground: Rgb) -> Floats:
    """The inks with the faint ones lit (on a light ground: dimmed), still as far apart as they were.

    The ink nearest to being seen moves first and least; the next one passes it, as in a negative.
    """
    up = is_dark(ground)
    least = {one.lab: one.least for one in found}
    keys = [(float(c[0]), float(c[1]), float(c[2])) for c in centres]
    moved = centres.copy()
    waiting = sorted((n for n, key in enumerate(keys) if key in least), key=lambda n: keys[n][0], reverse=up)
    if turned := _turned(centres, [n in waiting for n in range(len(keys))], up=up):
        for number in turned:
            moved[number] = _at(centres[number], 1.02 - 0.9 * keys[number][0])
        waiting = [number for number in waiting if number not in turned]
    settled = [number for number in range(len(keys)) if number not in waiting]
    for number in waiting:
        others = [(moved[s], float(np.linalg.norm(centres[number] - centres[s]))) for s in settled]
        moved[number] = _lit(centres[number], others, ground, least[keys[number]], up=up)
        settled.append(number)
    return moved


def _turned(centres: Floats, is_faint: list[bool], *, up: bool) -> list[int]:
    """Black and white in one logo change places; of either alone, only the faint one moves."""
    greys = [number for number, centre in enumerate(centres) if _greyness(centre) > 0.5]
    opposite = [n for n in greys if (centres[n][0] > 0.8 if up else centres[n][0] < 0.35)]
    return greys if opposite and any(is_faint[n] for n in greys) else []


def _lit(ink: Floats, others: list[tuple[Floats, float]], ground: Rgb, least: float, *, up: bool) -> Floats:
    """The same hue at the nearest lightness that reads, apart from the others; greys go all the way."""
    ladder = _ladder(float(ink[0]), float(ink[1]), float(ink[2]), up=up)
    reading = [step for step in ladder if contrast(step[2], ground) >= least * _SPARE[least]]
    if not reading:
        return _at(ink, 0.985 if up else 0.10)
    grey = _greyness(ink)
    far = 0.97 - 0.15 * float(ink[0]) if up else 0.12 + 0.25 * float(ink[0])
    start = (1 - grey) * reading[0][0] + grey * far
    tries = [tried for _, tried, _ in sorted(reading, key=lambda step: abs(step[0] - start))]

    def room(tried: Floats) -> float:
        """At 1 it is told from every other ink as well as before; two thirds of that will do."""
        gaps = [float(np.linalg.norm(tried - o)) / min(was, _TOLD_APART) for o, was in others if was > 0]
        return min(gaps, default=1.0)

    return next((tried for tried in tries if room(tried) >= 0.66), max(tries, key=room))


@lru_cache(maxsize=256)
def _ladder(light: float, a: float, b: float, *, up: bool) -> list[tuple[float, Floats, Rgb]]:
    """An ink at one lightness after the other: the lightness, the ink there, and as a screen shows it."""
    ink = np.array((light, a, b))
    found = ((float(step), _at(ink, step)) for step in np.linspace(light, 0.985 if up else 0.10, 61))
    return [(step, at, _colour(at).rgb) for step, at in found]


def _greyness(lab: Floats) -> float:
    return float(np.clip((0.09 - np.hypot(lab[1], lab[2])) / 0.04, 0, 1))


def _colour(lab: Floats) -> Colour:
    return Colour(
        float(lab[0]), float(np.hypot(lab[1], lab[2])), float(np.degrees(np.arctan2(lab[2], lab[1])) % 360)
    )


def _at(ink: Floats, lightness: float) -> Floats:
    """The ink at that lightness as a screen can show it: chroma gives way, the hue stays."""
    shown = np.array(_colour(ink).at(float(lightness)).rgb) / 255
    return to_oklab(shown)
