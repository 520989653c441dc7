"""The lint over every design, size, sample affiliate and language, on all cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

from assets_gen.design import Design, names
from assets_gen.kits import PROGRAM, kits, said_in
from assets_gen.languages import languages
from assets_gen.lint import findings
from assets_gen.size import Size

Picture = tuple[str, str, str, str]


def pictures(designs: list[str] | None = None) -> list[Picture]:
    """(design, size, kit, language)."""
    return [
        (name, str(size), kit, spoken)
        for name in designs or names()
        for size in Design.load(name).sizes
        for kit in kits()
        for spoken in languages()
    ]


def sample(design: str) -> list[Picture]:
    """Each size once and each kit and language at least once; another design meets them in other pairs."""
    every, spoken, start = list(kits()), list(languages()), names().index(design) * 5
    sizes = Design.load(design).sizes
    return [
        (
            design,
            str(sizes[number % len(sizes)]),
            every[(start + number) % len(every)],
            spoken[(start + number + number // len(sizes)) % len(spoken)],
        )
        for number in range(max(len(sizes), len(every)))
    ]


def swept(wanted: list[Picture], processes: int | None = None) -> Iterator[tuple[Picture, list[str]]]:
    """Each picture with its findings, as soon as it is looked at."""
    if processes == 1:
        yield from map(_found, wanted)
        return
    # A fresh interpreter for each: whoever asks may have threads of its own.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_found, wanted, chunksize=14)


def _found(picture: Picture) -> tuple[Picture, list[str]]:
    design, size, kit, spoken = picture
    brand, offer = kits()[kit]
    told = said_in(offer, spoken)
    return picture, findings(Design.load(design), Size.parse(size), brand, PROGRAM, told)
