"""Claims: sales that an affiliate misses (domain.md, rule 13)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

OPEN_MOST = 5  # of one enrollment: what isn't answered yet is enough to look at
OLDEST = timedelta(days=730)


class ClaimState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True)
class Deadline:
    """Until when a sale of that day can be credited itself. Later, only what its subscription pays next."""

    last: date
    in_time: bool


def deadline(paid_on: date, today: date, claim_days: int) -> Deadline:
    last = paid_on + timedelta(days=claim_days)
    return Deadline(last, today <= last)


def order_key(text: str) -> str:
    """One spelling of an order number, for people type it as they like."""
    return "".join(text.split()).lower()
