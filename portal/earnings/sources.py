"""Who tells what happened, and how each of them is read."""

from collections.abc import Callable

from portal.earnings import api_events, ruling_events, stripe
from portal.earnings.facts import Event

STRIPE, API, IMPORT, MANAGER = "stripe", "api", "import", "manager"

READERS: dict[str, Callable[[bytes], Event]] = {
    STRIPE: stripe.read,
    API: api_events.read,
    IMPORT: api_events.read,
    MANAGER: ruling_events.read,
}


def read(source: str, body: bytes) -> Event:
    """Raises `facts.Malformed`."""
    return READERS[source](body)
