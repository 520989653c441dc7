"""What people read about a decision. Its reasons are kept as values, so these words can change."""

import functools
from datetime import date, datetime

from babel import Locale

from portal.clock import local_date
from portal.earnings.rules import Because, LineKind, Outcome
from portal.programs.rules import Plan, ProgramTerms
from portal.templating import day, money

ENGLISH = Locale("en")
FIRST, RENEWAL, UPGRADE, TRIAL = "first payment", "renewal", "upgrade", "trial"


def sale_title(outcome: Outcome, because: Because, terms: ProgramTerms) -> str:
    """`Kartra Growth, renewal`. Vendors name plans and tiers alike, so the vendor's product comes first."""
    if outcome in (Outcome.BONUS, Outcome.CORRECTED):
        return f"{'Bonus' if outcome is Outcome.BONUS else 'Correction'}: {because.ruled}"
    plan = terms.plan(because.plan) if because.plan else None
    name = f"{terms.name} {plan.name}" if plan else f"{terms.name} payment"
    which = FIRST if because.number == 1 else RENEWAL
    if outcome is Outcome.TRIAL:
        which = TRIAL
    elif because.proration:
        which = UPGRADE
    return f"{name}, {which}" if plan else name


def row_title(kind: LineKind, outcome: Outcome, because: Because, terms: ProgramTerms) -> str:
    """The same in a list, where a share of a recruited affiliate's sale says so."""
    title = sale_title(outcome, because, terms)
    return f"Second tier: {title}" if kind is LineKind.SECOND_TIER else title


def correction_title(kind: LineKind, outcome: Outcome) -> str:
    match outcome:
        case Outcome.REFUNDED_IN_FULL:
            return "Refunded in full"
        case Outcome.REFUNDED_IN_PART:
            return "Part refund"
        case Outcome.DISPUTE_LOST:
            return "Dispute lost"
        case Outcome.REFUND_FAILED:
            return "Refund failed"
        case _:
            return "Correction" if kind is LineKind.CORRECTION else "Refund"


def came_from(because: Because) -> str:
    if because.code:
        return f"Code {because.code}"
    return because.placement or ("Your link" if because.click_at else "–")


@functools.cache
def country_name(code: str) -> str:
    """`France` for `FR`; what is no country stays as it is."""
    return str(ENGLISH.territories.get(code, code))


def head_of(outcome: Outcome) -> str:
    """What a payment that did not count was, to follow "Customer 4907 paid ..."."""
    return HEADS.get(outcome, "and it earned nothing.")


def rule_words(outcome: Outcome) -> str:
    """The sentence of the terms that decided."""
    return RULES.get(outcome, RULES[Outcome.SALE])


def plan_words(plan: Plan) -> str:
    return f"{plan.name}, {'monthly' if plan.period == 'month' else 'yearly'}"


def short_reason(outcome: Outcome) -> str:
    """Two or three words for the rows of a list."""
    return SHORT[outcome]


def why_not(outcome: Outcome, because: Because, terms: ProgramTerms, today: date) -> str:
    """The full sentence for what did not count."""
    return _Reason(because, terms, today).sentence(outcome)


def what_would(outcome: Outcome, because: Because, terms: ProgramTerms) -> str:
    """What would have made it count."""
    match outcome:
        case Outcome.CLICK_TOO_OLD:
            days = because.window_days or terms.link_window_days
            return f"A click in the {days} days before the subscription began, or your code at the checkout."
        case Outcome.NOT_NEW:
            return f"Somebody who has not paid for {terms.name} before."
        case Outcome.MONTHS_OVER:
            return f"A payment in the first {because.months_paid} months."
    return WOULD.get(outcome, "A full-price payment of a new customer who came through you.")


def what_next(outcome: Outcome) -> str:
    """What can still come of it; empty where nothing can."""
    return NEXT.get(outcome, "")


SHORT = {
    Outcome.SALE: "counted",
    Outcome.NO_SUBSCRIPTION: "no subscription",
    Outcome.NO_REFERRAL: "no referral",
    Outcome.CLICK_TOO_OLD: "click too old",
    Outcome.NOT_NEW: "not a new customer",
    Outcome.SELF_REFERRAL: "your own purchase",
    Outcome.SUBSCRIPTION_ENDED: "subscription had ended",
    Outcome.MONTHS_OVER: "paid months are over",
    Outcome.NOT_YET_APPROVED: "before your approval",
    Outcome.PAUSED: "you were paused",
    Outcome.ENDED: "you had left",
    Outcome.ZERO: "nothing was paid",
    Outcome.TRIAL: "trial",
    Outcome.UNKNOWN_PLAN: "price of no plan",
    Outcome.DISCOUNTED: "discount from outside",
    Outcome.WAITING: "payment not seen yet",
    Outcome.WRONG_CURRENCY: "another currency",
    Outcome.REFUNDED_IN_PART: "part refund",
    Outcome.REFUNDED_IN_FULL: "refunded in full",
    Outcome.NOTHING_LEFT: "nothing left",
    Outcome.REFUND_FAILED: "refund failed",
    Outcome.NOT_A_SALE: "was no sale",
    Outcome.DISPUTED: "disputed",
    Outcome.DISPUTE_WON: "dispute won",
    Outcome.DISPUTE_LOST: "dispute lost",
    Outcome.RULED_OUT: "decided by a manager",
    Outcome.BONUS: "bonus",
    Outcome.CORRECTED: "correction",
}
HEADS = {
    Outcome.TRIAL: "for a trial.",
    Outcome.ZERO: "nothing for this period.",
    Outcome.DISCOUNTED: "less than the full price, through a discount that isn’t part of this program.",
    Outcome.UNKNOWN_PLAN: "a price that belongs to no plan of this program.",
    Outcome.CLICK_TOO_OLD: "after your click had run out.",
    Outcome.NOT_NEW: "and was a customer before.",
    Outcome.SELF_REFERRAL: "from your own address.",
    Outcome.PAUSED: "while your account was paused.",
    Outcome.ENDED: "after you had left the program.",
    Outcome.NOT_YET_APPROVED: "before your application was approved.",
    Outcome.SUBSCRIPTION_ENDED: "after the subscription had ended.",
    Outcome.MONTHS_OVER: "after the months that the program pays for.",
    Outcome.RULED_OUT: "and a manager decided that it doesn’t count.",
}
RULES = {
    Outcome.SALE: "A full-price payment of a customer who came through you is a sale.",
    Outcome.TRIAL: "A trial, free or paid, is not a sale. Its first full-price payment is one.",
    Outcome.ZERO: "A payment of zero is not a sale.",
    Outcome.DISCOUNTED: "A payment lowered by a discount that the program did not give is not a sale.",
    Outcome.UNKNOWN_PLAN: "A price that no plan of the program lists waits for a manager.",
    Outcome.CLICK_TOO_OLD: "The newest click inside the window before the subscription began wins.",
    Outcome.NOT_NEW: "Only customers without an earlier paid subscription count as new.",
    Outcome.SELF_REFERRAL: "An affiliate cannot refer itself.",
    Outcome.PAUSED: "Paused enrollments earn nothing for sales made in that time.",
    Outcome.ENDED: "Ended enrollments earn nothing for sales made in that time.",
    Outcome.NOT_YET_APPROVED: "Sales made before the approval earn nothing.",
    Outcome.SUBSCRIPTION_ENDED: "You earn for as long as the subscription is active.",
    Outcome.MONTHS_OVER: "The program pays for a limited number of months.",
    Outcome.RULED_OUT: "What a program’s rules leave open, a manager decides, with a reason.",
}
FIXED = {
    Outcome.TRIAL: "This payment was for a trial. A trial ties the customer to you, and earns nothing yet.",
    Outcome.ZERO: "The customer paid nothing for this period, so there is nothing to share.",
    Outcome.UNKNOWN_PLAN: "The price that was paid belongs to no plan of the program. A manager looks at it.",
    Outcome.NOT_NEW: "This customer had paid for an earlier subscription, so it was not new.",
    Outcome.SELF_REFERRAL: "The buyer used your own address. Nobody can refer themselves.",
    Outcome.NOT_YET_APPROVED: "This payment was made before your application was approved.",
}
NEXT = {
    Outcome.TRIAL: "The first full-price payment counts.",
    Outcome.ZERO: "The next payment can count.",
    Outcome.DISCOUNTED: "The next payment can count again.",
    Outcome.UNKNOWN_PLAN: "It waits for a manager to decide.",
    Outcome.PAUSED: "Payments count again once your account is active.",
}


WOULD = {
    Outcome.TRIAL: "The first payment at full price counts; you need to do nothing for it.",
    Outcome.ZERO: "A period that is paid for. The next one can be.",
    Outcome.DISCOUNTED: "The full price, or your code instead of that discount.",
    Outcome.UNKNOWN_PLAN: "A price that the program lists. A manager decides about this one.",
    Outcome.SELF_REFERRAL: "The purchase of somebody else, from their own address.",
    Outcome.PAUSED: "The same payment while your account is active.",
    Outcome.ENDED: "The same payment while you were part of the program.",
    Outcome.NOT_YET_APPROVED: "The same payment after your approval.",
    Outcome.SUBSCRIPTION_ENDED: "A subscription that runs. A new one needs a click or a code of its own.",
    Outcome.RULED_OUT: "Nothing any more: a manager looked at it. Ask if you see it differently.",
}


class _Reason:
    """Sentences that carry the values of one decision."""

    def __init__(self, because: Because, terms: ProgramTerms, today: date) -> None:
        self.because, self.terms, self.today = because, terms, today

    def sentence(self, outcome: Outcome) -> str:
        told = FIXED.get(outcome)
        if told:
            return told
        make = {
            Outcome.DISCOUNTED: self._discounted,
            Outcome.CLICK_TOO_OLD: self._click_too_old,
            Outcome.PAUSED: self._paused,
            Outcome.ENDED: self._left,
            Outcome.SUBSCRIPTION_ENDED: self._subscription_ended,
            Outcome.MONTHS_OVER: self._months_over,
            Outcome.RULED_OUT: self._ruled_out,
        }.get(outcome)
        return make() if make else f"This payment earned nothing: {SHORT[outcome]}."

    def _discounted(self) -> str:
        because = self.because
        plan = self.terms.plan(because.plan) if because.plan else None
        name = f"{self.terms.name} {plan.name}" if plan else "The plan"
        costs = f"{name} costs {money(because.list_price)}. " if because.list_price else ""
        paid = f"The customer paid {money(because.price_paid)}. " if because.price_paid else ""
        return f"{costs}{paid}A lower price counts only if the discount comes from this program."

    def _click_too_old(self) -> str:
        return (
            f"Your click was on {self._day(self.because.click_at)}, and the subscription began on "
            f"{self._day(self.because.began_at)}. That is more than {self.because.window_days} days."
        )

    def _paused(self) -> str:
        return f"Your account was paused since {self._day(self.because.state_since)}."

    def _left(self) -> str:
        return f"Your part in the program had ended on {self._day(self.because.state_since)}."

    def _subscription_ended(self) -> str:
        return f"The subscription had ended on {self._day(self.because.ended_at)}; your share ends with it."

    def _months_over(self) -> str:
        return f"The program pays for the first {self.because.months_paid} months of a subscription."

    def _ruled_out(self) -> str:
        on = self._day(self.because.ruled_at)
        return f"A manager decided on {on} that it doesn’t count: {self.because.ruled}"

    def _day(self, at: datetime | None) -> str:
        return day(local_date(at, self.terms.timezone), self.today) if at else "an earlier day"
