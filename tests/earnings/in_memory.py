"""The books of a history by the portal's own rules, without a database: thousands of histories a minute."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from portal.earnings import ruling_events, stripe
from portal.earnings.facts import (
    Checkout,
    Dispute,
    Event,
    Overrule,
    Payment,
    PaymentNames,
    Place,
    Refund,
    Ruling,
    SubscriptionChange,
    Tie,
)
from portal.earnings.history import Judged, Known, judged, spans_of, subscriptions_of
from portal.earnings.ledger import (
    Account,
    Booked,
    Correction,
    Due,
    account_of,
    missing_lines,
    taken_back_at,
)
from portal.earnings.tiers import Change, EnrollmentHistory, Span, steps_of
from portal.enrollments.rules import EnrollmentState
from portal.programs.rules import Existing, ProgramTerms, Promotion, TermsHistory
from portal.referrals.rules import Code, Visit, code_key
from tests.earnings.happened import History, House, Version
from tests.earnings.histories import OFFER, ruled, token, told
from tests.earnings.pure import ADA, BEN, PROGRAM, version

LONG_AGO = datetime(2026, 12, 1, tzinfo=UTC)
CODES = {"ada": "ADA20", "ben": "BEN20"}
OWNERS = {"ada": ADA, "ben": BEN}


@dataclass
class Customer:
    facts: list[Checkout | SubscriptionChange] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)  # all that there are


def terms_of(house: House) -> TermsHistory:
    return TermsHistory.of([_terms(one, number) for number, one in enumerate(house.versions, 1)])


@lru_cache(maxsize=512)
def _terms(said: Version, number: int) -> ProgramTerms:
    tiers = tuple(
        replace(tier, rate_bps=rate, from_customers=least)
        for tier, rate, least in zip(PROGRAM.tiers, said.rates, said.thresholds, strict=False)
    )
    terms = replace(
        PROGRAM,
        tiers=tiers,
        starts_on=said.starts,
        hold_days=said.hold,
        second_tier_bps=said.second,
        existing_subscriptions=Existing.FOLLOW if said.follow else Existing.KEEP,
        tiers_fall=said.falls,
        promotions=tuple(
            Promotion(
                f"offer-{place}",
                "Spring",
                (OFFER,),
                offer.first,
                offer.last,
                None if offer.tier is None else PROGRAM.tiers[offer.tier].key,
            )
            for place, offer in enumerate(said.offers)
        ),
    )
    return version(terms, number, said.begins)


def events_of(history: History, *, since_2025: bool) -> list[Event]:
    said = [stripe.read(body) for body in told(history, CODES, since_2025)]
    return said + [ruling_events.read(body) for body in ruled(history, OWNERS)]


def books_from(history: History, events: Iterable[Event]) -> list[Account]:
    """Everything worked out from these events; each counts once, in whatever order they come."""
    rulings: list[Ruling] = []
    customers: dict[str, Customer] = defaultdict(lambda: Customer(rulings=rulings))
    names: dict[str, str] = {}
    corrections: dict[str, list[Correction]] = defaultdict(list)
    for event in {event.external_id: event for event in events}.values():
        for fact in event.facts:
            match fact:
                case Checkout() | SubscriptionChange():
                    customers[fact.customer].facts.append(fact)
                case Payment():
                    customers[fact.customer].payments.append(fact)
                    names |= dict.fromkeys((fact.external_id, *fact.names), fact.external_id)
                case PaymentNames():
                    names[fact.name] = fact.payment
                case Refund() | Dispute():
                    corrections[fact.reference].append(fact)
                case Tie() | Overrule():
                    rulings.append(fact)
    about: dict[str, list[Correction]] = defaultdict(list)
    for name, found in corrections.items():
        about[names.get(name, name)] += found
    known = _settled(customers.values(), about, _known(history))
    return [
        account_of(one, about[one.payment.external_id], known)
        for customer in customers.values()
        for one in _judged(customer, known)
    ]


def _settled(customers: Collection[Customer], about: dict[str, list[Correction]], known: Known) -> Known:
    """Until no tier changes: an offer for one tier makes sales depend on tiers, and these on sales."""
    while True:
        spans = [span for one in customers for span in _spans(_judged(one, known), about)]
        found = {one: _with_steps(one, known, spans) for one in (ADA, BEN)}
        if found == known.enrollments:
            return known
        known = replace(known, enrollments=found)


def in_two_parts(early: list[Account], whole: list[Account]) -> list[Booked]:
    """The lines of what was known early, and those that all of it still lacked then."""
    lines: list[Booked] = []
    for accounts in (early, whole):
        dues = [due for account in accounts for due in account.dues]
        lines += [_booked(due) for due in missing_lines(lines, dues)]
    return lines


def shuffled(events: list[Event], luck: random.Random) -> list[Event]:
    """Some of them twice, all of them anyhow."""
    again = [*events, *luck.sample(events, len(events) // 3)]
    luck.shuffle(again)
    return again


def _known(history: History) -> Known:
    active = EnrollmentHistory((Change(LONG_AGO - timedelta(days=300), EnrollmentState.ACTIVE, "starter"),))
    clicked = [(sub, *sub.click) for sub in history.subs if sub.click]
    return Known(
        terms=terms_of(history.house),
        visits={token(sub): Visit(token(sub), OWNERS[whose], at) for sub, whose, at in clicked},
        codes={code_key(code): Code(code, OWNERS[whose], 2_000) for whose, code in CODES.items()},
        enrollments={ADA: active, BEN: active},
        own_addresses={},
        recruiters={OWNERS[who]: OWNERS[by] for who, by in history.house.recruiter},
    )


def _judged(customer: Customer, known: Known) -> list[Judged]:
    subscriptions = subscriptions_of(customer.facts, customer.payments, known, customer.rulings)
    return judged(customer.payments, subscriptions, known, customer.rulings)


def _spans(payments: list[Judged], about: dict[str, list[Correction]]) -> list[Span]:
    back: dict[str, Place] = {}
    for one in payments:
        if place := taken_back_at(one.payment, about[one.payment.external_id]):
            back[one.payment.external_id] = place
    return spans_of(payments, back)


def _with_steps(enrollment: UUID, known: Known, spans: list[Span]) -> EnrollmentHistory:
    mine = [span for span in spans if span.enrollment == enrollment]
    return replace(known.enrollments[enrollment], steps=steps_of(mine, known.terms))


def _booked(due: Due) -> Booked:
    return Booked(
        due.transaction,
        due.sale,
        due.enrollment,
        due.amount,
        due.rate_bps,
        due.base,
        due.booked_on,
        due.released_on,
    )
