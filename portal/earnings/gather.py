"""Reads everything that is known of some customers, as rows come from either engine."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Varchar

from portal.accounts.rules import person_key
from portal.accounts.tables import Membership
from portal.earnings.facts import (
    Checkout,
    Dispute,
    Overrule,
    Payment,
    Place,
    Refund,
    Ruling,
    SubscriptionChange,
    SubscriptionFact,
    Tie,
)
from portal.earnings.history import Known
from portal.earnings.ledger import Correction
from portal.earnings.rules import TransactionKind
from portal.earnings.tables import (
    PaymentName,
    Subscription,
    TierStep,
    Transaction,
)
from portal.earnings.tables import Ruling as RulingRow
from portal.earnings.tables import SubscriptionFact as FactRow
from portal.earnings.tiers import Change, EnrollmentHistory, Step
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import DiscountCode, Enrollment, EnrollmentChange
from portal.programs.rules import TermsHistory
from portal.referrals.rules import CREDITABLE, Code, Visit, code_key, second_of
from portal.referrals.tables import Click

CHECKOUT, CHANGE = "checkout", "change"
OVERRULE, TIE = "overrule", "tie"
STRIPES_OWN = "promo_"  # how its ids of promotion codes begin
# SQLite and asyncpg both take about 32,000 values in one statement.
AT_ONCE = 100


@dataclass
class CustomerFile:
    """All facts about one customer, and where its rows are."""

    id: UUID
    facts: list[SubscriptionFact] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    corrections: dict[str, list[Correction]] = field(default_factory=lambda: defaultdict(list))  # by payment
    transactions: dict[str, UUID] = field(default_factory=dict)  # by external id
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)  # rows by external id


def identity(value: Any) -> UUID:
    """SQLite answers with text where PostgreSQL answers with a UUID."""
    return value if type(value) is UUID else UUID(str(value))


def chunks(ids: Iterable[Any], size: int = AT_ONCE) -> Iterable[list[Any]]:
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


async def customer_files(program: UUID, customers: Collection[UUID]) -> list[CustomerFile]:
    files = []
    for chunk in chunks(customers):
        files += await _files(program, chunk)
    return files


async def _files(program: UUID, customers: list[UUID]) -> list[CustomerFile]:
    files = {customer: CustomerFile(customer) for customer in customers}
    owner: dict[UUID, CustomerFile] = {}
    for row in await Subscription.select().where(Subscription.customer.is_in(customers)):
        file = files[identity(row["customer"])]
        file.subscriptions[row["external_id"]] = row
        owner[identity(row["id"])] = file
    if owner:
        for row in await FactRow.select(FactRow.subscription, FactRow.kind, FactRow.fact).where(
            FactRow.subscription.is_in(list(owner))
        ):
            owner[identity(row["subscription"])].facts.append(subscription_fact_of(row))
    paid_by: dict[str, CustomerFile] = {}
    for row in await Transaction.select(
        Transaction.id, Transaction.customer, Transaction.external_id, Transaction.fact
    ).where(Transaction.customer.is_in(customers) & (Transaction.kind == TransactionKind.PAYMENT)):
        file = files[identity(row["customer"])]
        file.payments.append(msgspec.json.decode(row["fact"], type=Payment))
        file.transactions[row["external_id"]] = identity(row["id"])
        paid_by[row["external_id"]] = file
    await _add_corrections(program, paid_by)
    await _add_rulings(program, files.values())
    return list(files.values())


async def _add_rulings(program: UUID, files: Iterable[CustomerFile]) -> None:
    """What managers said about these payments and subscriptions."""
    about = {name: file for file in files for name in (*file.transactions, *file.subscriptions)}
    for some in chunks(about, 5_000):
        for row in await RulingRow.select(RulingRow.subject, RulingRow.kind, RulingRow.fact).where(
            (RulingRow.program == program) & RulingRow.subject.is_in(some)
        ):
            about[row["subject"]].rulings.append(ruling_of(row))


def ruling_of(row: dict[str, Any]) -> Ruling:
    if row["kind"] == OVERRULE:
        return msgspec.json.decode(row["fact"], type=Overrule)
    return msgspec.json.decode(row["fact"], type=Tie)


async def _add_corrections(program: UUID, paid_by: dict[str, CustomerFile]) -> None:
    names = {payment: payment for payment in paid_by}
    for some in chunks(paid_by, 5_000):
        for row in await PaymentName.select(PaymentName.name, PaymentName.payment).where(
            (PaymentName.program == program) & PaymentName.payment.is_in(some)
        ):
            names[row["name"]] = row["payment"]
    for some in chunks(names, 5_000):
        for row in await Transaction.select(
            Transaction.id, Transaction.external_id, Transaction.reference, Transaction.kind, Transaction.fact
        ).where(
            (Transaction.program == program)
            & Transaction.reference.is_in(some)
            & (Transaction.kind != TransactionKind.PAYMENT)
        ):
            payment = names[row["reference"]]
            paid_by[payment].corrections[payment].append(correction_of(row))
            paid_by[payment].transactions[row["external_id"]] = identity(row["id"])


def subscription_fact_of(row: dict[str, Any]) -> SubscriptionFact:
    if row["kind"] == CHECKOUT:
        return msgspec.json.decode(row["fact"], type=Checkout)
    return msgspec.json.decode(row["fact"], type=SubscriptionChange)


def correction_of(row: dict[str, Any]) -> Correction:
    if row["kind"] == TransactionKind.REFUND:
        return msgspec.json.decode(row["fact"], type=Refund)
    return msgspec.json.decode(row["fact"], type=Dispute)


async def known_about(program: UUID, terms: TermsHistory, files: Iterable[CustomerFile]) -> Known:
    """Clicks, codes and enrollments that these customers' facts mention, and those they are tied to."""
    files = list(files)
    facts = [fact for file in files for fact in file.facts]
    payments = [payment for file in files for payment in file.payments]
    tokens = {token for fact in [*facts, *payments] for token in fact.clicks}
    names = {name for fact in facts for name in fact.codes}
    names |= {name for one in payments for off in one.discounts for name in (*off.names, off.reference)}
    visits, codes = await _visits(program, tokens), await _codes(program, names - {""})
    tied = {
        identity(row["enrollment"])
        for file in files
        for row in file.subscriptions.values()
        if row["enrollment"]
    }
    tied |= {one.enrollment for file in files for one in file.rulings if isinstance(one, Tie)}
    enrollments = (
        tied | {visit.enrollment for visit in visits.values()} | {code.enrollment for code in codes.values()}
    )
    recruiters = await _recruiters(enrollments)
    return Known(
        terms=terms,
        visits=visits,
        codes=codes,
        enrollments=await enrollment_histories(enrollments | set(recruiters.values())),
        own_addresses=await _own_addresses(enrollments),
        recruiters=recruiters,
    )


async def _recruiters(enrollments: Collection[UUID]) -> dict[UUID, UUID]:
    found = {}
    for some in chunks(enrollments, 5_000):
        for row in await Enrollment.select(Enrollment.id, Enrollment.recruited_by).where(
            Enrollment.id.is_in(some) & Enrollment.recruited_by.is_not_null()
        ):
            found[identity(row["id"])] = identity(row["recruited_by"])
    return found


async def _visits(program: UUID, tokens: Collection[str]) -> dict[str, Visit]:
    found = {}
    for some in chunks(tokens, 5_000):
        for row in await Click.select(
            Click.token, Click.enrollment, Click.at, Click.placement, Click.why_not
        ).where(Click.token.is_in(some) & (Click.enrollment.program == program)):
            if row["why_not"] in CREDITABLE:
                visit = Visit(row["token"], identity(row["enrollment"]), row["at"], row["placement"])
                found[visit.token] = visit
    return found


async def _codes(program: UUID, names: Collection[str]) -> dict[str, Code]:
    """By the code_key of what customers typed, or of Stripe's id of it."""
    found = await _codes_where(program, DiscountCode.code_key, {code_key(name) for name in names})
    ids = {name for name in names if name.startswith(STRIPES_OWN)}
    return await _codes_where(program, DiscountCode.stripe_id, ids) | found


async def _codes_where(program: UUID, column: Varchar, names: Collection[str]) -> dict[str, Code]:
    found = {}
    for some in chunks(names, 5_000):
        for row in await DiscountCode.select(
            column.as_alias("known_by"), DiscountCode.code, DiscountCode.enrollment, DiscountCode.percent_bps
        ).where(column.is_in(some) & (DiscountCode.enrollment.program == program)):
            code = Code(row["code"], identity(row["enrollment"]), row["percent_bps"])
            found[code_key(row["known_by"])] = code
    return found


async def enrollment_histories(enrollments: Collection[UUID]) -> dict[UUID, EnrollmentHistory]:
    changes: dict[UUID, list[Change]] = defaultdict(list)
    steps: dict[UUID, list[Step]] = defaultdict(list)
    for some in chunks(enrollments, 5_000):
        for row in (
            await EnrollmentChange.select()
            .where(EnrollmentChange.enrollment.is_in(some))
            .order_by(EnrollmentChange.at, EnrollmentChange.id)
        ):
            change = Change(second_of(row["at"]), EnrollmentState(row["state"]), row["tier"])
            changes[identity(row["enrollment"])].append(change)
        for row in (
            await TierStep.select()
            .where(TierStep.enrollment.is_in(some))
            .order_by(TierStep.reached_at, TierStep.reached_by)
        ):
            step = Step(row["tier"], Place(row["reached_at"], row["reached_by"]), row["customers"])
            steps[identity(row["enrollment"])].append(step)
    return {one: EnrollmentHistory(tuple(changes[one]), tuple(steps[one])) for one in enrollments}


async def _own_addresses(enrollments: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """The account's address, and those that people of its team have verified, also once they left it."""
    found: dict[UUID, set[str]] = defaultdict(set)
    owners: dict[UUID, list[UUID]] = defaultdict(list)
    for some in chunks(enrollments, 5_000):
        for row in await Enrollment.select(
            Enrollment.id, Enrollment.affiliate, Enrollment.affiliate.email
        ).where(Enrollment.id.is_in(some)):
            found[identity(row["id"])].add(person_key(row["affiliate.email"]))
            owners[identity(row["affiliate"])].append(identity(row["id"]))
    for some in chunks(owners, 5_000):
        for row in await Membership.select(Membership.affiliate, Membership.person.email).where(
            Membership.affiliate.is_in(some) & Membership.person.email_verified_at.is_not_null()
        ):
            for enrollment in owners[identity(row["affiliate"])]:
                found[enrollment].add(person_key(row["person.email"]))
    return {enrollment: frozenset(addresses) for enrollment, addresses in found.items()}
