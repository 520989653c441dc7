"""The one-pager: a picture above the fold, three benefits and the offer."""

from __future__ import annotations

import math

from assets_gen.breaking import Fit
from assets_gen.papers import Paper
from assets_gen.sheets.offer import offer_panel
from assets_gen.sheets.parts import Order, Sheet, common, plain, set_in
from assets_gen.text import Face, shape

_HEADLINE_TOP_MM = 31.6


def onepager(order: Order) -> Sheet:
    sheet, _ = common(order)
    lines, size, leading = headline_clear_of_disc(order.said("headline"), order.face("headline"), order.paper)
    return offer_panel(order, sheet).saying(
        headline_lines=tuple(map(plain, lines)), headline_size=size, headline_leading=leading
    )


def headline_clear_of_disc(text: str, face: Face, paper: Paper) -> tuple[tuple[str, ...], float, float]:
    """As large as it may be without touching the disc of the picture (see the shape "onepager")."""
    fit = Fit(23.2, 9, (3, 2, 4), 0.95, "last")
    high = 64.0
    while True:
        lines, size, leading = set_in(text, face, fit, 176, high)
        if high < 30 or all(_clears(line, at, size, leading, face, paper) for at, line in enumerate(lines)):
            return lines, size, leading
        high -= 3


def _clears(line: str, at: int, size: float, leading: float, face: Face, paper: Paper) -> bool:
    right = paper.side + shape(line, face).width * size
    foot = _HEADLINE_TOP_MM + ((at + 1) * leading - 0.15) * size
    aside, above = paper.width - 0.282 * paper.hero - right, 0.702 * paper.hero - foot
    return math.hypot(max(aside, 0), max(above, 0)) > 0.271 * paper.hero + 4
