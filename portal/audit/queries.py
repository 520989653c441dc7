"""Reading the audit log."""

from datetime import UTC

from portal.audit.rules import Actor, Entry, broken_links
from portal.audit.tables import AuditEntry


async def audit_problems() -> list[str]:
    """Sentences that name broken links of the chain; empty when the log is whole."""
    rows = await AuditEntry.select().order_by(AuditEntry.seq)
    return broken_links(
        (
            Entry(
                seq=row["seq"],
                at=row["at"].astimezone(UTC),
                actor=Actor(row["actor_kind"], row["actor"]),
                verb=row["verb"],
                subject_kind=row["subject_kind"],
                subject=row["subject"],
                before=row["before"],
                after=row["after"],
            ),
            row["digest"],
        )
        for row in rows
    )
