"""Logos: cut out of their ground, measured by their ink, and made to show on any ground.

A logo arrives as one picture; what a designer would ask for (cut-out, a version for dark grounds) is
derived from it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from assets_gen.brand import AssetError
from assets_gen.colour import Colour, Rgb, from_oklab, luminance, to_oklab
from assets_gen.paint import rounded_mask

Floats = NDArray[np.floating[Any]]
_MAX_HEIGHT, _MAX_WIDTH = 480, 1600
_NEUTRAL = 0.05
_SEEN = 2.0


@dataclass(frozen=True, slots=True)
class Logo:
    """`picture` is RGBA, trimmed to its ink. A `tile` brings a ground of its own, such as a photo."""

    picture: Image.Image
    tile: bool

    @property
    def aspect(self) -> float:
        return self.picture.width / self.picture.height

    @property
    def ink(self) -> float:
        """Filled area over height squared: how heavy the logo looks at a given height."""
        filled = float(np.asarray(self.picture.getchannel("A"), dtype=np.float32).sum()) / 255
        return filled / self.picture.height**2

    def scaled(self, height: int) -> Image.Image:
        width = max(1, round(height * self.aspect))
        premultiplied = self.picture.convert("RGBa")
        small = premultiplied.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return small.convert("RGBA")


@lru_cache(maxsize=128)
def logo_of(data: bytes) -> Logo:
    """Raises AssetError if the bytes are no picture or show nothing."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as file:
            picture = file.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as broken:
        raise AssetError("The logo cannot be read as a picture.") from broken
    picture.thumbnail((_MAX_WIDTH * 2, _MAX_HEIGHT * 2), Image.Resampling.LANCZOS, reducing_gap=2.0)
    tile = False
    if _is_opaque(picture):
        cut = _cut_out(picture)
        tile = cut is None
        picture = cut or picture
    box = picture.getchannel("A").point(lambda a: 255 if a > 16 else 0).getbbox()
    if box is None:
        raise AssetError("The logo is empty: every pixel of it is transparent or white.")
    picture = picture.crop(box)
    picture.thumbnail((_MAX_WIDTH, _MAX_HEIGHT), Image.Resampling.LANCZOS)
    if tile:
        radius = 0.16 * min(picture.size)
        picture.putalpha(rounded_mask(*picture.size, (radius,) * 4))
    return Logo(picture, tile)


def _is_opaque(picture: Image.Image) -> bool:
    return float(np.asarray(picture.getchannel("A")).min()) > 250


def _cut_out(picture: Image.Image) -> Image.Image | None:
    """The picture without its plain light ground, or None if it has none or is a photo."""
    rgb = np.asarray(picture.convert("RGB"), dtype=np.float32)
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    ground = np.median(border, axis=0)
    if float(ground.min()) < 225 or float((np.abs(border - ground).max(axis=1) > 24).mean()) > 0.04:
        return None
    alpha = np.max((ground - rgb) / np.maximum(ground, 1), axis=2)
    # JPEG leaves a haze around letters; below this it is ground.
    alpha = np.clip((alpha - 0.06) / 0.90, 0, 1)
    if _is_photo(rgb[alpha > 0.3]):
        return _around(picture, alpha < 0.02)
    strong = np.maximum(alpha, 1 / 255)[..., None]
    ink = np.clip((rgb - ground * (1 - strong)) / strong, 0, 255)
    # A pale ink must stay as opaque as it was: only the anti-aliased edge is allowed to be thin.
    drawn = alpha[alpha > 0.05]
    full = max(0.25, float(np.quantile(drawn, 0.6))) if len(drawn) else 1.0
    solid = np.clip(alpha / full, 0, 1)
    ink = np.where(solid[..., None] > 0.98, rgb, ink)
    return Image.fromarray(np.dstack([ink, solid * 255]).round().astype(np.uint8), "RGBA")


def _around(picture: Image.Image, plain: NDArray[np.bool_]) -> Image.Image | None:
    """A photo without the plain ground around it, None if it fills its frame. What is plain inside stays."""
    small = Image.fromarray(plain).resize(_fitting(plain, 160), Image.Resampling.NEAREST)
    inside = np.asarray(small)
    outside = _reached(np.pad(inside, 1, constant_values=True), _border(inside.shape))[1:-1, 1:-1]
    if float(outside.mean()) < 0.08:
        return None
    mask = Image.fromarray(np.where(outside, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    mask = mask.resize(picture.size, Image.Resampling.BICUBIC)
    mask = mask.point(lambda a: max(0, min(255, (a - 150) * 4)))
    result = picture.copy()
    result.putalpha(mask)
    return result


def _fitting(mask: NDArray[np.bool_], side: int) -> tuple[int, int]:
    height, width = mask.shape
    share = min(1.0, side / max(height, width))
    return max(1, round(width * share)), max(1, round(height * share))


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    start = np.ones((shape[0] + 2, shape[1] + 2), dtype=bool)
    start[1:-1, 1:-1] = False
    return start


def _reached(way: NDArray[np.bool_], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What can be reached from `start` without leaving `way`."""
    reached = start & way
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= way
        if bool((grown == reached).all()):
            return reached
        reached = grown


def _is_photo(pixels: Floats) -> bool:
    if not len(pixels):
        return False
    shades = (pixels.astype(np.uint8) >> 4).astype(np.int32)
    counts = np.bincount(shades @ np.array([256, 16, 1]))
    return int((counts > len(pixels) * 0.0004).sum()) > 260


@lru_cache(maxsize=256)
def for_ground(data: bytes, ground: Rgb) -> Logo:
    """The logo as it can be seen on that ground: itself, or a version with its vanishing parts relit."""
    logo = logo_of(data)
    if logo.tile:
        return logo
    pixels = np.asarray(logo.picture, dtype=np.float32) / 255
    rgb, alpha = pixels[..., :3], pixels[..., 3]
    if _vanishing(_contrasts(rgb, ground) < _SEEN, alpha) < 0.06:
        return logo
    relit = np.dstack([_relit(rgb, alpha, dark_ground=Colour.of_rgb(ground).lightness < 0.6), alpha])
    return Logo(Image.fromarray(np.rint(relit * 255).astype(np.uint8), "RGBA"), tile=False)


def _vanishing(hidden: NDArray[np.bool_], alpha: Floats) -> float:
    """The share of the ink that melts into the ground. Hidden inside a shape it is a hole, and fine."""
    width, height = _fitting(hidden, 96)
    rows = np.linspace(0, hidden.shape[0] - 1, height).round().astype(int)
    columns = np.linspace(0, hidden.shape[1] - 1, width).round().astype(int)
    unseen, ink = hidden[np.ix_(rows, columns)], alpha[np.ix_(rows, columns)]
    empty = ink < 0.5
    way = np.pad(unseen | empty, 1, constant_values=True)
    melted = _reached(way, _border(unseen.shape))[1:-1, 1:-1] & ~empty
    return float(melted.sum()) / max(int((~empty).sum()), 1)


def _contrasts(rgb: Floats, ground: Rgb) -> Floats:
    light = luminance(rgb)
    under = float(luminance(np.array(ground) / 255))
    return np.asarray((np.maximum(light, under) + 0.05) / (np.minimum(light, under) + 0.05))


def _relit(rgb: Floats, alpha: Floats, *, dark_ground: bool) -> Floats:
    """Greys turn over (black type becomes white), colours keep their hue and move far enough to be seen."""
    lab = to_oklab(rgb)
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    grey = np.clip((0.09 - chroma) / (0.09 - _NEUTRAL), 0, 1)
    kept = np.maximum(lightness, 0.70) if dark_ground else np.minimum(lightness, 0.52)
    # With both black and white inside, the two change places; with only one of them it must not meet itself.
    weight = alpha * (grey > 0.5)
    opposite = (lightness > 0.8) if dark_ground else (lightness < 0.35)
    if float((weight * opposite).sum()) > 0.1 * max(float(weight.sum()), 1e-6):
        turned = np.clip(1.02 - 0.9 * lightness, 0, 1)
    else:
        turned = 0.97 - 0.15 * lightness if dark_ground else 0.12 + 0.25 * lightness
    lab = lab.copy()
    lab[..., 0] = grey * turned + (1 - grey) * kept
    return np.asarray(np.clip(from_oklab(lab), 0, 1))


def colours_of(data: bytes, most: int = 4) -> tuple[str, ...]:
    """The logo's own colours as "#RRGGBB", the loudest first; greys and whites never count."""
    picture = logo_of(data).picture.copy()
    picture.thumbnail((96, 96))
    pixels = np.asarray(picture, dtype=np.float32).reshape(-1, 4) / 255
    lab = to_oklab(pixels[pixels[:, 3] > 0.6, :3])
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    vivid = lab[(chroma > 0.045) & (lab[:, 0] > 0.12) & (lab[:, 0] < 0.97)]
    if len(vivid) < max(8, 0.01 * len(lab)):
        return ()
    found: list[tuple[float, Colour]] = []
    for centre, share in _clusters(vivid):
        colour = Colour(float(centre[0]), float(np.hypot(centre[1], centre[2])), _hue(centre))
        if share > 0.04 and not any(_alike(colour, other) for _, other in found):
            found.append((share * (0.2 + 4 * colour.chroma), colour))
    found.sort(key=lambda pair: -pair[0])
    return tuple(colour.hex for _, colour in found[:most])


def _clusters(points: Floats) -> list[tuple[Floats, float]]:
    """k-means from the points that lie farthest apart; the same points give the same clusters."""
    centres = [points.mean(axis=0)]
    for _ in range(5):
        nearest = np.min([((points - c) ** 2).sum(axis=1) for c in centres], axis=0)
        centres.append(points[int(nearest.argmax())])
    middle = np.array(centres)
    owner = _nearest(points, middle)
    for _ in range(12):
        for number in range(6):
            if (owner == number).any():
                middle[number] = points[owner == number].mean(axis=0)
        owner = _nearest(points, middle)
    shares = [float((owner == k).mean()) for k in range(6)]
    order = sorted(range(6), key=lambda k: -shares[k])
    return [(middle[k], shares[k]) for k in order]


def _nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    return np.asarray(((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1))


def _hue(lab: Floats) -> float:
    return float(np.degrees(np.arctan2(lab[2], lab[1])) % 360)


def _alike(one: Colour, other: Colour) -> bool:
    turn = abs((one.hue - other.hue + 180) % 360 - 180)
    return turn < 22 and abs(one.lightness - other.lightness) < 0.14
