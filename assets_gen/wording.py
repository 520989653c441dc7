"""Somebody's own words in a design: which of its texts they may replace, and what is wrong with them.

Everything is measured before it is painted, with every sample affiliate, so a check takes a fraction of a
second a size.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from assets_gen.brand import AssetError, Brand, Offer, drawable
from assets_gen.design import Design
from assets_gen.kits import PROGRAM, kits, said_in
from assets_gen.layout import arranged
from assets_gen.lint import Fault, Flaw, laid_out
from assets_gen.papers import KINDS, PAPERS
from assets_gen.scene import Scene, Slip
from assets_gen.sheet import composed_sheet
from assets_gen.size import Size

# Sheets are set by measuring what stands on them: the longest name is enough.
_ON_PAPER = "60-character name"
# What words can come too near, by element.
_OTHERS = {
    "affiliate": "The affiliate’s name",
    "program": "The program’s mark",
    "mark": "The program’s mark",
    "lockup": "The two marks",
    "disclosure": "The disclosure",
    "code": "The code",
    "qr": "The QR code",
    "window": "The drawn window",
    "photo": "The photo",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A slot as people know it: what it is called, where it stands, and its longest in characters."""

    title: str
    where: str
    most: int
    on_paper: bool = False


TEXTS: Mapping[str, Text] = {
    "headline": Text("Claim", "The largest words of every picture.", 90),
    "headline_short": Text("Claim, short", "Strips and small banners, where the claim has no room.", 60),
    "subline": Text("Sub-line", "Under the claim, unless a saving stands there.", 90),
    "subline_page": Text("Sub-line, long", "Under the claim of large pictures.", 120),
    "saving": Text("Without a saving", "Stands where a code’s saving would.", 90),
    "offer_line": Text("The saving in a sentence", "With what is saved and the code.", 80),
    "action": Text("Call to action", "On the button.", 36),
    "action_short": Text("Call to action, short", "On small buttons.", 20),
    "first_label": Text("First benefit", "Beside the drawn page.", 24),
    "second_label": Text("Second benefit", "Beside the drawn letter.", 24),
    "third_label": Text("Third benefit", "Beside the drawn cart.", 24),
    "figure_words": Text("On the ticket", "In place of a figure, where nothing is saved.", 24),
    "voucher": Text("What the ticket is", "Along its head.", 24),
    "for_whom": Text("For whom", "On the ticket.", 36),
    "sub_paper": Text("Under the claim", "One-pager and flyer.", 140, on_paper=True),
    "first_title": Text("First benefit", "One-pager, words to copy.", 28, on_paper=True),
    "first": Text("First benefit, in a sentence", "Beside it.", 100, on_paper=True),
    "second_title": Text("Second benefit", "One-pager, words to copy.", 28, on_paper=True),
    "second": Text("Second benefit, in a sentence", "Beside it.", 100, on_paper=True),
    "third_title": Text("Third benefit", "One-pager, words to copy.", 28, on_paper=True),
    "third": Text("Third benefit, in a sentence", "Beside it.", 100, on_paper=True),
    "plans_title": Text("Over the plans", "Comparison sheet.", 48, on_paper=True),
    "sentence": Text("The program in a sentence", "Media kit.", 180, on_paper=True),
    "paragraph": Text("The program in a paragraph", "Media kit.", 500, on_paper=True),
    "scan": Text("Beside the QR code", "One-pager and flyer.", 48, on_paper=True),
    "small_print": Text("Small print", "At the foot of every sheet.", 140, on_paper=True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """`slot` is the text that it is about; empty: none alone. `shapes` are sizes and papers."""

    slot: str
    what: str
    measured: str
    way_out: str
    shapes: tuple[str, ...]
    kits: tuple[str, ...] = ()


def texts_of(design: Design, language: str) -> dict[str, str]:
    """What can be said in other words, by slot, as the design says it."""
    words = design.words(language)
    # A language says more than a design shows; its own English copy is what it shows.
    return {slot: words[slot] for slot in TEXTS if slot in design.copy["en"]}


def problem_with(slot: str, text: str, instead_of: str) -> str:
    """A sentence, or nothing if the text may stand in that slot. What `instead_of` holds it may hold too."""
    most, held = TEXTS[slot].most, placeholders(instead_of) or set()
    said = drawable(text, len(text))
    if len(said) > most:
        return f"Shorten it to {most} characters; it has {len(said)}."
    own = placeholders(said)
    if own is None:
        return "A brace stands alone in it. Write { and } in pairs, or not at all."
    known = ", ".join(f"{{{name}}}" for name in sorted(held))
    if own - held:
        unknown = f"{{{min(own - held)}}} is not known here."
        return f"{unknown} There is {known}." if held else f"{unknown} Write what it should say."
    if slot == "offer_line" and not {"figure", "code"} <= own:
        return "Name the saving and the code: {figure} and {code} have to stand in it."
    return ""


def placeholders(text: str) -> set[str] | None:
    """The names in braces; None where the braces don’t fit together or hold more than a name."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    if any(spec or conversion for _, _, spec, conversion in parts) or "{{" in text or "}}" in text:
        return None
    return {name for _, name, _, _ in parts if name is not None}


def findings_in(design: Design, shape: str, language: str, program: Brand = PROGRAM) -> list[Finding]:
    """Of a design with words of somebody's own, in a size or on a paper, over the sample affiliates."""
    look = _on_paper if shape in PAPERS else _in_size
    return together(look(design, shape, language, program))


def together(findings: Iterable[Finding]) -> list[Finding]:
    """One of each sort, with the shapes and samples of all and the numbers of the first."""
    merged: dict[tuple[str, str], Finding] = {}
    for one in findings:
        key = one.slot, one.what
        known = merged.get(key, one)
        merged[key] = replace(
            known,
            shapes=tuple(dict.fromkeys((*known.shapes, *one.shapes))),
            kits=tuple(dict.fromkeys((*known.kits, *one.kits))),
        )
    order = list(TEXTS)
    return sorted(merged.values(), key=lambda one: order.index(one.slot) if one.slot else len(order))


def offers(language: str) -> Iterator[tuple[str, Offer]]:
    """By sample affiliate: what each says, half of them without a code. None has a headline of its own."""
    for number, (kit, (_, offer)) in enumerate(kits().items()):
        told = replace(said_in(offer, language), headline="")
        yield kit, replace(told, code="", figure="", discount="") if number % 2 else told


def _in_size(design: Design, shape: str, language: str, program: Brand) -> Iterator[Finding]:
    size, samples, slots = Size.parse(shape), kits(), _slots(design)
    for kit, offer in offers(language):
        scene, _ = arranged(design, size, samples[kit][0], program, offer)
        for flaw in _flaws(scene):
            yield _finding(design, language, flaw, slots, size, kit)


def _flaws(scene: Scene) -> Iterator[Flaw]:
    yield from laid_out(scene)
    for element in scene.elements:
        if isinstance(element.content, Slip) and element.kind == "slip":
            yield from _flaws(element.content.scene)


def _slots(design: Design) -> dict[str, str]:
    """By element: which text it shows."""
    found = {"button": "action"}
    for composition in design.compositions.values():
        for element in composition.elements:
            slot = str(element.options.get("slot", "")).removesuffix("_short")
            if slot in TEXTS:
                found[element.name] = slot
    return found


def _finding(
    design: Design, language: str, flaw: Flaw, slots: Mapping[str, str], size: Size, kit: str
) -> Finding:
    names = [name.partition(".")[0] for name in flaw.names]
    concerned = [slots.get(name, "") for name in names]
    slot = next((one for one in concerned if one in design.own), next(filter(None, concerned), ""))
    title = TEXTS[slot].title if slot else _OTHERS.get(names[0] if names else "", "Something beside it")
    what = {
        Fault.GLYPHS: "No font has some of its characters",
        Fault.CROWDED: f"{title} comes too near its neighbours",
        Fault.OUTSIDE: f"{title} comes too near the edge",
        Fault.SMALL: f"{title} is too long",
        Fault.CUT: f"{title} is too long",
    }[flaw.fault]
    titles = [
        TEXTS[one].title if one else _OTHERS.get(name, name)
        for one, name in zip(concerned, names, strict=True)
    ]
    told = f"{' and '.join(titles)} {flaw.told}".strip()
    return Finding(
        slot=slot,
        what=what if slot or flaw.fault == Fault.GLYPHS else f"{title} has no room left",
        measured=f"In {size.width} × {size.height}: {told}",
        way_out=_way_out(design, language, flaw.fault, slot),
        shapes=(str(size),),
        kits=(kit,),
    )


def _way_out(design: Design, language: str, fault: Fault, slot: str) -> str:
    if fault == Fault.GLYPHS:
        return "Write it with other characters."
    short = f"{slot}_short"
    if short in TEXTS and short in design.words(language) and short not in design.own:
        return "Shorten it, or say it in fewer words for small sizes."
    if short in design.own:
        return "Shorten it, or its short form."
    return "Shorten it." if slot else "Shorten what stands beside it."


def _on_paper(design: Design, paper: str, language: str, program: Brand) -> Iterator[Finding]:
    # WeasyPrint takes its time to load, and pictures are checked without it.
    from assets_gen.sheets.lint import check

    title = f"{KINDS[PAPERS[paper].kind].capitalize()}, {PAPERS[paper].format}"
    brand, told = kits()[_ON_PAPER]
    offer = replace(said_in(told, language), headline="")
    try:
        found = check(composed_sheet(design, paper, brand, program, offer), PAPERS[paper])
    except AssetError as refused:
        found = [str(refused)]
    for sentence in found:
        measured = f"{title}: {sentence}"
        yield Finding("", "A sheet has no room for it", measured, "Shorten it.", (paper,), (_ON_PAPER,))
