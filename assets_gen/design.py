"""Designs: folders of data. Roles of colour and type, copy, and one composition per shape class."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from assets_gen import languages
from assets_gen.brand import AssetError, drawable
from assets_gen.papers import PAPERS
from assets_gen.scripts import hyphenable
from assets_gen.size import Shape, Size
from assets_gen.text import Face

HERE = Path(__file__).parent / "designs"
OWN_MOST = 600  # characters of a text of somebody's own; the longest slot is a paragraph


@dataclass(frozen=True, slots=True)
class Role:
    """A colour of the brands: whose it is, what lightness and chroma it takes, on what it is read.

    `instead` is whose it is where the first does not reach the `least` contrast by itself.
    """

    of: str
    lightness: tuple[float, float] | None = None
    chroma: tuple[float, float] | None = None
    shift: float = 0.0
    on: str | None = None
    least: float = 1.0
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """One thing in a composition.

    `edges` are expressions such as "qr.right + 3.6" (see table.py); `without` holds the edges that it takes
    instead when another element, by name, was left out.
    """

    name: str
    kind: str
    edges: Mapping[str, str]
    options: Mapping[str, Any]
    without: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Composition:
    """`margin` in percent of the short side; `elements` in the order in which they are solved."""

    margin: float
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """`form` is the format that suits the design: "png" for flat ones, "jpg" for those with light and grain.

    `papers` are printed by render_sheet. `own` is what somebody says instead of its words (see saying).
    """

    name: str
    title: str
    about: str
    revision: int
    form: str
    digest: str
    sizes: tuple[Size, ...]
    papers: tuple[str, ...]
    roles: Mapping[str, Role]
    faces: Mapping[str, Face]
    copy: Mapping[str, Mapping[str, str]]
    compositions: Mapping[str, Composition]
    uses: Mapping[str, str]
    own: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str) -> Design:
        """The design of that name. Raises AssetError if there is none."""
        if name not in names():
            raise AssetError(f"There is no design {name!r}. There are: {', '.join(names())}.")
        return _load(name)

    @property
    def sheets(self) -> Mapping[str, tuple[str, ...]]:
        """Papers by the kind of sheet that is printed on them, that which stands for the kind first."""
        found: dict[str, tuple[str, ...]] = {}
        for paper in self.papers:
            kind = PAPERS[paper].kind
            found[kind] = (*found.get(kind, ()), paper)
        return found

    @property
    def previews(self) -> Mapping[str, Size]:
        """One paper of each kind of sheet, with the size in which render_sheet shows it as a picture."""
        return {papers[0]: PAPERS[papers[0]].preview for papers in self.sheets.values()}

    def composition(self, size: Size) -> Composition:
        """That of the exact size if the design names one, else of its shape class. Raises AssetError."""
        exact = f"{size.width}x{size.height}"
        for key in (self.uses.get(exact, exact), size.shape.value):
            if key in self.compositions:
                return self.compositions[key]
        shapes = ", ".join(shape.value for shape in Shape if shape.value in self.compositions)
        raise AssetError(f"{self.title} has no composition for {size} ({size.shape.value}); it has {shapes}.")

    def words(self, language: str) -> Mapping[str, str]:
        """The design's copy in the language; what nobody translated stays English."""
        spoken = languages.language(language)
        return {**self.copy["en"], **spoken.words(self.name), **self.copy.get(spoken.code, {})}

    def saying(self, language: str, own: Mapping[str, str]) -> Design:
        """The design with somebody's own words in that language, by slot.

        Without a short form of its own such a text is tried everywhere: the design's says something else.
        """
        if not own:
            return self
        code, known = languages.language(language).code, self.words(language)
        clean = {slot: drawable(text, OWN_MOST) for slot, text in sorted(own.items()) if slot in known}
        told = {slot: hyphenable(text, code) for slot, text in clean.items()}
        silent = {f"{slot}_short": "" for slot in clean if f"{slot}_short" in known}
        content = hashlib.sha256(f"{self.digest} {code} {clean}".encode())
        copy = {**self.copy, code: {**self.copy.get(code, {}), **silent, **told}}
        return replace(self, copy=copy, own=clean, digest=content.hexdigest())


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    return tuple(sorted(file.parent.name for file in HERE.glob("*/design.toml")))


@lru_cache(maxsize=32)
def _load(name: str) -> Design:
    folder = HERE / name
    data = tomllib.loads((folder / "design.toml").read_text("utf-8"))
    content = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file():
            content.update(file.name.encode() + b"\0" + file.read_bytes())
    return Design(
        name=name,
        title=data["title"],
        about=data["about"],
        revision=data["revision"],
        form=data["format"],
        digest=content.hexdigest(),
        sizes=tuple(map(Size.parse, data["sizes"])),
        papers=tuple(data["papers"]),
        roles={key: _role(value) for key, value in data["role"].items()},
        faces={key: Face(**value) for key, value in data["face"].items()},
        copy=data["copy"],
        compositions={key: _composition(value, data.get("part", {})) for key, value in data["shape"].items()},
        uses=data.get("uses", {}),
    )


def _role(data: Mapping[str, Any]) -> Role:
    return Role(
        of=data["of"],
        lightness=_range(data.get("l")),
        chroma=_range(data.get("c")),
        shift=data.get("shift", 0.0),
        on=data.get("on"),
        least=data.get("least", 1.0),
        instead=data.get("instead"),
    )


def _range(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    return (value[0], value[1]) if isinstance(value, list) else (value, value)


_EDGES = ("left", "top", "right", "bottom", "width", "height")
_OWN = (*_EDGES, "name", "kind", "without")


def _composition(data: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> Composition:
    """Elements with what their part says about all of its kind (its face, its ink, its words)."""
    elements = []
    for said in data["element"]:
        entry = {**parts.get(said.get("name", said.get("kind")), {}), **said}
        edges = {key: str(entry[key]) for key in _EDGES if key in entry}
        options = {key: value for key, value in entry.items() if key not in _OWN}
        without = entry.get("without", {})
        elements.append(Element(entry.get("name", entry["kind"]), entry["kind"], edges, options, without))
    return Composition(data["margin"], tuple(elements))
