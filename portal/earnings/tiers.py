"""Tiers follow from active paying customers (domain.md, rule 11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.earnings.facts import Place
from portal.earnings.rules import Standing
from portal.enrollments.rules import EnrollmentState
from portal.programs.rules import ProgramTerms, TermsHistory


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
        """State and tier just before the thing at that place."""
        begun = [change for change in self.changes if change.at <= place.at]
        if not begun:
            return Standing(None, terms.first_tier.key)
        change = begun[-1]
        tier = terms.tier(change.tier)
        for step in self.steps:
            if step.reached < place:
                tier = terms.higher(tier, terms.tier(step.tier))
        return Standing(change.state, tier.key, _state_since(begun))


def _state_since(begun: Sequence[Change]) -> datetime:
    since = begun[-1].at
    for change in reversed(begun):
        if change.state is not begun[-1].state:
            break
        since = change.at
    return since


def steps_of(spans: Iterable[Span], history: TermsHistory) -> tuple[Step, ...]:
    """Each tier when it was first reached, under the terms of that moment. Tiers never go down again."""
    turns = [(span.began, 1) for span in spans]
    turns += [(span.ended, -1) for span in spans if span.ended]
    steps: list[Step] = []
    customers = 0
    for place, change in sorted(turns):
        customers += change
        terms = history.at(place.at)
        tier = terms.tier_for(customers)
        best = max((terms.tier(step.tier).rate_bps for step in steps), default=terms.first_tier.rate_bps)
        if change > 0 and tier.rate_bps > best:
            steps.append(Step(tier.key, place, customers))
    return tuple(steps)
