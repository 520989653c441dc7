"""What a year of customers would bring, worked out by the rules of the books: nothing here knows a rule.

The customers of a plan are played out as the payments that they would make; tiers, rates, rounding, holds
and pay windows are then those of portal.earnings.

Leaving is counted, not drawn: every renewal adds the per cent that leave to a counter, and each time that it
is full (100), that renewal does not come and its customer is gone. With 5 % it is every twentieth. So the
share is kept over the whole year without a fraction of a customer, and the same numbers give the same year.
Rejected: survivors of each month's customers rounded by themselves (of one customer a month nobody would ever
leave, or everybody), and chance (a page that says something else when it is loaded again).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clock import local_date
from portal.earnings.facts import END, PAYMENT, Place
from portal.earnings.forecast import earns_on, next_day
from portal.earnings.rules import commission_due
from portal.earnings.tiers import Change, EnrollmentHistory, Span, Step, steps_of
from portal.earnings.timeline import PayWindow, months_later, pay_window, released_on, run_month
from portal.enrollments.rules import EnrollmentState
from portal.money import Money
from portal.programs.rules import Plan, ProgramTerms, TermsHistory, Tier

MONTHS = 12
MOST_CUSTOMERS, MOST_LEAVING = 20, 50
NOBODY = UUID(int=0)  # the affiliate who is asking


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor asked to see worked out."""

    plan: Plan
    customers: int  # new ones a month
    trial: bool
    leaving: int  # per cent of the renewals that don't come


@dataclass(frozen=True, slots=True)
class Payment:
    """A full-price payment of one customer; the how-manieth of it. One that `leaves` does not come."""

    customer: int
    began_on: date
    day: date
    at: datetime
    number: int
    leaves: bool = False

    @property
    def place(self) -> Place:
        kind = END if self.leaves else PAYMENT
        return Place.of(self.at, kind, f"{self.customer:03}-{self.number:02}")


@dataclass(frozen=True, slots=True)
class Line:
    """What the books would hold for one payment."""

    booked_on: date
    amount: Money
    rate_bps: int
    window: PayWindow


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month from today to the same day of the next: what it adds, and what there is by its end."""

    first: date
    last: date
    payments: int
    earned: Money
    paid: Money
    earned_so_far: Money
    paid_so_far: Money


@dataclass(frozen=True, slots=True)
class Reached:
    """The next tier: the day on which it is reached, or None if not within the year."""

    tier: Tier
    on: date | None


@dataclass(frozen=True, slots=True)
class Year:
    wish: Wish
    today: date
    end: date  # twelve months later; the year ends before it
    lines: tuple[Line, ...]  # in the order in which they are booked
    months: tuple[MonthRow, ...]
    first_payout: PayWindow | None
    first_amount: Money
    first_payments: int
    next_tier: Reached | None  # None at a program with one tier
    customers: int  # paying ones at the end of the year
    left: int

    @property
    def earned(self) -> Money:
        return self.months[-1].earned_so_far

    @property
    def paid(self) -> Money:
        return self.months[-1].paid_so_far

    @property
    def to_come(self) -> Money:
        return self.earned - self.paid


@lru_cache(maxsize=512)
def year_of(terms: TermsHistory, wish: Wish, today: date) -> Year:
    end = months_later(today, MONTHS)
    events = played(wish, today, terms.timezone)
    steps = steps_of(_spans(events), terms)
    lines = tuple(_lines(events, steps, wish, terms, today))
    months = _months(lines, wish.plan.price.currency, today)
    windows = [line.window for line in lines]
    first = min(windows, key=lambda window: window.first, default=None)
    in_first = [line for line in lines if line.window == first]
    left = sum(event.leaves for event in events)
    return Year(
        wish=wish,
        today=today,
        end=end,
        lines=lines,
        months=months,
        first_payout=first,
        first_amount=Money.total((line.amount for line in in_first), wish.plan.price.currency),
        first_payments=len(in_first),
        next_tier=_reached(steps, terms, today),
        customers=len({event.customer for event in events}) - left,
        left=left,
    )


def first_payout_without_trial(terms: ProgramTerms, today: date) -> PayWindow:
    return pay_window(run_month(released_on(today, terms.hold_days)), terms)


def played(wish: Wish, today: date, timezone: str) -> tuple[Payment, ...]:
    """Every full-price payment before the year is over, in order; those that don't come are marked."""
    end = months_later(today, MONTHS)
    due = sorted(_due(wish, today, end, timezone), key=lambda payment: (payment.at, payment.number))
    gone: set[int] = set()
    events, counter = [], 0
    for payment in due:
        if payment.customer in gone:
            continue
        if payment.number > 1:
            counter += wish.leaving
        if counter >= 100:
            counter -= 100
            gone.add(payment.customer)
            payment = replace(payment, leaves=True)  # noqa: PLW2901 - the same one, seen to be the end
        events.append(payment)
    return tuple(events)


def _due(wish: Wish, today: date, end: date, timezone: str) -> list[Payment]:
    """All payments if nobody left. Of one day, customers of longer standing pay first."""
    due = []
    wait = timedelta(days=wish.plan.trial.days) if wish.trial and wish.plan.trial else timedelta(0)
    for month in range(MONTHS):
        began_on = months_later(today, month)
        first = began_on + wait
        for one in range(wish.customers):
            customer = month * wish.customers + one
            number = 1
            while (day := next_day(wish.plan, first, number - 1)) < end:
                due.append(Payment(customer, began_on, day, moment(day, customer, timezone), number))
                number += 1
    return due


def moment(day: date, customer: int, timezone: str) -> datetime:
    """Noon of that day, a second apart."""
    return datetime.combine(day, time(12, customer // 60, customer % 60), ZoneInfo(timezone))


def _spans(events: Sequence[Payment]) -> list[Span]:
    began = {event.customer: event.place for event in events if event.number == 1}
    ended = {event.customer: event.place for event in events if event.leaves}
    return [Span(NOBODY, place, ended.get(customer)) for customer, place in began.items()]


def _lines(
    events: Sequence[Payment], steps: tuple[Step, ...], wish: Wish, history: TermsHistory, today: date
) -> list[Line]:
    start = moment(today, 0, history.timezone) - timedelta(days=1)
    me = EnrollmentHistory((Change(start, EnrollmentState.ACTIVE, history.at(start).first_tier.key),), steps)
    price, none = wish.plan.price, Money.zero(wish.plan.price.currency)
    first_sale_on: dict[int, date] = {}
    # Customers of one month pay on the same days: what follows from the day is worked out once.
    same_day: dict[tuple[date, date], tuple[ProgramTerms, PayWindow]] = {}
    due: dict[int, Money] = {}
    lines = []
    for event in events:
        day = event.day
        if (event.began_on, day) not in same_day:
            terms = history.governing(moment(event.began_on, 0, history.timezone), event.at)
            window = pay_window(run_month(released_on(day, terms.hold_days)), terms)
            same_day[event.began_on, day] = terms, window
        terms, window = same_day[event.began_on, day]
        if event.leaves or not earns_on(day, first_sale_on.setdefault(event.customer, day), terms):
            continue
        rate = terms.tier(me.standing(event.place, terms).tier).rate_bps
        if rate not in due:
            due[rate] = commission_due(price, rate, price, none)
        lines.append(Line(day, due[rate], rate, window))
    return lines


def _months(lines: Sequence[Line], currency: str, today: date) -> tuple[MonthRow, ...]:
    rows: list[MonthRow] = []
    earned = paid = Money.zero(currency)
    for number in range(MONTHS):
        first, after = months_later(today, number), months_later(today, number + 1)
        booked = [line.amount.minor for line in lines if first <= line.booked_on < after]
        # Paid once its window is over: until then it may still be on its way.
        arrived = [line.amount.minor for line in lines if first <= line.window.last < after]
        added, came = Money(sum(booked), currency), Money(sum(arrived), currency)
        earned, paid = earned + added, paid + came
        rows.append(MonthRow(first, after - timedelta(days=1), len(booked), added, came, earned, paid))
    return tuple(rows)


def _reached(steps: tuple[Step, ...], history: TermsHistory, today: date) -> Reached | None:
    if steps:
        place = steps[0].reached
        return Reached(history.at(place.at).tier(steps[0].tier), local_date(place.at, history.timezone))
    terms = history.at(moment(today, 0, history.timezone))
    following = terms.tier_after(terms.first_tier)
    return Reached(following, None) if following else None
