"""The languages that pictures speak: one file each in languages/, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Language:
    """`percent`, `saving` and both `alt` are patterns; `discount` is what a code saves."""

    code: str
    name: str
    from_right: bool
    decimal: str
    percent: str
    saving: str
    discount: str
    alt: str
    alt_saving: str
    every: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]]

    def words(self, design: str) -> Mapping[str, str]:
        """Copy by slot, less what the design says in English alone."""
        return {**self.every, **self.own.get(design, {})}

    def alt_text(self, program: str, headline: str, saving: str = "", code: str = "") -> str:
        """Says what a picture says, and that it is an advertisement."""
        pattern = self.alt_saving if saving and code else self.alt
        said = pattern.format(program=program, headline=headline.rstrip(".。"), saving=saving, code=code)
        # Where a line may end is of no use to a voice.
        return said.replace("\u00ad", "").replace("\u200b", "").replace("\u00a0", " ")

    def figure(self, percent: float) -> str:
        """A percentage in the language's form: 12,5 %."""
        return self.percent.format(f"{percent:g}".replace(".", self.decimal))


@cache
def languages() -> Mapping[str, Language]:
    """By code, English first."""
    found = sorted(HERE.glob("*.toml"), key=lambda file: (file.stem != "en", file.stem))
    return {file.stem: _read(file) for file in found}


def language(code: str) -> Language:
    """That language, for "de-AT" German, for one that nobody has written English."""
    known = languages()
    return known.get(code) or known.get(code.partition("-")[0]) or known["en"]


def _read(file: Path) -> Language:
    data = tomllib.loads(file.read_text("utf-8"))
    return Language(
        code=file.stem,
        name=data["name"],
        from_right=data["from_right"],
        decimal=data["decimal"],
        percent=data["percent"],
        saving=data["saving"],
        discount=data["discount"],
        alt=data["alt"],
        alt_saving=data["alt_saving"],
        every=data.get("every", {}),
        own={key: value for key, value in data.items() if isinstance(value, dict) and key != "every"},
    )
