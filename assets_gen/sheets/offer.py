"""The panel at the foot of large sheets: what is saved, with which code, and the way there."""

from __future__ import annotations

from typing import Any

from assets_gen.breaking import Fit
from assets_gen.sheets.parts import Order, Sheet, narrowed, plain, set_in, small_size

_HIGH = 40.0  # of the panel, in millimetres


def offer_panel(order: Order, sheet: Sheet) -> Sheet:
    offer, words, figure = order.offer, order.words(), sheet.values["figure"]
    saving = offer.discount if figure else order.said("subline")
    return sheet.saying(
        small_size=small_size(sheet.values["small_print"], order.face("small"), 3.0, 112),
        offer_words=f"{saving} {words['code_label']}" if figure and offer.code else saving,
        code_size=narrowed(offer.code, order.face("code"), 9.6, 66 if figure else 128),
        link_size=narrowed(offer.link, order.face("button"), 3.6, 66),
        lead=None if figure or offer.code else _lead(order),
    )


def _lead(order: Order) -> dict[str, Any]:
    """Without anything to save the panel says what to do, in its middle."""
    words = order.said("scan") if order.offer.link else order.said("action")
    face = order.face("headline")
    lines, size, leading = set_in(words, face, Fit(11.5, 5, (1, 2), 1.08), 122, 27)
    block = size * (face.cap_height + leading * (len(lines) - 1))
    # CSS puts half of the leading over the first line.
    over = size * (leading - 1) / 2 + size * (1 - face.cap_height) * 0.62
    top = round((_HIGH - block) / 2 - over, 2)
    return {"lines": tuple(map(plain, lines)), "size": size, "leading": leading, "top": top}
