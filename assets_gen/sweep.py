"""The lint over every design, size and sample affiliate, on all cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

from assets_gen.design import Design, names
from assets_gen.kits import PROGRAM, kits
from assets_gen.lint import findings
from assets_gen.size import Size

Picture = tuple[str, str, str]


def pictures(designs: list[str] | None = None) -> list[Picture]:
    """(design, size, kit)."""
    return [
        (name, str(size), kit)
        for name in designs or names()
        for size in Design.load(name).sizes
        for kit in kits()
    ]


def sample(design: str) -> list[Picture]:
    """Each size once and each kit at least once; another design meets them in other pairs."""
    every, start = list(kits()), names().index(design) * 5
    sizes = Design.load(design).sizes
    return [
        (design, str(sizes[number % len(sizes)]), every[(start + number) % len(every)])
        for number in range(max(len(sizes), len(every)))
    ]


def swept(wanted: list[Picture], processes: int | None = None) -> Iterator[tuple[Picture, str]]:
    """Each finding with its picture."""
    if processes == 1:
        for picture in wanted:
            yield from _found(picture)
        return
    # A fresh interpreter for each: whoever asks may have threads of its own.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for found in pool.imap(_found, wanted, chunksize=14):
            yield from found


def _found(picture: Picture) -> list[tuple[Picture, str]]:
    design, size, kit = picture
    brand, offer = kits()[kit]
    sentences = findings(Design.load(design), Size.parse(size), brand, PROGRAM, offer)
    return [(picture, sentence) for sentence in sentences]
