"""Is this payment a sale, and what does it earn? One decision for every money event, with its reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from portal.earnings.facts import END, Place, Tie
from portal.enrollments.rules import EnrollmentState
from portal.money import BASIS_POINTS, Money
from portal.programs.rules import Plan
from portal.referrals.rules import Code, Credit, CreditedBy, NoCredit


class TransactionKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    ADJUSTMENT = "adjust"


class LineKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"
    DISPUTE = "dispute"
    SECOND_TIER = "second_tier"  # of whoever recruited the affiliate
    ADJUSTMENT = "adjustment"  # by a manager
    CORRECTION = "correction"  # what was booked before turned out to be something else


class Outcome(StrEnum):
    SALE = "sale"
    NO_SUBSCRIPTION = "no_subscription"
    NO_REFERRAL = "no_referral"
    CLICK_TOO_OLD = "click_too_old"
    NOT_NEW = "not_new_customer"
    SELF_REFERRAL = "self_referral"
    SUBSCRIPTION_ENDED = "subscription_ended"
    MONTHS_OVER = "months_over"
    NOT_YET_APPROVED = "not_yet_approved"
    PAUSED = "enrollment_paused"
    ENDED = "enrollment_ended"
    ZERO = "zero_payment"
    TRIAL = "trial"
    UNKNOWN_PLAN = "unknown_plan"
    DISCOUNTED = "discounted_outside_program"
    WAITING = "waiting_for_payment"
    WRONG_CURRENCY = "wrong_currency"
    REFUNDED_IN_PART = "refunded_in_part"
    REFUNDED_IN_FULL = "refunded_in_full"
    REFUND_FAILED = "refund_failed"  # the money came back to the vendor
    NOTHING_LEFT = "nothing_left_to_take_back"
    NOT_A_SALE = "payment_was_no_sale"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    RULED_OUT = "ruled_out"  # a manager decided that it does not count
    BONUS = "bonus"
    CORRECTED = "corrected_by_manager"


class RunState(StrEnum):
    """Where a dry run stands."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


# The section of the terms, which are the rules of domain.md, that an outcome comes from.
RULE = {
    Outcome.NO_SUBSCRIPTION: "4",
    Outcome.NO_REFERRAL: "2",
    Outcome.CLICK_TOO_OLD: "2",
    Outcome.NOT_NEW: "2",
    Outcome.SELF_REFERRAL: "2",
    Outcome.SUBSCRIPTION_ENDED: "3",
    Outcome.MONTHS_OVER: "3",
    Outcome.NOT_YET_APPROVED: "2",
    Outcome.PAUSED: "2",
    Outcome.ENDED: "2",
    Outcome.WAITING: "14",
    Outcome.WRONG_CURRENCY: "1",
    Outcome.REFUNDED_IN_PART: "8",
    Outcome.REFUNDED_IN_FULL: "8",
    Outcome.NOTHING_LEFT: "8",
    Outcome.REFUND_FAILED: "8",
    Outcome.NOT_A_SALE: "8",
    Outcome.DISPUTED: "9",
    Outcome.DISPUTE_WON: "9",
    Outcome.DISPUTE_LOST: "9",
    Outcome.BONUS: "1",
    Outcome.CORRECTED: "1",
}
# What a manager may decide otherwise: questions of price. Whose customer it is, a tie decides.
OVERRULABLE = frozenset({Outcome.DISCOUNTED, Outcome.UNKNOWN_PLAN, Outcome.TRIAL})
NO_CREDIT = {
    NoCredit.NOBODY: Outcome.NO_REFERRAL,
    NoCredit.CLICK_TOO_OLD: Outcome.CLICK_TOO_OLD,
    NoCredit.NOT_NEW: Outcome.NOT_NEW,
    NoCredit.SELF: Outcome.SELF_REFERRAL,
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """What all facts together say about a subscription, and who is credited with it."""

    external_id: str
    began_at: datetime
    trial_ends_at: datetime | None = None
    ended: Place | None = None
    credit: Credit = Credit(None, why_not=NoCredit.NOBODY)  # noqa: RUF009 - frozen
    codes: tuple[Code, ...] = ()  # of the program, used when it began
    plan: Plan | None = None
    ties: tuple[Tie, ...] = ()  # oldest first

    def credit_at(self, moment: datetime | None) -> Credit:
        """Who earns from what is paid at that moment; without one, from what will be paid."""
        credit = self.credit
        for tie in self.ties:
            if moment is None or tie.since is None or tie.since <= moment:
                credit = Credit(tie.enrollment, CreditedBy.MANAGER)
        return credit

    def left_after(self, moment: datetime) -> Place | None:
        """Where after that moment it is tied to somebody else."""
        owner = self.credit_at(moment).enrollment
        turns = sorted(tie.since for tie in self.ties if tie.since is not None and tie.since > moment)
        left = (turn for turn in turns if self.credit_at(turn).enrollment != owner)
        return next((Place.of(turn, END, self.external_id) for turn in left), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an enrollment was at one moment. No state: it did not exist yet."""

    state: EnrollmentState | None
    tier: str
    since: datetime | None = None
    customers: int = 0


@dataclass(frozen=True, slots=True)
class Because:
    """The values behind a decision. Sentences for people are made of these when they are read."""

    payment: str | None = None
    credited_by: str | None = None
    click_at: datetime | None = None
    placement: str | None = None
    code: str | None = None
    window_days: int | None = None
    began_at: datetime | None = None
    trial_ends_at: datetime | None = None
    ended_at: datetime | None = None
    months_paid: int | None = None
    state: str | None = None
    state_since: datetime | None = None
    plan: str | None = None
    list_price: Money | None = None
    price_paid: Money | None = None
    given: Money | None = None  # discounts that the program gave
    proration: bool = False
    number: int | None = None  # the how-manieth sale of its subscription
    tier: str | None = None
    ruled: str | None = None  # a manager's reason
    ruled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How an amount came about, step by step, in the transaction's currency."""

    charged: Money
    tax: Money
    base: Money
    rate_bps: int | None = None
    refunded: Money | None = None  # in all, so far
    base_left: Money | None = None
    due: Money | None = None
    booked_before: Money | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a payment counts, before the rate is known."""

    outcome: Outcome
    because: Because

    @property
    def counts(self) -> bool:
        return self.outcome is Outcome.SALE

    @property
    def rule(self) -> str:
        return RULE.get(self.outcome, "4")


@dataclass(frozen=True, slots=True)
class Decision:
    transaction: str
    outcome: Outcome
    rule: str
    because: Because
    enrollment: UUID | None = None
    terms: UUID | None = None
    rate_bps: int | None = None
    arithmetic: Arithmetic | None = None


def commission_due(base: Money, rate_bps: int, charged: Money, refunded: Money) -> Money:
    """Commission on what the customer has paid in the end (domain.md, rule 8), rounded once.

    A refund counts in the proportion base : charged, because tax goes back too. It is computed on the
    total refunded so far: rounding each refund by itself leaves cents behind.
    """
    if charged.minor <= 0:
        return base.portion(rate_bps)
    kept = max(charged - refunded, Money.zero(charged.currency))
    return base.share(rate_bps * kept.minor, BASIS_POINTS * charged.minor)


def base_left(base: Money, charged: Money, refunded: Money) -> Money:
    """The base after refunds, for people to read. Commission is not computed from this rounded amount."""
    kept = max(charged - refunded, Money.zero(charged.currency))
    return base.share(kept.minor, charged.minor) if charged.minor > 0 else base
