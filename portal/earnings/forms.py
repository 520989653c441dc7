"""What was asked of a list, from its address. What nobody could mean is left out, so every address opens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from portal.earnings.timeline import LineState
from portal.earnings.upkeep import NOT_COUNTED, REVERSED
from portal.money import NotMoney, exponent

ALL = "all"
STATES = (ALL, *map(str, LineState), REVERSED, NOT_COUNTED)
WEEK, MONTH = "week", "month"
LONGEST = 120


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: behind (`older`) or before the entry of that moment and id."""

    at: datetime
    id: UUID
    older: bool = True

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"

    @classmethod
    def read(cls, text: str, *, older: bool) -> "Cursor | None":
        moment, _, name = text.partition("~")
        try:
            cursor = cls(datetime.fromisoformat(moment), UUID(name), older)
        except ValueError:
            return None
        return cursor if cursor.at.tzinfo else None


@dataclass(frozen=True)
class Filter:
    """`state` is a LineState, reversed, not_counted or all; an empty value filters nothing."""

    state: str = ALL
    currency: str = ""
    origin: str = ""  # as entries name it: code:ADA20, at:newsletter, link
    first: date | None = None
    last: date | None = None
    search: str = ""  # the vendor's id of a payment, an invoice, a charge or a refund
    by: str = WEEK  # the chart's bars
    cursor: Cursor | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it takes something away apart from state and currency."""
        return not (self.origin or self.first or self.last or self.search)

    def with_(self, **changes: object) -> "Filter":
        """The same from its first page on, but for these."""
        return replace(self, **{"cursor": None, **changes})  # type: ignore[arg-type]

    def asked(self, home_currency: str) -> str:
        """As an address asks it, without what goes without saying."""
        cursor = {("after" if self.cursor.older else "before"): str(self.cursor)} if self.cursor else {}
        values = {
            "state": "" if self.state == ALL else self.state,
            "currency": "" if self.currency == home_currency else self.currency,
            "from": self.origin,
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
            "q": self.search,
            "by": "" if self.by == WEEK else self.by,
            **cursor,
        }
        return urlencode({key: value for key, value in values.items() if value})


def read_filter(asked: Mapping[str, str]) -> Filter:
    state = asked.get("state", ALL)
    first, last = _day(asked.get("first", "")), _day(asked.get("last", ""))
    if first and last and last < first:
        first, last = last, first
    after = Cursor.read(asked.get("after", ""), older=True)
    return Filter(
        state=state if state in STATES else ALL,
        currency=_currency(asked.get("currency", "")),
        origin=asked.get("from", "").replace("\0", "")[:LONGEST],
        first=first,
        last=last,
        search=asked.get("q", "").replace("\0", "").strip()[:LONGEST],
        by=MONTH if asked.get("by") == MONTH else WEEK,
        cursor=after or Cursor.read(asked.get("before", ""), older=False),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def _currency(text: str) -> str:
    try:
        exponent(text)
    except NotMoney:
        return ""
    return text
