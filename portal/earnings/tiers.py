"""Tiers follow from active paying customers (domain.md, rule 11)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clock import local_date
from portal.earnings.facts import END, Place
from portal.earnings.rules import Standing
from portal.earnings.timeline import Month
from portal.enrollments.rules import EnrollmentState
from portal.programs.rules import ProgramTerms, TermsHistory, Tier

TOLD_BEFORE = timedelta(days=30)
# The turns of what no customer does, among the things of its moment.
FALL, NEW_TERMS = f"{END}:fall", "0:terms"


@dataclass(frozen=True, slots=True)
class Span:
    """A customer counts for an enrollment: it has an active subscription and a sale not fully refunded."""

    enrollment: UUID
    began: Place
    ended: Place | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A tier, and the place of the payment that reached it. It holds from the next payment on."""

    tier: str
    reached: Place
    customers: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a manager made of an enrollment from a moment on."""

    at: datetime
    state: EnrollmentState
    tier: str


@dataclass(frozen=True, slots=True)
class EnrollmentHistory:
    changes: tuple[Change, ...]  # oldest first
    steps: tuple[Step, ...] = ()  # oldest first

    def standing(self, place: Place, terms: ProgramTerms) -> Standing:
        """State and tier just before the thing at that place.

        A tier that came with later terms is none under earlier ones that a subscription has kept: there the
        newest tier counts that they know, so that rising never lowers a rate.
        """
        begun = [change for change in self.changes if change.at <= place.at]
        if not begun:
            return Standing(None, terms.first_tier.key)
        given = [change.tier for change in begun if terms.knows(change.tier)]
        tier = terms.tier(given[-1]) if given else terms.first_tier
        # Steps rise one by one; a program that lets tiers fall has steps down as well.
        reached = [step for step in self.steps if step.reached < place and terms.knows(step.tier)]
        if reached:
            tier = terms.higher(tier, terms.tier(reached[-1].tier))
        return Standing(begun[-1].state, tier.key, _state_since(begun))


def _state_since(begun: Sequence[Change]) -> datetime:
    since = begun[-1].at
    for change in reversed(begun):
        if change.state is not begun[-1].state:
            break
        since = change.at
    return since


def steps_of(spans: Iterable[Span], history: TermsHistory) -> tuple[Step, ...]:
    """Each tier when it was reached, under the terms of that moment, and each fall that the program wants.

    New terms may ask for fewer customers: who has them already rises when these terms start.

    Decided: at a month's end a tier falls to the best one that the customers of its last thirty days reached,
    where the terms asked for as many all the time. Whatever was missing for shorter could not be told thirty
    days before. All this follows from the customers alone, so a late event moves a fall like everything else;
    a fall may lie ahead.
    """
    turns = [(span.began, 1) for span in spans]
    turns += [(span.ended, -1) for span in spans if span.ended]
    if not turns:
        return ()
    turns.sort()
    places = [place for place, _ in turns]
    counts = list(accumulate(change for _, change in turns))
    moments = [(place, count) for (place, change), count in zip(turns, counts, strict=True) if change > 0]
    moments += _new_terms(places, counts, history)
    moments += _month_ends(places, counts, history)
    steps: list[Step] = []
    for place, customers in sorted(moments):
        terms = history.at(place.at)
        reached, held = terms.tier_for(customers), _held(steps, terms)
        lower, higher = (reached, held) if place.turn == FALL else (held, reached)
        if lower.from_customers < higher.from_customers:
            steps.append(Step(reached.key, place, customers))
    return tuple(steps)


def _held(steps: Sequence[Step], terms: ProgramTerms) -> Tier:
    """The newest tier that these terms know."""
    known = (step.tier for step in reversed(steps) if terms.knows(step.tier))
    return terms.tier(next(known, terms.first_tier.key))


def _new_terms(
    places: Sequence[Place], counts: Sequence[int], history: TermsHistory
) -> Iterator[tuple[Place, int]]:
    """Each start of a version with the customers of that moment."""
    for version in history.versions:
        start = Place(version.starts_at or places[0].at, NEW_TERMS)
        if before := bisect_left(places, start):
            yield start, counts[before - 1]


def _month_ends(
    places: Sequence[Place], counts: Sequence[int], history: TermsHistory
) -> Iterator[tuple[Place, int]]:
    """Each end of a month that tiers can fall at, with the most customers of its last 30 days.

    They go on until nothing changes any more, neither customers nor terms.
    """
    if not any(version.tiers_fall for version in history.versions):
        return
    timezone = history.timezone
    changes = [places[-1].at, *(one.starts_at for one in history.versions if one.starts_at)]
    month = Month.of(local_date(places[0].at, timezone)).plus(1)
    last = Month.of(local_date(max(changes) + TOLD_BEFORE, timezone)).plus(1)
    while month <= last:
        at = datetime.combine(month.first_day, time(), ZoneInfo(timezone)).astimezone(UTC)
        if _can_fall(history.at(at - TOLD_BEFORE), history.at(at)):
            end = Place(at, FALL)
            begins = bisect_left(places, Place(at - TOLD_BEFORE, ""))
            window = counts[max(begins - 1, 0) : bisect_left(places, end)]
            yield end, max(window, default=0)
        month = month.plus(1)


def _can_fall(before: ProgramTerms, terms: ProgramTerms) -> bool:
    """What the terms ask for was known for thirty days."""
    same = [(tier.key, tier.from_customers) for tier in before.tiers] == [
        (tier.key, tier.from_customers) for tier in terms.tiers
    ]
    return terms.tiers_fall and before.tiers_fall and same
