"""The page of one sale, or of one payment that did not count."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.facts import Payment
from portal.earnings.forecast import (
    GOES_ON,
    earner,
    earns_on,
    first_sale_on,
    next_base,
    next_day,
    terms_on,
    window_in,
)
from portal.earnings.forms import Filter
from portal.earnings.gather import enrollment_histories, identity
from portal.earnings.in_force import tier_words, version_words
from portal.earnings.rows import NEWEST, LedgerRow, ledger_rows, shown
from portal.earnings.rules import Arithmetic, Because, LineKind, Outcome, TransactionKind
from portal.earnings.sale_lines import BookedLine, SaleLine, lines_of, share_sums, shown_line
from portal.earnings.sentences import country_name, plan_words, rule_words, sale_title
from portal.earnings.shelf import Shelf
from portal.earnings.story import (
    Check,
    Happening,
    Stop,
    Tale,
    checks,
    head_sentence,
    stops,
)
from portal.earnings.sums import Sum, arithmetic
from portal.earnings.tables import Transaction
from portal.earnings.timeline import (
    LineState,
    Month,
    next_run,
    released_on,
    run_month,
)
from portal.earnings.totals import runs_of
from portal.earnings.upkeep import NOT_COUNTED, REVERSED
from portal.errors import NotYours
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms, TermsHistory


@dataclass(frozen=True)
class Renewal:
    """What this customer pays next, if the subscription goes on."""

    customer: str
    on: date
    earns: Money
    held_until: date
    paid_from: date
    paid_to: date


@dataclass(frozen=True)
class SalePage:
    """earnings/sale.html"""

    today: date
    on: date
    title: str
    counts: bool
    amount: Money
    state: str
    until: date | None
    sentence: str
    emphasis: str
    stops: tuple[Stop, ...]
    sums: tuple[Sum, ...]
    checks: tuple[Check, ...]
    lines: tuple[SaleLine, ...]
    due_in: Month | None
    terms_words: str  # which version it was, and why
    terms_href: str
    rule: str
    rule_words: str
    renewal: Renewal | None
    related: tuple[LedgerRow, ...]  # what else this subscription paid
    is_share: bool  # of a recruited affiliate's sale
    details: tuple[tuple[str, str], ...]
    contact: str


async def sale_page(enrollment: UUID, sale: UUID, now: datetime) -> SalePage:
    """Raises NotYours for a payment that was never credited to this enrollment."""
    row = await _payment(enrollment, sale)
    history = await terms_history(identity(row["program"]))
    decided = identity(row["terms"]) if row["terms"] else None
    terms = next((one for one in history.versions if one.terms_id == decided), history.versions[-1])
    today = local_date(now, terms.timezone)
    lines = await lines_of(enrollment, sale, today)
    is_share = any(line.kind is LineKind.SECOND_TIER for line in lines)
    tale = await _tale(row, terms, history, today, enrollment, lines)
    buyer = shown(row["customer"], terms)
    plan = terms.plan(tale.because.plan) if tale.because.plan else None
    sentence, emphasis = head_sentence(
        tale, f"Customer {buyer}", f"{terms.name} {plan.name}" if plan else terms.name
    )
    state = _look(tale, lines)
    details = [
        (
            "Customer",
            ", ".join(part for part in (buyer, country_name(row["country"])) if part),
        ),
        ("Plan", plan_words(plan) if plan else ""),
        ("Code", tale.because.code or ""),
        ("Placement", tale.because.placement or ""),
        ("Sale number", row["external_id"]),
    ]
    return SalePage(
        today=today,
        on=tale.paid_on,
        title=sale_title(tale.outcome, tale.because, terms),
        counts=tale.counts,
        amount=tale.due,
        state=state,
        until=_until(tale, state),
        sentence=sentence,
        emphasis=emphasis,
        stops=stops(tale),
        sums=share_sums(lines) if is_share else arithmetic(tale),
        checks=(SHARED,) if is_share else checks(tale),
        lines=tuple(shown_line(line, struck=state == REVERSED and not line.claim) for line in lines),
        due_in=tale.run if tale.due.minor > 0 and not tale.taken_paid_on else None,
        terms_words=version_words(
            history, terms, tale.because.began_at or tale.payment.at, tale.payment.at, today
        ),
        terms_href=f"/p/{terms.slug}/terms/{terms.version}",
        rule=row["rule"],
        rule_words=rule_words(tale.outcome),
        renewal=_next_one(tale, history, f"customer {buyer}"),
        related=await _related(row, enrollment, today, terms, tale.due.currency),
        is_share=is_share,
        details=tuple((name, value) for name, value in details if value),
        contact=terms.contact,
    )


RELATED = 12
SHARED = Check(
    True,
    "A partner you recruited",
    "You brought them into the program, so you earn a share of what they earn from.",
)


async def _related(
    row: dict[str, Any], enrollment: UUID, today: date, terms: ProgramTerms, currency: str
) -> tuple[LedgerRow, ...]:
    """What else the same subscription paid, the newest first."""
    if row["subscription"] is None:
        return ()
    rows = await Transaction.raw(
        "SELECT id FROM money_event WHERE subscription = {} AND id <> {} ORDER BY happened_at DESC LIMIT {}",
        identity(row["subscription"]),
        identity(row["id"]),
        RELATED,
    )
    if not rows:
        return ()
    shelf = Shelf(enrollment, today, terms, await runs_of(enrollment, currency))
    sales = {identity(one["id"]) for one in rows}
    return tuple(await ledger_rows(shelf, Filter(currency=currency), limit=RELATED, sales=sales))


async def _payment(enrollment: UUID, sale: UUID) -> dict[str, Any]:
    rows = await Transaction.raw(
        f"""
        SELECT t.id, t.program, t.external_id, t.fact, t.subscription, d.outcome, d.rule, d.because,
            d.arithmetic, d.terms, d.enrollment AS decided_for, u.external_id AS customer, u.country,
            s.ended_at, s.enrollment AS tied_to
        FROM money_event t
        JOIN decision d ON d."transaction" = t.id
        LEFT JOIN customer u ON u.id = t.customer
        LEFT JOIN subscription s ON s.id = t.subscription
        WHERE t.id = {{}} AND t.kind = 'payment' AND {NEWEST} AND (
            d.enrollment = {{}}
            OR EXISTS (SELECT 1 FROM commission c WHERE c.sale = t.id AND c.enrollment = {{}})
        )
        """,  # noqa: S608 - our own words
        sale,
        enrollment,
        enrollment,
    )
    if not rows:
        raise NotYours
    found = dict(rows[0])
    found["decided_for"] = identity(found["decided_for"]) if found["decided_for"] else None
    return found


async def _tale(
    row: dict[str, Any],
    terms: ProgramTerms,
    history: TermsHistory,
    today: date,
    enrollment: UUID,
    lines: list[BookedLine],
) -> Tale:
    payment = msgspec.json.decode(row["fact"], type=Payment)
    because = msgspec.json.decode(row["because"], type=Because)
    theirs = row["decided_for"] != enrollment
    if theirs:
        # Somebody else's sale, of which this is a share or an earlier tie: its way is not ours to tell.
        because = replace(because, credited_by=None, click_at=None, placement=None, code=None)
    currency = payment.charged.currency
    first = lines[0] if lines else None
    paid_on = local_date(payment.at, terms.timezone)
    run = None
    if first:
        run = first.run or next_run(first.released_on, today, terms)
    if first and first.state is LineState.DISPUTED:
        run = None  # the bank decides whether there will be a payout
    renews_on, renewal = await _renewal(row, payment, because, enrollment, history)
    if renews_on and renews_on <= today:
        renews_on, renewal = None, None
    got, after, after_line = _since_paid(lines)
    return Tale(
        payment=payment,
        paid_on=paid_on,
        outcome=Outcome(row["outcome"]),
        because=because,
        arithmetic=None if theirs else _arithmetic(row["arithmetic"]),
        terms=terms,
        today=today,
        happenings=() if theirs else await _happenings(row, enrollment, terms),
        trial=await _trial_paid(row, payment),
        state=first.state if first else None,
        released_on=first.released_on if first else None,
        run=run,
        window=window_in(history, run) if run else None,
        taken_paid_on=first.claim.paid_on if first and first.claim else None,
        due=Money.total((line.amount for line in lines), currency),
        renews_on=renews_on,
        renewal=renewal,
        got=got,
        after=after,
        after_run=(after_line.run or next_run(after_line.released_on, today, terms)) if after_line else None,
        after_done=bool(after_line and after_line.claim and after_line.claim.paid_on),
        tier_words="" if theirs else await _tier_words(enrollment, payment, terms, today),
    )


def _since_paid(lines: list[BookedLine]) -> tuple[Money | None, Money | None, BookedLine | None]:
    """What the payout of the sale's own line took along, what came later, and the newest line of that."""
    if not lines or not (lines[0].claim and lines[0].claim.paid_on):
        return None, None, None
    currency = lines[0].amount.currency
    later = [line for line in lines if line.run != lines[0].run]
    got = Money.total((line.amount for line in lines if line.run == lines[0].run), currency)
    after = Money.total((line.amount for line in later), currency)
    if got.is_zero and not later:
        return None, None, None
    return got, None if after.is_zero else after, later[-1] if later else None


async def _tier_words(enrollment: UUID, payment: Payment, terms: ProgramTerms, today: date) -> str:
    stood = (await enrollment_histories([enrollment]))[enrollment]
    return tier_words(stood, payment.place, terms, today)


async def _renewal(
    row: dict[str, Any], payment: Payment, because: Because, enrollment: UUID, history: TermsHistory
) -> tuple[date | None, Money | None]:
    """When the customer pays next and what that earns at the rate of today, if it would earn at all.

    Under the terms that the subscription will be under by then, as the calendar of payouts tells it too.
    """
    began_at = because.began_at or payment.at
    terms = history.governing(began_at, payment.at)
    plan = terms.plan(because.plan) if because.plan else None
    me, outcome = await earner(enrollment), Outcome(row["outcome"])
    tied = row["tied_to"] is not None and identity(row["tied_to"]) == enrollment
    if plan is None or row["ended_at"] or not (tied and me.active) or outcome not in GOES_ON:
        return None, None
    trial_ends = because.trial_ends_at
    if trial_ends and trial_ends > payment.at:
        renews_on = local_date(trial_ends, terms.timezone)
    else:
        renews_on = next_day(plan, local_date(payment.at, terms.timezone))
    first_on = await first_sale_on(identity(row["subscription"]), terms.timezone)
    terms = terms_on(history, began_at, renews_on)
    if not earns_on(renews_on, first_on, terms):
        return None, None
    return renews_on, next_base(plan, payment, outcome, because).portion(terms.tier(me.tier).rate_bps)


async def _happenings(row: dict[str, Any], enrollment: UUID, terms: ProgramTerms) -> tuple[Happening, ...]:
    rows = await Transaction.raw(
        f"""
        SELECT t.kind, t.charged, t.currency, t.happened_at, d.outcome, d.arithmetic
        FROM money_event t JOIN decision d ON d."transaction" = t.id
        WHERE t.program = {{}} AND t.kind <> 'payment' AND d.enrollment = {{}} AND {NEWEST}
        AND t.reference IN (
            SELECT CAST({{}} AS TEXT)
            UNION SELECT n.name FROM payment_name n WHERE n.program = {{}} AND n.payment = {{}}
        )
        ORDER BY t.happened_at, t.kind DESC, t.external_id
        """,  # noqa: S608 - our own words
        identity(row["program"]),
        enrollment,
        row["external_id"],
        identity(row["program"]),
        row["external_id"],
    )
    return tuple(
        Happening(
            local_date(one["happened_at"], terms.timezone),
            TransactionKind(one["kind"]),
            Outcome(one["outcome"]),
            Money(one["charged"], one["currency"]),
            _arithmetic(one["arithmetic"]),
        )
        for one in rows
    )


async def _trial_paid(row: dict[str, Any], payment: Payment) -> Money | None:
    """What the trial of this subscription cost; None where it was free or there was none."""
    if row["subscription"] is None:
        return None
    rows = await Transaction.raw(
        f"""
        SELECT t.charged, t.currency FROM money_event t JOIN decision d ON d."transaction" = t.id
        WHERE t.subscription = {{}} AND d.outcome = 'trial' AND t.charged > 0 AND t.happened_at < {{}}
        AND {NEWEST}
        ORDER BY t.happened_at LIMIT 1
        """,  # noqa: S608 - our own words
        identity(row["subscription"]),
        payment.at,
    )
    return Money(rows[0]["charged"], rows[0]["currency"]) if rows else None


def _arithmetic(text: str) -> Arithmetic | None:
    return msgspec.json.decode(text, type=Arithmetic) if text else None


def _next_one(tale: Tale, history: TermsHistory, customer: str) -> Renewal | None:
    if not (tale.renews_on and tale.renewal):
        return None
    terms = terms_on(history, tale.because.began_at or tale.payment.at, tale.renews_on)
    until = released_on(tale.renews_on, terms.hold_days)
    window = window_in(history, run_month(until))
    return Renewal(customer, tale.renews_on, tale.renewal, until, window.first, window.last)


def _until(tale: Tale, state: str) -> date | None:
    """The day that the state's badge names."""
    if state == REVERSED:
        return None
    return tale.released_on if state == LineState.HELD else tale.taken_paid_on


def _look(tale: Tale, lines: list[BookedLine]) -> str:
    if not lines:
        return NOT_COUNTED
    # Also where sale and refund stood in the same payout, which took nothing along then.
    if tale.due.is_zero and len({line.run for line in lines}) == 1:
        return REVERSED
    return str(tale.state)
