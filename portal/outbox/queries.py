"""The mailbox page: letters in the data folder, for trying the portal without a mail server."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class LetterRow:
    id: UUID
    to: str
    subject: str
    at: datetime


@dataclass(frozen=True)
class SignInHint:
    """How to sign in to the demo: one row a person."""

    name: str
    role: str
    email: str
    password: str
    code: str | None  # the one-time code that is valid right now


@dataclass(frozen=True)
class MailboxPage:
    """outbox/mailbox.html: newest letters first; in the demo also how to sign in."""

    letters: tuple[LetterRow, ...]
    hints: tuple[SignInHint, ...]


@dataclass(frozen=True)
class LetterPage:
    """outbox/letter.html. The HTML part is framed from `html_src`; its links open in the whole window."""

    letter: LetterRow
    sender: str
    text: str
    html_src: str
