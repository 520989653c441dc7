"""WeasyPrint and Jinja: a page of HTML with its style sheet becomes PDF/UA-1.

Both take their time to import, so they come with the first sheet. A sheet sees no network and no files: its
fetcher answers the few names that it is made of, from memory.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets_gen import design as designs
from assets_gen import fonts
from assets_gen.design import Design
from assets_gen.papers import A4, BLEED, PAPERS
from assets_gen.text import Face

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.document import Document
    from weasyprint.text.fonts import FontConfiguration

Assets = Mapping[str, tuple[str, bytes]]
_POINTS = 72 / 25.4


def laid_out(design: str, paper: str, values: Mapping[str, Any], assets: Assets) -> Document:
    """The sheet with every box where it will be printed. `assets` are (media type, bytes) by name."""
    from weasyprint import HTML

    page = template(design, f"{PAPERS[paper].kind}.html").render(values)
    sheet, kept = _style(design, paper, values["direction"])
    whole = HTML(string=page, base_url="asset:page", url_fetcher=memory(assets))
    return whole.render(stylesheets=[sheet], font_config=kept, pdf_variant="pdf/ua-1", pdf_tags=True)


def printed(document: Document) -> bytes:
    data: bytes = document.write_pdf(finisher=_with_boxes, pdf_variant="pdf/ua-1", pdf_tags=True)
    return data


def _with_boxes(_document: Document, pdf: Any) -> None:
    """WeasyPrint calls up to 10 points around a page its bleed; a printer is told what is meant."""
    import pydyf

    for entry in pdf.objects:
        if isinstance(entry, pydyf.Dictionary) and entry.get("Type") == "/Page":
            trim = [float(edge) for edge in entry["TrimBox"]]
            more = BLEED * _POINTS if trim[0] > float(entry["MediaBox"][0]) else 0.0
            bleed = trim[0] - more, trim[1] - more, trim[2] + more, trim[3] + more
            entry["BleedBox"] = pydyf.Array([round(edge, 3) for edge in bleed])


def memory(assets: Assets) -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Memory(URLFetcher):  # type: ignore[misc]
        """Answers exact names from memory and refuses everything else, attachments and redirects included."""

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            name = url.removeprefix("asset:")
            if url.startswith("asset:") and name in assets:
                kind, data = assets[name]
                return URLFetcherResponse(url, data, {"Content-Type": kind})
            raise FatalURLFetchingError(f"A sheet asked for {url!r}, which it was not given.")

    return Memory()


@lru_cache(maxsize=32)
def template(design: str, file: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    # Escaping by the ending: in a style sheet the quotes around a family must stay quotes.
    environment = Environment(
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        loader=FileSystemLoader(designs.HERE / design),
    )
    return environment.get_template(file)


@cache
def _style(design: str, paper: str, direction: str) -> tuple[CSS, FontConfiguration]:
    """The parsed style sheet with its fonts, kept for the life of the process."""
    from weasyprint import CSS

    sheet, kept = PAPERS[paper], _faces(design)
    from_right = direction == "rtl"
    text = template(design, f"{sheet.kind}.css").render(
        paper=sheet,
        bleed=BLEED,
        aside=(sheet.width - A4.width) / 2,
        less=A4.hero - sheet.hero,
        up=A4.height - sheet.height,
        start="right" if from_right else "left",
        end="left" if from_right else "right",
        joined=from_right,
        family={name: _families(face) for name, face in Design.load(design).faces.items()},
    )
    return CSS(string=text, font_config=kept), kept


def _families(face: Face) -> str:
    """The files of a stack as families of their own, so that paper falls back as pictures do."""
    return ", ".join(f'"{Path(file).stem}"' for file in fonts.STACKS[face.stack])


@cache
def _faces(design: str) -> FontConfiguration:
    """The fonts of a design's stacks, declared once for all its sheets."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    stacks = (fonts.STACKS[face.stack] for face in Design.load(design).faces.values())
    files = dict.fromkeys(file for stack in stacks for file in stack)
    kept = FontConfiguration()
    # It removes its folder when it goes, for which the interpreter must still be there.
    atexit.register(forget_faces)
    text = "\n".join(
        f'@font-face {{ font-family: "{Path(file).stem}"; src: url(asset:{file}) }}' for file in files
    )
    fetcher = memory({file: ("font/ttf", (fonts.HERE / file).read_bytes()) for file in files})
    CSS(string=text, font_config=kept, url_fetcher=fetcher, base_url="asset:style")
    return kept


def forget_faces() -> None:
    _style.cache_clear()
    _faces.cache_clear()
