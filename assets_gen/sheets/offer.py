"""The panel at the foot of large sheets: what is saved, with which code, and the way there."""

from __future__ import annotations

from assets_gen.sheets.parts import Order, Sheet, narrowed, small_size


def offer_panel(order: Order, sheet: Sheet) -> Sheet:
    offer, words, figure = order.offer, order.words(), sheet.values["figure"]
    saving = offer.discount if figure else order.said("subline")
    return sheet.saying(
        small_size=small_size(sheet.values["small_print"], order.face("small"), 3.0, 112),
        offer_words=f"{saving} {words['code_label']}" if figure and offer.code else saving,
        code_size=narrowed(offer.code, order.face("code"), 9.6, 66 if figure else 128),
        link_size=narrowed(offer.link, order.face("button"), 3.6, 66),
    )
