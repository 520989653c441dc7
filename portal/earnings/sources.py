"""Who tells what happened, and how each of them is read."""

from collections.abc import Callable

from portal.earnings import stripe
from portal.earnings.facts import Event

STRIPE = "stripe"

READERS: dict[str, Callable[[bytes], Event]] = {
    STRIPE: stripe.read,
}


def read(source: str, body: bytes) -> Event:
    """Raises `facts.Malformed`."""
    return READERS[source](body)
