"""The drawing table: what is placed so far, and how the lengths of a design are read.

Edges are sums such as "qr.right + 3.6" or "100w - 9". A plain number is percent of the short side, w and h
are percent of width and height, px are CSS pixels. An element that was left out lies flat at its own start,
and what is added to an edge of it does not count: the gap closes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from assets_gen import fonts
from assets_gen.brand import AssetError, Brand, Offer
from assets_gen.design import Design, Element
from assets_gen.languages import language
from assets_gen.palette import Palette
from assets_gen.scene import Box, Placed, Type
from assets_gen.scripts import hyphenable, turned
from assets_gen.size import Size
from assets_gen.text import LEAN

_TERM = re.compile(r"\s*([+-]?)\s*(?:([a-z_]+)\.(left|right|top|bottom)|(\d+(?:\.\d+)?)(w|h|px)?)")


def said(design: Design, offer: Offer, slot: str) -> str:
    """The offer's own words for a slot, else the design's. A saving is the better sub-line."""
    own: str = getattr(offer, slot, "")
    spoken = language(offer.language)
    if slot == "subline" and not own and offer.figure:
        own = spoken.saving.format(figure=offer.figure, discount=offer.discount).strip()
    if slot == "offer_line":
        return _offer_line(design, offer)
    if slot == "saving" and offer.figure:
        own = offer.discount
    text = hyphenable(own, spoken.code) if own else design.words(offer.language).get(slot, "")
    return turned(text) if spoken.from_right else text


def _offer_line(design: Design, offer: Offer) -> str:
    """What is saved with which code, in one sentence; without either the sub-line."""
    line = design.words(offer.language).get("offer_line", "")
    if not (line and offer.figure and offer.code) or offer.subline:
        return said(design, offer, "subline")
    told = line.format(figure=offer.figure, discount=offer.discount, code=offer.code).replace("  ", " ")
    return turned(told) if language(offer.language).from_right else told


@dataclass
class Table:
    """The drawing table: what is placed so far."""

    design: Design
    size: Size
    affiliate: Brand
    program: Brand
    offer: Offer
    palette: Palette
    boxes: dict[str, Box] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    placed: list[Placed] = field(default_factory=list)
    missing: str = ""

    @property
    def width(self) -> int:
        return self.size.width * self.size.density

    @property
    def height(self) -> int:
        return self.size.height * self.size.density

    @property
    def unit(self) -> float:
        """One percent of the short side in pixels."""
        return self.size.short * self.size.density / 100

    @property
    def least_type(self) -> float:
        return 11.0 * self.size.density

    def length(self, expression: str) -> float:
        total, end, skip = 0.0, 0, False
        expression = expression.strip()
        for match in _TERM.finditer(expression):
            sign, name, edge, number, unit = match.groups()
            if match.start() != end:
                break
            end = match.end()
            value = self._edge(name, edge) if name else self._number(float(number), unit)
            if not (skip and not name):
                total += -value if sign == "-" else value
            skip = name in self.absent if name else skip
        if end != len(expression):
            raise AssetError(f"{self.design.name}: cannot read the length {expression!r}")
        return total

    def _edge(self, name: str, edge: str) -> float:
        if name not in self.boxes:
            raise AssetError(f"{self.design.name}: {name}.{edge} is used before {name} is placed")
        return float(getattr(self.boxes[name], edge))

    def _number(self, number: float, unit: str | None) -> float:
        whole = {"w": self.width / 100, "h": self.height / 100, "px": self.size.density}
        return number * (whole[unit] if unit else self.unit)

    def adapted(self, element: Element) -> Element:
        """The element with the edges it takes instead of its own when what it leans on was left out."""
        for name, edges in element.without.items():
            if name in self.absent:
                return replace(element, edges=edges)
        return element

    def edge(self, element: Element, key: str) -> float | None:
        return self.length(element.edges[key]) if key in element.edges else None

    def room(self, element: Element) -> Box:
        """The space that the element may fill; missing edges are the picture's own."""
        left, right = self.edge(element, "left"), self.edge(element, "right")
        top, bottom = self.edge(element, "top"), self.edge(element, "bottom")
        width, height = self.edge(element, "width"), self.edge(element, "height")
        if width is not None:
            right, left = (left + width, left) if left is not None else (right, (right or 0) - width)
        if height is not None:
            bottom, top = (top + height, top) if top is not None else (bottom, (bottom or 0) - height)
        return Box(
            left if left is not None else 0,
            top if top is not None else 0,
            right if right is not None else self.width,
            bottom if bottom is not None else self.height,
        )

    def leave_out(self, element: Element) -> None:
        room = self.room(element)
        x = room.left if "left" in element.edges else room.right
        y = room.top if "top" in element.edges else room.bottom
        self.boxes[element.name] = Box(x, y, x, y)
        self.absent.add(element.name)

    def put(self, placed: Placed, box: Box | None = None, name: str = "") -> None:
        """`box` is what later elements align to, where that is not the ink (text: cap height to baseline)."""
        self.placed.append(placed)
        if isinstance(placed.content, Type):
            setting = placed.content.setting
            self.missing += fonts.missing("".join(setting.lines).replace(LEAN, ""), setting.face.stack)
        self.boxes[name or placed.name] = box or placed.box

    def words(self, slot: str) -> str:
        return said(self.design, self.offer, slot)

    def rgb(self, role: str) -> tuple[int, int, int]:
        return self.palette[role].rgb
