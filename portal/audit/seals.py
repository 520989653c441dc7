"""Seals the end of the audit log. A chain that is cut off at its end stays whole, and so tells nothing.

Decided: the newest entry's number and digest stand in a small file in the data folder, signed with the
installation's secret. Who can write the database, and only that, can't cut the log behind it. Rejected: a
row in the database, which whoever cuts the log would set back as well.
"""

import asyncio
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from portal.audit.tables import AuditEntry
from portal.settings import Settings


@dataclass(frozen=True)
class Seal:
    seq: int
    digest: str
    signature: str

    def is_signed(self, secret: bytes) -> bool:
        return hmac.compare_digest(self.signature, _signature(secret, self.seq, self.digest))


async def seal_log(settings: Settings) -> None:
    """Seals the newest entry. A log that does not fit its last seal keeps that one, to be looked at."""
    if await seal_problems(settings):
        return
    rows = await (
        AuditEntry.select(AuditEntry.seq, AuditEntry.digest)
        .order_by(AuditEntry.seq, ascending=False)
        .limit(1)
    )
    if rows:
        seq, digest = rows[0]["seq"], rows[0]["digest"]
        made = Seal(seq, digest, _signature(settings.secret, seq, digest))
        await asyncio.to_thread(_write, _path(settings), made)


async def seal_problems(settings: Settings) -> list[str]:
    """Sentences about a log that ends before its seal, or that is another one."""
    try:
        sealed = await asyncio.to_thread(_read, _path(settings))
    except ValueError:
        return ["The seal of the audit log is damaged."]
    if sealed is None:
        return []
    if not sealed.is_signed(settings.secret):
        return ["The seal of the audit log was not made with this installation's secret."]
    rows = await AuditEntry.select(AuditEntry.digest).where(AuditEntry.seq == sealed.seq)
    if not rows:
        return [f"The audit log was cut off: entry {sealed.seq} was sealed, and is not there any more."]
    if rows[0]["digest"] != sealed.digest:
        return [f"Entry {sealed.seq} of the audit log is not the one that was sealed."]
    return []


def _path(settings: Settings) -> Path:
    """One for each database that this folder is used with."""
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    return settings.data_dir / f"audit-seal-{name}"


def _signature(secret: bytes, seq: int, digest: str) -> str:
    return hmac.digest(secret, f"audit seal\0{seq}\0{digest}".encode(), "sha256").hex()


def _read(path: Path) -> Seal | None:
    """Raises ValueError for a damaged one."""
    try:
        seq, digest, signature = path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None
    return Seal(int(seq), digest, signature)


def _write(path: Path, sealed: Seal) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(f"{sealed.seq} {sealed.digest} {sealed.signature}\n", encoding="ascii")
    beside.chmod(0o600)
    beside.replace(path)
