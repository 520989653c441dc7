"""From verdicts to decisions with amounts, and to the lines that the books still lack."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from portal.clock import local_date
from portal.earnings.facts import Dispute, DisputeStep, Payment, Place, Refund
from portal.earnings.history import Judged, Known
from portal.earnings.rules import (
    RULE,
    Arithmetic,
    Because,
    Decision,
    LineKind,
    Outcome,
    base_left,
    commission_due,
)
from portal.earnings.timeline import DisputeSpan, correction_released_on, released_on
from portal.enrollments.rules import EnrollmentState
from portal.money import Money

Correction = Refund | Dispute

DISPUTE = {
    DisputeStep.OPENED: Outcome.DISPUTED,
    DisputeStep.WON: Outcome.DISPUTE_WON,
    DisputeStep.LOST: Outcome.DISPUTE_LOST,
}


@dataclass(frozen=True, slots=True)
class Due:
    """What one transaction must add to the books of one enrollment."""

    transaction: str
    sale: str
    enrollment: UUID
    kind: LineKind
    amount: Money
    rate_bps: int
    base: Money
    booked_on: date
    released_on: date


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that follows from one payment and what happened to it."""

    decisions: tuple[Decision, ...]
    dues: tuple[Due, ...]
    disputes: Mapping[str, DisputeSpan]


def taken_back_at(payment: Payment, corrections: Iterable[Correction]) -> Place | None:
    """Where the payment was given back in full, or lost in a dispute: whichever came first."""
    refunded = Money.zero(payment.charged.currency)
    back: Place | None = None
    lost: Place | None = None
    for correction in sorted(corrections, key=lambda one: one.place):
        if isinstance(correction, Dispute):
            if correction.step is DisputeStep.LOST:
                lost = lost or correction.place
        elif correction.amount.currency == payment.charged.currency:
            refunded = _refunded_after(refunded, correction, payment)
            # A refund that failed later took nothing back.
            back = (back or correction.place) if refunded >= payment.charged else None
    return min((place for place in (back, lost) if place), default=None)


def account_of(judged: Judged, corrections: Iterable[Correction], known: Known) -> Account:
    """The decisions and amounts of a payment, its refunds and disputes, in the order of their happening."""
    return _Accountant(judged, known).account(sorted(corrections, key=lambda one: one.place))


def dues_of(judged: Judged, corrections: Iterable[Correction], known: Known) -> tuple[Due, ...]:
    """The amounts alone, for whoever asks about so many payments that words would cost too much."""
    accountant = _Accountant(judged, known, explains=False)
    return accountant.account(sorted(corrections, key=lambda one: one.place)).dues


def waiting(correction: Correction) -> Decision:
    """A refund or dispute whose payment has not been heard of yet."""
    return Decision(
        correction.external_id, Outcome.WAITING, RULE[Outcome.WAITING], Because(payment=correction.reference)
    )


@dataclass(slots=True)
class _Share:
    """What one enrollment has coming from a payment so far."""

    enrollment: UUID
    rate_bps: int
    kind: LineKind
    due: Money
    base: Money = field(init=False)

    def __post_init__(self) -> None:
        self.base = Money.zero(self.due.currency)


class _Accountant:
    """Walks once over what happened to one payment."""

    def __init__(self, judged: Judged, known: Known, *, explains: bool = True) -> None:
        self.judged, self.payment, self.terms = judged, judged.payment, judged.terms
        self.explains = explains
        standing = known.standing(judged.enrollment, self.payment.place, self.terms)
        self.tier = self.terms.tier(standing.tier)
        self.counts = judged.verdict.counts
        self.rate_bps = self.tier.rate_bps if self.counts else None
        self.refunded = Money.zero(self.payment.charged.currency)
        self.lost = False
        self.shares = [
            _Share(enrollment, rate, kind, self.refunded) for enrollment, rate, kind in self._shares(known)
        ]
        self.paid_on = self._day(self.payment.place)
        self.released_on = released_on(self.paid_on, self.terms.hold_days)
        self.decisions: list[Decision] = []
        self.dues: list[Due] = []
        self.disputes: dict[str, DisputeSpan] = {}

    def _shares(self, known: Known) -> Iterator[tuple[UUID, int, LineKind]]:
        """The affiliate's own, and that of whoever recruited it (rule 12), while both take part."""
        mine = self.judged.enrollment
        if self.rate_bps is None or mine is None:
            return
        yield mine, self.rate_bps, LineKind.SALE
        recruiter = known.recruiters.get(mine)
        if recruiter and recruiter != mine and self.terms.second_tier_bps:
            standing = known.standing(recruiter, self.payment.place, self.terms)
            if standing.state is EnrollmentState.ACTIVE:
                yield recruiter, self.terms.second_tier_bps, LineKind.SECOND_TIER

    @property
    def due(self) -> Money:
        return self.shares[0].due if self.shares else Money.zero(self.payment.charged.currency)

    def account(self, corrections: Sequence[Correction]) -> Account:
        self._pay()
        for correction in corrections:
            if correction.amount.currency != self.payment.charged.currency:
                self._decide(correction, Outcome.WRONG_CURRENCY)
            elif isinstance(correction, Refund):
                self._refund(correction)
            else:
                self._dispute(correction)
        return Account(tuple(self.decisions), tuple(self.dues), self.disputes)

    def _pay(self) -> None:
        verdict, payment = self.judged.verdict, self.payment
        before = self._become_due(payment.external_id, payment.place, LineKind.SALE)
        if not self.explains:
            return
        self.decisions.append(
            Decision(
                payment.external_id,
                verdict.outcome,
                verdict.rule,
                replace(verdict.because, tier=self.tier.key if self.counts else None),
                self.judged.enrollment,
                self.terms.terms_id,
                self.rate_bps,
                self._arithmetic(before),
            )
        )

    def _refund(self, refund: Refund) -> None:
        already = self.refunded
        self.refunded = _refunded_after(self.refunded, refund, self.payment)
        before = self._become_due(refund.external_id, refund.place, LineKind.REFUND)
        if not self.counts:
            outcome = Outcome.NOT_A_SALE
        elif refund.amount.minor < 0:
            outcome = Outcome.REFUND_FAILED
        elif self.lost or already >= self.payment.charged:
            outcome = Outcome.NOTHING_LEFT
        elif self.refunded >= self.payment.charged:
            outcome = Outcome.REFUNDED_IN_FULL
        else:
            outcome = Outcome.REFUNDED_IN_PART
        self._decide(refund, outcome, before)

    def _dispute(self, dispute: Dispute) -> None:
        day = self._day(dispute.place)
        span = self.disputes.get(dispute.dispute)
        if dispute.step is DisputeStep.OPENED:
            self.disputes.setdefault(dispute.dispute, DisputeSpan(day))
        elif span:
            self.disputes[dispute.dispute] = replace(span, closed_on=span.closed_on or day)
        self.lost = self.lost or dispute.step is DisputeStep.LOST
        before = self._become_due(dispute.external_id, dispute.place, LineKind.DISPUTE)
        self._decide(dispute, DISPUTE[dispute.step] if self.counts else Outcome.NOT_A_SALE, before)

    def _become_due(self, transaction: str, place: Place, kind: LineKind) -> Money:
        """Works out again what is due and notes the difference. Answers what was due before."""
        before, payment, day = self.due, self.payment, self._day(place)
        gone = payment.charged if self.lost else self.refunded
        left = base_left(payment.base, payment.charged, gone)
        # What is booked at once is released with the sale; what comes later is its correction.
        release = self.released_on if kind is LineKind.SALE else correction_released_on(self.released_on, day)
        for share in self.shares:
            due = commission_due(payment.base, share.rate_bps, payment.charged, gone)
            step, base = due - share.due, left - share.base
            if step.is_zero:
                continue
            share.due, share.base = due, left
            named = share.kind if kind is LineKind.SALE else kind
            sale = payment.external_id
            self.dues.append(
                Due(transaction, sale, share.enrollment, named, step, share.rate_bps, base, day, release)
            )
        return before

    def _decide(self, correction: Correction, outcome: Outcome, before: Money | None = None) -> None:
        if not self.explains:
            return
        self.decisions.append(
            Decision(
                correction.external_id,
                outcome,
                RULE[outcome],
                Because(payment=self.payment.external_id),
                self.judged.enrollment,
                self.terms.terms_id,
                self.rate_bps,
                self._arithmetic(before) if before is not None and self.counts else None,
            )
        )

    def _arithmetic(self, before: Money) -> Arithmetic:
        payment = self.payment
        gone = payment.charged if self.lost else self.refunded
        return Arithmetic(
            charged=payment.charged,
            tax=payment.tax,
            base=payment.base,
            rate_bps=self.rate_bps,
            refunded=gone,
            base_left=base_left(payment.base, payment.charged, gone),
            due=self.due,
            booked_before=before,
        )

    def _day(self, place: Place) -> date:
        return local_date(place.at, self.terms.timezone)


def _refunded_after(so_far: Money, refund: Refund, payment: Payment) -> Money:
    after = max(so_far, refund.total) if refund.total else so_far + refund.amount
    # More cannot go back than was paid, and a refund that fails gives back no more than it took.
    return max(min(after, payment.charged), Money.zero(payment.charged.currency))


@dataclass(frozen=True, slots=True)
class Booked:
    """A line that stands in the books."""

    transaction: str
    sale: str
    enrollment: UUID
    amount: Money
    rate_bps: int
    base: Money
    booked_on: date
    released_on: date


def missing_lines(booked: Iterable[Booked], dues: Iterable[Due]) -> list[Due]:
    """The lines that turn what is booked into what is due. Nothing when the books are right already."""
    standing: dict[tuple[str, UUID, date, date], list[Booked]] = defaultdict(list)
    for line in booked:
        standing[line.transaction, line.enrollment, line.booked_on, line.released_on].append(line)
    touched = {(transaction, enrollment) for transaction, enrollment, _, _ in standing}
    missing = []
    for due in dues:
        lines = standing.pop((due.transaction, due.enrollment, due.booked_on, due.released_on), [])
        amount = due.amount - _sum(lines, due.amount.currency)
        base = due.base - Money(sum(line.base.minor for line in lines), due.base.currency)
        if not amount.is_zero:
            again = (due.transaction, due.enrollment) in touched
            kind = LineKind.CORRECTION if again else due.kind
            missing.append(replace(due, kind=kind, amount=amount, base=base))
    for lines in standing.values():
        missing += _taken_back(lines)
    return missing


def _taken_back(lines: list[Booked]) -> list[Due]:
    first, total = lines[0], _sum(lines, lines[0].amount.currency)
    if total.is_zero:
        return []
    base = Money(-sum(line.base.minor for line in lines), first.base.currency)
    return [
        Due(
            first.transaction,
            first.sale,
            first.enrollment,
            LineKind.CORRECTION,
            -total,
            first.rate_bps,
            base,
            first.booked_on,
            first.released_on,
        )
    ]


def _sum(lines: Iterable[Booked], currency: str) -> Money:
    return Money.total((line.amount for line in lines), currency)
