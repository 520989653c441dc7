"""How audit entries are chained, so that a changed or missing one shows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

START = "0" * 64


@dataclass(frozen=True)
class Actor:
    """Who did it. `id` is an account's id, or the name of a part of the portal."""

    kind: Literal["affiliate", "person", "manager", "visitor", "portal", "vendor"]
    id: str


PORTAL = Actor("portal", "portal")


@dataclass(frozen=True)
class Entry:
    seq: int
    at: datetime
    actor: Actor
    verb: str
    subject_kind: str
    subject: str
    before: str
    after: str


def chained(previous: str, entry: Entry) -> str:
    """The digest of an entry: SHA-256 over the one before and every field, length-prefixed."""
    fields = (
        previous,
        str(entry.seq),
        entry.at.isoformat(timespec="microseconds"),
        entry.actor.kind,
        entry.actor.id,
        entry.verb,
        entry.subject_kind,
        entry.subject,
        entry.before,
        entry.after,
    )
    joined = b"".join(f"{len(field.encode())}:".encode() + field.encode() for field in fields)
    return hashlib.sha256(joined).hexdigest()


def broken_links(entries: Iterable[tuple[Entry, str]]) -> list[str]:
    """Sentences about entries, oldest first, whose digest does not follow from the one before."""
    problems: list[str] = []
    previous, expected = START, 1
    for entry, digest in entries:
        if entry.seq != expected:
            problems.append(f"The audit log jumps from entry {expected - 1} to {entry.seq}.")
        if chained(previous, entry) != digest:
            problems.append(f"Entry {entry.seq} of the audit log was changed after it was written.")
        previous, expected = digest, entry.seq + 1
    return problems
