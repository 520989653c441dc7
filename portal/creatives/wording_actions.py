"""Managers write what built-in designs say: saved, checked, published, used again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from assets_gen import Brand, Design
from assets_gen.wording import Finding, together
from portal import db
from portal.audit.actions import Actor, record
from portal.creatives.actions import Studio
from portal.creatives.jobs import CheckWords, Declined
from portal.creatives.renderers import TookTooLong
from portal.creatives.tables import WordingDraft, WordingRevision
from portal.creatives.wording_kept import Kept, is_draft, kept_words
from portal.creatives.wording_rules import Words, keeps_back, shapes
from portal.errors import Busy, Conflict, NotFound, Refused
from portal.ids import new_id

MEANWHILE = (
    "Somebody else changed these words meanwhile. Yours are still in the form: save them again to put them "
    "over theirs."
)


async def save(program_id: UUID, kept: Kept, words: Words, changes: int) -> bool:
    """False when somebody else saved since `changes` was shown: nothing is saved then."""
    async with db.transaction():
        return await _save(program_id, kept, words, changes)


async def _save(program_id: UUID, kept: Kept, words: Words, changes: int) -> bool:
    if changes != kept.changes:
        return False
    if words == kept.words:
        return True
    document = msgspec.json.encode(dict(words)).decode()
    here = is_draft(program_id, kept.design, kept.language)
    if changes == 0 and not await WordingDraft.exists().where(here):
        fresh = WordingDraft(
            id=new_id(),
            program=program_id,
            design=kept.design,
            language=kept.language,
            words=document,
            changes=1,
        )
        try:
            await WordingDraft.insert(fresh)
        except Conflict:
            return False
        return True
    saved = (
        await WordingDraft.update(
            {WordingDraft.words: document, WordingDraft.report: "", WordingDraft.changes: changes + 1}
        )
        .where(here & (WordingDraft.changes == changes))
        .returning(WordingDraft.id)
    )
    return bool(saved)


async def take_file(program_id: UUID, design: str, sent: Mapping[str, Words]) -> None:
    """All languages of it or none; a text that it does not name stays as it is. Raises Refused."""
    async with db.transaction():
        for spoken, said in sent.items():
            kept = await kept_words(program_id, design, spoken)
            words = {slot: text for slot, text in {**kept.words, **said}.items() if text}
            if not await _save(program_id, kept, words, kept.changes):
                raise Refused("Somebody else changed these words meanwhile. Send the file again.")


async def check(studio: Studio, program_id: UUID, program: Brand, design: Design, kept: Kept) -> None:
    """In a render process, one size or sheet after the other. Raises Busy."""
    if kept.report is not None or not kept.changes:
        return
    found: list[Finding] = []
    # What the design says itself was checked before it came along.
    for shape in shapes(design) if kept.words else ():
        try:
            answer = await studio.renderers.answer_to(
                CheckWords(design.name, kept.language, dict(kept.words), shape, program)
            )
        except TookTooLong as error:
            raise Busy("The check took too long. Try again in a moment.", retry_after=10) from error
        if isinstance(answer, Declined):
            raise NotFound(answer.sentence)
        found += msgspec.json.decode(answer.data, type=list[Finding])
    report = msgspec.json.encode(together(found)).decode()
    # Only if it is still what was checked: somebody may have saved meanwhile.
    await WordingDraft.update({WordingDraft.report: report}).where(
        is_draft(program_id, kept.design, kept.language) & (WordingDraft.changes == kept.changes)
    )


async def publish(program_id: UUID, design: Design, spoken: str, manager: UUID, now: datetime) -> int:
    """The number of the new revision. Raises Refused, with the reason, while something keeps it back."""
    async with db.transaction():
        await db.for_update(
            WordingDraft.select(WordingDraft.id).where(is_draft(program_id, design.name, spoken))
        )
        kept = await kept_words(program_id, design.name, spoken)
        reason = keeps_back(kept.words, kept.published, kept.report)
        if reason:
            raise Refused(f"The words of {design.title} cannot be published. {reason}")
        number = kept.number + 1
        await WordingRevision.insert(
            WordingRevision(
                id=new_id(),
                program=program_id,
                design=design.name,
                language=spoken,
                number=number,
                words=msgspec.json.encode(dict(kept.words)).decode(),
                published_at=now,
                published_by=manager,
            )
        )
        subject = f"{design.name} {spoken}"
        before, after = dict(kept.published), {"revision": number, **kept.words}
        await record(Actor("manager", str(manager)), "words_published", "design", subject, now, before, after)
        return number


async def use_again(program_id: UUID, kept: Kept, number: int, changes: int) -> bool:
    """The working copy says what that revision says; 0 is what the design says itself. Raises NotFound."""
    found = next((one.words for one in kept.revisions if one.number == number), None)
    if number and found is None:
        raise NotFound
    return await save(program_id, kept, found or {}, changes)
