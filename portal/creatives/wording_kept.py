"""A program's own words in the built-in designs as they are kept."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from piccolo.columns.combination import And

from assets_gen.wording import Finding
from portal.creatives.tables import WordingDraft, WordingRevision
from portal.creatives.wording_rules import Wording, Words

_NEWEST = """
    SELECT r.design, r.language, r.words, r.published_at FROM wording_revision r
    WHERE r.program = {} AND r.number = (
        SELECT max(n.number) FROM wording_revision n
        WHERE n.program = r.program AND n.language = r.language AND n.design = r.design)
"""
_REVISIONS = """
    SELECT r.number, r.words, r.published_at, m.name FROM wording_revision r
    JOIN manager m ON m.id = r.published_by
    WHERE r.program = {} AND r.design = {} AND r.language = {} ORDER BY r.number DESC
"""


@dataclass(frozen=True)
class Revision:
    number: int
    words: Words
    published_at: datetime
    published_by: str


@dataclass(frozen=True)
class Kept:
    """A design's words in one language. Without a working copy `words` are what is published."""

    design: str
    language: str
    words: Words = field(default_factory=dict)
    report: tuple[Finding, ...] | None = None  # None until it has been checked
    changes: int = 0
    revisions: tuple[Revision, ...] = ()  # the newest first

    @property
    def published(self) -> Words:
        return self.revisions[0].words if self.revisions else {}

    @property
    def number(self) -> int:
        return self.revisions[0].number if self.revisions else 0


async def wording_of(program_id: UUID, language: str) -> Wording:
    """What pictures say in that language now."""
    rows = await WordingRevision.raw(f"{_NEWEST} AND r.language = {{}}", program_id, language)
    since = {row["design"]: row["published_at"] for row in rows}
    return Wording(language, {row["design"]: words_in(row["words"]) for row in rows}, since)


async def spoken_by(program_id: UUID) -> dict[str, tuple[str, ...]]:
    """The languages in which a design speaks the program's own words, by design."""
    rows = await WordingRevision.raw(f"{_NEWEST} ORDER BY r.language", program_id)
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if words_in(row["words"]):
            found[row["design"]] = (*found.get(row["design"], ()), row["language"])
    return found


async def kept_words(program_id: UUID, design: str, language: str) -> Kept:
    revisions = tuple(
        Revision(row["number"], words_in(row["words"]), row["published_at"], row["name"])
        for row in await WordingRevision.raw(_REVISIONS, program_id, design, language)
    )
    draft = await WordingDraft.select().where(is_draft(program_id, design, language)).first()
    if draft is None:
        words = revisions[0].words if revisions else {}
        return Kept(design, language, words, revisions=revisions)
    report = msgspec.json.decode(draft["report"], type=tuple[Finding, ...]) if draft["report"] else None
    return Kept(design, language, words_in(draft["words"]), report, draft["changes"], revisions)


def is_draft(program_id: UUID, design: str, language: str) -> And:
    return (
        (WordingDraft.program == program_id)
        & (WordingDraft.design == design)
        & (WordingDraft.language == language)
    )


def words_in(document: str) -> dict[str, str]:
    return msgspec.json.decode(document, type=dict[str, str])
