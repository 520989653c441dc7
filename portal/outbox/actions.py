"""Posting letters into the outbox, and sending what waits there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from portal import db
from portal.ids import new_id
from portal.outbox.rules import wait_after
from portal.outbox.tables import Letter

log = structlog.get_logger("portal.outbox")

# A letter that a worker took and did not finish is free again after this time.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Waiting:
    id: UUID
    message: str
    to: str
    program: UUID | None
    values: dict[str, Any]
    created_at: datetime
    attempts: int


class CannotSend(Exception):
    """It did not leave and is tried again later; one that was refused `for_good` is given up."""

    def __init__(self, problem: str, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.for_good = for_good


async def post(
    message: str,
    *,
    program: UUID | None,
    to: str,
    at: datetime,
    after: timedelta = timedelta(0),
    **values: Any,
) -> UUID:
    """Leaves a letter in the caller's transaction. `message` is a folder of templates/mail.

    It carries the name, contact and look of its program; without one it speaks of the account.
    """
    letter = _letter(message, program, to, values, at, after)
    await Letter.insert(letter)
    return UUID(str(letter.id))


async def post_each(
    message: str, people: Sequence[tuple[str, dict[str, Any]]], *, program: UUID | None, at: datetime
) -> None:
    """The same letter to many, each an address and its values, at once in the caller's transaction."""
    if people:
        letters = [_letter(message, program, to, values, at, timedelta(0)) for to, values in people]
        await Letter.insert(*letters)


async def withdraw(letter: UUID) -> None:
    """Takes a letter back that no worker has in hand yet."""
    await Letter.delete().where((Letter.id == letter) & Letter.sent_at.is_null() & (Letter.attempts == 0))


async def oldest_waiting(message: str) -> datetime | None:
    """When the first of its kind was posted that has not left, also one that was given up for now."""
    first = (
        await Letter.select(Letter.created_at)
        .where((Letter.message == message) & Letter.sent_at.is_null())
        .order_by(Letter.created_at)
        .first()
    )
    return first["created_at"] if first else None


async def send_waiting(
    deliver: Callable[[Waiting], Awaitable[None]], now: datetime, *, at_most: int = 20
) -> int:
    """Sends due letters, oldest first; gives back how many were tried. A failed one is tried again later."""
    for tried in range(at_most):
        # One is taken when it is its turn, so that no letter's lease runs out behind a slow mail server.
        letter = await _take(now)
        if letter is None:
            return tried
        await _send(letter, deliver, now)
    return at_most


def _letter(
    message: str, program: UUID | None, to: str, values: dict[str, Any], at: datetime, after: timedelta
) -> Letter:
    return Letter(
        id=new_id(),
        message=message,
        program=program,
        to=to,
        values=msgspec.json.encode(values).decode(),
        created_at=at,
        send_after=at + after,
    )


async def _send(letter: Waiting, deliver: Callable[[Waiting], Awaitable[None]], now: datetime) -> None:
    try:
        await deliver(letter)
    except CannotSend as problem:
        await _try_later(letter, str(problem), now, for_good=problem.for_good)
    except Exception as problem:
        log.exception("a letter could not be sent", letter=str(letter.id), message=letter.message)
        await _try_later(letter, repr(problem), now)
    else:
        await Letter.update({Letter.sent_at: now, Letter.last_problem: ""}).where(Letter.id == letter.id)


async def _take(now: datetime) -> Waiting | None:
    """Claims the oldest due letter by moving its time past the lease: two workers never hold the same one."""
    async with db.transaction():
        waiting = (
            Letter.select(
                Letter.id,
                Letter.message,
                Letter.program,
                Letter.to,
                Letter.values,
                Letter.created_at,
                Letter.attempts,
            )
            .where(Letter.sent_at.is_null() & Letter.given_up_at.is_null() & (Letter.send_after <= now))
            .order_by(Letter.send_after)
            .order_by(Letter.id)
            .limit(1)
        )
        rows = await db.for_update(waiting, skip_locked=True)
        if not rows:
            return None
        row = rows[0]
        await Letter.update({Letter.attempts: row["attempts"] + 1, Letter.send_after: now + LEASE}).where(
            Letter.id == row["id"]
        )
    return Waiting(
        id=UUID(str(row["id"])),
        message=row["message"],
        program=UUID(str(row["program"])) if row["program"] else None,
        to=row["to"],
        values=msgspec.json.decode(row["values"]),
        created_at=row["created_at"],
        attempts=row["attempts"] + 1,
    )


async def _try_later(letter: Waiting, problem: str, now: datetime, *, for_good: bool = False) -> None:
    wait = None if for_good else wait_after(letter.attempts)
    later: dict[Any, Any] = {Letter.last_problem: problem[:500]}
    if wait is None:
        later[Letter.given_up_at] = now
    else:
        later[Letter.send_after] = now + wait
    await Letter.update(later).where(Letter.id == letter.id)
