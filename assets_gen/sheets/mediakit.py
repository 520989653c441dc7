"""The media kit: a cover, words that anybody may take over, and how the two brands stand together."""

from __future__ import annotations

from typing import Any

from assets_gen.breaking import Fit
from assets_gen.languages import language
from assets_gen.palette import Palette
from assets_gen.sheets.offer import offer_panel
from assets_gen.sheets.parts import Order, Sheet, common, logo_on, mark_svg, narrowed, plain, set_in

_TOP, _LINE = 45.0, 180.0
# The top of the disc over the lower edge, in percent of the width (see the shape "mediakit").
_DISC = 0.843


def mediakit(order: Order) -> Sheet:
    sheet, palette = common(order)
    words, offer, paper = order.words(), order.offer, order.paper
    high = paper.height - _DISC * paper.width - _TOP - 5
    lines, size, leading = set_in(
        order.said("headline"), order.face("headline"), Fit(24, 9, (3, 2, 4), 0.95, "last"), 178, high
    )
    names = {"name": order.affiliate.name, "program": order.program.name}
    sentence = set_in(
        words["sentence"].format(**names), order.face("headline"), Fit(10.4, 6, (2, 3), 1.12), 129, 36
    )
    titles = (plain(words["kit_words"]), plain(words["kit_brands"]))
    return offer_panel(order, _printed(order, sheet, palette)).saying(
        title=f"{words['kit_title']}: {order.program.name}, {order.affiliate.name}",
        headline_lines=tuple(map(plain, lines)),
        headline_size=size,
        headline_leading=leading,
        title_size=min(narrowed(title, order.face("headline"), 13.0, _LINE) for title in titles),
        sentence_lines=tuple(map(plain, sentence[0])),
        sentence_size=sentence[1],
        sentence_leading=sentence[2],
        paragraph=words["paragraph"].format(**names),
        beside=words["kit_beside"].format(
            disclosure=order.said("disclosure"), commission=words["commission"].format(**names)
        ),
        saving=_saving(order) if offer.code and offer.figure else "",
        colours=_colours(order, palette),
    )


def _saving(order: Order) -> str:
    saving = language(order.offer.language).saving
    told = saving.format(figure=order.offer.figure, discount=order.offer.discount)
    return order.words()["kit_saving"].format(saving=told, code=order.offer.code)


def _printed(order: Order, sheet: Sheet, palette: Palette) -> Sheet:
    """With both marks as they look on paper."""
    ink, accent, ground = palette["paper_ink"], palette["paper_link"], palette["paper"]
    sheet.assets["mark-printed"] = ("image/svg+xml", mark_svg(order.program, ink.hex, accent.hex))
    logo = logo_on(order, (ink.rgb, accent.rgb, ground.rgb), sheet.values["at"]["room"])
    if logo is not None:
        sheet.assets["printed-logo"] = ("image/png", logo.data)
    return sheet.saying(printed_logo=logo and logo.place)


def _colours(order: Order, palette: Palette) -> tuple[dict[str, Any], ...]:
    words, program = order.words(), order.program
    shown = [
        (words["kit_ground"], palette["far"].hex),
        (words["kit_light"], palette["disc"].hex),
        (words["kit_sheet"], palette["paper"].hex),
        *((program.name, colour) for colour in program.colours[:2]),
    ]
    once = {colour.upper(): label for label, colour in shown[::-1]}
    told = [(once.pop(colour.upper()), colour.upper()) for _, colour in shown if colour.upper() in once]
    return tuple(
        {"label": label, "hex": colour, "at": order.paper.side + number * 37.5}
        for number, (label, colour) in enumerate(told)
    )
