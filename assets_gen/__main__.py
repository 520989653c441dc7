"""`python -m assets_gen render | sheet | check`: pictures without a portal."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from assets_gen import AssetError, Brand, Design, Offer, Size, render_banner, render_sheet
from assets_gen.intake import clean_logo, clean_photo
from assets_gen.kits import PROGRAM
from assets_gen.languages import languages


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except (AssetError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assets_gen", description="Draws co-branded pictures.")
    commands = parser.add_subparsers(required=True)
    render = commands.add_parser("render", help="one picture, or a sheet of paper if --out ends in .pdf")
    render.add_argument("--design", default="spotlight")
    render.add_argument("--size", default="1200x630", help="such as 300x250 or 300x250@2x")
    render.add_argument("--paper", default="", help="for a PDF: a4, letter, flyer ...")
    render.add_argument("--brand-name", required=True)
    render.add_argument("--logo", type=Path, help="PNG, JPEG or WebP")
    render.add_argument("--dark-logo", type=Path, help="the one for dark grounds")
    render.add_argument("--photo", type=Path, help="for the designs that show one")
    render.add_argument("--colour", action="append", default=[], help="#14574A; twice for a second one")
    render.add_argument("--program-name", default=PROGRAM.name)
    render.add_argument("--code", default="")
    render.add_argument("--link", default="")
    render.add_argument("--figure", default="", help="what the code saves: '20 %%'")
    render.add_argument("--discount", default="", help="in words: 'off your first payment'")
    render.add_argument("--headline", default="")
    render.add_argument("--language", default="en")
    render.add_argument("--out", type=Path, required=True, help="its ending chooses png, jpg, webp or pdf")
    render.set_defaults(run=_render)
    sheet = commands.add_parser("sheet", help="the contact sheet: design x size x kit x language")
    sheet.add_argument("--design", default="spotlight")
    sheet.add_argument("--size", action="append", default=[])
    sheet.add_argument("--kit", action="append", default=[])
    sheet.add_argument("--language", action="append", default=[], choices=[*languages()])
    sheet.add_argument("--across", type=int, default=3)
    sheet.add_argument("--out", type=Path, default=Path("contact-sheet.png"))
    sheet.set_defaults(run=_sheet)
    check = commands.add_parser("check", help="what is wrong with any picture of a design")
    check.add_argument("--design", default="spotlight")
    check.add_argument("--all", action="store_true", help="every design")
    check.add_argument("--papers", action="store_true", help="the sheets of paper, and their files")
    check.add_argument("--language", action="append", default=[], choices=[*languages()])
    check.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help="the K-th of N even parts")
    check.add_argument("--quiet", action="store_true", help="no progress")
    check.set_defaults(run=_check)
    return parser


def _render(chosen: argparse.Namespace) -> int:
    design = Design.load(chosen.design)
    logo, dark = (
        clean_logo(file.read_bytes()).data if file else None for file in (chosen.logo, chosen.dark_logo)
    )
    photo = clean_photo(chosen.photo.read_bytes()).data if chosen.photo else None
    affiliate = Brand(chosen.brand_name, logo, tuple(chosen.colour), photo=photo, dark_logo=dark)
    own = chosen.program_name == PROGRAM.name
    program = PROGRAM if own else Brand(chosen.program_name, colours=PROGRAM.colours)
    offer = Offer(
        link=chosen.link,
        code=chosen.code,
        headline=chosen.headline,
        figure=chosen.figure,
        discount=chosen.discount,
        language=chosen.language,
    )
    form = chosen.out.suffix.lstrip(".").lower()
    if form == "pdf":
        data = render_sheet(design, chosen.paper or "a4", affiliate, program, offer)
    else:
        data = render_banner(design, Size.parse(chosen.size), affiliate, program, offer, form).data
    chosen.out.write_bytes(data)
    print(f"{chosen.out}: {len(data):,} bytes")
    return 0


def _sheet(chosen: argparse.Namespace) -> int:
    from assets_gen.contact import contact_sheet

    design = Design.load(chosen.design)
    sizes = [Size.parse(size) for size in chosen.size] or design.sizes
    sheet = contact_sheet(design, sizes, chosen.kit, chosen.across, chosen.language or ["en"])
    sheet.save(chosen.out)
    print(f"{chosen.out}: {sheet.width} x {sheet.height}")
    return 0


def _part(told: str) -> tuple[int, int]:
    first, _, parts = told.partition("/")
    if not (first.isdigit() and parts.isdigit() and 1 <= int(first) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{told!r} is not a part such as 2/8")
    return int(first), int(parts)


def _check(chosen: argparse.Namespace) -> int:
    from assets_gen.sweep import pictures, swept

    designs = None if chosen.all else [Design.load(chosen.design).name]
    every = [
        one
        for one in pictures(designs, papers=chosen.papers)
        if not chosen.language or one[3] in chosen.language
    ]
    first, parts = chosen.part
    wanted = every[len(every) * (first - 1) // parts : len(every) * first // parts]
    found, began = 0, time.monotonic()
    for number, ((design, size, kit, spoken), sentences) in enumerate(swept(wanted), start=1):
        for sentence in sentences:
            print(f"{design} {size}, {kit}, {spoken}: {sentence}")
        found += len(sentences)
        if not chosen.quiet and (number % 100 == 0 or number == len(wanted)):
            pace = number / (time.monotonic() - began)
            print(f"{number} of {len(wanted)} pictures, {pace:.0f} a second", file=sys.stderr)
    print(f"{found} findings in {len(wanted)} pictures")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
