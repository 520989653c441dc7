"""What the pages about built-in designs and their words say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from assets_gen import Design, Size
from assets_gen.kits import kits
from assets_gen.languages import language
from assets_gen.papers import KINDS, PAPERS
from assets_gen.wording import TEXTS, Finding, placeholders, texts_of
from portal.creatives.filters import Chip
from portal.creatives.queries import built_in
from portal.creatives.wording_kept import Kept, spoken_by
from portal.creatives.wording_rules import Stand, Words, keeps_back, shapes, stand

LONG = 90  # characters from which a text has more than a line to be typed in


@dataclass(frozen=True)
class BuiltInRow:
    """A design that comes along, on the list of designs."""

    name: str
    title: str
    sizes: int
    sheets: int  # kinds of them
    thumb: str
    spoken: str  # the languages in which it says the program's own words; empty: none


@dataclass(frozen=True)
class WordField:
    slot: str
    title: str
    where: str
    most: int
    built_in: str
    value: str
    rows: int  # 0: one line
    holds: str  # the placeholders that it may hold, as people write them
    on_paper: bool


@dataclass(frozen=True)
class ShapeTab:
    label: str
    href: str
    findings: int  # that are seen in it
    current: bool


@dataclass(frozen=True)
class Sample:
    """A test kit: the picture with it, and whether something was found."""

    name: str
    src: str
    failed: bool


@dataclass(frozen=True)
class Earlier:
    """A revision that can be used again; 0 is what the design says itself."""

    number: int
    published_at: datetime | None
    published_by: str
    first: str  # the words that are read first


@dataclass(frozen=True)
class WordsPage:
    """creatives/design_words.html"""

    name: str
    title: str
    here: str
    language: str
    spoken: str  # the language's name
    from_right: bool
    languages: tuple[Chip, ...]  # empty where there is one
    fields: tuple[WordField, ...]
    errors: Mapping[str, str]
    changes: int
    stand: Stand
    number: int
    findings: tuple[Finding, ...]
    checked: bool
    keeps_back: str
    shape: str
    width: int
    height: int
    shapes: tuple[ShapeTab, ...]
    samples: tuple[Sample, ...]
    earlier: tuple[Earlier, ...]
    file_errors: tuple[str, ...] = ()
    meanwhile: str = ""  # what somebody else did


@dataclass(frozen=True)
class Typed:
    """What was just sent and could not be taken."""

    said: Words | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    file_errors: tuple[str, ...] = ()
    meanwhile: str = ""


NOTHING = Typed()


async def built_in_rows(program_id: UUID, spoken: str) -> tuple[BuiltInRow, ...]:
    """`spoken` is the language that their pictures are shown in."""
    own = await spoken_by(program_id)
    return tuple(
        BuiltInRow(
            name=design.name,
            title=design.title,
            sizes=len(design.sizes),
            sheets=len(design.sheets),
            thumb=sample_address(design.name, spoken, "1200x630", 0, design.digest[:12]),
            spoken=", ".join(language(code).name for code in own.get(design.name, ())),
        )
        for design in built_in()
    )


def words_page(
    design: Design, kept: Kept, languages: tuple[str, ...], shape: str, typed: Typed = NOTHING
) -> WordsPage:
    """`shape` is the size or paper that is shown with all test kits."""
    here, spoken = f"/manage/designs/{design.name}/words", language(kept.language)
    saying, findings = design.saying(kept.language, kept.words), kept.report or ()
    seen = {name: sum(name in one.shapes for one in findings) for name in shapes(design)}
    failing = {kit for one in findings if shape in one.shapes for kit in one.kits}
    size = design.previews[shape] if shape in design.papers else Size.parse(shape)
    return WordsPage(
        name=design.name,
        title=design.title,
        here=here,
        language=kept.language,
        spoken=spoken.name,
        from_right=spoken.from_right,
        languages=tuple(
            (f"{here}?{_query(code, shape)}", language(code).name, None, code == kept.language)
            for code in languages
            if languages[1:]
        ),
        fields=_fields(design, kept, typed.said),
        errors=typed.errors,
        changes=kept.changes,
        stand=stand(kept.words, kept.published),
        number=kept.number,
        findings=findings,
        checked=kept.report is not None or not kept.words,
        keeps_back=keeps_back(kept.words, kept.published, kept.report),
        shape=shape,
        width=size.width,
        height=size.height,
        shapes=tuple(
            ShapeTab(_label(name), f"{here}?{_query(kept.language, name)}#kits", count, name == shape)
            for name, count in seen.items()
            if name not in design.papers or name in design.previews
        ),
        samples=tuple(
            Sample(
                kit,
                sample_address(design.name, kept.language, shape, number, saying.digest[:12]),
                kit in failing,
            )
            for number, kit in enumerate(kits())
        ),
        earlier=_earlier(design, kept),
        file_errors=typed.file_errors,
        meanwhile=typed.meanwhile,
    )


def sample_address(design: str, spoken: str, shape: str, kit: int, version: str) -> str:
    query = urlencode({"lang": spoken, "v": version})
    return f"/manage/designs/{design}/words/{shape}/kits/{kit}?{query}"


def _query(spoken: str, shape: str) -> str:
    return urlencode({"lang": spoken, "shape": shape})


def _label(shape: str) -> str:
    if shape in PAPERS:
        return f"{KINDS[PAPERS[shape].kind].capitalize()}"
    return shape.replace("x", " × ")


def _fields(design: Design, kept: Kept, said: Words | None) -> tuple[WordField, ...]:
    shown = kept.words if said is None else said
    return tuple(
        WordField(
            slot=slot,
            title=TEXTS[slot].title,
            where=TEXTS[slot].where,
            most=TEXTS[slot].most,
            built_in=text,
            value=shown.get(slot, ""),
            rows=0 if TEXTS[slot].most <= LONG else 2 if TEXTS[slot].most < 200 else 6,
            holds=" and ".join(f"{{{name}}}" for name in sorted(placeholders(text) or ())),
            on_paper=TEXTS[slot].on_paper,
        )
        for slot, text in texts_of(design, kept.language).items()
    )


def _earlier(design: Design, kept: Kept) -> tuple[Earlier, ...]:
    """Those that say something else than the working copy."""
    texts = texts_of(design, kept.language)
    own = [
        Earlier(one.number, one.published_at, one.published_by, one.words.get("headline", texts["headline"]))
        for one in kept.revisions
        if one.words and one.words != kept.words
    ]
    built = [Earlier(0, None, "", texts["headline"])] if kept.words else []
    return (*own, *built)
