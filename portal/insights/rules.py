"""The way from a visit to a first sale: its steps, where people came from, and how long steps take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

PERIODS = (7, 30, 90)
SOURCE_MOST = 120


class Stage(StrEnum):
    VISITED = "visited"
    STARTED = "started"
    SENT = "sent"
    APPROVED = "approved"
    CLICKED = "clicked"
    SOLD = "sold"


# What each stage is called on the page, and what exactly is counted.
NAMES = {
    Stage.VISITED: ("Visited", "opened the program page, once a day each"),
    Stage.STARTED: ("Started", "began to write an application"),
    Stage.SENT: ("Sent", "sent it"),
    Stage.APPROVED: ("Approved", "were approved"),
    Stage.CLICKED: ("First click", "had their link followed"),
    Stage.SOLD: ("First sale", "made a sale"),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people came how far. Visits are counted by day, the rest by the day of starting."""

    visited: int = 0
    started: int = 0
    sent: int = 0
    approved: int = 0
    clicked: int = 0
    sold: int = 0

    def of(self, stage: Stage) -> int:
        return int(getattr(self, stage))

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(self.of(stage) + other.of(stage) for stage in Stage))


@dataclass(frozen=True, slots=True)
class FunnelStep:
    stage: Stage
    name: str
    what: str
    people: int
    percent: int | None  # of the step before; None where nobody came so far, or more came than before
    width: float  # of its bar, 0 to 100
    took: str  # half of them within this time after the step before; empty where nobody did


def funnel(counts: Counts, medians: Mapping[Stage, str]) -> tuple[FunnelStep, ...]:
    widest = max((counts.of(stage) for stage in Stage), default=0)
    steps, before = [], 0
    for stage in Stage:
        people = counts.of(stage)
        steps.append(
            FunnelStep(
                stage,
                *NAMES[stage],
                people=people,
                percent=percent(people, before) if stage is not Stage.VISITED else None,
                width=round(people * 100 / widest, 2) if widest else 0.0,
                took=medians.get(stage, ""),
            )
        )
        before = people
    return tuple(steps)


def percent(part: int, whole: int) -> int | None:
    """In whole per cent. A share above 100 says only that fewer were counted before, so it is none."""
    return round(part * 100 / whole) if whole > 0 and part <= whole else None


def source_of(*, utm_source: str = "", via: str = "", referrer: str = "") -> str:
    """`via:ada`, `utm:newsletter` or `host:duckduckgo.com`, whichever says most; empty where nothing does.

    An affiliate who recommends the program says more than the campaign's name, and that more than a host.
    """
    for kind, said in (("via", via), ("utm", utm_source), ("host", referrer.removeprefix("www."))):
        if words := " ".join(said.split()).lower():
            return f"{kind}:{words}"[:SOURCE_MOST]
    return ""


MORE = "more"  # the sources beyond those that a day keeps apart


def source_words(source: str) -> str:
    kind, _, name = source.partition(":")
    if not source:
        return "Typed in, or not told"
    if source == MORE:
        return "Other sources"
    return f"{name}, an affiliate" if kind == "via" else name


def median_minutes(spans: Sequence[tuple[int, int]]) -> int | None:
    """The middle of (minutes, how many people); the later of two middles."""
    whole, so_far = sum(count for _, count in spans), 0
    for minutes, count in sorted(spans):
        so_far += count
        if so_far * 2 > whole:
            return max(0, minutes)
    return None


def spoken(minutes: int | None) -> str:
    """`12 minutes`, `5 hours`, `3 days`; empty for none."""
    if minutes is None:
        return ""
    for size, word in ((1_440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{round(minutes / size)} {word}s"
    if minutes < 1:
        return "less than a minute"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
