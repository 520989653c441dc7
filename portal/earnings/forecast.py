"""What renewals would bring if every running subscription renews at the price of its newest sale."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from portal.clock import local_date
from portal.earnings.tables import Commission
from portal.earnings.timeline import Month, months_later, released_on, run_month
from portal.enrollments.tables import Enrollment
from portal.money import Money
from portal.programs.rules import Period, ProgramTerms

MONTHS_AHEAD = 5


async def expected_by_run(
    enrollment: UUID, currency: str, today: date, terms: ProgramTerms
) -> dict[Month, Money]:
    """By the run that would pay it. The rate is that of the tier of today."""
    rows = await Commission.raw(
        """
        SELECT s.plan, t.base, t.happened_at
        FROM subscription s
        JOIN money_event t ON t.subscription = s.id
        JOIN commission c ON c."transaction" = t.id AND c.enrollment = s.enrollment
        WHERE s.enrollment = {} AND s.ended_at IS NULL AND c.kind = 'sale' AND t.currency = {}
        AND NOT EXISTS (
            SELECT 1 FROM money_event l WHERE l.subscription = s.id AND l.happened_at > t.happened_at
        )
        """,
        enrollment,
        currency,
    )
    tier = (await Enrollment.select(Enrollment.tier).where(Enrollment.id == enrollment))[0]["tier"]
    rate = terms.tier(tier).rate_bps
    expected: dict[Month, Money] = defaultdict(lambda: Money.zero(currency))
    for row in rows:
        plan = terms.plan(row["plan"]) if row["plan"] else None
        step = 12 if plan and plan.period is Period.YEAR else 1
        paid_on = local_date(row["happened_at"], terms.timezone)
        for number in range(1, MONTHS_AHEAD + 1):
            renews_on = months_later(paid_on, number * step)
            if renews_on > today:
                run = run_month(released_on(renews_on, terms.hold_days))
                expected[run] += Money(row["base"], currency).portion(rate)
    return dict(expected)
