"""What renewals would bring if every running subscription renews as its newest payment lets expect."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.gather import identity
from portal.earnings.rows import NEWEST
from portal.earnings.rules import Because, Outcome
from portal.earnings.tables import Commission
from portal.earnings.timeline import Month, months_later, released_on, run_month
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment
from portal.money import Money
from portal.programs.rules import Period, Plan, ProgramTerms

MONTHS_AHEAD = 5

# After these the next payment stands under the same tie and can be a sale.
GOES_ON = {
    Outcome.SALE,
    Outcome.TRIAL,
    Outcome.ZERO,
    Outcome.DISCOUNTED,
    Outcome.NOT_YET_APPROVED,
    Outcome.PAUSED,
    Outcome.ENDED,
}


def next_base(plan: Plan | None, base: Money, outcome: Outcome, because: Because) -> Money:
    """What the next payment is taken to be worth after this one of that base.

    Assumed: a code of the program lowers the first payment only, and whoever paid with one on a later
    payment goes on doing so. After what was no sale, or a part of a period, the plan's list price is paid.
    """
    with_code = because.given is not None and not because.given.is_zero and because.number == 1
    as_before = outcome is Outcome.SALE and not because.proration and not with_code
    if plan is None or as_before:
        return base
    listed = because.list_price if with_code and because.list_price and not because.proration else plan.price
    return listed if listed.currency == base.currency else base


def next_day(plan: Plan | None, paid_on: date, number: int = 1) -> date:
    step = 12 if plan and plan.period is Period.YEAR else 1
    return months_later(paid_on, number * step)


def earns_on(day: date, first_sale_on: date | None, terms: ProgramTerms) -> bool:
    """False once the months that the program pays for are over."""
    return not (terms.months_paid and first_sale_on) or day < months_later(first_sale_on, terms.months_paid)


@dataclass(frozen=True)
class Earner:
    """An enrollment as it is today. One that is not active earns nothing on what is to come."""

    active: bool
    tier: str


async def earner(enrollment: UUID) -> Earner:
    rows = await Enrollment.select(Enrollment.state, Enrollment.tier).where(Enrollment.id == enrollment)
    return Earner(rows[0]["state"] == EnrollmentState.ACTIVE, rows[0]["tier"])


async def first_sale_on(subscription: UUID, timezone: str) -> date | None:
    rows = await Commission.raw(
        """
        SELECT t.happened_at FROM money_event t
        JOIN commission c ON c."transaction" = t.id AND c.kind = 'sale'
        WHERE t.subscription = {} ORDER BY t.happened_at LIMIT 1
        """,
        subscription,
    )
    return local_date(rows[0]["happened_at"], timezone) if rows else None


async def expected_by_run(
    enrollment: UUID, currency: str, today: date, terms: ProgramTerms
) -> dict[Month, Money]:
    """By the run that would pay it. The rate is that of the tier of today."""
    me = await earner(enrollment)
    if not me.active:
        return {}
    rows = await Commission.raw(
        f"""
        SELECT s.id, s.plan, t.base, t.happened_at, d.outcome, d.because
        FROM subscription s
        JOIN money_event t ON t.subscription = s.id
        JOIN commission c ON c."transaction" = t.id AND c.enrollment = s.enrollment
        JOIN decision d ON d."transaction" = t.id AND d.outcome = 'sale'
        WHERE s.enrollment = {{}} AND s.ended_at IS NULL AND c.kind = 'sale' AND t.currency = {{}}
        AND {NEWEST}
        AND NOT EXISTS (
            SELECT 1 FROM money_event l WHERE l.subscription = s.id AND l.happened_at > t.happened_at
        )
        """,  # noqa: S608 - our own words
        enrollment,
        currency,
    )
    rate = terms.tier(me.tier).rate_bps
    expected: dict[Month, Money] = defaultdict(lambda: Money.zero(currency))
    for row in rows:
        because = msgspec.json.decode(row["because"], type=Because)
        plan = terms.plan(key) if (key := because.plan or row["plan"]) else None
        base = next_base(plan, Money(row["base"], currency), Outcome(row["outcome"]), because)
        paid_on = local_date(row["happened_at"], terms.timezone)
        first_on = await first_sale_on(identity(row["id"]), terms.timezone) if terms.months_paid else None
        for number in range(1, MONTHS_AHEAD + 1):
            renews_on = next_day(plan, paid_on, number)
            if renews_on > today and earns_on(renews_on, first_on, terms):
                run = run_month(released_on(renews_on, terms.hold_days))
                expected[run] += base.portion(rate)
    return dict(expected)
