"""The QR code of a link: a grid of modules that every output draws in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import segno

QUIET = 4


@dataclass(frozen=True, slots=True)
class Qr:
    """`rows` are the modules without the quiet zone, True where dark."""

    rows: tuple[tuple[bool, ...], ...]

    @property
    def modules(self) -> int:
        """Modules of a side, the quiet zone of 4 on each side included."""
        return len(self.rows) + 2 * QUIET

    def svg_path(self) -> str:
        """One path in modules, from the corner of the quiet zone; neighbours in a row are one rectangle."""
        parts: list[str] = []
        for y, row in enumerate(self.rows):
            x = 0
            while x < len(row):
                end = x
                while end < len(row) and row[end]:
                    end += 1
                if end > x:
                    parts.append(f"M{x + QUIET} {y + QUIET}h{end - x}v1H{x + QUIET}z")
                x = end + 1
        return "".join(parts)


@lru_cache(maxsize=512)
def qr_of(link: str) -> Qr:
    """The smallest code for the link, with as much error correction as its size takes for free."""
    code = segno.make(link, error="l", boost_error=True, micro=False)
    return Qr(tuple(tuple(bool(module) for module in row) for row in code.matrix))
