"""Letters that no mail server took: managers see them, send them again or let them go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal import db
from portal.audit.actions import Actor, record
from portal.errors import NotYours
from portal.outbox.tables import Letter

MOST = 200
# What each kind of letter is about, where its name says too little.
ABOUT = {
    "application_received": "the application came in",
    "application_approved": "the approval, with link and code",
    "application_declined": "the answer to the application",
    "application_question": "a question about the application",
    "confirm_address": "confirming the address",
    "sign_in_link": "a link to sign in",
    "new_password": "a new password",
    "team_invitation": "an invitation to a team",
    "team_changed": "a change of somebody’s role",
    "manager_invitation": "an invitation to manage",
    "terms_change": "new terms",
    "apply_again": "the day from which one may apply again",
}


@dataclass(frozen=True)
class GivenUp:
    id: UUID
    to: str
    about: str
    at: datetime
    problem: str


@dataclass(frozen=True)
class GivenUpPage:
    """outbox/given_up.html"""

    letters: tuple[GivenUp, ...]
    most: int


async def given_up_page(program_id: UUID) -> GivenUpPage:
    """Those of the program, and those that speak of an account."""
    rows = (
        await Letter.select(Letter.id, Letter.to, Letter.message, Letter.given_up_at, Letter.last_problem)
        .where(_of(program_id))
        .order_by(Letter.given_up_at, ascending=False)
        .limit(MOST)
    )
    letters = tuple(
        GivenUp(
            UUID(str(row["id"])),
            row["to"],
            ABOUT.get(row["message"], row["message"].replace("_", " ")),
            row["given_up_at"],
            row["last_problem"],
        )
        for row in rows
    )
    return GivenUpPage(letters, MOST)


async def send_again(letter_id: UUID, program_id: UUID, manager_id: UUID, now: datetime) -> None:
    """From the beginning, with all its tries. Raises NotYours for one that was not given up."""
    async with db.transaction():
        await _locked(letter_id, program_id)
        fresh: dict[Any, Any] = {Letter.given_up_at: None, Letter.attempts: 0, Letter.send_after: now}
        await Letter.update(fresh).where(Letter.id == letter_id)
        await record(Actor("manager", str(manager_id)), "sent_again", "letter", str(letter_id), now)


async def let_go(letter_id: UUID, program_id: UUID, manager_id: UUID, now: datetime) -> None:
    """It will never be sent. Raises NotYours for one that was not given up."""
    async with db.transaction():
        letter = await _locked(letter_id, program_id)
        await Letter.delete().where(Letter.id == letter_id)
        await record(
            Actor("manager", str(manager_id)),
            "let_go",
            "letter",
            str(letter_id),
            now,
            before={"message": letter.message},
        )


async def _locked(letter_id: UUID, program_id: UUID) -> Letter:
    letter = await db.for_update(Letter.objects().where(_of(program_id) & (Letter.id == letter_id))).first()
    if letter is None:
        raise NotYours
    return letter


def _of(program_id: UUID) -> Any:
    return Letter.given_up_at.is_not_null() & ((Letter.program == program_id) | Letter.program.is_null())
