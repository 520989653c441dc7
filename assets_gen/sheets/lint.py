"""What a sheet must keep to be printed, measured on its boxes before it is written.

Each finding is a sentence that names the words and the millimetres.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from assets_gen.brand import Brand, Offer
from assets_gen.design import Design
from assets_gen.encode import png
from assets_gen.lint import decoded
from assets_gen.papers import PAPERS, Paper
from assets_gen.proof import sheet_file_findings
from assets_gen.scene import Box
from assets_gen.sheet import composed_sheet, pages_of, seen
from assets_gen.sheets import press

if TYPE_CHECKING:
    from weasyprint.document import Document

_MM = 25.4 / 96
# Ink of a line over and under its baseline, in its size: caps with accents, the tails of g and p.
_OVER, _UNDER = 0.74, 0.21
_LEAST_TYPE, _LEAST_EDGE, _APART = 2.4, 5.0, 0.2
# Signs of which nothing hangs under the baseline, as in a figure or a code.
_TAILS = re.compile(r"[^0-9A-IK-PR-Z%·.+ -]")
QUIET_MM = 3.0


@dataclass(frozen=True, slots=True)
class Ink:
    """A line of text or a picture on its page, in millimetres from the upper left of the trimmed sheet."""

    words: str
    box: Box
    size: float  # of the type; 0 for a picture
    block: int  # lines of one block may stand as close as their leading lets them


def sheet_findings(design: Design, paper: str, affiliate: Brand, program: Brand, offer: Offer) -> list[str]:
    """Everything that is wrong with the sheet and with its file; empty if it may be printed."""
    document, sheet = composed_sheet(design, paper, affiliate, program, offer), PAPERS[paper]
    data = press.printed(document)
    found = [*check(document, sheet), *sheet_file_findings(data, sheet, offer.language)]
    codes = {decoded(png(page)) for page in seen(data, sheet.preview)}
    if offer.link and codes - {None} != {offer.link}:
        found.append(f"Its QR code does not read as {offer.link}.")
    return found


def check(document: Document, paper: Paper) -> list[str]:
    found = []
    if len(document.pages) != pages_of(paper):
        found.append(f"It has {len(document.pages)} pages; {pages_of(paper)} were meant.")
    for number, page in enumerate(document.pages, start=1):
        inks = list(_inks(page._page_box))  # noqa: SLF001  # there is no other door to its boxes
        said = [*_outside(inks, paper), *_small(inks), *_crowded(inks)]
        found += [f"Page {number}: {sentence}" for sentence in said]
    return found


def _inks(box: Any, block: int = 0) -> Iterator[Ink]:
    left, top = box.position_x * _MM, box.position_y * _MM
    text = getattr(box, "text", "").strip()
    if text:
        size, line = box.style["font_size"] * _MM, top + box.baseline * _MM
        under = _UNDER if _TAILS.search(text) else 0.02
        yield Ink(
            text, Box(left, line - _OVER * size, left + box.width * _MM, line + under * size), size, block
        )
    elif hasattr(box, "replacement"):
        # The quiet zone of a code is part of the picture, and may lie in the margin.
        edge = QUIET_MM if box.element_tag == "img" and "qr" in box.element.get("class", "") else 0.0
        whole = Box(left, top, left + box.width * _MM, top + box.height * _MM)
        inner = Box(whole.left + edge, whole.top + edge, whole.right - edge, whole.bottom - edge)
        yield Ink(box.element.get("alt", ""), inner, 0.0, block)
    inline = isinstance(box, _inline())
    for child in getattr(box, "children", ()):
        yield from _inks(child, block if inline else id(box))


def _inline() -> tuple[type, ...]:
    from weasyprint.formatting_structure import boxes

    return boxes.LineBox, boxes.InlineBox, boxes.InlineBlockBox


def _outside(inks: list[Ink], paper: Paper) -> Iterator[str]:
    # Large type hangs a little into the margin, where its stems and not its side bearings stand in line.
    least = paper.side - 1.2
    for ink in inks:
        if ink.box.left < least or ink.box.right > paper.width - least:
            yield f"{ink.words!r} reaches from {ink.box.left:.1f} to {ink.box.right:.1f} mm across."
        if ink.box.top < _LEAST_EDGE or ink.box.bottom > paper.height - _LEAST_EDGE:
            yield f"{ink.words!r} reaches from {ink.box.top:.1f} to {ink.box.bottom:.1f} mm down."


def _small(inks: list[Ink]) -> Iterator[str]:
    for ink in inks:
        if ink.size and ink.size < _LEAST_TYPE:
            yield f"{ink.words!r} is set in {ink.size:.2f} mm; {_LEAST_TYPE} are the least."


def _crowded(inks: list[Ink]) -> Iterator[str]:
    for one, other in combinations(inks, 2):
        if one.block != other.block and one.box.gap_to(other.box) < _APART:
            yield f"{one.words!r} and {other.words!r} touch."
