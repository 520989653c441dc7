"""The flyer: a sun in the affiliate's colour rises over the page, and the saving stands in it."""

from __future__ import annotations

import math
from typing import Any

from assets_gen.breaking import Fit
from assets_gen.sheets.parts import Order, Sheet, common, narrowed, plain, set_in, small_size
from assets_gen.text import shape

# The sun of the shape "flyer", in millimetres of the trimmed sheet.
_SUN = (88.0, 168.0, 70.0)
_TOP, _LEFT, _RIGHT = 27.0, 50.0, 134.0


def flyer(order: Order) -> Sheet:
    sheet, _ = common(order)
    offer, words = order.offer, order.words()
    lines, size, leading = _headline(order)
    room = order.paper.width - 2 * order.paper.side - (36 if offer.link else 0)
    return sheet.saying(
        headline_lines=tuple(map(plain, lines)),
        small_size=small_size(sheet.values["small_print"], order.face("small"), 2.5, 92),
        headline_size=size,
        headline_leading=leading,
        **_in_the_sun(order, sheet.values["figure"]),
        label=plain(words["code_label" if offer.code else "scan"]),
        code_size=narrowed(offer.code, order.face("code"), 9.0, room),
        link_size=narrowed(offer.link, order.face("button"), 3.5, room),
    )


def _headline(order: Order) -> tuple[tuple[str, ...], float, float]:
    """As large as it may be without touching the sun."""
    face, high = order.face("headline"), 58.0
    fit = Fit(18.4, 7, (3, 2, 4), 0.95, "last")
    while True:
        lines, size, leading = set_in(order.said("headline"), face, fit, 124, high)
        rights = [order.paper.side + shape(line, face).width * size for line in lines]
        feet = [_TOP + ((number + 1) * leading - 0.15) * size for number in range(len(lines))]
        if high < 30 or all(map(_clears, rights, feet)):
            return lines, size, leading
        high -= 3


def _clears(right: float, foot: float) -> bool:
    x, y, radius = _SUN
    return math.hypot(max(x - right, 0), y - foot) > radius + 4


def _in_the_sun(order: Order, figure: dict[str, str] | None) -> dict[str, Any]:
    """The saving and its words; without a saving what to do next."""
    face, width = order.face("word"), _RIGHT - _LEFT
    if figure is None:
        lines, size, leading = set_in(
            order.said("action"), order.face("headline"), Fit(17, 7, (2, 1, 3), 1.0), width, 38
        )
        return {"figure_size": 0, "sun_lines": lines, "sun_size": size, "sun_leading": leading, "lifted": 0}
    across = shape(figure["number"], face).width + 0.6 * shape(figure["sign"], face).width
    lines, size, leading = set_in(
        order.offer.discount or order.said("subline"),
        order.face("headline"),
        Fit(7.4, 4.2, (1, 2), 1.08),
        width,
        15,
    )
    return {
        "figure_size": round(min(46.0, width / across), 2),
        "sun_lines": tuple(map(plain, lines)),
        "sun_size": size,
        "sun_leading": leading,
        "lifted": 4.5 * (len(lines) - 1),
    }
