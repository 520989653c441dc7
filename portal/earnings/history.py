"""From everything that is known of one customer to what the books must say about it.

Decided: the books are worked out anew from all facts in the order in which things happened, and only the
difference to what is booked is written. So late, repeated and permuted events end alike (domain.md,
rule 14). Rejected: applying events one by one as they come, which needs a way back for each of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.earnings.facts import (
    END,
    Checkout,
    Overrule,
    Payment,
    Place,
    Ruling,
    SubscriptionChange,
    SubscriptionFact,
    Tie,
)
from portal.earnings.judge import Judge, is_trial
from portal.earnings.rules import Standing, Subscription, Verdict
from portal.earnings.tiers import EnrollmentHistory, Span
from portal.programs.rules import ProgramTerms, TermsHistory
from portal.referrals.rules import Code, Visit, code_key, credited


@dataclass(frozen=True, slots=True)
class Known:
    """What the program knows apart from the customer."""

    terms: TermsHistory
    visits: Mapping[str, Visit]
    codes: Mapping[str, Code]  # by code_key
    enrollments: Mapping[UUID, EnrollmentHistory]
    own_addresses: Mapping[UUID, frozenset[str]]
    recruiters: Mapping[UUID, UUID] = field(default_factory=dict)  # of enrollments that somebody recruited

    def standing(self, enrollment: UUID | None, place: Place, terms: ProgramTerms) -> Standing:
        history = self.enrollments.get(enrollment) if enrollment else None
        return history.standing(place, terms) if history else Standing(None, terms.first_tier.key)


@dataclass(frozen=True, slots=True)
class Judged:
    """A payment with its verdict, which no tier can change."""

    payment: Payment
    verdict: Verdict
    terms: ProgramTerms
    subscription: Subscription | None

    @property
    def enrollment(self) -> UUID | None:
        return self.subscription.credit_at(self.payment.at).enrollment if self.subscription else None

    @property
    def ends(self) -> Place | None:
        """Where what it was paid for ended for the affiliate: over, or tied to somebody else."""
        if self.subscription is None:
            return None
        left = self.subscription.left_after(self.payment.at)
        return min((place for place in (self.subscription.ended, left) if place), default=None)


def subscriptions_of(
    facts: Iterable[SubscriptionFact],
    payments: Iterable[Payment],
    known: Known,
    rulings: Iterable[Ruling] = (),
) -> dict[str, Subscription]:
    """A customer's subscriptions with who is credited, in the order in which they began."""
    ties = sorted((one for one in rulings if isinstance(one, Tie)), key=lambda one: (one.at, one.external_id))
    told: dict[str, list[SubscriptionFact]] = defaultdict(list)
    paid: dict[str, list[Payment]] = defaultdict(list)
    for fact in facts:
        told[fact.subscription].append(fact)
    for payment in sorted(payments, key=lambda payment: payment.place):
        if payment.subscription:
            paid[payment.subscription].append(payment)
    told_of = [_Told(name, told[name], paid[name], known) for name in told.keys() | paid.keys()]
    settled: dict[str, Subscription] = {}
    paid_before: list[datetime] = []
    for one in sorted(told_of, key=lambda one: (one.began_at, one.name)):
        subscription = one.credited(
            is_new=all(moment >= one.began_at for moment in paid_before),
            ties=tuple(tie for tie in ties if tie.subscription == one.name),
        )
        settled[one.name] = subscription
        paid_before += [
            payment.at
            for payment in paid[one.name]
            if payment.charged.minor > 0 and not is_trial(payment, subscription, known.terms.at(payment.at))
        ]
    return settled


class _Told:
    """All that was told of one subscription."""

    def __init__(
        self, name: str, facts: list[SubscriptionFact], payments: list[Payment], known: Known
    ) -> None:
        self.name, self._known = name, known
        self._checkouts = [fact for fact in facts if isinstance(fact, Checkout)]
        self._changes = sorted(
            (fact for fact in facts if isinstance(fact, SubscriptionChange)), key=lambda fact: fact.place
        )
        self._payments = payments
        self._first = next((payment for payment in payments if payment.at_checkout), None)
        self.began_at = self._began_at()

    def _began_at(self) -> datetime:
        # The subscription itself knows best; without it the checkout, without that the first payment.
        for moments in (
            [change.began_at for change in self._changes],
            [checkout.at for checkout in self._checkouts],
            [payment.at for payment in self._payments],
        ):
            if moments:
                return min(moments)
        raise ValueError(f"nothing was told of {self.name}")

    def credited(self, *, is_new: bool, ties: tuple[Tie, ...]) -> Subscription:
        known, terms = self._known, self._known.terms.at(self.began_at)
        codes = self._codes()
        credit = credited(
            visits=[known.visits[token] for token in self._tokens() if token in known.visits],
            codes=codes,
            began_at=self.began_at,
            window_days=terms.link_window_days,
            is_new=is_new,
            buyer_addresses=self._addresses(),
            own_addresses=known.own_addresses,
        )
        latest = self._changes[-1] if self._changes else None
        ends = [
            Place.of(change.ended_at, END, self.name)
            for change in self._changes
            if change.ended_at is not None
        ]
        return Subscription(
            external_id=self.name,
            began_at=self.began_at,
            trial_ends_at=latest.trial_ends_at if latest else None,
            ended=min(ends, default=None),
            credit=credit,
            codes=tuple(codes),
            plan=terms.plan_for(latest.price, latest.stripe_price) if latest and latest.price else None,
            ties=ties,
        )

    def _tokens(self) -> set[str]:
        told = {token for checkout in self._checkouts for token in checkout.clicks}
        told |= {token for change in self._changes for token in change.clicks}
        return told | set(self._first.clicks if self._first else ())

    def _codes(self) -> list[Code]:
        """Codes of the program that were used when it began; those on later invoices change nothing."""
        names = {name for checkout in self._checkouts for name in checkout.codes}
        names |= {name for change in self._changes if change.at <= change.began_at for name in change.codes}
        if self._first:
            told = self._first.discounts
            names |= {name for discount in told for name in (*discount.names, discount.reference)}
        keys = {code_key(name) for name in names} & self._known.codes.keys()
        # The checkout and the invoice may know the same code by different names.
        return sorted({self._known.codes[key] for key in keys}, key=lambda code: code.code)

    def _addresses(self) -> set[str]:
        told = {checkout.address for checkout in self._checkouts}
        return (told | ({self._first.address} if self._first else set())) - {""}


def judged(
    payments: Iterable[Payment],
    subscriptions: Mapping[str, Subscription],
    known: Known,
    rulings: Iterable[Ruling] = (),
) -> list[Judged]:
    """Every payment of a customer with its verdict, in the order in which they were made."""
    overrules = sorted(
        (one for one in rulings if isinstance(one, Overrule)), key=lambda one: (one.at, one.external_id)
    )
    newest = {one.payment: one for one in overrules}
    first_sales: dict[str, datetime] = {}
    sales: dict[str, int] = defaultdict(int)
    found = []
    for payment in sorted(payments, key=lambda payment: payment.place):
        name = payment.subscription or ""
        subscription = subscriptions.get(name)
        began_at = subscription.began_at if subscription else payment.at
        terms = known.terms.governing(began_at, payment.at)
        standing = known.standing(
            subscription.credit_at(payment.at).enrollment if subscription else None, payment.place, terms
        )
        verdict = Judge(terms, known.codes).judge(
            payment,
            subscription,
            standing,
            number=sales[name] + 1,
            first_sale_at=first_sales.get(name),
            ruling=newest.get(payment.external_id),
        )
        if verdict.counts:
            sales[name] += 1
            first_sales.setdefault(name, payment.at)
        found.append(Judged(payment, verdict, terms, subscription))
    return found


def spans_of(payments: Iterable[Judged], taken_back: Mapping[str, Place]) -> list[Span]:
    """When the customer counted for an enrollment. `taken_back`: where a payment was given back in full."""
    sales = [one for one in payments if one.verdict.counts and one.enrollment]
    spans: list[Span] = []
    for enrollment in sorted({one.enrollment for one in sales if one.enrollment}):
        mine = [one for one in sales if one.enrollment == enrollment]
        turns = sorted({place for one in mine for place in _turns(one, taken_back)})
        began: Place | None = None
        for place in turns:
            counts = _counts(mine, place, taken_back)
            if counts and began is None:
                began = place
            elif not counts and began is not None:
                spans.append(Span(enrollment, began, place))
                began = None
        if began is not None:
            spans.append(Span(enrollment, began))
    return spans


def _turns(one: Judged, taken_back: Mapping[str, Place]) -> list[Place]:
    back = taken_back.get(one.payment.external_id)
    return [place for place in (one.payment.place, back, one.ends) if place]


def _counts(sales: list[Judged], place: Place, taken_back: Mapping[str, Place]) -> bool:
    made = [one for one in sales if one.payment.place <= place]
    active = any((end := one.ends) is None or end > place for one in made)
    kept = any((back := taken_back.get(one.payment.external_id)) is None or back > place for one in made)
    return active and kept
