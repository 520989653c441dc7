"""When a letter that could not be sent is tried again."""

from datetime import timedelta

TRIES = 24
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)


def wait_after(attempts: int) -> timedelta | None:
    """30 seconds, doubling up to six hours; None after `TRIES` tries, in more than three days."""
    if attempts >= TRIES:
        return None
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 16))
    return min(doubled, LONGEST_WAIT)
