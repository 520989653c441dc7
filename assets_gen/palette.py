"""The colours of one picture: a design's roles filled from two brands."""

from __future__ import annotations

from collections.abc import Mapping

from assets_gen.brand import Brand
from assets_gen.colour import Colour, contrast, readable
from assets_gen.design import Design, Role
from assets_gen.logo import colours_of

_HOUSE = Colour.parse("#2433F0")
_CREAM = Colour(0.966, 0.016, 88.0)
Palette = Mapping[str, Colour]


def palette_of(design: Design, affiliate: Brand, program: Brand) -> Palette:
    found: dict[str, Colour] = _sources(affiliate, program)
    for name, role in design.roles.items():
        found[name] = _filled(role, found)
    return found


def _sources(affiliate: Brand, program: Brand) -> dict[str, Colour]:
    house = [Colour.parse(colour) for colour in program.colours] or [_HOUSE]
    own = [Colour.parse(colour) for colour in affiliate.colours]
    if not any(not colour.is_neutral for colour in own) and affiliate.logo is not None:
        own += [Colour.parse(colour) for colour in colours_of(affiliate.logo, most=2)]
    speaking = [colour for colour in own if not colour.is_neutral]
    vivid = max(speaking, key=_vividness, default=house[0])
    # A second colour of the brand grounds the picture; a single one grounds itself.
    deep = next((colour for colour in own if colour is not vivid and colour.lightness < 0.5), vivid)
    # Paper is warm: of a warm brand's own hue, else cream.
    warm = vivid if 20 <= vivid.hue <= 125 else _CREAM
    return {"vivid": vivid, "deep": deep, "warm": warm, "program": house[0], "program_second": house[-1]}


def _vividness(colour: Colour) -> float:
    return colour.chroma - 0.25 * max(0.0, 0.55 - colour.lightness)


def _filled(role: Role, found: Mapping[str, Colour]) -> Colour:
    source = found[role.of]
    lightness = source.lightness + role.shift
    chroma = source.chroma
    if role.lightness is not None:
        lightness = min(max(lightness, role.lightness[0]), role.lightness[1])
    if role.chroma is not None:
        # A brand without hue must not be given one.
        floor = role.chroma[0] if source.chroma > 0.02 else source.chroma
        chroma = min(max(chroma, floor), role.chroma[1])
    colour = source.at(lightness, chroma)
    if role.instead and role.on and contrast(colour.rgb, found[role.on].rgb) < role.least:
        colour = found[role.instead]
    return colour if role.on is None else readable(colour, found[role.on].rgb, role.least)
