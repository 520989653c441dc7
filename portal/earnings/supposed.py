"""Does it count? The answer for a sale that has not happened, by the very rules that book those that have."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from portal.clock import local_date
from portal.earnings.facts import Checkout, Discount, Payment, PaymentLine, SubscriptionChange
from portal.earnings.forecast import window_in
from portal.earnings.gather import enrollment_histories
from portal.earnings.history import Judged, Known, judged, subscriptions_of
from portal.earnings.ledger import account_of
from portal.earnings.sentences import ENGLISH, country_name, plan_words, rule_words, what_would
from portal.earnings.story import Check, Stop, Tale, checks, stops
from portal.earnings.sums import Sum, arithmetic
from portal.earnings.timeline import LineState, run_month
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import Plan, ProgramTerms, TermsHistory
from portal.referrals.rules import Code, Visit, code_key

BUYER, SUBSCRIPTION, EARLIER = "buyer", "supposed", "earlier"
OUTSIDE_BPS = 2_500  # a discount from elsewhere, for example
A_YEAR = timedelta(days=365)
LINK, CODE, COUPON = "link", "code", "coupon"
WAYS = (LINK, CODE, COUPON)


@dataclass(frozen=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True)
class Supposed:
    """What somebody might do. `way`: through the link, with the affiliate's code, or with another coupon."""

    plan: str = ""
    trial: bool = False
    way: str = LINK
    returning: bool = False
    own: bool = False
    country: str = ""


@dataclass(frozen=True)
class Answer:
    """One payment of the supposed sale, and whether it would count."""

    counts: bool
    title: str
    earns: Money
    checks: tuple[Check, ...]
    sums: tuple[Sum, ...]
    stops: tuple[Stop, ...]
    rule: str
    would_count: str


@dataclass(frozen=True)
class CheckPage:
    """earnings/check.html"""

    terms: ProgramTerms
    supposed: Supposed
    plans: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    countries: tuple[Choice, ...]
    country: str
    code: str
    has_trial: bool
    answer: Answer  # to the first payment at full price, or to the one that is made instead
    trial: Answer | None  # the payment for the trial before it


def read_supposed(asked: Mapping[str, str]) -> Supposed:
    """From an address. What nobody could mean is left out."""
    way = asked.get("way", LINK)
    return Supposed(
        plan=asked.get("plan", "")[:60],
        trial=asked.get("trial") == "yes",
        way=way if way in WAYS else LINK,
        returning=asked.get("customer") == "returning",
        own=asked.get("customer") == "me",
        country=asked.get("country", "") if asked.get("country", "") in ENGLISH.territories else "",
    )


async def check_page(
    enrollment: UUID, program: UUID, code: Code, supposed: Supposed, now: datetime
) -> CheckPage:
    history = await terms_history(program)
    terms = history.at(now)
    plan = terms.plan(supposed.plan) or terms.plans[0]
    supposed = replace(supposed, plan=plan.key, trial=supposed.trial and plan.trial is not None)
    known = Known(
        terms=history,
        visits={"click": Visit("click", enrollment, now - timedelta(minutes=5))},
        codes={code_key(code.code): code},
        enrollments=await enrollment_histories({enrollment}),
        own_addresses={enrollment: frozenset({"me"})},
    )
    answers = [answer_of(one, known, now) for one in suppose(supposed, plan, code, known, now)]
    return CheckPage(
        terms=terms,
        supposed=supposed,
        plans=tuple(Choice(one.key, plan_words(one)) for one in terms.plans),
        ways=(
            Choice(LINK, "Through my link, no code"),
            Choice(CODE, f"With my code {code.code}"),
            Choice(COUPON, "With a coupon from elsewhere, such as 25 % off"),
        ),
        countries=tuple(
            Choice(key, str(name))
            for key, name in sorted(ENGLISH.territories.items(), key=lambda one: str(one[1]))
            if len(key) == 2 and key.isalpha() and key not in ("EU", "EZ", "UN", "ZZ", "XA", "XB")
        ),
        country=country_name(supposed.country) if supposed.country else "",
        code=code.code,
        has_trial=plan.trial is not None,
        answer=answers[-1],
        trial=answers[0] if len(answers) > 1 else None,
    )


def suppose(supposed: Supposed, plan: Plan, code: Code, known: Known, now: datetime) -> list[Judged]:
    """The payments of the supposed sale with their verdicts: that for a trial, and the first full one."""
    now = now.replace(microsecond=0)
    trial = plan.trial if supposed.trial else None
    trial_ends = now + timedelta(days=trial.days) if trial else None
    address = "me" if supposed.own else "buyer"
    codes = (code.code,) if supposed.way == CODE else ()
    facts: list[Checkout | SubscriptionChange] = [
        Checkout(now, BUYER, SUBSCRIPTION, clicks=("click",), codes=codes, address=address),
        SubscriptionChange(
            now, "began", BUYER, SUBSCRIPTION, now, trial_ends_at=trial_ends, price=plan.price
        ),
    ]
    payments = []
    if trial:
        payments.append(_paid(now, trial.price, None, "trial"))
    payments.append(_paid(trial_ends or now, plan.price, _taken_off(supposed, plan, code), "full"))
    if supposed.returning:
        before = now - A_YEAR
        facts.append(SubscriptionChange(before, "before", BUYER, EARLIER, before))
        payments.append(replace(_paid(before, plan.price, None, "earlier"), subscription=EARLIER))
    subscriptions = subscriptions_of(facts, payments, known)
    found = judged(payments, subscriptions, known)
    return [one for one in found if one.payment.subscription == SUBSCRIPTION]


def _taken_off(supposed: Supposed, plan: Plan, code: Code) -> Discount | None:
    if supposed.way == CODE:
        return Discount(plan.price.portion(code.percent_bps), (code.code,))
    return Discount(plan.price.portion(OUTSIDE_BPS), ("ELSEWHERE",)) if supposed.way == COUPON else None


def _paid(at: datetime, price: Money, discount: Discount | None, name: str) -> Payment:
    paid = price - discount.amount if discount else price
    return Payment(
        at=at,
        external_id=name,
        customer=BUYER,
        subscription=SUBSCRIPTION,
        charged=paid,
        base=paid,
        tax=Money.zero(price.currency),
        price_paid=paid,
        lines=(PaymentLine(price, price),),
        discounts=(discount,) if discount else (),
        at_checkout=name != "earlier",
    )


def answer_of(one: Judged, known: Known, now: datetime) -> Answer:
    tale = tale_of(one, known, now)
    return Answer(
        counts=tale.counts,
        title="The payment for the trial" if one.payment.external_id == "trial" else "The first full payment",
        earns=tale.due,
        checks=checks(tale),
        sums=arithmetic(tale),
        stops=stops(tale),
        rule=rule_words(tale.outcome),
        would_count="" if tale.counts else what_would(tale.outcome, tale.because, tale.terms),
    )


def tale_of(one: Judged, known: Known, now: datetime) -> Tale:
    account = account_of(one, (), known)
    decided, payment, terms = account.decisions[0], one.payment, one.terms
    due = account.dues[0] if account.dues else None
    run = run_month(due.released_on) if due else None
    history: TermsHistory = known.terms
    return Tale(
        payment=payment,
        paid_on=local_date(payment.at, terms.timezone),
        outcome=decided.outcome,
        because=decided.because,
        arithmetic=decided.arithmetic,
        terms=terms,
        today=local_date(now, terms.timezone),
        happenings=(),
        trial=None,
        state=LineState.HELD if due else None,
        released_on=due.released_on if due else None,
        run=run,
        window=window_in(history, run) if run else None,
        taken_paid_on=None,
        due=due.amount if due else Money.zero(payment.charged.currency),
        renews_on=None,
        renewal=None,
    )
