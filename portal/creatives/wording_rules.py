"""A program's own words in the designs that come along: what replaces which, and what keeps them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from assets_gen import Design
from assets_gen.wording import Finding

Words = Mapping[str, str]


@dataclass(frozen=True)
class Wording:
    """What a program says in one language, by design and slot. What is not there a design says itself."""

    language: str = "en"
    own: Mapping[str, Words] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)  # when they were published

    def design(self, name: str) -> Design:
        """The built-in design of that name. Raises AssetError."""
        return Design.load(name).saying(self.language, self.own.get(name, {}))


NO_WORDING = Wording()


class Stand(StrEnum):
    """How the words of a design stand in one language."""

    BUILT_IN = "built_in"
    OWN = "own"
    CHANGED = "changed"  # the working copy says something else than what affiliates have


def stand(draft: Words, published: Words) -> Stand:
    if draft != published:
        return Stand.CHANGED
    return Stand.OWN if published else Stand.BUILT_IN


def keeps_back(draft: Words, published: Words, report: Sequence[Finding] | None) -> str:
    """Why a working copy cannot be published, in a sentence; nothing if it can."""
    if draft == published:
        return "Nothing has changed since they were published."
    if report is None:
        return "They are not checked yet."
    if report:
        return f"The check has {len(report)} finding{'s' if len(report) > 1 else ''}."
    return ""


def shapes(design: Design) -> tuple[str, ...]:
    """Every size and paper that a design's words stand in, as addresses name them."""
    return (*map(str, design.sizes), *design.papers)
