"""Writing to the audit log."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from portal import db
from portal.audit.rules import PORTAL, START, Actor, Entry, chained
from portal.audit.tables import AuditEntry

__all__ = ["PORTAL", "Actor", "record"]

# The chain has one end, so its writers take turns.
CHAIN_LOCK = 7_401


async def record(
    actor: Actor,
    verb: str,
    subject_kind: str,
    subject: str,
    at: datetime,
    before: Any = None,
    after: Any = None,
) -> None:
    """Adds an entry, in the caller's transaction if there is one. `before` and `after` are plain values."""
    async with db.transaction():
        await db.exclusively("audit", CHAIN_LOCK)
        last = (
            await AuditEntry.select(AuditEntry.seq, AuditEntry.digest)
            .order_by(AuditEntry.seq, ascending=False)
            .limit(1)
        )
        seq, previous = (last[0]["seq"] + 1, last[0]["digest"]) if last else (1, START)
        entry = Entry(
            seq=seq,
            at=at.astimezone(UTC),
            actor=actor,
            verb=verb,
            subject_kind=subject_kind,
            subject=subject,
            before=_json(before),
            after=_json(after),
        )
        await AuditEntry.insert(
            AuditEntry(
                seq=entry.seq,
                at=entry.at,
                actor_kind=actor.kind,
                actor=actor.id,
                verb=verb,
                subject_kind=subject_kind,
                subject=subject,
                before=entry.before,
                after=entry.after,
                digest=chained(previous, entry),
            )
        )


def _json(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value, order="sorted").decode()
