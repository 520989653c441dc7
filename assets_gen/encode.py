"""Files from pixels: PNG by a numpy filter and isal, JPEG on a ladder of qualities until it fits, WebP."""

from __future__ import annotations

import io
import struct
from enum import StrEnum

import numpy as np
from isal import isal_zlib
from PIL import Image

from assets_gen.brand import AssetError

# quality, chroma subsampling (0 = 4:4:4, 2 = 4:2:0): coloured type needs full chroma as long as it fits
_LADDER = ((90, 0), (85, 0), (80, 2), (72, 2), (60, 2))


class Format(StrEnum):
    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"

    @classmethod
    def parse(cls, text: str) -> Format:
        """Raises AssetError."""
        try:
            return cls("jpg" if text == "jpeg" else text)
        except ValueError as unknown:
            raise AssetError(f"Pictures come as {', '.join(cls)}, not as {text!r}.") from unknown

    @property
    def media_type(self) -> str:
        return "image/jpeg" if self is Format.JPEG else f"image/{self.value}"


def encoded(picture: Image.Image, form: Format, limit: int | None = None) -> bytes:
    """The file; `limit` in bytes steers JPEG and WebP, a PNG is what it is. Never carries metadata."""
    if form is Format.PNG:
        return png(picture)
    if form is Format.WEBP:
        return webp(picture, limit)
    return jpeg(picture, limit)


def jpeg(picture: Image.Image, limit: int | None = None, quality: int = 90) -> bytes:
    """From `quality` down until the file is within `limit`."""
    data = b""
    for step, subsampling in _LADDER:
        if step > quality:
            continue
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=step, subsampling=subsampling, optimize=False)
        data = buffer.getvalue()
        if limit is None or len(data) <= limit:
            return data
    return data


def png(picture: Image.Image) -> bytes:
    """RGB PNG with the Sub filter on every row, which suits ramps with grain and costs one subtraction."""
    pixels = np.asarray(picture.convert("RGB"))
    height, width, _ = pixels.shape
    rows = np.empty((height, 1 + width * 3), dtype=np.uint8)
    rows[:, 0] = 1
    filtered = rows[:, 1:].reshape(height, width, 3)
    filtered[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=filtered[:, 1:])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = isal_zlib.compress(rows.data, level=2)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def webp(picture: Image.Image, limit: int | None = None) -> bytes:
    data = b""
    for quality in (90, 80, 65):
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=2)
        data = buffer.getvalue()
        if limit is None or len(data) <= limit:
            return data
    return data
