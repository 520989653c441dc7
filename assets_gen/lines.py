"""Text on the table: fitted into its room, set on its edge, across a seam or behind a hanging mark."""

from __future__ import annotations

import math
from dataclasses import replace

from assets_gen.breaking import Fit, fitted, shortened
from assets_gen.design import Element
from assets_gen.scene import Box, Placed, Type
from assets_gen.table import Table
from assets_gen.text import Face, Setting, fall, ink, leaning, rise


def typed(table: Table, element: Element, setting: Setting, room: Box, ink_role: str, part: str = "") -> None:
    """Puts text with its stems, not its side bearings, on the edge; remembers cap height to baseline."""
    align = str(element.options.get("align", "left"))
    set_ink = ink(setting, align)
    cap = setting.rise
    rise = setting.leading * setting.size * (len(setting.lines) - 1)
    block = cap + rise + setting.sink
    match str(element.options.get("valign", "bottom" if "top" not in element.edges else "top")):
        case "seam":
            before = setting.leading * setting.size * (_seam_line(element, setting) - 1)
            seam = table.length(str(element.options["seam"]))
            top = round(seam) + _over_seam(element, setting) - before - cap
        case "middle":
            top = (room.top + room.bottom - block) / 2
        case "bottom":
            top = room.bottom - block
        case _:
            top = room.top
    baseline = round(top + cap)
    spare = room.width - set_ink.mask.width
    baseline += lift_of(table, setting, align, baseline)
    x = round(room.left + {"left": 0, "center": spare / 2, "right": spare}[align]) - set_ink.x
    left, up, right, down = set_ink.box
    box = Box(x + left, baseline + up, x + right, baseline + down)
    content = Type(setting, x, baseline, align)
    group = str(element.options.get("group", element.name))
    placed = Placed(
        element.name + part,
        "text",
        box,
        content,
        table.rgb(ink_role),
        group,
        cut="…" in setting.lines[-1],
        block=str(element.options.get("block", "")),
    )
    around = Box(box.left, baseline - cap, box.right, baseline + rise + setting.sink)
    if "seam" in element.options:
        for half in _halves(table, element, placed):
            table.put(half, around, element.name)
        return
    table.put(placed, around, element.name)


def lift_of(table: Table, setting: Setting, align: str, baseline: int) -> int:
    """How far a text must move up or down to keep its ink inside the margin that every picture has."""
    _, up, _, down = ink(setting, align).box
    least = _margin(table)
    above, below = least - baseline - up, baseline + down - (table.height - least)
    return math.ceil(above) if above > 0 else -math.ceil(max(below, 0))


def _margin(table: Table) -> float:
    """What every picture keeps free at its edges, less what rounding takes."""
    return max(0.06 * table.size.short, 8) * table.size.density - 1


def _leaning_in(table: Table, setting: Setting, room: Box) -> Setting:
    """Italics lean out of their advance: as much smaller as keeps them inside the margin."""
    if not setting.face.tail:
        return setting
    width, most = ink(setting).mask.width, table.width - _margin(table) - room.left - 1
    return replace(setting, size=setting.size * most / width) if width > most else setting


def _halves(table: Table, element: Element, whole: Placed) -> list[Placed]:
    """A text that crosses from one field into another, in the ink of each."""
    at, box = round(table.length(str(element.options["seam"]))), whole.box
    if element.options.get("across") == "down":
        sides = replace(box, bottom=min(at, box.bottom)), replace(box, top=max(at, box.top))
    else:
        sides = replace(box, right=min(at, box.right)), replace(box, left=max(at, box.left))
    inks = whole.ink, table.rgb(element.options["second_ink"])
    return [
        replace(whole, box=side, clip=side, ink=ink_)
        for side, ink_ in zip(sides, inks, strict=True)
        if side.width > 0 and side.height > 0
    ]


def place_text(table: Table, element: Element) -> None:
    options, room = element.options, table.room(element)
    face = table.design.faces[options["face"]]
    forms = _forms(table, options["slot"])
    if face.tail:
        forms = list(map(leaning, forms))
    if options.get("quoted"):
        forms = [text + table.words("quote_close") for text in forms]
    least = max(options["least"] * table.unit, table.least_type)
    fit = Fit(
        largest=max(options["size"] * table.unit, table.least_type),
        smallest=least,
        counts=tuple(options["lines"]),
        leading=options.get("leading", 1.3),
        short=options.get("short", "even"),
    )
    bound = "height" in element.edges or {"top", "bottom"} <= set(element.edges)
    height = room.height if bound else 1e6
    tried = (fitted(text, face, fit, room.width, height) for text in forms)
    setting = next((one for one in tried if one is not None), None)
    if setting is None and forms and options["slot"].startswith("headline"):
        setting = _squeezed(forms[0], face, fit, room.width, height)
    elif setting is None and forms and not options.get("optional"):
        setting = shortened(forms[0], face, least, room.width)
    if setting is None:
        table.leave_out(element)
        return
    setting = _leaning_in(table, setting, room)
    if "seam" in options:
        setting = _around_seam(table, element, setting, room)
    typed(table, element, setting, room, options["ink"])
    if options.get("quoted"):
        _hang(table, element, setting)


def _forms(table: Table, slot: str) -> list[str]:
    """What may stand there, the best first: the offer's own words, those of the slot, their other form."""
    long = slot.removesuffix("_short")
    offered = table.words(long) if getattr(table.offer, long, "") else ""
    texts = (offered, table.words(slot), table.words(f"{long}_short"), table.words(long))
    return [text for text in dict.fromkeys(texts) if text]


def _hang(table: Table, element: Element, set_: Setting) -> None:
    """The opening quotation mark stands before the line, so that the first letters keep their edge."""
    whole, options = table.boxes[element.name], element.options
    mark = replace(set_, lines=(table.words("quote_open"),))
    right = whole.left - 0.09 * set_.size
    room = Box(right - set_.size, whole.top, right, whole.bottom)
    aside = {**options, "align": "right", "valign": "top", "group": options.get("group", element.name)}
    typed(table, replace(element, options=aside), mark, room, options["ink"], ".open")
    table.boxes[element.name] = whole


def _around_seam(table: Table, element: Element, setting: Setting, room: Box) -> Setting:
    """A line of it is pinned to the seam: what stands above and below that must have room there."""
    if element.options.get("valign") != "seam":
        return setting
    line = _seam_line(element, setting)
    seam, half = table.length(str(element.options["seam"])), _over_seam(element, setting) / setting.size
    above = rise(setting.lines[0], setting.face) + setting.leading * (line - 1) - half
    below = half + setting.leading * (len(setting.lines) - line) + fall(setting.lines[-1], setting.face)
    size = min((seam - room.top) / above, (room.bottom - seam) / below, setting.size)
    return replace(setting, size=size)


def _over_seam(element: Element, setting: Setting) -> float:
    """How far above its line's baseline the edge between two fields runs: through its small letters.

    In small pictures a letter cut in two is hard to read: there it runs below the line, before the next.
    """
    if element.options.get("seam_between"):
        return (setting.rise - setting.leading * setting.size) / 2
    return setting.middle(_seam_line(element, setting) - 1)


def _seam_line(element: Element, setting: Setting) -> int:
    """In a shorter text the line before the last, so that both fields have words."""
    return max(1, min(int(element.options["seam_line"]), len(setting.lines) - 1))


def _squeezed(words: str, face: Face, fit: Fit, width: float, height: float) -> Setting:
    """A headline that is too long for its place: more lines, then smaller; the lint tells its author."""
    counts = tuple(range(2, max(fit.counts) + 3))
    for share in (1.0, 0.85, 0.7, 0.55, 0.4):
        setting = fitted(
            words, face, replace(fit, counts=counts, smallest=fit.smallest * share), width, height
        )
        if setting is not None:
            return setting
    return shortened(words, face, fit.smallest, width)
