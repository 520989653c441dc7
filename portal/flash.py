"""A sentence for the next page, in a cookie that only we can have written."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode


def sealed_flash(secret: bytes, text: str) -> str:
    return urlsafe_b64encode(_mark(secret, text.encode()) + text.encode()).decode().rstrip("=")


def read_flash(secret: bytes, sealed: str | None) -> str | None:
    """None for one that is not ours."""
    if not sealed:
        return None
    try:
        raw = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        text = raw[12:].decode()
    except ValueError:
        return None
    return text if hmac.compare_digest(_mark(secret, raw[12:]), raw[:12]) else None


def _mark(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, b"flash\0" + text, "sha256")[:12]
