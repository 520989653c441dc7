"""Logos: cut out of their ground and measured by their ink.

A logo arrives as one picture; what a designer would ask for (a cut-out here, its version for a ground in
relight.py) is derived from it.
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
from assets_gen.colour import Colour, to_oklab
from assets_gen.inks import clusters
from assets_gen.paint import rounded_mask

Floats = NDArray[np.floating[Any]]
_MAX_HEIGHT, _MAX_WIDTH = 480, 1600


@dataclass(frozen=True, slots=True, eq=False)
class Logo:
    """`picture` is RGBA, trimmed to its ink. A `tile` brings a ground of its own, such as a photo.

    One is the same as another only if it is the very same, so that what is found out about it can be kept.
    """

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
    frame = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    ground = np.median(frame, axis=0)
    if float(ground.min()) < 225 or float((np.abs(frame - ground).max(axis=1) > 24).mean()) > 0.04:
        return None
    alpha = np.max((ground - rgb) / np.maximum(ground, 1), axis=2)
    # JPEG leaves a haze around letters; below this it is ground.
    alpha = np.clip((alpha - 0.06) / 0.90, 0, 1)
    if is_photo(rgb[alpha > 0.3]):
        return _around(picture, alpha < 0.02)
    solid = _opacity(rgb, alpha)
    strong = np.maximum(solid, 1 / 255)[..., None]
    ink = np.clip((rgb - ground * (1 - strong)) / strong, 0, 255)
    return Image.fromarray(np.dstack([ink, solid * 255]).round().astype(np.uint8), "RGBA")


def _opacity(rgb: Floats, alpha: Floats) -> Floats:
    """A pale ink is as opaque as a dark one: only its anti-aliased edge is thin. A grey haze stays a haze."""
    drawn = alpha[alpha > 0.05]
    full = max(0.25, float(np.quantile(drawn, 0.6))) if len(drawn) else 1.0
    nearby = Image.fromarray(np.rint(alpha * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(9))
    own = np.clip(np.asarray(nearby, dtype=np.float32) / 255, 0.25, full)
    coloured = rgb.max(axis=2) - rgb.min(axis=2) > 40
    return np.asarray(np.clip(alpha / np.where(coloured, own, full), 0, 1))


def _around(picture: Image.Image, plain: NDArray[np.bool_]) -> Image.Image | None:
    """A photo without the plain ground around it, None if it fills its frame. What is plain inside stays."""
    small = Image.fromarray(plain).resize(fitting(plain.shape, 160), Image.Resampling.NEAREST)
    inside = np.asarray(small)
    outside = reached(np.pad(inside, 1, constant_values=True), border(inside.shape))[1:-1, 1:-1]
    if float(outside.mean()) < 0.08:
        return None
    mask = Image.fromarray(np.where(outside, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    mask = mask.resize(picture.size, Image.Resampling.BICUBIC)
    mask = mask.point(lambda a: max(0, min(255, (a - 150) * 4)))
    result = picture.copy()
    result.putalpha(mask)
    return result


def fitting(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Width and height of a picture of that shape (height, width, ...) with no side longer than `side`."""
    height, width = shape[:2]
    share = min(1.0, side / max(height, width))
    return max(1, round(width * share)), max(1, round(height * share))


def border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    start = np.ones((shape[0] + 2, shape[1] + 2), dtype=bool)
    start[1:-1, 1:-1] = False
    return start


def reached(way: NDArray[np.bool_], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
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


def is_photo(pixels: NDArray[Any]) -> bool:
    if not len(pixels):
        return False
    red, green, blue = (pixels.astype(np.uint8, copy=False) >> 4).astype(np.intp).T
    counts = np.bincount(red * 256 + green * 16 + blue)
    return int((counts > len(pixels) * 0.0004).sum()) > 260


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
    for centre, share in clusters(vivid):
        colour = Colour(float(centre[0]), float(np.hypot(centre[1], centre[2])), _hue(centre))
        if share > 0.04 and not any(_alike(colour, other) for _, other in found):
            found.append((share * (0.2 + 4 * colour.chroma), colour))
    found.sort(key=lambda pair: -pair[0])
    return tuple(colour.hex for _, colour in found[:most])


def _hue(lab: Floats) -> float:
    return float(np.degrees(np.arctan2(lab[2], lab[1])) % 360)


def _alike(one: Colour, other: Colour) -> bool:
    turn = abs((one.hue - other.hue + 180) % 360 - 180)
    return turn < 22 and abs(one.lightness - other.lightness) < 0.14
