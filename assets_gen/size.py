"""Sizes of pictures, their shape classes and the weight that ad networks allow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_TEXT = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})(?:@([12])x)?\Z")
_KILOBYTE = 1000
# IAB new ad portfolio, initial load; the two larger boxes take the limit of their smaller sister.
_WEIGHTS = {
    (300, 250): 150,
    (336, 280): 150,
    (728, 90): 150,
    (160, 600): 150,
    (300, 600): 150,
    (970, 250): 250,
    (320, 50): 50,
    (320, 100): 50,
    (1080, 1920): 300,
}


class Shape(StrEnum):
    STRIP = "strip"
    LEADERBOARD = "leaderboard"
    WIDE = "wide"
    BOX = "box"
    TALL = "tall"
    TOWER = "tower"


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in CSS pixels; `density` 2 doubles the pixels of the file, not the layout.

    4 is for what is drawn larger and then reduced.
    """

    width: int
    height: int
    density: int = 1

    def __post_init__(self) -> None:
        if not (40 <= self.width <= 4000 and 40 <= self.height <= 4000 and self.density in (1, 2, 4)):
            raise ValueError(f"No picture can be {self.width}x{self.height} at {self.density}x.")

    @classmethod
    def parse(cls, text: str) -> Size:
        """From 1200x630 or 1200x630@2x. Raises ValueError."""
        match = _TEXT.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not a size; write it as 1200x630 or 1200x630@2x")
        return cls(int(match[1]), int(match[2]), int(match[3] or 1))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}" + ("@2x" if self.density == 2 else "")

    @property
    def short(self) -> int:
        return min(self.width, self.height)

    @property
    def shape(self) -> Shape:
        ratio = self.width / self.height
        if ratio >= 3:
            # 320x50 and 320x100 are strips; 728x90 is as low, but has room for a lock-up and two lines.
            return Shape.STRIP if self.height <= 100 and self.width < 480 else Shape.LEADERBOARD
        if ratio >= 1.5:
            return Shape.WIDE
        if ratio >= 0.8:
            return Shape.BOX
        return Shape.TALL if ratio > 0.5 else Shape.TOWER

    @property
    def weight_limit(self) -> int | None:
        """Bytes that the file may have at 1x, where a network sets a limit."""
        limit = _WEIGHTS.get((self.width, self.height))
        return limit * _KILOBYTE if limit and self.density == 1 else None
