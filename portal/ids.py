"""Identifiers and secrets."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_turn = threading.Lock()
_last = 0


def new_id(at: datetime | None = None) -> UUID:
    """A UUIDv7 (RFC 9562). Of one process's ids, those made later sort later, also within a millisecond.

    With `at`, the id carries that moment instead.
    """
    global _last  # noqa: PLW0603 - the order of ids is the whole point
    if at is not None:
        return UUID(int=_uuid7(int(at.timestamp() * 1000)))
    with _turn:
        _last = max(_uuid7(time.time_ns() // 1_000_000), _last + 1)
        return UUID(int=_last)


def _uuid7(milliseconds: int) -> int:
    random = secrets.randbits(74)
    return milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | (random & ((1 << 62) - 1))


def moment_of(identity: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


def new_token() -> str:
    """A secret for an address or a cookie: 256 random bits, 43 characters, safe in URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored in place of a token. Plain SHA-256 is enough: the token is random, not chosen."""
    return hashlib.sha256(token.encode()).hexdigest()


def short_id() -> str:
    """A public id that nobody can guess: 128 bits as 26 lower-case characters."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def sealed(secret: bytes, purpose: str, value: UUID) -> str:
    """An address part that carries an id and proves that this installation made it."""
    return base64.urlsafe_b64encode(value.bytes + _seal(secret, purpose, value)).decode().rstrip("=")


def unsealed(secret: bytes, purpose: str, text: str) -> UUID | None:
    """The id inside a sealed text, or None where it is not one of ours."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != 32:
        return None
    value = UUID(bytes=raw[:16])
    return value if hmac.compare_digest(raw[16:], _seal(secret, purpose, value)) else None


def _seal(secret: bytes, purpose: str, value: UUID) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + value.bytes, "sha256")[:16]


def as_uuid(text: str) -> UUID | None:
    """An id from an address; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
