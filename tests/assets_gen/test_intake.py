"""Logos as people, and people who mean harm, send them."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from assets_gen.intake import UnusableImage, clean_logo, clean_photo


def mark(mode: str = "RGBA", size: tuple[int, int] = (400, 200)) -> Image.Image:
    """A green bar in the middle of a transparent (or white) ground."""
    picture = Image.new("RGBA", size, (255, 255, 255, 0))
    ImageDraw.Draw(picture).rectangle((100, 60, 299, 139), fill=(20, 120, 80, 255))
    if mode == "RGBA":
        return picture
    flat = Image.new("RGB", size, "white")
    flat.paste(picture, mask=picture)
    return flat.convert(mode)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def png_claiming(width: int, height: int) -> bytes:
    """A few hundred bytes that say they are a picture of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_transparent_borders_are_trimmed(form: str) -> None:
    clean = clean_logo(saved(mark(), form, **({"lossless": True} if form == "WEBP" else {})))
    assert (clean.width, clean.height) == (200, 80)
    assert clean.media_type == "image/png"
    assert opened(clean.data).mode == "RGBA"


@pytest.mark.parametrize(
    ("mode", "form"),
    [("RGB", "JPEG"), ("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG")],
)
def test_every_kind_of_colour_becomes_the_right_picture(mode: str, form: str) -> None:
    clean = clean_logo(saved(mark(mode), form))
    picture = opened(clean.data).convert("RGB")
    red, green, blue = picture.getpixel((picture.width // 2, picture.height // 2))  # type: ignore[misc]
    if mode in ("RGB", "CMYK", "P"):
        assert green > red + 40
        assert green > blue
    else:
        assert abs(red - green) <= 4


def test_sixteen_bits_become_eight() -> None:
    values = np.full((100, 300), 65535, dtype=np.uint16)
    values[30:70, 50:250] = 20000
    picture = opened(clean_logo(saved(Image.fromarray(values), "PNG")).data).convert("L")
    assert picture.getpixel((150, 50)) == pytest.approx(20000 / 257, abs=4)
    assert picture.getpixel((5, 5)) == pytest.approx(255, abs=2)


def test_a_palette_keeps_its_transparency() -> None:
    picture = mark().quantize(8)
    assert opened(clean_logo(saved(picture, "PNG")).data).mode == "RGBA"


def test_a_photo_taken_sideways_stands_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8825] = 6, "Phone", {1: "N", 2: (52.0, 30.0, 0.0)}
    clean = clean_logo(saved(mark("RGB"), "JPEG", exif=exif))
    assert (clean.width, clean.height) == (200, 400)
    assert b"Exif" not in clean.data
    assert b"Phone" not in clean.data


def test_large_logos_are_made_small() -> None:
    clean = clean_logo(saved(mark("RGB", (4000, 3900)), "JPEG"))
    assert max(clean.width, clean.height) == 1600


def test_colours_are_proposed_from_the_logo_and_never_from_greys() -> None:
    colours = clean_logo(saved(mark(), "PNG")).colours
    assert len(colours) == 1
    red, green, blue = (int(colours[0][i : i + 2], 16) for i in (1, 3, 5))
    assert (red, green, blue) == pytest.approx((20, 120, 80), abs=6)
    black = Image.new("RGBA", (200, 100), (10, 10, 10, 255))
    black.putpixel((0, 0), (0, 0, 0, 0))
    assert clean_logo(saved(black, "PNG")).colours == ()


HTML = b"<script>alert(1)</script>"


def test_what_hides_behind_a_picture_does_not_survive() -> None:
    for form in ("PNG", "JPEG", "WEBP"):
        clean = clean_logo(saved(mark("RGB"), form) + HTML + b"PK\x03\x04")
        assert HTML not in clean.data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "damaged"),
        (b"\xff\xd8\xff\xe0" + b"garbage" * 40, "damaged"),
        (saved(mark("RGB"), "JPEG")[:-900], "damaged"),
        (saved(mark(), "PNG")[:300], "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
        (b"GIF89a" + b"\0" * 20, "GIF is not a PNG, JPEG or WebP"),
        (b"%PDF-1.7", "PDF is not"),
        (b"just some words", "file is not"),
        (b'<?xml version="1.0"?><svg onload="x"/>', "SVG is not taken"),
        (b"  <svg xmlns='http://www.w3.org/2000/svg'/>", "SVG is not taken"),
        (png_claiming(50_000, 50_000), "more than 16 megapixels"),
        (png_claiming(4_001, 4_000), "more than 16 megapixels"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 5_000_000, "5.0 MB"),
        (saved(Image.new("RGBA", (100, 100)), "PNG"), "transparent"),
        (saved(Image.new("RGB", (100, 100), "white"), "PNG"), "transparent or white"),
        (saved(Image.new("RGB", (10, 10), "red"), "PNG"), "only 10 × 10"),
    ],
)
def test_what_cannot_be_used_is_refused_within_a_second(data: bytes, sentence: str) -> None:
    before = time.process_time()
    with pytest.raises(UnusableImage, match=sentence):
        clean_logo(data)
    assert time.process_time() - before < 1


def test_moving_pictures_are_refused() -> None:
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue")]
    for form in ("PNG", "WEBP"):
        with pytest.raises(UnusableImage, match="single frame"):
            clean_logo(saved(frames[0], form, save_all=True, append_images=frames[1:]))


def test_a_text_chunk_that_unpacks_to_gigabytes_is_refused() -> None:
    picture = saved(mark(), "PNG")
    bomb = b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000, 9)
    chunk = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + struct.pack(">I", zlib.crc32(b"zTXt" + bomb))
    with pytest.raises(UnusableImage, match="damaged"):
        clean_logo(picture[:33] + chunk + picture[33:])


def test_a_large_photo_is_kept_at_most_2400_pixels_wide_and_without_holes() -> None:
    camera = Image.new("RGBA", (4000, 3000), (200, 120, 80, 255))
    camera.paste((0, 0, 0, 0), (0, 0, 3999, 400))
    buffer = io.BytesIO()
    camera.save(buffer, "PNG", compress_level=1)
    photo = clean_photo(buffer.getvalue())
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 2400, 1800)
    kept = np.asarray(Image.open(io.BytesIO(photo.data)))
    assert kept.shape == (1800, 2400, 3)
    assert kept[100, 1200].min() > 250


def test_a_photo_of_a_few_pixels_is_told() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 900)).save(buffer, "JPEG")
    with pytest.raises(UnusableImage, match="only 200 × 900 pixels"):
        clean_photo(buffer.getvalue())
