"""What all sheets have in common: the masthead of two brands, the headline, code, link and small print.

Everything is measured before it is set, in millimetres: no sheet leaves a line to luck.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assets_gen import fonts, marks
from assets_gen.brand import AssetError, Brand, Offer
from assets_gen.breaking import Fit, fitted
from assets_gen.colour import Rgb
from assets_gen.design import Design
from assets_gen.draw import painted
from assets_gen.encode import jpeg
from assets_gen.languages import language
from assets_gen.layout import arranged
from assets_gen.lockup import Room, lockup
from assets_gen.palette import Palette
from assets_gen.papers import A4, BLEED, Paper
from assets_gen.qr import qr_of
from assets_gen.scene import Box, Picture
from assets_gen.size import Size
from assets_gen.table import said
from assets_gen.text import Face, shape

# Pixels a millimetre in the picture at the head of a sheet: 200 dots an inch at its density of 2.
_DOTS = 827 / 210
_CAP_MM, _CAP_TOP_MM, _DISCLOSURE_MM = 6.8, 16.0, 3.7
_WORD_MM, _WIDEST_WORD_MM = 10.3, 58.0
_FIGURE = re.compile(r"([\d.,]+)\s*(\S*)\Z")


@dataclass(frozen=True, slots=True)
class Order:
    """One sheet as it was asked for."""

    design: Design
    paper: Paper
    affiliate: Brand
    program: Brand
    offer: Offer

    def words(self) -> Mapping[str, str]:
        return self.design.words(self.offer.language)

    def said(self, slot: str) -> str:
        return said(self.design, self.offer, slot)

    def face(self, name: str) -> Face:
        return self.design.faces[name]

    @property
    def from_right(self) -> bool:
        return language(self.offer.language).from_right


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a template of a sheet is filled with, and the pictures that it names."""

    values: dict[str, Any]
    assets: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def saying(self, **more: Any) -> Sheet:
        return replace(self, values={**self.values, **more})


Sets = Callable[[Order], Sheet]


def common(order: Order) -> tuple[Sheet, Palette]:
    """The picture at the head, the masthead and every word that stands on all sheets."""
    paper, offer, words = order.paper, order.offer, order.words()
    over = 2 * BLEED if paper.kind == "flyer" else 0.0
    size = Size(round((paper.width + over) * _DOTS), round((paper.hero + over / 2) * _DOTS), 2)
    scene, palette = arranged(
        order.design, size, order.affiliate, order.program, offer, composition=paper.kind
    )
    assets = {
        "hero": ("image/jpeg", jpeg(painted(scene, palette), quality=85)),
        "mark": ("image/svg+xml", mark_svg(order.program, palette["text"].hex, palette["disc"].hex)),
        "qr": ("image/svg+xml", _qr_svg(offer.link, palette)),
    }
    headline = order.said("headline")
    names = {"name": order.affiliate.name, "program": order.program.name, "headline": plain(headline)}
    masthead = _masthead(order)
    values: dict[str, Any] = {
        **names,
        "language": offer.language,
        "direction": "rtl" if order.from_right else "ltr",
        "start": "right" if order.from_right else "left",
        "title": words["title"].format(**names),
        "words": words,
        "c": {role: colour.hex for role, colour in palette.items()}
        | {"far_paper": palette["far"].at(0.19).hex},
        "at": masthead,
        "disclosure": order.said("disclosure"),
        "logo": None,
        "code": offer.code,
        "link": offer.link,
        "small_print": f"{order.said('small_print')} {words['commission'].format(**names)}",
        "figure": figure(offer),
    }
    values |= _name(order, masthead["room"])
    inks = palette["text"].rgb, palette["disc"].rgb, palette["near"].rgb
    picture = logo_on(order, inks, masthead["room"])
    if picture is not None:
        values["logo"], assets["logo"] = picture.place, ("image/png", picture.data)
    return Sheet(values, assets), palette


def figure(offer: Offer) -> dict[str, str] | None:
    """What the code saves, in two parts: the sign is set smaller than the number."""
    match = _FIGURE.match(offer.figure.replace("\u202f", " ").replace("\u00a0", " "))
    return {"number": match[1], "sign": match[2]} if match else None


def set_in(
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


def narrowed(text: str, face: Face, largest: float, width: float) -> float:
    """The size in which one line of it is no wider than that."""
    return round(min(largest, width / max(shape(text, face).width, 0.1)), 2) if text else largest


def small_size(text: str, face: Face, largest: float, width: float) -> float:
    """The size in which it takes two lines, also where phrases are kept whole."""
    return round(min(largest, 1.84 * width / shape(text, face).width), 2)


def plain(text: str) -> str:
    """Less the signs that only say where a line may end."""
    return text.replace("\u00a0", " ").replace("\u200b", "").replace("\u00ad", "")


def _name(order: Order, room: float) -> dict[str, Any]:
    """The affiliate's name, for those without a logo."""
    scale, name, face = order.paper.scale, order.affiliate.name, order.face("name")
    lines, size, _ = set_in(name, face, Fit(8.2 * scale, 3.6 * scale, (1, 2), 1.02), room, 13 * scale)
    cap = size * face.cap_height
    return {
        "name_lines": lines,
        "name_joined": any(map(fonts.is_complex, name)),
        "name_size": size,
        # The caps of one line, or the middle of two, stand where the wordmark's caps stand.
        "name_top": round((_CAP_TOP_MM + _CAP_MM / 2) * scale - size * 1.02 * len(lines) / 2 + cap * 0.03, 2),
    }


def _masthead(order: Order) -> dict[str, Any]:
    """Where the parts of the lock-up begin, in millimetres from the side where lines begin.

    A wordmark stands behind its mark also on a sheet that is read from the right.
    """
    paper, scale = order.paper, order.paper.scale
    side, cap = paper.side, _CAP_MM * scale
    long = shape(order.program.name, order.face("word")).width
    size = min(_WORD_MM * scale, _WIDEST_WORD_MM * scale / long)
    width, mark = long * size, 8.3 * scale if order.program.mark else 0.0
    from_right = {"mark": side + width + 1.7 * scale, "word": side}
    from_left = {"mark": side, "word": side + mark}
    rule = side + mark + width + cap
    own = rule + 0.25 + 1.02 * cap
    ad = shape(order.said("disclosure"), order.face("small")).width * _DISCLOSURE_MM * scale
    return {
        "ltr": from_left,
        "rtl": from_right,
        "marked": order.program.mark is not None,
        "word_size": round(size, 2),
        "rule": round(rule, 2),
        "own": round(own, 2),
        "room": paper.width - side - ad - 1.2 * cap - own,
    }


@dataclass(frozen=True, slots=True)
class PlacedLogo:
    """A PNG, and its top, width and height in a masthead."""

    data: bytes
    place: dict[str, float]


def logo_on(order: Order, inks: tuple[Rgb, Rgb, Rgb], widest: float) -> PlacedLogo | None:
    """The affiliate's logo as heavy as the program's wordmark, at 400 dots an inch.

    `inks`: text, accent, and the ground it is printed on.
    """
    if order.affiliate.logo is None:
        return None
    dots, scale = 16, order.paper.scale
    box = Box(0, 0, A4.width * dots, 100 * dots)
    room = Room(box, _CAP_MM * scale * dots, 1.0, 12.5 * scale * dots, 1, 1, stacked=False)
    parts = lockup(order.affiliate, order.program, order.design.faces, room, inks)
    own = next(part for part in parts if part.name == "lockup.affiliate")
    if not isinstance(own.content, Picture):
        return None
    height = own.box.height / dots
    width = min(height * own.content.logo.aspect, widest)
    height = width / own.content.logo.aspect
    buffer = io.BytesIO()
    shown = own.content.logo.scaled(min(own.content.logo.picture.height, max(8, round(height * dots))))
    shown.save(buffer, "PNG", compress_level=4)
    top = (_CAP_TOP_MM + _CAP_MM / 2) * scale - height / 2
    place = {"top": top, "width": width, "height": height}
    return PlacedLogo(buffer.getvalue(), {key: round(value, 2) for key, value in place.items()})


def mark_svg(program: Brand, text: str, accent: str) -> bytes:
    if program.mark is None:
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    inked, accented = marks.svg_paths(program.mark)
    box = f"0 0 {marks.width_of(program.mark)} 1"
    paths = f'<path fill="{text}" d="{inked}"/><path fill="{accent}" d="{accented}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{paths}</svg>'.encode()


def _qr_svg(link: str, palette: Palette) -> bytes:
    if not link:
        return b""
    code = qr_of(link)
    path = f'<path fill="{palette["paper_ink"].hex}" d="{code.svg_path()}"/>'
    box = f"0 0 {code.modules} {code.modules}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{path}</svg>'.encode()
