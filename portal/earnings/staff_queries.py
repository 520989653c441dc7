"""What managers see of an affiliate's books, and which decisions wait for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.forms import Filter
from portal.earnings.gather import identity
from portal.earnings.queries import EarningsPage, earnings_page
from portal.earnings.rows import NEWEST
from portal.earnings.rules import OVERRULABLE, Because, Outcome
from portal.earnings.sale import SalePage, sale_page
from portal.earnings.sentences import sale_title, short_reason, why_not
from portal.earnings.staff_forms import AdjustmentDraft
from portal.earnings.tables import Decision, Transaction
from portal.enrollments.tables import DiscountCode, Enrollment, Link
from portal.errors import NotFound
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms

WAITING = 100


@dataclass(frozen=True)
class Whose:
    """The affiliate whose books are looked at."""

    enrollment: UUID
    name: str
    email: str
    state: str
    tier: str
    since: date

    @property
    def path(self) -> str:
        return f"/manage/affiliates/{self.enrollment}"


@dataclass(frozen=True)
class Said:
    """A manager's bonus, correction or ruling for this affiliate."""

    sale: UUID
    on: date
    what: str
    reason: str
    amount: Money


@dataclass(frozen=True)
class AffiliatePage:
    """earnings/staff_affiliate.html"""

    whose: Whose
    books: EarningsPage
    said: tuple[Said, ...]
    draft: AdjustmentDraft
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Earlier:
    """A decision about this payment, the newest first."""

    at: datetime
    outcome: str
    why: str
    counts: bool


@dataclass(frozen=True)
class StaffSalePage:
    """earnings/staff_sale.html"""

    whose: Whose
    sale: SalePage
    id: UUID
    subscription: UUID | None
    may_count: bool  # a manager may decide that it counts after all
    decisions: tuple[Earlier, ...]
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """A payment that no rule decides: its price is of no plan."""

    sale: UUID
    enrollment: UUID
    affiliate: str
    on: date
    title: str
    order: str
    paid: Money
    why: str


@dataclass(frozen=True)
class DecisionsPage:
    """earnings/staff_decisions.html"""

    rows: tuple[Waiting, ...]
    total: int


async def whose_books(program: UUID, enrollment: UUID, terms: ProgramTerms) -> Whose:
    """Raises NotFound for an enrollment of another program."""
    rows = await Enrollment.select(
        Enrollment.affiliate.name,
        Enrollment.affiliate.email,
        Enrollment.state,
        Enrollment.tier,
        Enrollment.began_at,
    ).where((Enrollment.id == enrollment) & (Enrollment.program == program))
    if not rows:
        raise NotFound
    row = rows[0]
    return Whose(
        enrollment,
        row["affiliate.name"],
        row["affiliate.email"],
        row["state"],
        terms.tier(row["tier"]).name,
        local_date(row["began_at"], terms.timezone),
    )


async def affiliate_page(
    program: UUID,
    enrollment: UUID,
    now: datetime,
    wanted: Filter,
    draft: AdjustmentDraft | None = None,
    errors: Mapping[str, str] | None = None,
) -> AffiliatePage:
    terms = (await terms_history(program)).at(now)
    whose = await whose_books(program, enrollment, terms)
    return AffiliatePage(
        whose=whose,
        books=await earnings_page(enrollment, now, wanted, whose.path),
        said=await _said(enrollment, terms),
        draft=draft or AdjustmentDraft(currency=terms.currency),
        errors=errors or {},
    )


async def _said(enrollment: UUID, terms: ProgramTerms) -> tuple[Said, ...]:
    rows = await Decision.raw(
        f"""
        SELECT t.id, t.happened_at, t.charged, t.currency, d.outcome, d.because, d.decided_at, t.kind,
            (SELECT COALESCE(SUM(c.minor), 0) FROM commission c
                WHERE c.sale = t.id AND c.enrollment = d.enrollment) AS minor
        FROM decision d JOIN money_event t ON t.id = d."transaction"
        WHERE d.enrollment = {{}} AND d.because LIKE '%"ruled"%' AND {NEWEST}
        ORDER BY d.decided_at DESC LIMIT {{}}
        """,  # noqa: S608 - our own words
        enrollment,
        WAITING,
    )
    found = []
    for row in rows:
        outcome, because = Outcome(row["outcome"]), msgspec.json.decode(row["because"], type=Because)
        what = {
            Outcome.BONUS: "Bonus",
            Outcome.CORRECTED: "Correction",
            Outcome.SALE: "Counts after all" if because.ruled_at else "Tied to this affiliate",
            Outcome.RULED_OUT: "Does not count",
        }.get(outcome, "Tied to this affiliate")
        on = local_date(because.ruled_at or row["decided_at"], terms.timezone)
        amount = Money(int(row["minor"]), row["currency"])
        found.append(Said(identity(row["id"]), on, what, because.ruled or "", amount))
    return tuple(found)


async def staff_sale_page(
    program: UUID,
    enrollment: UUID,
    sale: UUID,
    now: datetime,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> StaffSalePage:
    terms = (await terms_history(program)).at(now)
    whose = await whose_books(program, enrollment, terms)
    shown = await sale_page(enrollment, sale, now)
    rows = await Transaction.select(Transaction.subscription, Transaction.base).where(Transaction.id == sale)
    decided = (
        await Decision.select(Decision.outcome, Decision.because, Decision.decided_at)
        .where(Decision.transaction == sale)
        .order_by(Decision.seq, ascending=False)
    )
    today = local_date(now, terms.timezone)
    decisions = tuple(
        _earlier(row["decided_at"], row["outcome"], row["because"], terms, today) for row in decided
    )
    return StaffSalePage(
        whose=whose,
        sale=shown,
        id=sale,
        subscription=identity(rows[0]["subscription"]) if rows[0]["subscription"] else None,
        may_count=Outcome(decided[0]["outcome"]) in OVERRULABLE and rows[0]["base"] > 0,
        decisions=decisions,
        errors=errors or {},
        typed=typed or {},
    )


def _earlier(at: datetime, outcome: str, because: str, terms: ProgramTerms, today: date) -> Earlier:
    decided = Outcome(outcome)
    counts = decided is Outcome.SALE
    told = msgspec.json.decode(because, type=Because)
    why = (told.ruled or "By the rules.") if counts else why_not(decided, told, terms, today)
    return Earlier(at, "Counts" if counts else short_reason(decided).capitalize(), why, counts)


async def enrollment_named(program: UUID, text: str) -> UUID | None:
    """By link, code or e-mail, as a manager types it."""
    wanted = text.strip().lower()
    for table, column in ((Link, Link.slug), (DiscountCode, DiscountCode.code_key)):
        rows = await table.select(table.enrollment).where(
            (column == wanted) & (table.enrollment.program == program)
        )
        if rows:
            return identity(rows[0]["enrollment"])
    rows = await Enrollment.select(Enrollment.id).where(
        (Enrollment.affiliate.email_key == wanted) & (Enrollment.program == program)
    )
    return identity(rows[0]["id"]) if rows else None


async def decisions_page(program: UUID, now: datetime) -> DecisionsPage:
    """Payments that wait for a manager, the oldest first: somebody waits longest for it."""
    terms = (await terms_history(program)).at(now)
    today = local_date(now, terms.timezone)
    rows = await Decision.raw(
        f"""
        SELECT t.id, t.external_id, t.happened_at, t.base, t.currency,
            d.outcome, d.because, d.enrollment, a.name
        FROM decision d JOIN money_event t ON t.id = d."transaction"
        JOIN enrollment e ON e.id = d.enrollment JOIN affiliate a ON a.id = e.affiliate
        WHERE t.program = {{}} AND d.outcome = {{}} AND {NEWEST}
        ORDER BY t.happened_at LIMIT {{}}
        """,  # noqa: S608 - our own words
        program,
        str(Outcome.UNKNOWN_PLAN),
        WAITING,
    )
    found = []
    for row in rows:
        outcome, because = Outcome(row["outcome"]), msgspec.json.decode(row["because"], type=Because)
        found.append(
            Waiting(
                sale=identity(row["id"]),
                enrollment=identity(row["enrollment"]),
                affiliate=row["name"],
                on=local_date(row["happened_at"], terms.timezone),
                title=sale_title(outcome, because, terms),
                order=row["external_id"],
                paid=Money(row["base"], row["currency"]),
                why=why_not(outcome, because, terms, today),
            )
        )
    return DecisionsPage(tuple(found), len(found))
