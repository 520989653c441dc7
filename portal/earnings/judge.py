"""Is it a sale? The checks of rules 2 to 4, in the order in which people read them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.clock import local_date
from portal.earnings.facts import Discount, Overrule, Payment, PaymentLine
from portal.earnings.rules import NO_CREDIT, OVERRULABLE, Because, Outcome, Standing, Subscription, Verdict
from portal.earnings.timeline import months_later
from portal.enrollments.rules import EnrollmentState
from portal.money import Money
from portal.programs.rules import Plan, ProgramTerms
from portal.referrals.rules import Code, code_key


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules 2 to 4 over one payment of one subscription."""

    terms: ProgramTerms
    program_codes: Mapping[str, Code]  # by code_key

    def judge(
        self,
        payment: Payment,
        subscription: Subscription | None,
        standing: Standing,
        *,
        number: int,
        first_sale_at: datetime | None,
        ruling: Overrule | None = None,
    ) -> Verdict:
        if subscription is None:
            return Verdict(Outcome.NO_SUBSCRIPTION, Because(price_paid=payment.price_paid))
        expected = expected_price(payment, self.terms)
        natural = (
            tie_problem(payment, subscription, self.terms, first_sale_at)
            or standing_problem(standing)
            or self.price_problem(payment, subscription, standing, expected)
            or Outcome.SALE
        )
        outcome = overruled(natural, payment, ruling)
        ruling = ruling if outcome is not natural else None
        credit = subscription.credit_at(payment.at)
        return Verdict(
            outcome,
            Because(
                credited_by=credit.by,
                click_at=credit.visit.at if credit.visit else None,
                placement=credit.visit.placement if credit.visit else None,
                code=credit.code.code if credit.code else None,
                window_days=self.terms.link_window_days,
                began_at=subscription.began_at,
                trial_ends_at=subscription.trial_ends_at,
                # Only where it decides: a later end is no new decision about earlier payments.
                ended_at=subscription.ended.at
                if subscription.ended and outcome is Outcome.SUBSCRIPTION_ENDED
                else None,
                months_paid=self.terms.months_paid,
                state=standing.state,
                state_since=standing.since,
                plan=plan.key if (plan := plan_paid(payment, self.terms) or subscription.plan) else None,
                list_price=expected,
                price_paid=payment.price_paid,
                given=self.given(payment, subscription, standing, expected) if expected else None,
                proration=any(line.proration for line in payment.lines),
                number=number,
                ruled=ruling.reason if ruling else _tied_because(subscription, payment),
                ruled_at=ruling.at if ruling else None,
            ),
        )

    def price_problem(
        self, payment: Payment, subscription: Subscription, standing: Standing, expected: Money | None
    ) -> Outcome | None:
        if _is_trial(payment, subscription, self.terms, expected):
            return Outcome.TRIAL
        if payment.charged.is_zero or payment.base.minor <= 0:
            return Outcome.ZERO
        if expected is None:
            return Outcome.UNKNOWN_PLAN
        outside = expected - payment.price_paid - self.given(payment, subscription, standing, expected)
        return Outcome.DISCOUNTED if outside.minor > 0 else None

    def given(
        self, payment: Payment, subscription: Subscription, standing: Standing, expected: Money
    ) -> Money:
        """What the program's own codes and promotions took off this payment."""
        days = {local_date(at, self.terms.timezone) for at in (subscription.began_at, payment.at)}
        amounts = (
            discount.amount
            for discount in payment.discounts
            if self._is_ours(discount, subscription.codes, expected)
            or self._is_promotion(discount, days, standing.tier)
        )
        return Money.total(amounts, payment.charged.currency)

    def _is_promotion(self, discount: Discount, days: Collection[date], tier: str) -> bool:
        return any(
            offer.covers(name, days, tier) for offer in self.terms.promotions for name in discount.names
        )

    def _is_ours(self, discount: Discount, used: Sequence[Code], expected: Money) -> bool:
        if any(code_key(name) in self.program_codes for name in (*discount.names, discount.reference)):
            return True
        # Stripe's invoices often name no code. Then it is ours if the code of the checkout gives as much.
        return not discount.names and any(
            discount.amount <= expected.portion(code.percent_bps) for code in used
        )


def overruled(natural: Outcome, payment: Payment, ruling: Overrule | None) -> Outcome:
    """A manager's word about a price. It changes nothing where the answer is another one anyway."""
    # A free trial stays one: of nothing paid nothing is owed, and its customer does not pay.
    if ruling and ruling.counts and natural in OVERRULABLE and payment.base.minor > 0:
        return Outcome.SALE
    if ruling and not ruling.counts and natural is Outcome.SALE:
        return Outcome.RULED_OUT
    return natural


def _tied_because(subscription: Subscription, payment: Payment) -> str | None:
    holds = [tie for tie in subscription.ties if tie.since is None or tie.since <= payment.at]
    return holds[-1].reason if holds else None


def tie_problem(
    payment: Payment, subscription: Subscription, terms: ProgramTerms, first_sale_at: datetime | None
) -> Outcome | None:
    """Why the payment is nobody's, or no longer somebody's (rules 2 and 3)."""
    credit = subscription.credit_at(payment.at)
    if credit.why_not:
        return NO_CREDIT[credit.why_not]
    if subscription.ended and subscription.ended < payment.place:
        return Outcome.SUBSCRIPTION_ENDED
    if terms.months_paid and first_sale_at:
        first_day = local_date(first_sale_at, terms.timezone)
        if local_date(payment.at, terms.timezone) >= months_later(first_day, terms.months_paid):
            return Outcome.MONTHS_OVER
    return None


def standing_problem(standing: Standing) -> Outcome | None:
    match standing.state:
        case EnrollmentState.ACTIVE:
            return None
        case EnrollmentState.PAUSED:
            return Outcome.PAUSED
        case EnrollmentState.ENDED:
            return Outcome.ENDED
        case None:
            return Outcome.NOT_YET_APPROVED


def is_trial(payment: Payment, subscription: Subscription, terms: ProgramTerms) -> bool:
    """Paid or free. Who pays the full price while a trial is still announced has ended it."""
    return _is_trial(payment, subscription, terms, expected_price(payment, terms))


def _is_trial(
    payment: Payment, subscription: Subscription, terms: ProgramTerms, expected: Money | None
) -> bool:
    full = expected is not None and payment.price_paid >= expected
    return not full and in_trial(payment, subscription, terms)


def in_trial(payment: Payment, subscription: Subscription, terms: ProgramTerms) -> bool:
    """Where no trial is announced, a first payment of a paid trial's price is taken for one."""
    if subscription.trial_ends_at:
        return payment.at < subscription.trial_ends_at
    plan = terms.trial_price(payment.price_paid)
    return bool(plan and plan.trial and payment.at - subscription.began_at < timedelta(days=plan.trial.days))


def expected_price(payment: Payment, terms: ProgramTerms) -> Money | None:
    """What the payment's lines cost without any discount; None when a line is of no plan of the program."""
    prices = [_expected(line, terms) for line in _lines(payment) if not line.amount.is_zero]
    known = [price for price in prices if price is not None]
    return Money.total(known, payment.charged.currency) if prices and len(known) == len(prices) else None


def plan_paid(payment: Payment, terms: ProgramTerms) -> Plan | None:
    """The plan of the dearest line: on an upgrade that is the new one."""
    for line in sorted(_lines(payment), key=lambda line: -line.amount.minor):
        if plan := _plan(line, terms):
            return plan
    return None


def _lines(payment: Payment) -> Sequence[PaymentLine]:
    whole = payment.price_paid + payment.discount
    return payment.lines or (PaymentLine(amount=whole, price=whole),)


def _expected(line: PaymentLine, terms: ProgramTerms) -> Money | None:
    plan = _plan(line, terms)
    if plan is None:
        return None
    # A part of a period costs what it is charged at; there is no list price to hold against it.
    if line.proration or plan.price.currency != line.amount.currency:
        return line.amount
    return Money(plan.price.minor * line.quantity, plan.price.currency)


def _plan(line: PaymentLine, terms: ProgramTerms) -> Plan | None:
    return terms.plan_for(line.price or line.amount, line.stripe_price)
