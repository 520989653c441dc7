"""What is true about a first week: its steps, when they are done, and when a nudge is due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.enrollments.rules import working_days_after

# One nudge, on the third working day at nine. Nobody is written to in the night, on a weekend, or about a
# start that is long ago: whoever comes back from a fortnight's holiday has other letters to read.
NUDGE_DAY = 3
NUDGE_FROM, NUDGE_UNTIL = time(9), time(18)
NUDGE_NO_MORE = timedelta(days=21)
# A letter about a first click or sale is news for two days; after an outage it would be a puzzle.
NEWS_FOR = timedelta(days=2)
# How long the page says that the first week is done.
MOMENT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Known:
    """What the portal knows of a first week."""

    kit_at: datetime | None = None
    placed_at: datetime | None = None  # by the affiliate's own word
    click_at: datetime | None = None
    put_away_at: datetime | None = None


@dataclass(frozen=True)
class Step:
    """One row of the checklist."""

    key: str  # "kit", "link" or "click"
    title: str
    hint: str
    href: str
    done_at: datetime | None
    told: bool = False  # done by the affiliate's word alone

    @property
    def done(self) -> bool:
        return self.done_at is not None


@dataclass(frozen=True)
class Checklist:
    """Nothing to show where it is neither `open` nor `just_done`."""

    steps: tuple[Step, ...]
    open: bool
    just_done: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.done), None)


def checklist(known: Known, now: datetime) -> Checklist:
    """A link is placed when the affiliate says so or a click proves it: nobody sees other people's pages."""
    proved = known.click_at is not None
    placed = known.click_at if known.placed_at is None else known.placed_at
    steps = (
        Step("kit", "Add your logo", "Every banner and PDF then carries it.", "/brand", known.kit_at),
        Step(
            "link",
            "Put your link where it is read most",
            "In a post, a video’s description, your newsletter. Tell us here, or let the first click tell.",
            "/links",
            placed,
            told=known.placed_at is not None and not proved,
        ),
        Step(
            "click",
            "Get your first click",
            "It shows here within a second. Try it from your phone.",
            "/links",
            known.click_at,
        ),
    )
    done = [step.done_at for step in steps if step.done_at]
    away, all_done = known.put_away_at is not None, len(done) == len(steps)
    return Checklist(
        steps=steps,
        open=not away and not all_done,
        just_done=not away and all_done and now - max(done) < MOMENT_FOR,
    )


@dataclass(frozen=True)
class Began:
    """Whoever began at or after `first` and before `last` is due."""

    first: datetime
    last: datetime


def nudge_due(now: datetime, timezone: str) -> Began | None:
    """Whose third working day has come, if this is an hour for letters in the program's time zone."""
    local = now.astimezone(ZoneInfo(timezone))
    if local.weekday() > 4 or not NUDGE_FROM <= local.time() < NUDGE_UNTIL:
        return None
    today = local.date()
    day = today - timedelta(days=1)
    while working_days_after(day, NUDGE_DAY) > today:
        day -= timedelta(days=1)
    return Began(now - NUDGE_NO_MORE, _begin(day + timedelta(days=1), timezone))


def _begin(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
