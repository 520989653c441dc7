"""Paper: the one-pager of a design as PDF/UA-1 with real text, tags, a title, a language and a QR code of
lines.

WeasyPrint and Jinja take their time to import, so they come with the first sheet. It sees no network and no
files: its fetcher answers the few names that a sheet is made of, from memory.
"""

from __future__ import annotations

import atexit
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets_gen import design as designs
from assets_gen import fonts, marks
from assets_gen.brand import AssetError, Brand, Offer
from assets_gen.breaking import Fit, fitted
from assets_gen.design import Design
from assets_gen.draw import painted
from assets_gen.encode import jpeg
from assets_gen.languages import language
from assets_gen.layout import arranged
from assets_gen.lockup import Room, lockup
from assets_gen.palette import Palette
from assets_gen.papers import A4, PAPERS, Paper
from assets_gen.qr import qr_of
from assets_gen.scene import Box, Picture
from assets_gen.size import Size
from assets_gen.table import said
from assets_gen.text import Face, shape

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

# Pixels a millimetre in the picture above the fold: 200 dots an inch at its density of 2.
_DOTS = 827 / 210
_LEFT_MM, _CAP_MM, _CAP_TOP_MM, _DISCLOSURE_MM = 15.0, 6.8, 16.0, 3.7
_WORD_MM, _WIDEST_WORD_MM, _HEADLINE_TOP_MM = 10.3, 58.0, 31.6
_FIGURE = re.compile(r"([\d.,]+)\s*(\S*)\Z")


def render_sheet(design: Design, paper: str, affiliate: Brand, program: Brand, offer: Offer) -> bytes:
    """The one-pager as a PDF. `paper` is one of the design's papers ("a4", "letter").

    The text can be selected and read aloud; code and link are in it. Raises AssetError for a paper that the
    design does not have and for a logo that cannot be read.
    """
    if not design.papers:
        raise AssetError(f"{design.title} is not printed on paper.")
    if paper not in design.papers:
        raise AssetError(f"{design.title} comes on {', '.join(design.papers)}, not on {paper!r}.")
    from weasyprint import HTML

    sheet_of = PAPERS[paper]
    words = design.words(offer.language)
    size = Size(round(sheet_of.width * _DOTS), round(sheet_of.hero * _DOTS), 2)
    scene, palette = arranged(design, size, affiliate, program, offer, composition="onepager")
    assets = {
        "hero": ("image/jpeg", jpeg(painted(scene, palette), quality=85)),
        "mark": ("image/svg+xml", _mark_svg(program, palette)),
        "qr": ("image/svg+xml", _qr_svg(offer.link, palette)),
    }
    masthead = _masthead(design, program, said(design, offer, "disclosure"), sheet_of)
    values = _values(design, affiliate, program, offer, palette, words, sheet_of, masthead)
    picture = _logo(design, affiliate, program, palette, masthead["room"])
    if picture is not None:
        values["logo"], assets["logo"] = picture.place, ("image/png", picture.data)
    page = _template(design.name, "onepager.html").render(values)
    sheet, kept = _style(design.name, paper, values["direction"])
    document = HTML(string=page, base_url="asset:page", url_fetcher=_memory(assets))
    data: bytes = document.write_pdf(
        stylesheets=[sheet], font_config=kept, pdf_variant="pdf/ua-1", pdf_tags=True
    )
    return data


def _values(
    design: Design,
    affiliate: Brand,
    program: Brand,
    offer: Offer,
    palette: Palette,
    words: Mapping[str, str],
    paper: Paper,
    masthead: Mapping[str, Any],
) -> dict[str, Any]:
    headline = said(design, offer, "headline")
    set_headline = _headline(headline, design.faces["headline"], paper)
    beside = masthead["room"]
    from_right = language(offer.language).from_right
    name = _fitted(affiliate.name, design.faces["name"], Fit(8.2, 3.6, (1, 2), 1.02), beside, 13)
    figure = _FIGURE.match(offer.figure.replace("\u202f", " ").replace("\u00a0", " "))
    names = {"name": affiliate.name, "program": program.name, "headline": _plain(headline)}
    block = name[1] * design.faces["name"].cap_height
    code_room = 66 if figure else 128
    saving = offer.discount if figure else said(design, offer, "subline")
    colours = {role: colour.hex for role, colour in palette.items()}
    return {
        **names,
        "language": offer.language,
        "direction": "rtl" if from_right else "ltr",
        "start": "right" if from_right else "left",
        "at": masthead,
        "title": words["title"].format(**names),
        "words": words,
        "c": colours | {"far_paper": palette["far"].at(0.19).hex},
        "logo": None,
        "name_lines": name[0],
        "name_joined": any(map(fonts.is_complex, affiliate.name)),
        "name_size": name[1],
        # The caps of one line, or the middle of two, stand where the wordmark's caps stand.
        "name_top": round(_CAP_TOP_MM + _CAP_MM / 2 - name[1] * 1.02 * len(name[0]) / 2 + block * 0.03, 2),
        "disclosure": said(design, offer, "disclosure"),
        "headline_lines": tuple(map(_plain, set_headline[0])),
        "headline_size": set_headline[1],
        "headline_leading": set_headline[2],
        "figure": {"number": figure[1], "sign": figure[2]} if figure else None,
        "offer_words": f"{saving} {words['code_label']}" if figure and offer.code else saving,
        "code": offer.code,
        "code_size": _narrowed(offer.code, design.faces["code"], 9.6, code_room),
        "link": offer.link,
        "link_size": _narrowed(offer.link, design.faces["button"], 3.6, 66),
        "small_print": f"{said(design, offer, 'small_print')} {words['commission'].format(**names)}",
    }


def _fitted(
    text: str, face: Face, fit: Fit, width: float, height: float
) -> tuple[tuple[str, ...], float, float]:
    """Lines, size in millimetres and leading; smaller than asked rather than cut."""
    counts = (*fit.counts, max(fit.counts) + 1)
    for share in (1.0, 0.8, 0.6, 0.4):
        tried = replace(fit, smallest=fit.smallest * share, counts=counts)
        setting = fitted(text, face, tried, width, height)
        if setting is not None:
            return setting.lines, round(setting.size, 2), round(setting.leading, 3)
    raise AssetError(f"{text!r} is too long for a sheet.")


def _narrowed(text: str, face: Face, largest: float, width: float) -> float:
    return round(min(largest, width / max(shape(text, face).width, 0.1)), 2) if text else largest


def _headline(text: str, face: Face, paper: Paper) -> tuple[tuple[str, ...], float, float]:
    """As large as it may be without touching the disc of the picture (see the shape "onepager")."""
    fit = Fit(23.2, 9, (3, 2, 4), 0.95, "last")
    high = 64.0
    while True:
        lines, size, leading = _fitted(text, face, fit, 176, high)
        if high < 30 or all(_clears(line, at, size, leading, face, paper) for at, line in enumerate(lines)):
            return lines, size, leading
        high -= 3


def _clears(line: str, at: int, size: float, leading: float, face: Face, paper: Paper) -> bool:
    right = _LEFT_MM + (paper.width - A4.width) / 2 + shape(line, face).width * size
    foot = _HEADLINE_TOP_MM + ((at + 1) * leading - 0.15) * size
    aside, above = paper.width - 0.282 * paper.hero - right, 0.702 * paper.hero - foot
    return math.hypot(max(aside, 0), max(above, 0)) > 0.271 * paper.hero + 4


def _plain(text: str) -> str:
    """Less the signs that only say where a line may end."""
    return text.replace("\u00a0", " ").replace("\u200b", "").replace("\u00ad", "")


def _masthead(design: Design, program: Brand, disclosure: str, paper: Paper) -> dict[str, Any]:
    """Where the parts of the lock-up begin, in millimetres from the side where lines begin.

    A wordmark stands behind its mark also on a sheet that is read from the right.
    """
    side = _LEFT_MM + (paper.width - A4.width) / 2
    face = design.faces["word"]
    long = shape(program.name, face).width
    size = min(_WORD_MM, _WIDEST_WORD_MM / long)
    width, mark = long * size, 8.3 if program.mark else 0.0
    from_right = {"mark": side + width + 1.7, "word": side}
    from_left = {"mark": side, "word": side + mark}
    rule = side + mark + width + _CAP_MM
    own = rule + 0.25 + 1.02 * _CAP_MM
    end = paper.width - side - shape(disclosure, design.faces["small"]).width * _DISCLOSURE_MM
    return {
        "ltr": from_left,
        "rtl": from_right,
        "marked": program.mark is not None,
        "word_size": round(size, 2),
        "rule": round(rule, 2),
        "own": round(own, 2),
        "room": end - 1.2 * _CAP_MM - own,
    }


@dataclass(frozen=True, slots=True)
class _Logo:
    data: bytes
    place: dict[str, float]


def _logo(design: Design, affiliate: Brand, program: Brand, palette: Palette, widest: float) -> _Logo | None:
    """The affiliate's logo as heavy as the program's wordmark, at 400 dots an inch."""
    if affiliate.logo is None:
        return None
    dots = 16
    box = Box(0, 0, A4.width * dots, 100 * dots)
    room = Room(box, _CAP_MM * dots, 1.0, 12.5 * dots, 1, 1, stacked=False)
    inks = palette["text"].rgb, palette["disc"].rgb, palette["near"].rgb
    parts = lockup(affiliate, program, design.faces, room, inks)
    own = next(part for part in parts if part.name == "lockup.affiliate")
    if not isinstance(own.content, Picture):
        return None
    height = own.box.height / dots
    width = min(height * own.content.logo.aspect, widest)
    height = width / own.content.logo.aspect
    buffer = io.BytesIO()
    shown = own.content.logo.scaled(min(own.content.logo.picture.height, max(8, round(height * dots))))
    shown.save(buffer, "PNG", compress_level=4)
    top = _CAP_TOP_MM + _CAP_MM / 2 - height / 2
    place = {"top": top, "width": width, "height": height}
    return _Logo(buffer.getvalue(), {key: round(value, 2) for key, value in place.items()})


def _mark_svg(program: Brand, palette: Palette) -> bytes:
    if program.mark is None:
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    ink, accent = marks.svg_paths(program.mark)
    text, disc = palette["text"].hex, palette["disc"].hex
    box = f"0 0 {marks.width_of(program.mark)} 1"
    paths = f'<path fill="{text}" d="{ink}"/><path fill="{disc}" d="{accent}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{paths}</svg>'.encode()


def _qr_svg(link: str, palette: Palette) -> bytes:
    if not link:
        return b""
    code = qr_of(link)
    path = f'<path fill="{palette["paper_ink"].hex}" d="{code.svg_path()}"/>'
    box = f"0 0 {code.modules} {code.modules}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{path}</svg>'.encode()


def _memory(assets: Mapping[str, tuple[str, bytes]]) -> Any:
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
def _template(design: str, file: str) -> Any:
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
    text = _template(design, "onepager.css").render(
        width=sheet.width,
        height=sheet.height,
        hero=sheet.hero,
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
    atexit.register(_forget_faces)
    text = "\n".join(
        f'@font-face {{ font-family: "{Path(file).stem}"; src: url(asset:{file}) }}' for file in files
    )
    memory = _memory({file: ("font/ttf", (fonts.HERE / file).read_bytes()) for file in files})
    CSS(string=text, font_config=kept, url_fetcher=memory, base_url="asset:style")
    return kept


def _forget_faces() -> None:
    _style.cache_clear()
    _faces.cache_clear()
