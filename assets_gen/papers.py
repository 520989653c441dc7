"""The sheets of paper that designs are printed on, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

from assets_gen.size import Size

# Height of a preview in CSS pixels.
_PREVIEW = 1188
BLEED, _MARKS = 3.0, 8.0


@dataclass(frozen=True, slots=True)
class Paper:
    """`kind` is the sheet that is printed on it and `format` its paper, both as people call them.

    `side` is its margin left and right, `hero` how high the picture at its head is. `scale` is what its
    masthead is to that of a one-pager. `marks`: with 3 mm more on all sides and marks where to cut.
    """

    kind: str
    format: str
    width: float
    height: float
    side: float
    hero: float
    scale: float = 1.0
    marks: bool = False

    @property
    def around(self) -> float:
        """What the sheet is printed on is so much larger on each side."""
        return BLEED + _MARKS if self.marks else 0.0

    @property
    def preview(self) -> Size:
        return Size(round(_PREVIEW * self.width / self.height), _PREVIEW)


A4 = Paper("onepager", "A4", 210.0, 297.0, 15.0, 186.5)
PAPERS = {
    "a4": A4,
    "letter": Paper("onepager", "US Letter", 215.9, 279.4, 17.95, 169.0),
    "flyer": Paper("flyer", "A5", 148.0, 210.0, 12.0, 168.0, 0.8),
    "flyer-bleed": Paper("flyer", "A5 with 3 mm bleed", 148.0, 210.0, 12.0, 168.0, 0.8, marks=True),
    "comparison-a4": Paper("comparison", "A4", 210.0, 297.0, 15.0, 92.0),
    "comparison-letter": Paper("comparison", "US Letter", 215.9, 279.4, 17.95, 86.0),
    "mediakit-a4": Paper("mediakit", "A4", 210.0, 297.0, 15.0, 297.0),
    "mediakit-letter": Paper("mediakit", "US Letter", 215.9, 279.4, 17.95, 279.4),
}
# What people call the kinds of sheets.
KINDS = {"onepager": "one-pager", "flyer": "flyer", "comparison": "comparison sheet", "mediakit": "media kit"}
