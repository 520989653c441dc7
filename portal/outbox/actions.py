"""Posting letters into the outbox, and sending what waits there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.ids import new_id
from portal.outbox.rules import wait_after
from portal.outbox.tables import Letter

# A letter that a worker took and did not finish is free again after this time.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Waiting:
    id: UUID
    message: str
    to: str
    values: dict[str, Any]
    created_at: datetime
    attempts: int


class CannotSend(Exception):
    """The mail server is away or refused this letter; it is tried again later."""


async def post(
    message: str, *, to: str, at: datetime, after: timedelta = timedelta(0), **values: Any
) -> UUID:
    """Leaves a letter in the caller's transaction. `message` is a folder of templates/mail."""
    letter = Letter(
        id=new_id(),
        message=message,
        to=to,
        values=msgspec.json.encode(values).decode(),
        created_at=at,
        send_after=at + after,
    )
    await Letter.insert(letter)
    return UUID(str(letter.id))


async def send_waiting(
    deliver: Callable[[Waiting], Awaitable[None]], now: datetime, *, at_most: int = 20
) -> int:
    """Sends due letters, oldest first; gives back how many were tried. A failed one is tried again later."""
    taken = await _take(now, at_most)
    for letter in taken:
        try:
            await deliver(letter)
        except CannotSend as problem:
            await _try_later(letter, str(problem), now)
        else:
            await Letter.update({Letter.sent_at: now, Letter.last_problem: ""}).where(Letter.id == letter.id)
    return len(taken)


async def _take(now: datetime, at_most: int) -> list[Waiting]:
    """Claims letters by moving their time past the lease, so that two workers never hold the same one."""
    async with db.transaction():
        waiting = (
            Letter.select(
                Letter.id, Letter.message, Letter.to, Letter.values, Letter.created_at, Letter.attempts
            )
            .where(Letter.sent_at.is_null() & Letter.given_up_at.is_null() & (Letter.send_after <= now))
            .order_by(Letter.send_after)
            .limit(at_most)
        )
        rows = await db.for_update(waiting, skip_locked=True)
        letters = [
            Waiting(
                id=UUID(str(row["id"])),
                message=row["message"],
                to=row["to"],
                values=msgspec.json.decode(row["values"]),
                created_at=row["created_at"],
                attempts=row["attempts"] + 1,
            )
            for row in rows
        ]
        if letters:
            await Letter.update({Letter.attempts: Letter.attempts + 1, Letter.send_after: now + LEASE}).where(
                Letter.id.is_in([letter.id for letter in letters])
            )
    return letters


async def _try_later(letter: Waiting, problem: str, now: datetime) -> None:
    wait = wait_after(letter.attempts)
    later: dict[Any, Any] = {Letter.last_problem: problem[:500]}
    if wait is None:
        later[Letter.given_up_at] = now
    else:
        later[Letter.send_after] = now + wait
    await Letter.update(later).where(Letter.id == letter.id)
