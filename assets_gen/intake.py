"""Uploaded logos and photos: from any file that somebody sends to a small clean picture, or a sentence that
says what to send.

The bytes are hostile. Call this in a process with limits on time and memory; the upload itself is not to be
kept.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps

from assets_gen.brand import AssetError
from assets_gen.logo import colours_of, logo_of

MAX_BYTES = 5_000_000
MAX_PIXELS = 16_000_000
_TOO_LARGE = "This picture has more than 16 megapixels. Send a smaller one."
_JPEG = b"\xff\xd8\xff"
_LEAST_SIDE, _LEAST_PHOTO = 24, 240
_KEPT_SIDE, _KEPT_PHOTO = 1600, 2400


class UnusableImage(AssetError):
    """The sentence tells the sender what is wrong with the file and what to send instead."""


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A JPEG without metadata, at most 2400 px a side."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CleanLogo:
    """A PNG or JPEG without metadata, at most 1600 px a side; `colours` are proposals, "#RRGGBB"."""

    data: bytes
    media_type: str
    width: int
    height: int
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A PNG or JPEG without metadata and without transparency, as large as it came."""

    data: bytes
    media_type: str
    width: int
    height: int


def clean_logo(data: bytes) -> CleanLogo:
    """Raises UnusableImage."""
    picture = _trimmed(
        _opened(data, "Export the logo as a PNG with a transparent ground, 1,000 pixels wide.")
    )
    if min(picture.size) < _LEAST_SIDE:
        raise UnusableImage(
            f"This logo is only {picture.width} × {picture.height} pixels. Send one of 200 pixels or more."
        )
    picture.thumbnail((_KEPT_SIDE, _KEPT_SIDE), Image.Resampling.LANCZOS)
    clean = _encoded(picture)
    try:
        logo_of(clean)
        colours = colours_of(clean)
    except AssetError as empty:
        raise UnusableImage(str(empty)) from empty
    return CleanLogo(
        clean, "image/png" if picture.mode == "RGBA" else "image/jpeg", picture.width, picture.height, colours
    )


def clean_photo(data: bytes) -> CleanPhoto:
    """Raises UnusableImage."""
    picture = _trimmed(_opened(data, "Send the photo as a JPEG."))
    if min(picture.size) < _LEAST_PHOTO:
        raise UnusableImage(
            f"This photo is only {picture.width} × {picture.height} pixels. Send one of 1,000 pixels or more."
        )
    picture.thumbnail((_KEPT_PHOTO, _KEPT_PHOTO), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    _on_white(picture).save(buffer, "JPEG", quality=88)
    return CleanPhoto(buffer.getvalue(), "image/jpeg", *picture.size)


def clean_picture(data: bytes) -> CleanPicture:
    """A finished picture that something will be set on. Raises UnusableImage."""
    picture = _opened(data, "Export the picture as a PNG.")
    # Flat colours stay exact; a photo is packed once more, so lightly that nobody sees it.
    lossless = not data.startswith(_JPEG)
    buffer = io.BytesIO()
    if lossless:
        _on_white(picture).save(buffer, "PNG", compress_level=6)
    else:
        _on_white(picture).save(buffer, "JPEG", quality=95, subsampling=0)
    return CleanPicture(buffer.getvalue(), "image/png" if lossless else "image/jpeg", *picture.size)


def _on_white(picture: Image.Image) -> Image.Image:
    """With nothing of the file left but its pixels."""
    whole = Image.new("RGB", picture.size, "white")
    whole.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return whole


def _opened(data: bytes, instead: str) -> Image.Image:
    """`instead` is what to send in place of an SVG. Raises UnusableImage."""
    if not data:
        raise UnusableImage("This file is empty. Choose a PNG, JPEG or WebP.")
    if len(data) > MAX_BYTES:
        raise UnusableImage(f"This file has {len(data) / 1e6:.1f} MB. Send one of up to 5 MB.")
    return _decoded(data, _format_of(data, instead))


def _format_of(data: bytes, instead: str) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(_JPEG):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in start:
        raise UnusableImage(f"SVG is not taken. {instead}")
    known = {
        b"GIF8": "GIF",
        b"%PDF": "PDF",
        b"BM": "BMP",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"8BPS": "Photoshop file",
    }
    name = next((name for magic, name in known.items() if data.startswith(magic)), "file")
    raise UnusableImage(f"This {name} is not a PNG, JPEG or WebP. Send it as one of them.")


def _decoded(data: bytes, form: str) -> Image.Image:
    """RGB or RGBA in sRGB, upright."""
    # WeasyPrint, once imported, tells Pillow to make do with half a picture.
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with Image.open(io.BytesIO(data), formats=(form,)) as file:
            # The header alone tells; a bomb is refused before a pixel of it is unpacked.
            _refuse_oversized(file)
            file.load()
            picture = _in_srgb(ImageOps.exif_transpose(file))
    except Image.DecompressionBombError as bomb:
        raise UnusableImage(_TOO_LARGE) from bomb
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as broken:
        raise UnusableImage(
            "This picture is damaged or was not saved completely. Export it again and send the new file."
        ) from broken
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    return picture


def _trimmed(picture: Image.Image) -> Image.Image:
    """Without a border of which nothing is seen."""
    if picture.mode == "RGBA":
        box = picture.getchannel("A").point(lambda a: 255 if a > 8 else 0).getbbox()
        if box is None:
            raise UnusableImage("Every pixel of this picture is transparent. Send one that shows the logo.")
        picture = picture.crop(box)
    return picture


def _refuse_oversized(file: Image.Image) -> None:
    if file.width * file.height > MAX_PIXELS:
        raise UnusableImage(_TOO_LARGE)
    if getattr(file, "n_frames", 1) > 1:
        raise UnusableImage("This picture moves. Send one with a single frame.")


def _in_srgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        return Image.fromarray(
            np.clip(values / (257 if values.max() > 255 else 1), 0, 255).astype(np.uint8)
        ).convert("RGB")
    transparent = "A" in picture.getbands() or "a" in picture.getbands() or "transparency" in picture.info
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("CMYK", "RGB"):
        picture = _by_profile(picture, profile)
    result = picture.convert("RGBA" if transparent else "RGB")
    if transparent and result.getchannel("A").getextrema()[0] == 255:
        result = result.convert("RGB")
    return result


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        # A broken profile is no reason to refuse the picture: its numbers are then taken as they are.
        return picture
    return converted if converted is not None else picture


def _encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    if fresh.mode == "RGBA":
        fresh.save(buffer, "PNG", compress_level=6)
    else:
        fresh.save(buffer, "JPEG", quality=93, subsampling=0)
    return buffer.getvalue()
