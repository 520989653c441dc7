"""Paper: the sheets of a design as PDF/UA-1 with real text, tags, a title, a language and a QR code of
lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PIL import Image

from assets_gen.brand import AssetError, Brand, Offer
from assets_gen.design import Design
from assets_gen.encode import Format, encoded
from assets_gen.papers import PAPERS, Paper
from assets_gen.sheets import press
from assets_gen.sheets.comparison import comparison
from assets_gen.sheets.flyer import flyer
from assets_gen.sheets.mediakit import mediakit
from assets_gen.sheets.onepager import onepager
from assets_gen.sheets.parts import Order, Sets
from assets_gen.size import Size

if TYPE_CHECKING:
    from weasyprint.document import Document

_PAGES = {"mediakit": 3}
_SETS: dict[str, Sets] = {
    "onepager": onepager,
    "flyer": flyer,
    "comparison": comparison,
    "mediakit": mediakit,
}


def render_sheet(
    design: Design, paper: str, affiliate: Brand, program: Brand, offer: Offer, form: str = "pdf"
) -> bytes:
    """The sheet as a PDF. `paper` is one of the design's papers (see papers.py), such as "a4" or "flyer".

    The text can be selected and read aloud; code and link are in it. As png, jpg or webp: its first page, as
    large as the paper's preview. Raises AssetError for a paper that the design does not have and for a logo
    that cannot be read.
    """
    data = press.printed(composed_sheet(design, paper, affiliate, program, offer))
    return data if form == "pdf" else encoded(next(seen(data, PAPERS[paper].preview)), Format.parse(form))


def seen(data: bytes, size: Size) -> Iterator[Image.Image]:
    """The pages of a PDF, each in that size."""
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            picture: Image.Image = page.render(scale=size.height / page.get_height()).to_pil().convert("RGB")
            exact = picture.size == (size.width, size.height)
            yield picture if exact else picture.resize((size.width, size.height))


def composed_sheet(design: Design, paper: str, affiliate: Brand, program: Brand, offer: Offer) -> Document:
    """The same before it is written: every box in its place, to be measured."""
    if not design.papers:
        raise AssetError(f"{design.title} is not printed on paper.")
    if paper not in design.papers:
        raise AssetError(f"{design.title} comes on {', '.join(design.papers)}, not on {paper!r}.")
    chosen = PAPERS[paper]
    sheet = _SETS[chosen.kind](Order(design, chosen, affiliate, program, offer))
    return press.laid_out(design.name, paper, sheet.values, sheet.assets)


def pages_of(paper: Paper) -> int:
    return _PAGES.get(paper.kind, 1)
