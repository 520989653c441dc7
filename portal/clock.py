"""Time is handed in: only pages, the worker and the command line ask for it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def local_date(at: datetime, timezone: str) -> date:
    """The calendar day of a moment in a program's time zone (an IANA name)."""
    return at.astimezone(ZoneInfo(timezone)).date()
