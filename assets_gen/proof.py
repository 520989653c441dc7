"""What a finished file must be, read back from its bytes: whole, and with nothing in it that nobody
put there.

Each finding is a sentence. Sheets need pikepdf, which is qpdf with a door for Python.
"""

from __future__ import annotations

import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets_gen.papers import BLEED, Paper

if TYPE_CHECKING:
    from pikepdf import Pdf

_PNG = b"\x89PNG\r\n\x1a\n"
# What a picture is made of; EXIF, XMP, comments, colour profiles and thumbnails are further kinds.
_PNG_CHUNKS, _WEBP_CHUNKS = {b"IHDR", b"IDAT", b"IEND"}, {b"VP8 ", b"VP8L"}
_JPEG_NAMES = {0xC0: "SOF0", 0xC2: "SOF2", 0xC4: "DHT", 0xDA: "SOS", 0xDB: "DQT", 0xDD: "DRI", 0xE0: "APP0"}
_PDF_INFO = {"/Title", "/Author", "/Subject", "/Producer"}
# Where this machine keeps things, and how other machines call their homes.
_HERE = [
    place
    for place in (Path(tempfile.gettempdir()), Path(__file__).parents[1], Path.home())
    if len(place.parts) > 1
]
_PLACES = re.compile(b"file:|/home/|/Users/|" + b"|".join(re.escape(f"{place}/".encode()) for place in _HERE))
_POINTS = 72 / 25.4


def picture_findings(data: bytes, width: int, height: int) -> list[str]:
    """Of a PNG, JPEG or WebP that should have so many pixels."""
    if data.startswith(_PNG):
        return list(_png(data, width, height))
    if data.startswith(b"\xff\xd8"):
        return list(_jpeg(data, width, height))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return list(_webp(data))
    return ["It is no PNG, JPEG or WebP."]


def _png(data: bytes, width: int, height: int) -> Iterator[str]:
    at, body, kinds = len(_PNG), b"", list[bytes]()
    while at + 12 <= len(data):
        (long,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + long]
        if data[at + 8 + long : at + 12 + long] != struct.pack(">I", zlib.crc32(kind + content)):
            yield f"The chunk {kind.decode('latin-1')} has a wrong checksum."
        if kind not in _PNG_CHUNKS:
            yield f"It carries a chunk {kind.decode('latin-1')}."
        if kind == b"IHDR" and content != struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0):
            yield "Its head is not that of an RGB picture of this size."
        body += content if kind == b"IDAT" else b""
        kinds.append(kind)
        at += 12 + long
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or kinds.count(b"IEND") != 1 or at != len(data):
        yield "It does not begin with IHDR and end with IEND."
    yield from _rows(body, width, height)


def _rows(body: bytes, width: int, height: int) -> Iterator[str]:
    unpacker = zlib.decompressobj()
    try:
        rows = unpacker.decompress(body)
    except zlib.error as wrong:
        yield f"Its pixels cannot be unpacked: {wrong}."
        return
    if not unpacker.eof or unpacker.unused_data or len(rows) != height * (1 + 3 * width):
        yield "Its pixels are not as many as its head says."
    elif max(rows[:: 1 + 3 * width]) > 4:
        yield "A row has a filter that does not exist."


def _jpeg(data: bytes, width: int, height: int) -> Iterator[str]:
    at = 2
    while data[at] == 0xFF and data[at + 1] != 0xDA:
        kind = data[at + 1]
        (long,) = struct.unpack_from(">H", data, at + 2)
        if kind not in _JPEG_NAMES or (kind == 0xE0 and (data[at + 4 : at + 9] != b"JFIF\0" or long != 16)):
            yield f"It carries a segment {kind:#x}."
        if kind in (0xC0, 0xC2) and struct.unpack_from(">HH", data, at + 5) != (height, width):
            yield "It has another size."
        at += 2 + long
    if data[at : at + 2] != b"\xff\xda" or data.find(b"\xff\xd9", at) != len(data) - 2:
        yield "It does not end where its picture ends."


def _webp(data: bytes) -> Iterator[str]:
    if struct.unpack_from("<I", data, 4)[0] + 8 != len(data):
        yield "It is longer or shorter than it says."
    at = 12
    while at + 8 <= len(data):
        kind, long = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind not in _WEBP_CHUNKS:
            yield f"It carries a chunk {kind.decode('latin-1')}."
        at += 8 + long + long % 2


def sheet_file_findings(data: bytes, paper: Paper, language: str) -> list[str]:
    """Of a printed sheet: what `qpdf --check` says, PDF/UA-1, its boxes, fonts, order and metadata."""
    import pikepdf

    with pikepdf.open(BytesIO(data)) as document:
        found = [str(problem) for problem in document.check_pdf_syntax()]
        found += _accessible(document, language)
        found += _private(document)
        for page in document.pages:
            found += [*_boxes(page, paper), *_fonts(page)]
        found += _order(document)
    return found


def _accessible(document: Pdf, language: str) -> Iterator[str]:
    root = document.Root
    if str(root.get("/Lang", "")) != language:
        yield f"Its language is {root.get('/Lang')}, not {language}."
    if not _has(root, "/MarkInfo", "/Marked") or "/StructTreeRoot" not in root:
        yield "It is not tagged."
    if not _has(root, "/ViewerPreferences", "/DisplayDocTitle"):
        yield "Readers show its file name instead of its title."
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as told:
        if told.get("pdfuaid:part") != "1":
            yield "It does not say that it is PDF/UA-1."
        if not told.get("dc:title"):
            yield "It has no title."
    for node in _nodes(root.StructTreeRoot["/K"]):
        if not isinstance(node, int) and node.get("/S") == "/Figure" and not str(node.get("/Alt", "")):
            yield "A picture has no text in its place."


def _has(root: Any, where: str, what: str) -> bool:
    return where in root and bool(root[where].get(what, False))


def _private(document: Pdf) -> Iterator[str]:
    if more := set(document.docinfo.keys()) - _PDF_INFO:
        yield f"It tells {', '.join(sorted(more))}."
    for key in ("/OpenAction", "/AA", "/AcroForm"):
        if key in document.Root:
            yield f"It does something when it is opened ({key})."
    if "/EmbeddedFiles" in document.Root.get("/Names", {}) or "/JavaScript" in document.Root.get(
        "/Names", {}
    ):
        yield "It carries files or scripts."
    for thing in document.objects:
        raw = thing.read_bytes() if _is_words(thing) else thing.unparse() if not _is_stream(thing) else b""
        if place := _PLACES.search(raw):
            yield f"It tells of the machine that made it: {place[0]!r}."


def _is_stream(thing: Any) -> bool:
    import pikepdf

    return isinstance(thing, pikepdf.Stream)


def _is_words(thing: Any) -> bool:
    """Metadata and page contents, not the pixels of a picture or the outlines of a font."""
    return _is_stream(thing) and thing.get("/Subtype") != "/Image" and "/Length1" not in thing


def _boxes(page: Any, paper: Paper) -> Iterator[str]:
    around, more = paper.around * _POINTS, (BLEED if paper.marks else 0.0) * _POINTS
    width, height = paper.width * _POINTS, paper.height * _POINTS
    meant = {
        "/MediaBox": (-around, -around, width + around, height + around),
        "/TrimBox": (0.0, 0.0, width, height),
        "/BleedBox": (-more, -more, width + more, height + more),
    }
    corner = [float(edge) for edge in page.obj["/TrimBox"]][:2]
    for name, box in meant.items():
        told = [float(edge) - corner[number % 2] for number, edge in enumerate(page.obj[name])]
        if any(abs(one - other) > 0.05 for one, other in zip(told, box, strict=True)):
            yield f"Its {name[1:]} is {told}, not {box}."


def _fonts(page: Any) -> Iterator[str]:
    for font in page.obj.get("/Resources", {}).get("/Font", {}).values():
        inner = font["/DescendantFonts"][0] if "/DescendantFonts" in font else font
        described = inner.get("/FontDescriptor", {})
        if not {"/FontFile2", "/FontFile3"} & set(described.keys()):
            yield f"The font {font.get('/BaseFont')} is not in it."
        if "/ToUnicode" not in font:
            yield f"The words set in {font.get('/BaseFont')} cannot be copied."


def _nodes(node: Any) -> Iterator[Any]:
    """Tags and the numbers of what is marked, in the order in which a voice reads them."""
    import pikepdf

    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from _nodes(child)
    elif isinstance(node, pikepdf.Dictionary):
        yield node
        yield from _nodes(node.get("/MCID", node.get("/K")))
    elif node is not None:
        yield int(node)


def _order(document: Pdf) -> Iterator[str]:
    """What is marked on the pages is read in the order in which it is set, all of it and once."""
    import pikepdf

    read = [node for node in _nodes(document.Root.StructTreeRoot["/K"]) if isinstance(node, int)]
    drawn = [
        int(marked.operands[1]["/MCID"])
        for page in document.pages
        for marked in pikepdf.parse_content_stream(page)
        if str(marked.operator) == "BDC" and "/MCID" in marked.operands[1]
    ]
    if read != drawn:
        yield f"It is read in another order than it is set: {read} and {drawn}."
