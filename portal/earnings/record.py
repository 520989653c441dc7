"""Writes what the books lack. Called inside a transaction that holds the customers' rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.facts import Adjustment, AdjustmentKind
from portal.earnings.gather import (
    CustomerFile,
    chunks,
    customer_files,
    enrollment_histories,
    identity,
    known_about,
)
from portal.earnings.history import Judged, Known, judged, spans_of, subscriptions_of
from portal.earnings.ledger import Account, Booked, Due, account_of, missing_lines, taken_back_at, waiting
from portal.earnings.reach import customers_of, keep_spans, keep_steps
from portal.earnings.renewals import keep_renewals
from portal.earnings.rules import RULE, Because, LineKind, Outcome
from portal.earnings.rules import Decision as Decided
from portal.earnings.rules import Subscription as Told
from portal.earnings.store import Row, insert, lock
from portal.earnings.tables import (
    Commission,
    Decision,
    DisputedTime,
    Payout,
    PayoutLine,
    Subscription,
)
from portal.earnings.tiers import Span
from portal.earnings.timeline import DisputeSpan, PayoutState
from portal.enrollments.tables import Enrollment
from portal.ids import new_id
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import TermsHistory


@dataclass
class Reading:
    """What a customer's facts say before tiers are known."""

    file: CustomerFile
    subscriptions: dict[str, Told]
    payments: list[Judged]
    spans: list[Span]


async def rebook(program: UUID, customers: Collection[UUID], now: datetime) -> None:
    """Works out anew what the books must say of these customers, and writes the difference.

    A customer who lifts an affiliate to a new tier changes that affiliate's later sales to others as well.
    """
    files = await customer_files(program, customers)
    known = await known_about(program, await terms_history(program), files)
    await lock(Enrollment, known.enrollments)
    known = await _as_it_stands(program, known)
    terms = known.terms
    readings = [reading_of(file, known) for file in files]
    while lifted := await _lift(readings, terms, now):
        others = await customers_of(lifted, offers_to_tiers=terms.offers_to_tiers)
        files += await customer_files(program, others - {file.id for file in files})
        known = await known_about(program, terms, files)
        readings = [reading_of(file, known) for file in files]
        # Where an offer is for one tier, a sale that counts only now may lift further. Each round settles
        # what came before the next such sale, so it ends.
        if not terms.offers_to_tiers:
            break
    await _settle(program, readings, known, now)


async def _as_it_stands(program: UUID, known: Known) -> Known:
    """Read again behind the lock: new terms or another booking may have come while this one waited for it."""
    histories = await enrollment_histories(known.enrollments)
    return replace(known, terms=await terms_history(program), enrollments=histories)


async def _lift(readings: Iterable[Reading], terms: TermsHistory, now: datetime) -> set[UUID]:
    """Keeps when these customers counted and which tiers that reached; answers whose tiers changed."""
    touched = await keep_spans({reading.file.id: reading.spans for reading in readings})
    return await keep_steps(touched, terms, now)


def reading_of(file: CustomerFile, known: Known) -> Reading:
    subscriptions = subscriptions_of(file.facts, file.payments, known, file.rulings)
    payments = judged(file.payments, subscriptions, known, file.rulings)
    taken_back = {
        one.payment.external_id: place
        for one in payments
        if (place := taken_back_at(one.payment, file.corrections.get(one.payment.external_id, ())))
    }
    return Reading(file, subscriptions, payments, spans_of(payments, taken_back))


# Decisions and lines


async def _settle(program: UUID, readings: Sequence[Reading], known: Known, now: datetime) -> None:
    ids = {name: row for reading in readings for name, row in reading.file.transactions.items()}
    accounts = [
        account_of(one, reading.file.corrections.get(one.payment.external_id, ()), known)
        for reading in readings
        for one in reading.payments
    ]
    decisions = await _add_decisions([one for account in accounts for one in account.decisions], ids, now)
    await _add_lines(accounts, ids, decisions, program, now)
    await _keep_disputes(readings, accounts, ids)
    await _keep_subscriptions(readings, known)
    await keep_renewals((one.file.subscriptions, one.subscriptions, one.payments) for one in readings)


async def decide_waiting(corrections: Iterable[Any], ids: dict[str, UUID], now: datetime) -> None:
    """Answers refunds and disputes whose payment is not known yet."""
    await _add_decisions([waiting(correction) for correction in corrections], ids, now)


async def book_adjustments(
    program: UUID, adjustments: Sequence[Adjustment], ids: dict[str, UUID], now: datetime
) -> None:
    """What a manager gave or took: a decision and one line each, released at once."""
    terms = await terms_history(program)
    outcomes = {AdjustmentKind.BONUS: Outcome.BONUS, AdjustmentKind.CORRECTION: Outcome.CORRECTED}
    accounts = []
    for one in adjustments:
        outcome, current = outcomes[one.kind], terms.at(one.at)
        day = local_date(one.at, current.timezone)
        because = Because(ruled=one.reason, ruled_at=one.at)
        decided = Decided(one.external_id, outcome, RULE[outcome], because, one.enrollment, current.terms_id)
        nothing = Money.zero(one.amount.currency)
        due = Due(
            one.external_id,
            one.external_id,
            one.enrollment,
            LineKind.ADJUSTMENT,
            one.amount,
            0,
            nothing,
            day,
            day,
        )
        accounts.append(Account((decided,), (due,), {}))
    decisions = await _add_decisions([one for account in accounts for one in account.decisions], ids, now)
    await _add_lines(accounts, ids, decisions, program, now)


async def _add_decisions(
    decisions: Sequence[Decided], ids: dict[str, UUID], now: datetime
) -> dict[str, UUID]:
    """Adds those that differ from the newest one; answers the id of the one that counts, by transaction."""
    newest: dict[UUID, dict[str, Any]] = {}
    for some in chunks({ids[one.transaction] for one in decisions}, 5_000):
        for row in await Decision.select().where(Decision.transaction.is_in(some)).order_by(Decision.seq):
            newest[identity(row["transaction"])] = row
    rows: list[Row] = []
    counting: dict[str, UUID] = {}
    for one in decisions:
        transaction = ids[one.transaction]
        before = newest.get(transaction)
        values = _decision_values(one)
        if before and all(_same(before[name], value) for name, value in values.items()):
            counting[one.transaction] = identity(before["id"])
            continue
        counting[one.transaction] = new_id()
        rows.append(
            {
                "id": counting[one.transaction],
                "transaction": transaction,
                "seq": before["seq"] + 1 if before else 1,
                "decided_at": now,
                **values,
            }
        )
    await insert(Decision, rows)
    return counting


def _decision_values(one: Decided) -> dict[str, Any]:
    return {
        "outcome": str(one.outcome),
        "rule": one.rule,
        "enrollment": one.enrollment,
        "terms": one.terms,
        "because": _json(one.because),
        "arithmetic": _json(one.arithmetic) if one.arithmetic else "",
        "rate_bps": one.rate_bps,
    }


def _json(values: object) -> str:
    """Without what is not known, so that a new field does not make every old decision look different."""
    plain = msgspec.to_builtins(values)
    return msgspec.json.encode({key: value for key, value in plain.items() if value is not None}).decode()


def _same(kept: Any, value: Any) -> bool:
    return bool((identity(kept) if kept and isinstance(value, UUID) else kept) == value)


async def _add_lines(
    accounts: Iterable[Account],
    ids: dict[str, UUID],
    decisions: dict[str, UUID],
    program: UUID,
    now: datetime,
) -> None:
    names = {row: name for name, row in ids.items()}
    booked = []
    for some in chunks(names, 5_000):
        rows = await Commission.select().where(Commission.transaction.is_in(some)).order_by(Commission.id)
        booked += [_booked(row, names) for row in rows]
    missing = missing_lines(booked, (due for account in accounts for due in account.dues))
    await insert(
        Commission,
        [
            {
                "id": new_id(),
                "program": program,
                "enrollment": due.enrollment,
                "transaction": ids[due.transaction],
                "sale": ids[due.sale],
                "decision": decisions[due.transaction],
                "kind": str(due.kind),
                "minor": due.amount.minor,
                "currency": due.amount.currency,
                "rate_bps": due.rate_bps,
                "base_minor": due.base.minor,
                "booked_on": due.booked_on,
                "released_on": due.released_on,
                "created_at": now,
            }
            for due in missing
        ],
    )


def _booked(row: dict[str, Any], names: dict[UUID, str]) -> Booked:
    return Booked(
        transaction=names[identity(row["transaction"])],
        sale=names[identity(row["sale"])],
        enrollment=identity(row["enrollment"]),
        amount=Money(row["minor"], row["currency"]),
        rate_bps=row["rate_bps"],
        base=Money(row["base_minor"], row["currency"]),
        booked_on=row["booked_on"],
        released_on=row["released_on"],
    )


# What follows from the facts and is kept for pages


async def _keep_subscriptions(readings: Iterable[Reading], known: Known) -> None:
    rows: list[Subscription] = []
    for reading in readings:
        for name, told in reading.subscriptions.items():
            row = reading.file.subscriptions[name]
            values = _subscription_values(told, _awaited(reading.file, name, known))
            if not all(_same(row[key], value) for key, value in values.items()):
                rows.append(Subscription(**{**row, **values}))
    changing = [getattr(Subscription, key) for key in FOLLOWING]
    for start in range(0, len(rows), 500):
        await Subscription.insert(*rows[start : start + 500]).on_conflict(
            target=Subscription.id, action="DO UPDATE", values=changing
        )


LONGEST_TOKEN = 40
# The columns of a subscription that follow from its facts.
FOLLOWING = (
    "plan",
    "began_at",
    "trial_ends_at",
    "ended_at",
    "enrollment",
    "credited_by",
    "click",
    "awaits_click",
    "code",
    "placement",
)


def _subscription_values(told: Told, awaited: str | None) -> dict[str, Any]:
    credit = told.credit_at(None)
    values = (
        told.plan.key if told.plan else None,
        told.began_at,
        told.trial_ends_at,
        told.ended.at if told.ended else None,
        credit.enrollment if credit.counts else None,
        str(credit.by) if credit.by and credit.counts else None,
        credit.visit.token if credit.visit else None,
        awaited,
        credit.code.code if credit.code else None,
        credit.visit.placement if credit.visit else "",
    )
    return dict(zip(FOLLOWING, values, strict=True))


def _awaited(file: CustomerFile, subscription: str, known: Known) -> str | None:
    """A click that the checkout named and that is not stored yet."""
    tokens = (
        token
        for fact in [*file.facts, *file.payments]
        if fact.subscription == subscription
        for token in fact.clicks
    )
    # Longer ones were never ours: whoever made the checkout wrote something of its own there.
    unseen = (token for token in tokens if token not in known.visits and len(token) <= LONGEST_TOKEN)
    return min(unseen, default=None)


async def _keep_disputes(
    readings: Iterable[Reading], accounts: Sequence[Account], ids: dict[str, UUID]
) -> None:
    wanted: dict[UUID, dict[str, DisputeSpan]] = {}
    payments = [one for reading in readings for one in reading.payments]
    for one, account in zip(payments, accounts, strict=True):
        wanted[ids[one.payment.external_id]] = dict(account.disputes)
    kept: dict[UUID, dict[str, DisputeSpan]] = defaultdict(dict)
    for some in chunks(wanted, 5_000):
        for row in await DisputedTime.select().where(DisputedTime.sale.is_in(some)):
            kept[identity(row["sale"])][row["dispute"]] = DisputeSpan(row["opened_on"], row["closed_on"])
    changed = [sale for sale, disputes in wanted.items() if disputes != kept[sale]]
    for some in chunks(changed, 5_000):
        await DisputedTime.delete().where(DisputedTime.sale.is_in(some))
    await insert(
        DisputedTime,
        [
            {
                "id": new_id(),
                "sale": sale,
                "dispute": dispute,
                "opened_on": span.opened_on,
                "closed_on": span.closed_on,
            }
            for sale in changed
            for dispute, span in wanted[sale].items()
        ],
    )
    await leave_open_runs(
        [sale for sale in changed if any(not span.closed_on for span in wanted[sale].values())]
    )


async def leave_open_runs(sales: Iterable[UUID]) -> None:
    """Disputed lines leave a run that is not approved yet (rule 9)."""
    for some in chunks(sales, 5_000):
        await drop_claims(
            PayoutLine.commission.sale.is_in(some) & (PayoutLine.payout.state == PayoutState.PREPARED)
        )


async def drop_claims(which: Any) -> int:
    """Takes lines out of their payouts. A payout that shrinks to nothing or less dissolves as a whole."""
    claims = await PayoutLine.select(PayoutLine.id, PayoutLine.payout, PayoutLine.commission.minor).where(
        which
    )
    for claim in claims:
        await PayoutLine.delete().where(PayoutLine.id == claim["id"])
        await Payout.update({Payout.minor: Payout.minor - claim["commission.minor"]}).where(
            Payout.id == claim["payout"]
        )
    for payout in {claim["payout"] for claim in claims}:
        rows = await Payout.select(Payout.minor).where(Payout.id == payout)
        if rows[0]["minor"] <= 0:
            await PayoutLine.delete().where(PayoutLine.payout == payout)
            await Payout.delete().where(Payout.id == payout)
    return len(claims)
