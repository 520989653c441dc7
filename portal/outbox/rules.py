"""When a letter that could not be sent is tried again."""

from datetime import timedelta

TRIES = 12


def wait_after(attempts: int) -> timedelta | None:
    """30 seconds, doubling up to six hours; None once it was tried `TRIES` times (about a day and a half)."""
    if attempts >= TRIES:
        return None
    return min(timedelta(seconds=30 * (1 << (attempts - 1))), timedelta(hours=6))
