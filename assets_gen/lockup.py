"""Two brands as equals: one row or one stack, scaled to the same visual weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from assets_gen import fonts, marks
from assets_gen.brand import Brand
from assets_gen.breaking import Fit, fitted, shortened
from assets_gen.colour import Rgb
from assets_gen.logo import Logo
from assets_gen.relight import for_ground, logo_on, printed, shows_by_itself
from assets_gen.scene import Box, Mark, Picture, Placed, Type
from assets_gen.scripts import hyphenable, reads_from_right
from assets_gen.text import Face, Ink, Setting, ink

_GROUP = "lockup"
# A logo's height in cap heights.
_LEAST, _MOST, _MOST_SLENDER = 0.62, 2.0, 2.4


@dataclass(frozen=True, slots=True)
class Room:
    """Where the lock-up goes: `cap` is the wordmark's cap height in pixels, `gap` in cap heights.

    `may_cut`: a name that is too long even in its smallest lines may end in an ellipsis.
    `own_first`: the affiliate stands before the program.
    `only` names one of the two ("program", "affiliate"), still at the size it would have beside the other.
    """

    box: Box
    cap: float
    gap: float
    tallest: float
    least_type: float
    density: int
    stacked: bool
    only: str = ""
    own_first: bool = False
    from_right: bool = False
    printed: bool = False
    may_cut: bool = False


def lockup(
    affiliate: Brand, program: Brand, faces: Mapping[str, Face], room: Room, inks: tuple[Rgb, Rgb, Rgb]
) -> list[Placed]:
    """`inks`: text, accent, and that shade of the ground on which the two read worst.

    Upper left of the result is upper left of the room.
    """
    if room.only:
        parts = _alone(affiliate, program, faces, room, inks)
    elif room.stacked:
        parts = _stack(affiliate, program, faces, room, inks)
    else:
        parts = _fitting_row(affiliate, program, faces, room, inks)
    own = parts[-1]
    if room.printed and isinstance(own.content, Picture) and shows_by_itself(own.content.logo):
        parts.insert(0, replace(_plate_of(own.box, room, inks[0]), group=own.group))
    return [replace(part, cut=part.cut and not room.may_cut) for part in parts]


def _fitting_row(
    affiliate: Brand, program: Brand, faces: Mapping[str, Face], room: Room, inks: tuple[Rgb, Rgb, Rgb]
) -> list[Placed]:
    cap = room.cap
    while cap >= 0.62 * room.cap:
        row = _row(affiliate, program, faces, replace(room, cap=cap), inks)
        if _right(row) <= room.box.right + 0.5:
            return row
        cap *= 0.94
    return _row(affiliate, program, faces, replace(room, cap=cap), inks, narrow=True)


def _row(
    affiliate: Brand, program: Brand, faces: Mapping[str, Face], room: Room, inks: tuple[Rgb, Rgb, Rgb],
    narrow: bool = False,
) -> list[Placed]:  # fmt: skip
    cap = room.cap
    parts, weight = _program(program, faces["word"], cap, inks)
    start = _right(parts) + room.gap * cap
    hairline = max(room.density, round(0.035 * cap))
    left, top, bottom = round(start), round(-0.125 * cap), round(1.125 * cap)
    rule = Box(left, top, left + hairline, bottom)
    line = Placed("lockup.rule", "rule", rule, ink=inks[0], group=_GROUP)
    parts.append(line)
    x = rule.right + room.gap * cap
    space = room.box.right - room.box.left - x
    own = _affiliate(affiliate, faces["name"], weight, room, inks, space if narrow else max(space, 6 * cap))
    moved = own.moved(round(x - own.box.left), 0)
    if room.own_first:
        gap = rule.left - _right(parts[:-1])
        turn = round(moved.box.width + 2 * gap + hairline)
        parts = [part.moved(turn, 0) for part in parts[:-1]]
        at = round(moved.box.width + gap)
        parts.append(replace(line, box=Box(at, top, at + hairline, bottom)))
        moved = own.moved(-round(own.box.left), 0)
    return _pinned([*parts, moved], room)


def _alone(
    affiliate: Brand, program: Brand, faces: Mapping[str, Face], room: Room, inks: tuple[Rgb, Rgb, Rgb]
) -> list[Placed]:
    parts, weight = _program(program, faces["word"], room.cap, inks)
    if room.only == "program":
        shrink = min(1.0, room.box.width / _right(parts))
        if shrink < 1:
            parts, _ = _program(program, faces["word"], room.cap * shrink, inks)
    else:
        own = _affiliate(affiliate, faces["name"], weight, room, inks, room.box.width)
        parts = [own.moved(-round(own.box.left), 0)]
    parts = [replace(part, group=f"{_GROUP}.{room.only}") for part in parts]
    left = room.box.right - _right(parts) if room.from_right else room.box.left
    # No shift for the taller one: both hang with their caps at the same height, wherever they stand.
    return [part.moved(round(left), round(room.box.top)) for part in parts]


def _plate_of(box: Box, room: Room, colour: Rgb) -> Placed:
    """A photo may have the colours of the field it stands on: it gets a frame in the field's ink."""
    edge = max(2 * room.density, round(0.05 * box.height))
    frame = Box(box.left - edge, box.top - edge, box.right + edge, box.bottom + edge)
    plate = Placed("lockup.plate", "plate", frame, colour=colour, radius=0.2 * frame.height)
    return replace(plate, solid=False, bleeds=True)


def _stack(
    affiliate: Brand, program: Brand, faces: Mapping[str, Face], room: Room, inks: tuple[Rgb, Rgb, Rgb]
) -> list[Placed]:
    """Program above, affiliate below, from the same left edge and together in the middle of the room."""
    parts, weight = _program(program, faces["word"], room.cap, inks)
    shrink = min(1.0, room.box.width / (_right(parts)))
    if shrink < 1:
        parts, weight = _program(program, faces["word"], room.cap * shrink, inks)
    space = room.box.width
    if (logo := logo_on(affiliate, inks[2])) is not None:
        # About as wide as the wordmark above it, unless it would be too low to read.
        readable = 0.52 * room.cap * for_ground(logo, inks[2]).aspect
        space = min(space, max(7.2 * room.cap, readable))
    own = _affiliate(affiliate, faces["name"], weight, replace(room, cap=room.cap * shrink), inks, space)
    bottom = max(part.box.bottom for part in parts)
    gap = max(0.75 * room.cap, 6 * room.density)
    moved = own.moved(-round(own.box.left), round(bottom + gap - own.box.top))
    if room.own_first:
        top = min(part.box.top for part in parts)
        moved = own.moved(-round(own.box.left), round(top - own.box.top))
        parts = [part.moved(0, round(moved.box.bottom + gap - top)) for part in parts]
    both = [*parts, moved]
    height = max(part.box.bottom for part in both) - min(part.box.top for part in both)
    spare = max(0.0, (room.box.height - height) / 2)
    return _pinned(both, room, round(spare))


def _program(
    program: Brand, face: Face, cap: float, inks: tuple[Rgb, Rgb, Rgb]
) -> tuple[list[Placed], float]:
    """Mark and name, their baseline at `cap`, and their ink: filled area over cap height squared."""
    parts: list[Placed] = []
    x, filled = 0.0, 0.0
    height = round(cap)
    if program.mark is not None:
        width = marks.width_of(program.mark) * height
        box = Box(0, round(cap) - height, round(width), round(cap))
        content = Mark(program.mark, height, "")
        parts.append(Placed("lockup.mark", "mark", box, content, inks[0], _GROUP, colour=inks[1]))
        filled += sum(_filled(marks.mask(program.mark, height, accent=accent)) for accent in (False, True))
        x = width + 0.30 * cap
    setting = Setting((program.name,), face, cap / face.cap_height, 1.3)
    word = ink(setting)
    parts.append(_set(setting, word, "lockup.program", round(x), round(cap), inks[0]))
    return parts, (filled + _filled(word.mask)) / max(cap, 1) ** 2


def _filled(mask: object) -> float:
    return float(np.asarray(mask, dtype=np.float32).sum()) / 255


def _set(
    setting: Setting, drawn: Ink, name: str, left: int, baseline: int, colour: Rgb, align: str = "left"
) -> Placed:
    x = left - drawn.x
    a, b, c, d = drawn.box
    box = Box(x + a, baseline + b, x + c, baseline + d)
    cut = "…" in setting.lines[-1]
    return Placed(name, "text", box, Type(setting, x, baseline, align), colour, _GROUP, cut=cut)


def _affiliate(
    brand: Brand, face: Face, weight: float, room: Room, inks: tuple[Rgb, Rgb, Rgb], space: float
) -> Placed:
    if (logo := logo_on(brand, inks[2])) is not None:
        own = printed(logo, inks[2], inks[0]) if room.printed else for_ground(logo, inks[2])
        return _logo(own, weight, room, space)
    return _name(fonts.without_missing(brand.name, face.stack), face, room, inks[0], space)


def _logo(logo: Logo, weight: float, room: Room, space: float) -> Placed:
    # A lone mark has no length to be seen by: it takes some height for it.
    compact = min(max((1.6 / logo.aspect) ** 0.5, 1.0), 1.2)
    share = (weight / max(logo.ink, 1e-3)) ** 0.45 * compact
    height = room.cap * min(max(share, _LEAST), _MOST_SLENDER if logo.aspect < 0.6 else _MOST)
    height = min(height, room.tallest, logo.picture.height * 1.25, space / logo.aspect)
    height = max(round(height), 4)
    top = round(room.cap / 2 - height / 2)
    box = Box(0, top, round(height * logo.aspect), top + height)
    return Placed("lockup.affiliate", "logo", box, Picture(logo), group=_GROUP)


def _name(name: str, face: Face, room: Room, colour: Rgb, space: float) -> Placed:
    """A name without a logo is set in one line as high as the wordmark, or in two or three smaller ones."""
    largest = 0.86 * room.cap / face.cap_height
    one = fitted(name, face, Fit(largest, max(0.66 * largest, room.least_type), (1,)), space, 1e6)
    fit = Fit(max(0.72 * largest, room.least_type), room.least_type, (2, 3), 1.0)
    setting = one or fitted(name, face, fit, space, room.tallest) or fitted(
        name, face, replace(fit, counts=(1, 2, 3), leading=0.98), space, room.tallest * 1.15
    ) or fitted(
        hyphenable(name, "de"), face, replace(fit, counts=(2, 3), leading=0.98), space, room.tallest * 1.15
    ) or shortened(name, face, room.least_type, space)  # fmt: skip
    align = "right" if reads_from_right(name) else "left"
    drawn = ink(setting, align)
    if len(setting.lines) == 1 and setting.size > 0.8 * largest:
        return _set(setting, drawn, "lockup.affiliate", 0, round(room.cap), colour)
    rise = setting.leading * setting.size * (len(setting.lines) - 1)
    block = face.cap_height * setting.size + rise
    baseline = round(room.cap / 2 - block / 2 + face.cap_height * setting.size)
    return _set(setting, drawn, "lockup.affiliate", 0, baseline, colour, align)


def _right(parts: list[Placed]) -> float:
    return max(part.box.right for part in parts)


def _pinned(parts: list[Placed], room: Room, down: int = 0) -> list[Placed]:
    """Moved from the origin to the room: the taller of the two hangs on the room's top edge."""
    above = min(part.box.top for part in parts)
    dx, dy = round(room.box.left), round(room.box.top) + down - min(0, round(above))
    return [part.moved(dx, dy) for part in parts]
