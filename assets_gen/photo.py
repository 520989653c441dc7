"""Photos in a brand's tones: grey first, so that any photo fits any brand, cropped around the face."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageOps

from assets_gen import paint
from assets_gen.brand import AssetError

# Of the field's height: where the face is put, if the photo reaches far enough.
_EYES = 0.42
_GRAIN = 3.0


@lru_cache(maxsize=32)
def _grey(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as file:
            picture = file.convert("L")
    except (OSError, SyntaxError, ValueError) as broken:
        raise AssetError("The photo cannot be read as a picture.") from broken
    picture.thumbnail((2400, 2400), Image.Resampling.LANCZOS)
    return ImageOps.autocontrast(picture, cutoff=1)


@lru_cache(maxsize=64)
def cropped(data: bytes, size: tuple[int, int], focus: tuple[float, float]) -> Image.Image:
    """Positions in a ramp of tones: as much of the photo as the field can show, around its focus."""
    picture = _grey(data)
    share = min(picture.width / size[0], picture.height / size[1])
    width, height = share * size[0], share * size[1]
    # Where the field takes the photo's whole width or height, rounding may ask for a hair more than there is.
    left = max(min(focus[0] * picture.width - width / 2, picture.width - width), 0.0)
    top = max(min(focus[1] * picture.height - _EYES * height, picture.height - height), 0.0)
    box = (left, top, min(left + width, picture.width), min(top + height, picture.height))
    small = picture.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return paint.ramp_image(np.asarray(small, dtype=np.float32) / 255, _GRAIN)


@lru_cache(maxsize=64)
def empty(width: int, height: int) -> Image.Image:
    """The field without a photo: a dark wall with the light of a window to its upper left."""
    y, x = np.ogrid[:height, :width]
    side = max(width, height)
    far = np.hypot((x - 0.1 * width) / side, (y - 0.05 * height) / side)
    return paint.ramp_image(np.clip(0.56 - 0.52 * far, 0.06, 1), _GRAIN)


def mark_size(width: int, height: int) -> float:
    """Of a quotation mark, about 0.38 em wide and 0.27 em high, that fills the field with air around it."""
    return min(0.76 * width / 0.38, 0.56 * height / 0.27)
