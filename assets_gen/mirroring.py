"""A scene for languages that are read from the right: the same composition, seen in a mirror.

What must not be turned around keeps its order: a wordmark behind its mark, a per cent sign behind its number.
Art is painted the other way round as a whole (see draw.py).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from assets_gen.scene import Box, Placed, Scene, Slip, Type
from assets_gen.text import ink

_ALIGNED = {"left": "right", "right": "left", "center": "center"}
_BRAND = ("lockup.mark", "lockup.program")


def mirrored(scene: Scene) -> Scene:
    width = scene.size.width * scene.size.density
    turned = [
        part
        for block, parts in groupby(scene.elements, key=_block)
        for part in (_together(list(parts), width) if block else [_turned(one, width) for one in parts])
    ]
    return replace(scene, elements=tuple(turned), mirrored=True)


def turned_box(box: Box, width: float) -> Box:
    return Box(width - box.right, box.top, width - box.left, box.bottom)


def _block(element: Placed) -> str:
    """The name of what stands together, or nothing."""
    if element.name in _BRAND:
        return "brand"
    return element.block


def _together(parts: list[Placed], width: float) -> list[Placed]:
    whole = parts[0].box
    for part in parts[1:]:
        whole = whole.around(part.box)
    aside = round(width - whole.right - whole.left)
    return [part.moved(aside, 0) for part in parts]


def _turned(element: Placed, width: float) -> Placed:
    clip = turned_box(element.clip, width) if element.clip else None
    box = turned_box(element.box, width)
    content = element.content
    if isinstance(content, Slip):
        cut = content.cut
        cut = replace(cut, angle=-cut.angle, torn=_ALIGNED.get(cut.torn, cut.torn))
        content = replace(content, scene=mirrored(content.scene), cut=cut)
        return replace(element, box=box, content=content)
    if not isinstance(content, Type):
        return replace(element, box=box, clip=clip)
    before = ink(content.setting, content.align)
    # A name that is read from the right stands at its right edge in any picture.
    align = "right" if element.group.startswith("lockup") else _ALIGNED[content.align]
    drawn = ink(content.setting, align)
    left = round(width - (content.x + before.x + before.mask.width)) + before.mask.width - drawn.mask.width
    type_ = replace(content, x=left - drawn.x, align=align)
    if clip is None:
        box = Box(left, box.top, left + drawn.mask.width, box.bottom)
    return replace(element, box=box, clip=clip, content=type_)
