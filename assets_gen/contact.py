"""The contact sheet: every design in every size for every sample kit, to be looked at by a person."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from assets_gen import paint
from assets_gen.banner import compose
from assets_gen.design import Design
from assets_gen.kits import PROGRAM, kits, said_in
from assets_gen.size import Size
from assets_gen.text import Face, Setting, ink

_GROUND, _INK = (199, 201, 204), (40, 42, 46)
_GAP = 28


def contact_sheet(
    design: Design,
    sizes: Sequence[Size],
    names: Sequence[str] = (),
    across: int = 3,
    spoken: Sequence[str] = ("en",),
) -> Image.Image:
    """All pictures at 1:1, grouped by size, each under the name of its kit and language."""
    chosen = {
        f"{name}, {code}" if len(spoken) > 1 else name: (brand, said_in(offer, code))
        for name, (brand, offer) in kits().items()
        for code in spoken
        if not names or name in names
    }
    rows: list[Image.Image] = []
    for size in sizes:
        columns = max(1, (across * 1228) // (size.width * size.density + _GAP))
        pictures = [
            (name, compose(design, size, brand, PROGRAM, offer)[0]) for name, (brand, offer) in chosen.items()
        ]
        rows += [_row(pictures[start : start + columns]) for start in range(0, len(pictures), columns)]
    sheet = Image.new("RGB", (max(r.width for r in rows), sum(r.height for r in rows)), _GROUND)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def _row(pictures: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    width = sum(picture.width + _GAP for _, picture in pictures) + _GAP
    row = Image.new("RGB", (width, max(p.height for _, p in pictures) + 2 * _GAP), _GROUND)
    left = _GAP
    for name, picture in pictures:
        label = ink(Setting((name,), Face("text"), 13, 1.3))
        paint.fill(row, _INK, label.mask, (left + label.x, 18 + label.y))
        row.paste(picture, (left, _GAP))
        left += picture.width + _GAP
    return row
