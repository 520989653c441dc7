"""`python -m assets_gen.subset FROM.ttf TO.ttf`: a Japanese font less what hardly anybody writes.

A whole one weighs 2 to 9 MB a weight. What stays is the first 47 rows of JIS X 0208: signs, kana and the
2,965 kanji of its first level, which newspapers, shops and nearly all names get by with.
"""

from __future__ import annotations

import sys

from fontTools import subset

# Signs, Latin, kana, Greek and Cyrillic, then the kanji of level one.
_ROWS = (*range(1, 8), *range(16, 48))
# Kanji of names that are written often and stand in level two or outside the standard.
_NAMES = "髙﨑德瀨濵桒祐禎凜昊翔碧澪煌"
_LATIN = "".join(map(chr, range(0x20, 0x7F))) + "\u00a0¥×·"


def kept() -> str:
    """Every character that the smaller font has."""
    cells = (bytes((0xA0 + row, 0xA0 + cell)) for row in _ROWS for cell in range(1, 95))
    return _LATIN + _NAMES + "".join(cell.decode("euc_jp", "ignore") for cell in cells)


def main(source: str, target: str) -> None:
    options = subset.Options(layout_features=["kern", "palt", "ccmp", "locl", "mark"], hinting=False)
    options.name_IDs = ["*"]
    options.notdef_outline = True
    # The same bytes from the same font, whoever makes them.
    options.recalc_timestamp = False
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=kept())
    cutter.subset(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    main(*sys.argv[1:3])
