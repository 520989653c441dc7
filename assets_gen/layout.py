"""From a composition to a scene: every edge solved, every text fitted, in the order of the design."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from assets_gen import marks
from assets_gen.brand import AssetError, Brand, Offer
from assets_gen.breaking import Fit, fitted, optical, shortened
from assets_gen.design import Composition, Design, Element
from assets_gen.languages import language
from assets_gen.lines import lift_of, place_text, typed
from assets_gen.lockup import Room, lockup
from assets_gen.mirroring import mirrored
from assets_gen.palette import Palette, palette_of
from assets_gen.qr import qr_of
from assets_gen.scene import Box, Drawing, Mark, Placed, Portrait, Scene, Slip, Tile, Type
from assets_gen.size import Size
from assets_gen.slip import OVER, Cut
from assets_gen.table import Table
from assets_gen.text import Setting, ink, shape

_FIGURE = re.compile(r"([\d.,]+)\s*(\S*)\Z")
_ART = ("ground", "beam", "disc", "window", "guilloche")
_LENGTHS = ("reach", "radius", "unit")


def arranged(
    design: Design, size: Size, affiliate: Brand, program: Brand, offer: Offer, composition: str | None = None
) -> tuple[Scene, Palette]:
    """The composition of that name, or the one for the size's shape.

    Raises AssetError if the design has no composition for that shape or its data is wrong.
    """
    chosen = design.compositions[composition] if composition else design.composition(size)
    palette = palette_of(design, affiliate, program)
    scene = _composed(Table(design, size, affiliate, program, offer, palette), chosen)
    return mirrored(scene) if language(offer.language).from_right else scene, palette


def _composed(table: Table, chosen: Composition) -> Scene:
    for element in chosen.elements:
        _place(table, table.adapted(element))
    return Scene(
        size=table.size,
        margin=chosen.margin * table.unit,
        elements=tuple(table.placed),
        dropped=tuple(sorted(table.absent)),
        missing="".join(dict.fromkeys(table.missing)),
    )


def _place(table: Table, element: Element) -> None:
    there = table.boxes.keys() - table.absent
    if table.absent & set(element.options.get("needs", ())) or there & set(element.options.get("unless", ())):
        table.leave_out(element)
        return
    place = _place_art if element.kind in _ART else _KINDS.get(element.kind)
    if place is None:
        raise AssetError(f"{table.design.name}: there is no kind of element {element.kind!r}")
    place(table, element)


def _place_art(table: Table, element: Element) -> None:
    box = table.room(element)
    if element.kind == "disc":
        box = replace(box, bottom=box.top + box.width)
    options: list[tuple[str, object]] = [("language", table.offer.language)]
    for key, value in element.options.items():
        if isinstance(value, list):
            options.append((key, tuple(table.length(part) for part in value)))
        else:
            options.append((key, value * table.unit if key in _LENGTHS else value))
    solid = element.kind in ("disc", "window")
    drawing = Drawing(tuple(options), table.size.density)
    table.put(Placed(element.name, element.kind, box, drawing, solid=solid, bleeds=True))


def _place_button(table: Table, element: Element) -> None:
    options = element.options
    room = table.room(element)
    height = round(table.length(element.edges["height"]))
    face = table.design.faces["button"]
    pad = options["pad"] * table.unit
    size = max(options["size"] * table.unit, table.least_type)
    from_right = language(table.offer.language).from_right
    arrow = f"\u2002{'←' if from_right else '→'}" if options.get("arrow") else ""
    words = (table.words(options.get("slot", "action")) or table.words("action")) + arrow
    widest = room.width - 2 * pad if {"left", "right"} <= set(element.edges) else 40 * size
    fit = Fit(size, table.least_type)
    setting = fitted(words, face, fit, widest, 1e6)
    if setting is None:
        brief = (table.words("action_short") or table.words("action")) + arrow
        setting = fitted(brief, face, fit, widest, 1e6) or shortened(brief, face, table.least_type, widest)
    set_ink = ink(setting)
    width = round(room.width if options.get("grow") else set_ink.mask.width + 2 * pad)
    left = round(room.left if "left" in element.edges else room.right - width)
    top = round(room.bottom - height if "bottom" in element.edges else room.top)
    box = Box(left, top, left + width, top + height)
    # Centred on the x-height with a touch of cap, as eyes read a word in a pill.
    middle = 0.5 * (0.35 * face.x_height + 0.65 * face.cap_height) * setting.size
    x, y = round(left + (width - set_ink.mask.width) / 2) - set_ink.x, round(top + height / 2 + middle)
    left_ink, up, right_ink, down = set_ink.box
    label = Box(x + left_ink, y + up, x + right_ink, y + down)
    fill, ink_ = table.rgb(options.get("fill", "action")), table.rgb(options.get("ink", "action_ink"))
    group = str(options.get("group", element.name))
    radius = options["corner"] * table.unit if "corner" in options else height / 2
    pill = Placed(element.name, "pill", box, colour=fill, radius=radius, group=group)
    table.put(replace(pill, bleeds=bool(options.get("bleeds"))))
    words_placed = Placed(f"{element.name}.label", "text", label, Type(setting, x, y), ink_)
    table.put(replace(words_placed, group=group, solid=False, cut="…" in setting.lines[-1]))
    table.boxes[element.name] = box


def _place_code(table: Table, element: Element) -> None:
    """Words and the code on one baseline; the words give way before the code does."""
    options = element.options
    code = table.offer.code
    room = table.room(element)
    if not code:
        table.leave_out(element)
        return
    largest = max(options["size"] * table.unit, table.least_type)
    least = max(options["least"] * table.unit, table.least_type)
    words, mono = table.design.faces["subline"], table.design.faces["code"]
    label = table.words(options.get("label", "code_label"))
    full = f"{table.words(options['lead'])} {label}".strip() if "lead" in options else label
    space, lead, size = 0.42, "", least
    for lead in (full, table.words("code_label_short"), ""):
        ems = shape(code, mono).width + (shape(lead, words).width + space if lead else 0)
        size = min(largest, room.width / ems)
        if size >= max(least, 0.84 * largest):
            break
    if size < least and not lead:
        _place_long_code(table, element, code, room, largest)
        return
    told = Setting((lead,), words, max(size * optical(lead), table.least_type), 1.3)
    cap = max(words.cap_height, mono.cap_height) * size
    top = room.top if "top" in element.edges else room.bottom - cap
    if options.get("valign") == "middle":
        top = (room.top + room.bottom - cap) / 2
    # Both on one baseline: what hangs below it too deep for the margin lifts the two.
    lift = lift_of(table, told, "left", round(top + cap)) if lead else 0
    start = replace(room, top=top + lift, bottom=top + lift + cap)
    low = replace(element, edges={**element.edges, "top": "0"}, options={**options, "valign": "bottom"})
    if not lead:
        typed(table, low, Setting((code,), mono, size, 1.3), start, options["code_ink"])
        return
    typed(table, low, told, replace(start, bottom=start.bottom + told.sink), options["ink"], ".label")
    first = table.boxes[element.name]
    start = replace(start, left=first.right + space * size)
    typed(table, low, Setting((code,), mono, size, 1.3), start, options["code_ink"])
    table.boxes[element.name] = first.around(table.boxes[element.name])


def _place_long_code(table: Table, element: Element, code: str, room: Box, largest: float) -> None:
    """In two lines: after its own hyphen if it has one in the middle."""
    half = len(code) // 2
    cuts = sorted((at + 1 for at, c in enumerate(code) if c in "-_."), key=lambda at: abs(at - half))
    at = cuts[0] if cuts and abs(cuts[0] - half) <= len(code) // 5 else half
    mono = table.design.faces["code"]
    lines = code[:at], code[at:]
    size = max(
        table.least_type, min(0.8 * largest, room.width / max(shape(line, mono).width for line in lines))
    )
    typed(table, element, Setting(lines, mono, size, 1.12), room, element.options["code_ink"])


def _place_qr(table: Table, element: Element) -> None:
    options = element.options
    if not table.offer.link:
        table.leave_out(element)
        return
    qr = qr_of(table.offer.link)
    room = table.room(element)
    most = options["most"] * table.unit
    # Whole CSS pixels a module, so that sharp screens get the same layout.
    pixels = int(most / table.size.density / qr.modules) * table.size.density
    if pixels < 2 * table.size.density:
        table.leave_out(element)
        return
    side = qr.modules * pixels
    frame = round(options["window"] * table.unit) if "window" in options else 0
    left = round(room.left if "left" in element.edges else room.right - side)
    top = round(room.top if "top" in element.edges else room.bottom - side)
    box = Box(left, top, left + side, top + side)
    if "height" in element.edges:
        # A window from edge to edge; a large code needs the height of its title bar too.
        frame = min(frame, table.height - side)
        field_ = Box(table.width - max(side, room.height), 0, table.width, table.height)
        box = Box(*_centred(replace(field_, top=frame), side))
        drawing = Drawing((("drawing", "page"), ("bar", frame)))
        table.put(Placed("window", "window", field_, drawing, group="qr", bleeds=True))
    elif frame:
        field_ = Box(box.left, box.top - frame, box.right, box.bottom)
        drawing = Drawing((("drawing", "page"), ("bar", frame)))
        table.put(Placed("window", "window", field_, drawing, colour=table.rgb("paper"), group="qr"))
    else:
        field_ = box
        radius = options.get("round", 0) * table.unit
        table.put(Placed("tile", "plate", box, colour=table.rgb("paper"), radius=radius, group="qr"))
    code = Placed("qr", "qr", box, Tile(qr, pixels), table.rgb("paper_ink"), group="qr")
    table.put(replace(code, bleeds="height" in element.edges), field_, element.name)


def _centred(field_: Box, side: int) -> tuple[float, float, float, float]:
    left, top = field_.left + (field_.width - side) // 2, field_.top + (field_.height - side) // 2
    return left, top, left + side, top + side


def _place_rule(table: Table, element: Element) -> None:
    """A line downwards, or across if it has no end below; a `solid` one is as dark as the text."""
    room, options = table.room(element), element.options
    thick = round(options.get("thick", 1) * table.size.density)
    left, top = round(room.left), round(room.top)
    right, bottom = left + thick, round(room.bottom)
    if "bottom" not in element.edges:
        right, bottom = round(room.right), top + thick
    box, ink_ = Box(left, top, right, bottom), table.rgb(options["ink"])
    group = str(options.get("group", element.name))
    table.put(
        Placed(
            element.name, "rule", box, ink=ink_, group=group, colour=ink_ if options.get("solid") else None
        )
    )


def _place_figure(table: Table, element: Element) -> None:
    """What is saved, with its sign raised to the top of the number: full size, it would halve the number."""
    match = _FIGURE.match(table.offer.figure.replace("\u202f", " ").replace("\u00a0", " "))
    if match is None:
        table.leave_out(element)
        return
    options, room = element.options, table.room(element)
    face = table.design.faces[options["face"]]
    number, sign = match[1], match[2]
    ems = shape(number, face).width + 0.05 + 0.6 * shape(sign, face).width
    size = min(options["size"] * table.unit, room.width / ems)
    align = {**element.options, "valign": "top", "group": element.name, "block": element.name}
    raised = replace(element, options=align)
    typed(table, raised, Setting((number,), face, size, 1.0), room, options["ink"], ".number")
    whole = table.boxes[element.name]
    beside = replace(room, left=whole.right + 0.05 * size)
    typed(table, raised, Setting((sign,), face, 0.6 * size, 1.0), beside, options["ink"])
    table.boxes[element.name] = whole.around(table.boxes[element.name])


def _place_icon(table: Table, element: Element) -> None:
    options, room = element.options, table.room(element)
    width = round(room.width)
    box = Box(round(room.left), round(room.top), round(room.left) + width, round(room.top + width * 80 / 96))
    told = tuple((key, options[key]) for key in ("drawing", "one", "two", "three"))
    table.put(Placed(element.name, "icon", box, Drawing(told), group=element.name))


def _place_mark(table: Table, element: Element) -> None:
    """The program's mark alone, or its name where it has none."""
    room, options = table.room(element), element.options
    cap = options["cap"] * table.unit
    name = table.program.mark
    if name is None:
        face = table.design.faces["word"]
        size = min(cap / face.cap_height, room.width / shape(table.program.name, face).width)
        typed(table, element, Setting((table.program.name,), face, size, 1.0), room, options["ink"])
        return
    height = round(cap)
    top = round(room.top if "top" in element.edges else room.bottom - height)
    box = Box(round(room.left), top, round(room.left) + round(marks.width_of(name) * height), top + height)
    inks = table.rgb(options["ink"]), table.rgb(options["accent"])
    mark = Placed(element.name, "mark", box, Mark(name, height, ""), inks[0], element.name, colour=inks[1])
    table.put(mark)


def _place_plate(table: Table, element: Element) -> None:
    """A plain field that other elements stand on."""
    colour, radius = table.rgb(element.options["fill"]), element.options.get("round", 0) * table.unit
    room = table.room(element)
    plate = Placed(element.name, "plate", Box(*map(float, room.pixels)), colour=colour, radius=radius)
    table.put(replace(plate, solid=False, bleeds=True))


def _place_lockup(table: Table, element: Element) -> None:
    options = element.options
    space = table.room(element)
    room = Room(
        box=space,
        cap=options["cap"] * table.unit,
        gap=options.get("gap", 1.0),
        tallest=options["tallest"] * table.unit,
        least_type=table.least_type,
        density=table.size.density,
        stacked=options.get("arrange") == "stack",
        only=options.get("only", ""),
        own_first=bool(options.get("own_first")),
        from_right=options.get("align") == "right",
        printed=bool(options.get("printed")),
        may_cut=bool(options.get("may_cut")),
    )
    text, accent, ground = (table.rgb(role) for role in options.get("inks", ("text", "disc", "near")))
    faces = table.design.faces
    parts = lockup(table.affiliate, table.program, faces, room, (text, accent, ground))
    box = parts[0].box
    for part in parts:
        table.put(part)
        box = box.around(part.box)
    table.boxes[element.name] = box


def _place_portrait(table: Table, element: Element) -> None:
    mark = Setting((table.words("quote_drawn"),), table.design.faces["headline"], 100.0, 1.0)
    brand = table.affiliate
    content = Portrait(brand.photo, brand.focus, mark, table.size.density)
    box = Box(*map(float, table.room(element).pixels))
    table.put(Placed(element.name, "portrait", box, content, table.rgb("ground"), bleeds=True))


def _place_slip(table: Table, element: Element) -> None:
    """A piece of paper with a composition of its own, turned around the middle of its room."""
    options, room, density = element.options, table.room(element), table.size.density
    wide, high = (max(40, round(side / density)) for side in (room.width, room.height))
    upright = bool(options.get("turned"))
    size = Size(high, wide, density * OVER) if upright else Size(wide, high, density * OVER)
    inner = replace(table, size=size, boxes={}, absent=set(), placed=[], missing="")
    scene = _composed(inner, table.design.compositions[options["composition"]])
    table.missing += scene.missing
    cut = Cut(wide * density, high * density, float(options.get("angle", 0)), str(options.get("torn", "")))
    x, y = (room.left + room.right) / 2, (room.top + room.bottom) / 2
    across, down = cut.reach
    box = Box(round(x - across), round(y - down), round(x + across), round(y + down))
    group = str(options.get("group", "slip"))
    slip = Placed(element.name, "slip", box, Slip(scene, cut, upright), group=group, bleeds=True)
    table.put(replace(slip, name=f"{element.name}.shade", kind="shade", solid=False))
    table.put(slip)


_KINDS: dict[str, Callable[[Table, Element], None]] = {
    "text": place_text,
    "button": _place_button,
    "code": _place_code,
    "qr": _place_qr,
    "rule": _place_rule,
    "figure": _place_figure,
    "icon": _place_icon,
    "mark": _place_mark,
    "plate": _place_plate,
    "lockup": _place_lockup,
    "portrait": _place_portrait,
    "slip": _place_slip,
}
