"""What renewals would bring if every running subscription renews as its newest payment lets expect."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clock import local_date
from portal.earnings.facts import Payment
from portal.earnings.rules import Because, Outcome
from portal.earnings.tables import Commission, Renewal
from portal.earnings.timeline import Month, PayWindow, months_later, pay_window, released_on, run_month
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment
from portal.money import Money
from portal.programs.rules import Period, Plan, ProgramTerms, TermsHistory

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


def next_base(plan: Plan | None, payment: Payment, outcome: Outcome, because: Because) -> Money:
    """What the next payment is taken to be worth after this one.

    Assumed: a code of the program lowers the first payment only, and whoever paid with one on a later
    payment goes on doing so. After what was no sale, or a part of a period, the plan's list price is paid,
    and where list prices include tax, as much of it is tax as was of this payment.
    """
    with_code = because.given is not None and not because.given.is_zero and because.number == 1
    as_before = outcome is Outcome.SALE and not because.proration and not with_code
    if plan is None or as_before:
        return payment.base
    listed = because.list_price if with_code and because.list_price and not because.proration else plan.price
    return _without_tax(listed, payment) if listed.currency == payment.base.currency else payment.base


def _without_tax(listed: Money, payment: Payment) -> Money:
    price, tax, charged = payment.price_paid, payment.tax, payment.charged
    if tax.is_zero or price.minor <= 0 or charged.minor <= 0:
        return listed
    # Tax on top: the base is what was charged less the tax's part of it. In the price: less than that.
    on_top = price.share(charged.minor, (price + tax).minor)
    included = (price - tax).share(charged.minor, price.minor)
    is_included = abs(payment.base - included) <= abs(payment.base - on_top)
    return listed.share((price - tax).minor, price.minor) if is_included else listed


def period_of(plan: Plan | None) -> int:
    """In months."""
    return 12 if plan and plan.period is Period.YEAR else 1


def next_day(plan: Plan | None, paid_on: date, number: int = 1) -> date:
    return months_later(paid_on, number * period_of(plan))


def earns_on(day: date, first_sale_on: date | None, terms: ProgramTerms) -> bool:
    """False once the months that the program pays for are over."""
    return not (terms.months_paid and first_sale_on) or day < months_later(first_sale_on, terms.months_paid)


def terms_on(history: TermsHistory, began_at: datetime, day: date) -> ProgramTerms:
    """The version that a subscription will be under when it pays on a day to come."""
    return history.governing(began_at, datetime.combine(day, time(12), ZoneInfo(history.timezone)))


def window_in(history: TermsHistory, run: Month) -> PayWindow:
    """When a run is paid, by the terms that are in force when its month begins."""
    begins = datetime.combine(run.first_day, time(), ZoneInfo(history.timezone))
    return pay_window(run, history.at(begins))


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


@dataclass(frozen=True, slots=True)
class Alike:
    """Running subscriptions that pay the same on the same day, under the same versions of the terms."""

    number: int
    base: Money
    months: int
    paid_on: date
    first_on: date | None
    began_at: datetime


async def expected_by_run(
    enrollment: UUID, currency: str, today: date, history: TermsHistory
) -> dict[Month, Money]:
    """By the run that would pay it. The rate is that of the tier of today."""
    me = await earner(enrollment)
    if not me.active:
        return {}
    expected: dict[Month, Money] = defaultdict(lambda: Money.zero(currency))
    for alike in await _renewals(enrollment, currency, history):
        for number in range(1, MONTHS_AHEAD + 1):
            renews_on = months_later(alike.paid_on, number * alike.months)
            terms = terms_on(history, alike.began_at, renews_on)
            if renews_on > today and earns_on(renews_on, alike.first_on, terms):
                earned = alike.base.portion(terms.tier(me.tier).rate_bps)
                run = run_month(released_on(renews_on, terms.hold_days))
                expected[run] += Money(earned.minor * alike.number, currency)
    return dict(expected)


async def _renewals(enrollment: UUID, currency: str, history: TermsHistory) -> Sequence[Alike]:
    """Grouped, for thousands of subscriptions have a few prices and thirty days between them."""
    starts = [version.starts_at for version in history.versions[1:] if version.starts_at]
    since = " + CASE WHEN began_at >= {} THEN 1 ELSE 0 END" * len(starts)
    first = "first_on" if any(version.months_paid for version in history.versions) else "NULL"
    rows = await Renewal.raw(
        f"""
        SELECT x.base, x.months, x.paid_on, x.first_on, COUNT(*) AS number, MIN(x.began_at) AS began_at FROM (
            SELECT base, months, paid_on, {first} AS first_on, began_at, 0{since} AS versions
            FROM renewal WHERE enrollment = {{}} AND currency = {{}}
        ) x GROUP BY x.base, x.months, x.paid_on, x.first_on, x.versions
        """,  # noqa: S608 - placeholders
        *starts,
        enrollment,
        currency,
    )
    return [
        Alike(
            int(row["number"]),
            Money(row["base"], currency),
            row["months"],
            _day(row["paid_on"]),
            _day(row["first_on"]) if row["first_on"] else None,
            _moment(row["began_at"]),
        )
        for row in rows
    ]


def _day(value: date | str) -> date:
    """SQLite forgets the type of a column that went through a function or a subquery, and gives its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
