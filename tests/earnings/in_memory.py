"""The books of a history by the portal's own rules, without a database: thousands of histories a minute."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.earnings import stripe
from portal.earnings.facts import (
    Checkout,
    Dispute,
    Event,
    Payment,
    PaymentNames,
    Place,
    Refund,
    SubscriptionChange,
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
from portal.programs.rules import TermsHistory
from portal.referrals.rules import Code, Visit, code_key
from tests.earnings.histories import token, told
from tests.earnings.model import Sub
from tests.earnings.pure import ADA, BEN, PROGRAM, version

LOW = tuple(replace(tier, from_customers=count) for tier, count in zip(PROGRAM.tiers, (0, 2, 3), strict=True))
LONG_AGO = datetime(2026, 12, 1, tzinfo=UTC)
TERMS = TermsHistory.of([version(replace(PROGRAM, tiers=LOW), starts_at=LONG_AGO)])
CODES = {"ada": "ADA20", "ben": "BEN20"}
OWNERS = {"ada": ADA, "ben": BEN}


@dataclass
class Customer:
    facts: list[Checkout | SubscriptionChange] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)


def events_of(history: list[Sub], *, since_2025: bool) -> list[Event]:
    return [stripe.read(body) for body in told(history, CODES, since_2025)]


def books_from(history: list[Sub], events: Iterable[Event]) -> list[Account]:
    """Everything worked out from these events; each counts once, in whatever order they come."""
    customers: dict[str, Customer] = defaultdict(Customer)
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
    about: dict[str, list[Correction]] = defaultdict(list)
    for name, found in corrections.items():
        about[names.get(name, name)] += found
    known = _known(history)
    read = [_judged(customer, known) for customer in customers.values()]
    spans = [span for payments in read for span in _spans(payments, about)]
    known = replace(known, enrollments={one: _with_steps(one, known, spans) for one in (ADA, BEN)})
    return [
        account_of(one, about[one.payment.external_id], known)
        for customer in customers.values()
        for one in _judged(customer, known)
    ]


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


def _known(history: list[Sub]) -> Known:
    active = EnrollmentHistory((Change(LONG_AGO - timedelta(days=300), EnrollmentState.ACTIVE, "starter"),))
    clicked = [(sub, *sub.click) for sub in history if sub.click]
    return Known(
        terms=TERMS,
        visits={token(sub): Visit(token(sub), OWNERS[whose], at) for sub, whose, at in clicked},
        codes={code_key(code): Code(code, OWNERS[whose], 2_000) for whose, code in CODES.items()},
        enrollments={ADA: active, BEN: active},
        own_addresses={},
    )


def _judged(customer: Customer, known: Known) -> list[Judged]:
    return judged(customer.payments, subscriptions_of(customer.facts, customer.payments, known), known)


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
