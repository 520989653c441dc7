"""The lint over every design, size, sample affiliate and language, on all cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

from assets_gen.design import Design, names
from assets_gen.kits import PROGRAM, kits, said_in
from assets_gen.languages import languages
from assets_gen.lint import findings
from assets_gen.papers import PAPERS
from assets_gen.sheets.lint import sheet_findings
from assets_gen.size import Size

Picture = tuple[str, str, str, str]
_SAMPLED = 9


def pictures(designs: list[str] | None = None, *, papers: bool = False) -> list[Picture]:
    """(design, size or paper, kit, language). All of a kit follow each other: they share its logo."""
    return [
        (name, str(shape), kit, spoken)
        for name in designs or names()
        for kit in kits()
        for spoken in languages()
        for shape in (Design.load(name).papers if papers else Design.load(name).sizes)
    ]


def sample(design: str) -> list[Picture]:
    """Every second size, each language twice; the six together meet every size and twice every kit."""
    every, spoken, place = list(kits()), list(languages()), names().index(design)
    sizes = Design.load(design).sizes
    return [
        (
            design,
            str(sizes[(place + 2 * number) % len(sizes)]),
            every[(place * _SAMPLED + number) % len(every)],
            spoken[(place + number) % len(spoken)],
        )
        for number in range(_SAMPLED)
    ]


def paper_sample(design: str) -> list[Picture]:
    """Every third kit, on each paper in turn, in each language."""
    papers, spoken = Design.load(design).papers, list(languages())
    return [
        (design, papers[number % len(papers)], kit, spoken[(number + number // len(papers)) % len(spoken)])
        for number, kit in enumerate(list(kits())[::3] if papers else ())
    ]


def swept(wanted: list[Picture], processes: int | None = None) -> Iterator[tuple[Picture, list[str]]]:
    """Each picture with its findings, as soon as it is looked at."""
    if processes == 1:
        yield from map(_found, wanted)
        return
    # A fresh interpreter for each: whoever asks may have threads of its own.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_found, wanted, chunksize=34)


def _found(picture: Picture) -> tuple[Picture, list[str]]:
    name, shape, kit, spoken = picture
    design, (brand, offer) = Design.load(name), kits()[kit]
    told = said_in(offer, spoken)
    if shape in PAPERS:
        return picture, sheet_findings(design, shape, brand, PROGRAM, told)
    return picture, findings(design, Size.parse(shape), brand, PROGRAM, told)
