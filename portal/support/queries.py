"""Claims as their affiliates and managers see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.gather import identity
from portal.earnings.rows import NEWEST
from portal.earnings.rules import Because, Outcome
from portal.earnings.sentences import short_reason
from portal.earnings.tables import Transaction
from portal.errors import NotFound
from portal.money import Money
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.support.forms import ClaimDraft
from portal.support.rules import OPEN_MOST, ClaimState, Deadline, deadline
from portal.support.tables import Claim

MOST = 50
CANDIDATES = 20


@dataclass(frozen=True)
class ClaimRow:
    id: UUID
    order: str
    customer: str
    paid_on: date
    why: str
    state: ClaimState
    reported_at: datetime
    answered_at: datetime | None
    answered_by: str
    answer: str
    sale: UUID | None  # its page, where it is in the affiliate's books
    affiliate: str
    enrollment: UUID

    @property
    def named(self) -> str:
        return self.order or self.customer


@dataclass(frozen=True)
class ClaimsPage:
    """support/claims.html"""

    rows: tuple[ClaimRow, ...]
    draft: ClaimDraft
    is_full: bool
    claim_days: int
    contact: str
    today: date
    own: UUID | None = None  # the sale of that number that is in the books already


@dataclass(frozen=True)
class Candidate:
    """A payment that a claim could be about."""

    id: UUID
    order: str
    on: date
    charged: Money
    customer: str
    standing: str
    whose: str  # the affiliate that has it
    is_theirs: bool  # the one who claims it
    may: bool
    deadline: Deadline


@dataclass(frozen=True)
class StaffClaimsPage:
    """support/staff_claims.html"""

    open: tuple[ClaimRow, ...]
    total: int
    answered: tuple[ClaimRow, ...]


@dataclass(frozen=True)
class StaffClaimPage:
    """support/staff_claim.html"""

    claim: ClaimRow
    search: str
    candidates: tuple[Candidate, ...]
    claim_days: int
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


CLAIMS = """
    SELECT c.*, a.name AS affiliate_name, m.name AS manager_name,
        EXISTS (SELECT 1 FROM commission x WHERE x.sale = c.payment AND x.enrollment = c.enrollment) AS booked
    FROM claim c
    JOIN enrollment e ON e.id = c.enrollment JOIN affiliate a ON a.id = e.affiliate
    LEFT JOIN manager m ON m.id = c.answered_by
"""


async def claims_page(
    enrollment: UUID, program: UUID, now: datetime, draft: ClaimDraft | None = None, own: UUID | None = None
) -> ClaimsPage:
    terms = await terms_at(program, now)
    rows = await Claim.raw(
        f"{CLAIMS} WHERE c.enrollment = {{}} ORDER BY c.reported_at DESC, c.id LIMIT {{}}", enrollment, MOST
    )
    found = tuple(map(_row, rows))
    return ClaimsPage(
        rows=found,
        draft=draft or ClaimDraft(),
        is_full=sum(row.state is ClaimState.OPEN for row in found) >= OPEN_MOST,
        claim_days=terms.claim_days,
        contact=terms.contact,
        today=local_date(now, terms.timezone),
        own=own,
    )


async def own_sale(enrollment: UUID, order: str) -> UUID | None:
    """The payment of that number, if it is in this affiliate's books; what others have is nobody's to ask."""
    rows = await Transaction.raw(
        "SELECT t.id FROM money_event t JOIN commission c ON c.sale = t.id "
        "WHERE t.external_id = {} AND c.enrollment = {} LIMIT 1",
        order,
        enrollment,
    )
    return identity(rows[0]["id"]) if rows else None


async def staff_claims_page(program: UUID) -> StaffClaimsPage:
    waiting = await Claim.raw(
        f"{CLAIMS} WHERE c.program = {{}} AND c.state = 'open' ORDER BY c.reported_at, c.id LIMIT {{}}",
        program,
        MOST,
    )
    answered = await Claim.raw(
        f"{CLAIMS} WHERE c.program = {{}} AND c.state <> 'open' ORDER BY c.answered_at DESC LIMIT {{}}",
        program,
        CANDIDATES,
    )
    return StaffClaimsPage(tuple(map(_row, waiting)), await open_claims(program), tuple(map(_row, answered)))


async def open_claims(program: UUID) -> int:
    return int(await Claim.count().where((Claim.program == program) & (Claim.state == ClaimState.OPEN)))


async def staff_claim_page(
    program: UUID,
    claim: UUID,
    search: str,
    now: datetime,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> StaffClaimPage:
    """Raises NotFound for a claim of another program."""
    rows = await Claim.raw(f"{CLAIMS} WHERE c.id = {{}} AND c.program = {{}}", claim, program)
    if not rows:
        raise NotFound
    row, terms = _row(rows[0]), await terms_at(program, now)
    return StaffClaimPage(
        claim=row,
        search=search,
        candidates=await _candidates(program, row, search, terms, now),
        claim_days=terms.claim_days,
        errors=errors or {},
        typed=typed or {},
    )


async def _candidates(
    program: UUID, claim: ClaimRow, search: str, terms: ProgramTerms, now: datetime
) -> tuple[Candidate, ...]:
    """By number; where none has it, what was paid around that day, first what nobody has."""
    named = await _payments(
        program,
        "(t.external_id = {} OR t.external_id IN (SELECT n.payment FROM payment_name n "
        "WHERE n.program = t.program AND n.name = {}))",
        search or claim.order,
        search or claim.order,
    )
    if not named and not search:
        start = datetime.combine(claim.paid_on, datetime.min.time(), now.tzinfo)
        around = timedelta(days=1), timedelta(days=2)
        named = await _payments(
            program,
            "t.happened_at BETWEEN {} AND {} AND t.charged > 0 AND t.subscription IS NOT NULL",
            start - around[0],
            start + around[1],
        )
    today = local_date(now, terms.timezone)
    return tuple(_candidate(row, claim, terms, today) for row in named)


async def _payments(program: UUID, which: str, *values: Any) -> list[dict[str, Any]]:
    return list(
        await Transaction.raw(
            f"""
            SELECT t.id, t.external_id, t.happened_at, t.charged, t.currency, t.subscription,
                u.external_id AS customer, d.outcome, d.because, s.enrollment AS tied, a.name AS whose
            FROM money_event t
            JOIN decision d ON d."transaction" = t.id
            LEFT JOIN customer u ON u.id = t.customer
            LEFT JOIN subscription s ON s.id = t.subscription
            LEFT JOIN enrollment e ON e.id = s.enrollment
            LEFT JOIN affiliate a ON a.id = e.affiliate
            WHERE t.program = {{}} AND t.kind = 'payment' AND {NEWEST} AND {which}
            ORDER BY CASE WHEN s.enrollment IS NULL THEN 0 ELSE 1 END, t.happened_at DESC, t.external_id
            LIMIT {CANDIDATES}
            """,  # noqa: S608 - our own words
            program,
            *values,
        )
    )


def _candidate(row: dict[str, Any], claim: ClaimRow, terms: ProgramTerms, today: date) -> Candidate:
    outcome, because = Outcome(row["outcome"]), msgspec.json.decode(row["because"], type=Because)
    on = local_date(row["happened_at"], terms.timezone)
    theirs = bool(row["tied"]) and identity(row["tied"]) == claim.enrollment
    by = f", {because.credited_by}" if because.credited_by and row["whose"] else ""
    return Candidate(
        id=identity(row["id"]),
        order=row["external_id"],
        on=on,
        charged=Money(row["charged"], row["currency"]),
        customer=row["customer"] or "",
        standing=short_reason(outcome) + by,
        whose=row["whose"] or "",
        is_theirs=theirs,
        may=row["subscription"] is not None and not theirs,
        deadline=deadline(on, today, terms.claim_days),
    )


def _row(row: dict[str, Any]) -> ClaimRow:
    return ClaimRow(
        id=identity(row["id"]),
        order=row["order_number"],
        customer=row["customer"],
        paid_on=row["paid_on"],
        why=row["why"],
        state=ClaimState(row["state"]),
        reported_at=row["reported_at"],
        answered_at=row["answered_at"],
        answered_by=row["manager_name"] or "",
        answer=row["answer"],
        sale=identity(row["payment"]) if row["payment"] and row["booked"] else None,
        affiliate=row["affiliate_name"],
        enrollment=identity(row["enrollment"]),
    )
