"""Files as they leave the house: whole, and with nothing in them that nobody put there."""

import io
import struct
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image, PngImagePlugin

from assets_gen import Design, Size, render_banner, render_sheet
from assets_gen.kits import PROGRAM, kits
from assets_gen.papers import PAPERS
from assets_gen.proof import picture_findings, sheet_file_findings

SPOTLIGHT = Design.load("spotlight")
BRAND, OFFER = kits()["photo on white"]


def banner(form: str) -> bytes:
    return render_banner(SPOTLIGHT, Size(300, 250), BRAND, PROGRAM, OFFER, form).data


@pytest.fixture(scope="module")
def flyer() -> bytes:
    return render_sheet(SPOTLIGHT, "flyer-bleed", BRAND, PROGRAM, OFFER)


def saved(form: str, **more: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 250)).save(buffer, form, **more)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
def test_a_picture_is_whole_and_says_nothing_but_itself(form: str) -> None:
    assert picture_findings(banner(form), 300, 250) == []


def test_what_is_wrong_with_a_picture_is_found() -> None:
    place = Image.Exif()
    place[0x010E] = "Ada's kitchen"
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Ada")
    good = banner("png")
    for bad, said in (
        (saved("PNG", pnginfo=words), "tEXt"),
        (saved("PNG", exif=place), "eXIf"),
        (saved("JPEG", exif=place), "0xe1"),
        (saved("JPEG", comment="by Ada"), "0xfe"),
        (saved("WEBP", exif=place), "EXIF"),
        (good[:-20] + good[-12:], "checksum"),
        (good + b"more", "end with IEND"),
        (banner("jpg")[:-40], "does not end"),
        (banner("webp") + b"more", "longer or shorter"),
        (shorter(good), "not as many"),
    ):
        assert any(said in sentence for sentence in picture_findings(bad, 300, 250)), said


def shorter(data: bytes) -> bytes:
    """The same head over half of the rows."""
    body = zlib.compress(b"\1" + bytes(900))
    chunk = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    return data[:33] + chunk + data[-12:]


def test_a_printer_learns_where_to_cut(flyer: bytes) -> None:
    assert sheet_file_findings(flyer, PAPERS["flyer-bleed"], "en") == []
    plain = sheet_file_findings(flyer, PAPERS["flyer"], "en")
    assert {sentence.split(" is ")[0] for sentence in plain} == {"Its MediaBox", "Its BleedBox"}


def broken(document: pikepdf.Pdf, fault: Callable[[pikepdf.Pdf], object]) -> bytes:
    fault(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_what_is_wrong_with_a_sheet_is_found(flyer: bytes) -> None:
    def no_font_file(document: pikepdf.Pdf) -> None:
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing:
                del thing["/FontFile2"]

    def swapped(document: pikepdf.Pdf) -> None:
        for tag in document.objects:
            if isinstance(tag, pikepdf.Dictionary) and isinstance(tag.get("/K"), pikepdf.Array):
                tag["/K"] = pikepdf.Array(reversed(list(tag["/K"])))

    def place(document: pikepdf.Pdf) -> None:
        document.docinfo["/Author"] = "file:///home/ada/flyer.html"

    faults: dict[str, Callable[[pikepdf.Pdf], object]] = {
        "is not in it": no_font_file,
        "another order": swapped,
        "tells of the machine": place,
        "It tells /Creator": lambda document: document.docinfo.__setitem__("/Creator", "Ada's machine"),
        "not tagged": lambda document: document.Root.MarkInfo.__setitem__("/Marked", False),
        "language": lambda document: document.Root.__setitem__("/Lang", "de"),
        "when it is opened": lambda document: document.Root.__setitem__("/OpenAction", pikepdf.Dictionary()),
    }
    for said, fault in faults.items():
        with pikepdf.open(io.BytesIO(flyer)) as document:
            found = sheet_file_findings(broken(document, fault), PAPERS["flyer-bleed"], "en")
        assert any(said in sentence for sentence in found), (said, found)
