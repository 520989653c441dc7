"""What finished pictures must keep to with every sample affiliate, in words for whoever places the slots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from assets_gen import fonts
from assets_gen.colour import Floats
from assets_gen.encode import Format, encoded
from assets_gen.kits import kits
from assets_gen.lint import decoded, faint_inks, measured_contrast
from assets_gen.scene import Box, Picture, Placed, Scene, Tile, Type
from assets_gen.size import Size
from assets_gen.slots import Finished, Kind, Slot, composed, ground_of, least_type, named

LEAST_MODULE = 2
_BOLD_FROM = 24


@dataclass(frozen=True, slots=True)
class Finding:
    """`slot` counts from 0; -1 is the picture as a whole. `kits` are those that it was found with."""

    slot: int
    what: str
    measured: str
    way_out: str
    kits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """`form` is the format that suits the picture: PNG if it is not too heavy as one."""

    kits: tuple[str, ...]
    findings: tuple[Finding, ...]
    form: Format
    weight: int


def report_on(finished: Finished, size: Size, link: str) -> Report:
    """Over all sample affiliates, with `link` in every QR code: the longest that the portal may have."""
    samples = kits()
    form, weight = _suiting(finished, size)
    found = _whole(finished, size, weight, form, link)
    for kit, (brand, offer) in samples.items():
        _, scene = composed(finished, size, brand, replace(offer, link=link))
        found += [replace(one, kits=(kit,)) for one in _of_scene(scene, finished, size)]
    return Report(tuple(samples), tuple(_together(found)), form, weight)


def _suiting(finished: Finished, size: Size) -> tuple[Format, int]:
    ground = ground_of(finished.picture, size)
    limit = size.weight_limit
    flat = len(encoded(ground, Format.PNG))
    photographic = len(encoded(ground, Format.JPEG, limit))
    if flat <= (limit or 3 * photographic):
        return Format.PNG, flat
    return Format.JPEG, photographic


def _whole(finished: Finished, size: Size, weight: int, form: Format, link: str) -> list[Finding]:
    found = []
    if size.weight_limit and weight > size.weight_limit:
        found.append(
            Finding(
                -1,
                "The picture is too heavy",
                f"{weight / 1000:.0f} kB measured, {size.weight_limit / 1000:.0f} kB allowed in this size.",
                "Send one with less fine detail.",
            )
        )
    for number, slot in enumerate(finished.slots):
        if slot.kind == Kind.QR:
            brand, offer = next(iter(kits().values()))
            alone = replace(finished, slots=(slot,))
            picture, _ = composed(alone, size, brand, replace(offer, link=link))
            if decoded(encoded(picture, form, size.weight_limit)) != link:
                found.append(
                    Finding(
                        number,
                        f"{named(number, slot, finished.slots)} can’t be read",
                        "A reader found nothing in the finished file.",
                        "Make its place larger.",
                    )
                )
    return found


def _of_scene(scene: Scene, finished: Finished, size: Size) -> list[Finding]:
    under: Floats = np.asarray(ground_of(finished.picture, size), dtype=np.float32) / 255
    inks = [element for element in scene.elements if element.kind != "plate"]
    found = _crowded(inks, finished.slots, size)
    for element in inks:
        number = int(element.name)
        slot = finished.slots[number]
        title = named(number, slot, finished.slots)
        found += _outside(element, number, title, size)
        if isinstance(element.content, Type):
            found += _type(element, number, slot, title, size, under)
        if isinstance(element.content, Picture):
            found += _logo(element, number, title, size, under)
        if isinstance(element.content, Tile) and element.content.pixels < LEAST_MODULE * size.density:
            found.append(_small_code(element.content, number, title))
    return found


def _type(element: Placed, number: int, slot: Slot, title: str, size: Size, under: Floats) -> list[Finding]:
    found = []
    least = least_type(size)
    if element.cut:
        found.append(
            Finding(
                number,
                f"{title} doesn’t fit",
                f"Even in {least} px, the smallest that can be read here, it ends cut off.",
                "Make its place wider, or higher, so that it may have more lines.",
            )
        )
    if slot.kind == Kind.TEXT and (gaps := fonts.missing(slot.text, "strong")):
        found.append(Finding(number, f"{title} has letters that no font has", f"{gaps}", "Leave them out."))
    measured = measured_contrast(element, under)
    needed = 3.0 if (element.text_size or 0) >= _BOLD_FROM * size.density else 4.5
    if measured is not None and measured < needed:
        way = "Clear its colour, move it to a calmer place" if slot.colour else "Move it to a calmer place"
        found.append(
            Finding(
                number,
                f"{title} is hard to read",
                f"{measured:.1f} : 1 measured, {needed:.1f} : 1 needed.",
                f"{way} or send a picture that is darker or lighter there.",
            )
        )
    return found


def _logo(element: Placed, number: int, title: str, size: Size, under: Floats) -> list[Finding]:
    found = []
    if isinstance(element.content, Picture):
        faint = faint_inks(element, element.content.logo, under)
        if faint:
            found.append(
                Finding(
                    number,
                    f"{title} is hard to see",
                    "A part of it can’t be told from the picture behind it.",
                    "Move it to a calm, plain place that is clearly dark or clearly light.",
                )
            )
    if element.box.height < least_type(size):
        found.append(
            Finding(
                number,
                f"{title} is tiny",
                f"{element.box.height:.0f} px high, {least_type(size)} px needed.",
                "Make its place wider and higher.",
            )
        )
    return found


def _small_code(tile: Tile, number: int, title: str) -> Finding:
    least = LEAST_MODULE * tile.qr.modules
    return Finding(
        number,
        f"{title} is too small to scan",
        f"Its dots are {tile.pixels} px, {LEAST_MODULE} px needed.",
        f"Make its place at least {least} × {least} px.",
    )


def _outside(element: Placed, number: int, title: str, size: Size) -> list[Finding]:
    margin = round(max(0.06 * size.short, 8))
    box = element.box
    nearest = min(box.left, box.top, size.width - box.right, size.height - box.bottom)
    if nearest >= margin - 1:
        return []
    where = "outside the picture" if nearest < 0 else "from the edge"
    return [
        Finding(
            number,
            f"{title} stands too near the edge" if nearest >= 0 else f"{title} leaves the picture",
            f"{abs(nearest):.0f} px {where}, {margin} px of margin needed.",
            f"Keep its place {margin} px away from every edge.",
        )
    ]


def _crowded(inks: list[Placed], slots: tuple[Slot, ...], size: Size) -> list[Finding]:
    least = round(max(0.02 * size.short, 6))
    found = []
    for one, other in combinations(inks, 2):
        if one.name == other.name:
            continue
        gap = one.box.gap_to(other.box)
        if gap < least - 1:
            first, second = int(one.name), int(other.name)
            names = named(first, slots[first], slots), named(second, slots[second], slots)
            how = "covers" if gap < 0 else "stands too near"
            found.append(
                Finding(
                    second,
                    f"{names[1]} {how} {names[0][0].lower()}{names[0][1:]}",
                    f"{max(gap, 0):.0f} px apart, {least} px needed.",
                    "Move one of them, or make its place smaller.",
                )
            )
    return found


def _together(found: list[Finding]) -> list[Finding]:
    """One finding of each sort, with the kits of all and the numbers of the first."""
    merged: dict[tuple[int, str], Finding] = {}
    for one in found:
        key = one.slot, one.what
        known = merged.get(key)
        merged[key] = one if known is None else replace(known, kits=(*known.kits, *one.kits))
    return sorted(merged.values(), key=lambda one: one.slot)


def margin_box(size: Size) -> Box:
    """What slots have to stay in, in CSS pixels."""
    margin = round(max(0.06 * size.short, 8))
    return Box(margin, margin, size.width - margin, size.height - margin)
