"""The sheets of paper that designs are printed on, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """`hero` is how high the picture above the fold of a one-pager is."""

    title: str
    width: float
    height: float
    hero: float


A4 = Paper("A4", 210.0, 297.0, 186.5)
PAPERS = {"a4": A4, "letter": Paper("US Letter", 215.9, 279.4, 169.0)}
