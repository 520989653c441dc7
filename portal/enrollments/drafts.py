"""Applications that are being written: kept as one types, opened elsewhere by letter, sent, cleared away.

Nothing here looks an address up, so that no answer and no time it takes tells whether somebody is known. What
was sent waits as a question in the outbox, and the worker makes an application of it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.rules import email_key
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.rules import (
    DRAFT_BIGGEST,
    DRAFT_LASTS,
    REMIND_AFTER,
    SENT_DRAFT_LASTS,
    Source,
)
from portal.enrollments.tables import Draft, Enrollment
from portal.errors import NotFound
from portal.ids import new_id
from portal.outbox.actions import oldest_waiting, post

# Not a letter but a question: the worker makes an application of the draft, or tells whoever has one already.
APPLICATION_SENT = "application_sent"
AT_ONCE = 100


@dataclass(frozen=True)
class Place:
    """Where somebody writes: which draft, on which page of it, and what that page had seen of it."""

    program_id: UUID
    draft_id: UUID
    writer: UUID
    base: int
    form_id: UUID | None


@dataclass(frozen=True)
class KeptDraft:
    id: UUID
    typed: ApplicationDraft
    form_id: UUID | None
    revision: int
    saved_at: datetime
    sent_at: datetime | None


class Saving(StrEnum):
    SAVED = "saved"
    ELSEWHERE = "elsewhere"  # another page has written meanwhile; nothing was overwritten
    SENT = "sent"  # it was sent already, and stays as it was sent
    TOO_LONG = "too_long"
    TOO_OFTEN = "too_often"


@dataclass(frozen=True)
class Saved:
    """What became of what was typed. `at` is when the draft was saved last, here or elsewhere."""

    how: Saving
    at: datetime
    draft_id: UUID
    revision: int = 0


async def kept_draft(draft_id: UUID, program_id: UUID) -> KeptDraft | None:
    """None for one that is not there any more."""
    row = (
        await Draft.objects()
        .where((Draft.id == draft_id) & (Draft.program == program_id) & Draft.emptied_at.is_null())
        .first()
    )
    if row is None:
        return None
    return KeptDraft(
        id=draft_id,
        typed=msgspec.json.decode(row.answers, type=ApplicationDraft),
        form_id=UUID(str(row.form)) if row.form else None,
        revision=row.revision,
        saved_at=row.saved_at,
        sent_at=row.sent_at,
    )


async def program_of_draft(draft_id: UUID) -> UUID | None:
    """None for a draft that was cleared away."""
    rows = await Draft.select(Draft.program).where((Draft.id == draft_id) & Draft.emptied_at.is_null())
    return UUID(str(rows[0]["program"])) if rows else None


async def address_of(draft_id: UUID) -> str:
    """Where the letter about a sent draft went; empty once that is cleared away."""
    rows = await Draft.select(Draft.email).where(Draft.id == draft_id)
    return str(rows[0]["email"]) if rows else ""


async def save_draft(
    place: Place,
    typed: ApplicationDraft,
    source: Source,
    *,
    started_at: datetime,
    now: datetime,
    over: bool = False,
) -> Saved:
    """Keeps what was typed. What another page wrote meanwhile stays, unless this is to go `over` it."""
    answers = encoded(typed)
    if len(answers) > DRAFT_BIGGEST:
        return Saved(Saving.TOO_LONG, now, place.draft_id)
    async with db.transaction():
        row = await _row(place, source, started_at, now)
        if row.sent_at is not None:
            return Saved(Saving.SENT, row.sent_at, place.draft_id)
        if _was_written_elsewhere(row, place) and not over:
            return Saved(Saving.ELSEWHERE, row.saved_at, place.draft_id, row.revision)
        await Draft.update(_written(row, place, typed, answers, now)).where(Draft.id == place.draft_id)
        return Saved(Saving.SAVED, now, place.draft_id, row.revision + 1)


async def send_draft(
    place: Place,
    draft: ApplicationDraft,
    source: Source,
    *,
    terms_id: UUID,
    opened_at: datetime,
    now: datetime,
) -> Saved:
    """Asks the worker to make an application of it. Sent twice alike, it is one; changed, it is another."""
    answers = encoded(draft)
    async with db.transaction():
        row = await _row(place, source, opened_at, now)
        draft_id, seconds = place.draft_id, round((now - row.started_at).total_seconds())
        if row.sent_at is not None:
            if row.answers == answers:
                return Saved(Saving.SENT, row.sent_at, draft_id)
            # Whoever mistyped the address goes back and sends again; its time was measured the first time.
            again = Place(place.program_id, new_id(), place.writer, 0, place.form_id)
            kept = msgspec.json.decode(row.source, type=Source)
            row = await _row(again, kept, row.started_at, now)
            draft_id, place, seconds = again.draft_id, again, 0
        elif _was_written_elsewhere(row, place):
            return Saved(Saving.ELSEWHERE, row.saved_at, draft_id, row.revision)
        written = _written(row, place, draft, answers, now)
        written |= {Draft.sent_at: now, Draft.seconds: seconds or None}
        await Draft.update(written).where(Draft.id == draft_id)
        await post(
            APPLICATION_SENT,
            program=place.program_id,
            to=draft.email,
            at=now,
            draft=str(draft_id),
            terms=str(terms_id),
        )
        return Saved(Saving.SENT, now, draft_id)


async def mail_draft(draft_id: UUID, now: datetime) -> None:
    """Posts the letter that opens a draft on another device. Only its writer's asking leads here."""
    async with db.transaction():
        row = await db.for_update(Draft.objects().where(Draft.id == draft_id)).first()
        if row is None:
            raise NotFound
        await _post_link("application_draft", row, now)
        await Draft.update({Draft.mailed_at: now}).where(Draft.id == draft_id)


async def remind_writers(now: datetime) -> int:
    """One letter, once, to those who had asked for the link and then were silent for a day."""
    async with db.transaction():
        silent = await db.for_update(
            Draft.objects()
            .where(
                Draft.mailed_at.is_not_null()
                & Draft.reminded_at.is_null()
                & Draft.sent_at.is_null()
                & Draft.emptied_at.is_null()
                & (Draft.saved_at <= now - REMIND_AFTER)
                & (Draft.mailed_at <= now - REMIND_AFTER)
            )
            .order_by(Draft.id)
            .limit(AT_ONCE),
            skip_locked=True,
        )
        for row in silent:
            await _post_link("application_draft_waits", row, now)
        if silent:
            await Draft.update({Draft.reminded_at: now}).where(Draft.id.is_in([row.id for row in silent]))
        return len(silent)


async def clear_drafts(now: datetime) -> None:
    """What was typed goes: a day after it was sent, or after 30 days of silence. How long it took stays.

    Nothing goes of what was sent and still waits for the worker, which makes an application of it.
    """
    waits_since = await oldest_waiting(APPLICATION_SENT)
    done_until = now - SENT_DRAFT_LASTS if waits_since is None else min(now - SENT_DRAFT_LASTS, waits_since)
    await Draft.update(_nothing(now)).where(
        Draft.emptied_at.is_null()
        & ((Draft.sent_at < done_until) | (Draft.sent_at.is_null() & (Draft.saved_at <= now - DRAFT_LASTS)))
    )


async def forget_draft(draft_id: UUID, program_id: UUID, now: datetime) -> None:
    """Its writer wants it gone at once. One that was sent has still to be read by the worker."""
    await Draft.update(_nothing(now)).where(
        (Draft.id == draft_id) & (Draft.program == program_id) & Draft.sent_at.is_null()
    )


async def recruiter_of(slug: str, program_id: UUID) -> UUID | None:
    """The active enrollment whose link this is."""
    rows = await Enrollment.raw(
        "SELECT e.id FROM link l JOIN enrollment e ON e.id = l.enrollment "
        "WHERE l.slug = {} AND e.program = {} AND e.state = 'active'",
        slug,
        program_id,
    )
    return UUID(str(rows[0]["id"])) if rows else None


def encoded(draft: ApplicationDraft) -> str:
    kept = asdict(draft)
    del kept["errors"]
    return msgspec.json.encode(kept).decode()


async def _row(place: Place, source: Source, started_at: datetime, now: datetime) -> Draft:
    """The draft's row, locked, and made where there is none: the first two saves may come at once."""
    made = Draft(
        id=place.draft_id,
        program=place.program_id,
        form=place.form_id,
        source=msgspec.json.encode(source).decode(),
        writer=place.writer,
        started_at=started_at,
        saved_at=now,
    )
    await Draft.insert(made).on_conflict(target=Draft.id, action="DO NOTHING")
    row = await db.for_update(
        Draft.objects().where((Draft.id == place.draft_id) & (Draft.program == place.program_id))
    ).first()
    if row is None:  # of another program
        raise NotFound
    return row


def _was_written_elsewhere(row: Draft, place: Place) -> bool:
    return bool(row.writer != place.writer and row.revision != place.base)


def _written(
    row: Draft, place: Place, typed: ApplicationDraft, answers: str, now: datetime
) -> dict[Any, Any]:
    written: dict[Any, Any] = {
        Draft.email: typed.email[:320],
        Draft.answers: answers,
        Draft.form: place.form_id,
        Draft.revision: row.revision + 1,
        Draft.writer: place.writer,
        Draft.saved_at: now,
        Draft.emptied_at: None,
    }
    if email_key(typed.email) != email_key(row.email):
        written[Draft.mailed_at] = None  # the new address has not asked for anything
    return written


async def _post_link(message: str, row: Draft, now: datetime) -> None:
    until = (row.saved_at + DRAFT_LASTS).date()
    await post(message, program=row.program, to=row.email, at=now, draft=str(row.id), until=until.isoformat())


def _nothing(now: datetime) -> dict[Any, Any]:
    return {Draft.emptied_at: now, Draft.answers: "{}", Draft.email: "", Draft.mailed_at: None}
