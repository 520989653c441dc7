"""Who tells what happened, and how each of them is read."""

from collections.abc import Callable

from portal.earnings import ruling_events, stripe
from portal.earnings.facts import Event

STRIPE, MANAGER = "stripe", "manager"

READERS: dict[str, Callable[[bytes], Event]] = {
    STRIPE: stripe.read,
    MANAGER: ruling_events.read,
}


def read(source: str, body: bytes) -> Event:
    """Raises `facts.Malformed`."""
    return READERS[source](body)
