"""What is new in the gallery for an affiliate, what changed, and what stands on its pages already."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from portal.clock import local_date
from portal.creatives.designs_rules import Managed
from portal.creatives.filters import use_of
from portal.creatives.seen import used_since
from portal.creatives.wording_rules import NO_WORDING, Wording

FRESH = timedelta(days=30)
WORDS = "words"


@dataclass(frozen=True, slots=True)
class Change:
    on: date
    what: str
    of: str = ""  # the use that it is about; empty: all


@dataclass(frozen=True, slots=True)
class History:
    since: date
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """On a design: it came, or the last of its changes was made, on this day."""

    on: date
    what: str
    is_new: bool
    of: str = ""


@dataclass(frozen=True)
class Marks:
    news: Mapping[str, Mark]  # by design
    used: frozenset[tuple[str, str]]  # design, size or paper

    def of(self, design: str, shape: str = "") -> Mark | None:
        """On a design, or on one size or paper of it."""
        mark = self.news.get(design)
        return None if mark and shape and mark.of not in ("", use_of(shape)) else mark

    @property
    def words_are_new(self) -> bool:
        return WORDS in self.news


async def marks_for(
    enrollment: UUID,
    began_at: datetime,
    timezone: str,
    now: datetime,
    own: Iterable[Managed],
    wording: Wording = NO_WORDING,
) -> Marks:
    """`own` are the program's designs that the affiliate is shown, `wording` what it says in the others."""
    began, today = local_date(began_at, timezone), local_date(now, timezone)
    stock = with_words(_histories(), wording, timezone)
    first = min(history.since for history in stock.values())
    news = news_of(stock, began, today, first)
    news |= news_of({one.slug: _history(one, timezone) for one in own}, began, today)
    return Marks(news, await used_since(enrollment, now))


def with_words(stock: Mapping[str, History], wording: Wording, timezone: str) -> dict[str, History]:
    """The histories of built-in designs, those with words of the program's with that change."""
    changed = {
        name: Change(local_date(at, timezone), "Its words were written anew.")
        for name, at in wording.since.items()
    }
    return {
        name: replace(history, changes=(*history.changes, changed[name])) if name in changed else history
        for name, history in stock.items()
    }


def _history(design: Managed, timezone: str) -> History:
    """Of one that was published: a design with a first day came on that day."""
    first, last = (local_date(at, timezone) for at in (design.first_at, design.published_at) if at)
    since = max(first, design.starts_on or first)
    return History(since, (Change(last, "Its pictures were made anew."),) if last > since else ())


def news_of(
    histories: Mapping[str, History], began: date, today: date, first: date = date.min
) -> dict[str, Mark]:
    """Nothing is news to whoever came later. Those of the `first` day were never new beside others."""

    def is_news(on: date) -> bool:
        return began < on <= today and today - on <= FRESH

    found = {}
    for name, history in histories.items():
        changes = [change for change in history.changes if is_news(change.on)]
        if history.since > first and is_news(history.since):
            found[name] = Mark(history.since, "This design is new.", is_new=True)
        elif changes:
            last = max(changes, key=lambda change: change.on)
            found[name] = Mark(last.on, last.what, is_new=False, of=last.of)
    return found


@cache
def _histories() -> Mapping[str, History]:
    data = tomllib.loads((Path(__file__).parent / "news.toml").read_text("utf-8"))
    return {
        name: History(said["since"], tuple(Change(**change) for change in said.get("changes", ())))
        for name, said in data.items()
    }
