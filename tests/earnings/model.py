"""A second opinion: the books of a history in one walk along time. It shares no code with the portal."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

LIST = {"growth": 11_900, "essentials": 5_900, "scale-yearly": 226_800}
RATES = (3_000, 3_500, 4_000)
THRESHOLDS = (0, 2, 3)
HOLD, WINDOW = 45, 30


@dataclass(frozen=True)
class Refund:
    at: datetime
    total: int  # all that went back so far


@dataclass(frozen=True)
class Quarrel:
    opened: datetime
    closed: datetime | None
    lost: bool


@dataclass(frozen=True)
class Paid:
    name: str
    at: datetime
    plan: str
    kind: str  # list, own, foreign, unknown, zero
    tax: int = 0
    refunds: tuple[Refund, ...] = ()
    quarrel: Quarrel | None = None

    @property
    def off(self) -> int:
        return {"own": LIST[self.plan] // 5, "foreign": 1_000, "zero": LIST[self.plan]}.get(self.kind, 0)

    @property
    def price(self) -> int:
        return 7_700 if self.kind == "unknown" else LIST[self.plan]

    @property
    def base(self) -> int:
        return self.price - self.off

    @property
    def charged(self) -> int:
        return self.base + self.tax


@dataclass(frozen=True)
class Sub:
    name: str
    customer: str
    began: datetime
    click: tuple[str, datetime] | None  # whose, and when
    code: str | None  # whose
    trial_ends: datetime | None
    ended: datetime | None
    payments: tuple[Paid, ...]


@dataclass
class Books:
    outcomes: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, str, int, date, date]] = field(
        default_factory=list
    )  # of, whose, minor, booked, released
    disputed: dict[str, list[tuple[date, date | None]]] = field(default_factory=dict)

    def amounts(self) -> dict[tuple[str, str], int]:
        """By transaction and affiliate, without those that came to nothing."""
        sums: dict[tuple[str, str], int] = {}
        for of, whose, minor, _, _ in self.lines:
            sums[of, whose] = sums.get((of, whose), 0) + minor
        return {key: minor for key, minor in sums.items() if minor}

    def turning_days(self) -> set[date]:
        """Days on which some line is in another state than the day before."""
        turns = {day for _, _, _, booked, released in self.lines for day in (booked, released)}
        return turns | {day for spans in self.disputed.values() for span in spans for day in span if day}

    def states(self, day: date) -> dict[tuple[str, str], int]:
        sums: dict[tuple[str, str], int] = {}
        for of, whose, minor, booked, released in self.lines:
            if booked > day:
                continue
            spans = self.disputed.get(of.split("/")[0], [])
            if any(first <= day and (last is None or day < last) for first, last in spans):
                state = "disputed"
            else:
                state = "released" if released <= day else "held"
            sums[whose, state] = sums.get((whose, state), 0) + minor
        return {key: minor for key, minor in sums.items() if minor}


def books_of(history: list[Sub]) -> Books:
    return _Clerk(history).walk()


class _Clerk:
    def __init__(self, history: list[Sub]) -> None:
        self.books = Books()
        self.history = history
        self.owner: dict[str, str | None] = {}
        self.reason: dict[str, str] = {}
        self.has_paid: set[str] = set()
        self.live: dict[str, tuple[str, str]] = {}  # sale -> (whose, customer)
        self.running: dict[str, str] = {}  # subscription -> customer
        self.tier: dict[str, int] = {}
        self.rate: dict[str, int] = {}
        self.gone: dict[str, int] = {}
        self.due: dict[str, int] = {}
        self.release: dict[str, date] = {}
        self.lost: set[str] = set()

    def walk(self) -> Books:
        moments: list[tuple[datetime, int, str, object]] = []
        for sub in self.history:
            moments.append((sub.began, 1, sub.name, lambda sub=sub: self._begin(sub)))
            if sub.ended:
                moments.append((sub.ended, 5, sub.name, lambda sub=sub: self.running.pop(sub.name, None)))
            for paid in sub.payments:
                moments.append((paid.at, 2, paid.name, lambda sub=sub, paid=paid: self._pay(sub, paid)))
                for refund in paid.refunds:
                    turn = f"{refund.total:09}{paid.name}"
                    moments.append(
                        (refund.at, 3, turn, lambda paid=paid, refund=refund: self._refund(paid, refund))
                    )
                if quarrel := paid.quarrel:
                    moments.append((quarrel.opened, 4, f"0{paid.name}", lambda paid=paid: self._open(paid)))
                    if quarrel.closed:
                        moments.append(
                            (quarrel.closed, 4, f"1{paid.name}", lambda paid=paid: self._close(paid))
                        )
        for _, _, _, happen in sorted(moments, key=lambda moment: moment[:3]):
            happen()  # type: ignore[operator]
        return self.books

    def _begin(self, sub: Sub) -> None:
        self.running[sub.name] = sub.customer
        owner, why = sub.code, ""
        if owner is None:
            if sub.click is None:
                why = "no_referral"
            else:
                owner = sub.click[0]
                why = "click_too_old" if sub.began - sub.click[1] > timedelta(days=WINDOW) else ""
        if owner and not why and sub.customer in self.has_paid:
            why = "not_new_customer"
        self.owner[sub.name], self.reason[sub.name] = (None if why else owner), why

    def _pay(self, sub: Sub, paid: Paid) -> None:
        in_trial = bool(sub.trial_ends and paid.at < sub.trial_ends)
        outcome = self._outcome(sub, paid, in_trial)
        self.books.outcomes[paid.name] = outcome
        full = paid.kind == "list"
        if paid.charged > 0 and not (in_trial and not full):
            self.has_paid.add(sub.customer)
        owner = self.owner[sub.name]
        if outcome != "sale" or owner is None:
            return
        self.rate[paid.name] = RATES[self.tier.get(owner, 0)]
        self.release[paid.name] = paid.at.date() + timedelta(days=HOLD)
        self.due[paid.name] = 0
        self._book(paid, paid.name, paid.at.date(), owner)
        self.live[paid.name] = (owner, sub.customer)
        self._count(owner)

    def _outcome(self, sub: Sub, paid: Paid, in_trial: bool) -> str:
        if self.reason[sub.name]:
            return self.reason[sub.name]
        if sub.ended and sub.ended < paid.at:
            return "subscription_ended"
        if in_trial and paid.kind != "list":
            return "trial"
        if paid.charged == 0 or paid.base == 0:
            return "zero_payment"
        if paid.kind == "unknown":
            return "unknown_plan"
        return "discounted_outside_program" if paid.kind == "foreign" else "sale"

    def _count(self, owner: str) -> None:
        active = set(self.running)
        mine = {sub.name: sub.customer for sub in self.history if self.owner.get(sub.name) == owner}
        with_sub = {customer for name, customer in mine.items() if name in active and self._sold(name, owner)}
        live = {customer for whose, customer in self.live.values() if whose == owner}
        reached = max(n for n, least in enumerate(THRESHOLDS) if len(with_sub & live) >= least)
        self.tier[owner] = max(self.tier.get(owner, 0), reached)

    def _sold(self, name: str, owner: str) -> bool:
        """The subscription brought this affiliate a sale, whatever became of it."""
        sub = next(sub for sub in self.history if sub.name == name)
        return any(paid.name in self.rate for paid in sub.payments) and self.owner[name] == owner

    def _refund(self, paid: Paid, refund: Refund) -> None:
        counted = paid.name in self.rate
        before = self.gone.get(paid.name, 0)
        after = min(max(before, refund.total), paid.charged)
        self.gone[paid.name] = after
        name = f"{paid.name}/{refund.total}"
        if not counted:
            self.books.outcomes[name] = "payment_was_no_sale"
        elif paid.name in self.lost or before >= paid.charged:
            self.books.outcomes[name] = "nothing_left_to_take_back"
        else:
            full = after >= paid.charged
            self.books.outcomes[name] = "refunded_in_full" if full else "refunded_in_part"
        if counted:
            self._correct(paid, name, refund.at.date(), after)

    def _open(self, paid: Paid) -> None:
        counted = paid.name in self.rate
        self.books.outcomes[f"{paid.name}/opened"] = "disputed" if counted else "payment_was_no_sale"
        assert paid.quarrel
        closed = paid.quarrel.closed
        span = (paid.quarrel.opened.date(), closed.date() if closed else None)
        self.books.disputed.setdefault(paid.name, []).append(span)

    def _close(self, paid: Paid) -> None:
        assert paid.quarrel
        lost, counted = paid.quarrel.lost, paid.name in self.rate
        name = f"{paid.name}/{'lost' if lost else 'won'}"
        self.books.outcomes[name] = (
            f"dispute_{'lost' if lost else 'won'}" if counted else "payment_was_no_sale"
        )
        if lost:
            self.lost.add(paid.name)
            if counted and paid.quarrel.closed:
                self._correct(paid, name, paid.quarrel.closed.date(), paid.charged)

    def _correct(self, paid: Paid, name: str, day: date, gone: int) -> None:
        gone = paid.charged if paid.name in self.lost else gone
        owner = next(whose for of, whose, *_ in self.books.lines if of == paid.name)
        self._book(paid, name, day, owner, gone)
        if gone >= paid.charged:
            self.live.pop(paid.name, None)

    def _book(self, paid: Paid, name: str, day: date, owner: str, gone: int = 0) -> None:
        exact = Decimal(paid.base) * self.rate[paid.name] * (paid.charged - gone) / (10_000 * paid.charged)
        due = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        step = due - self.due[paid.name]
        self.due[paid.name] = due
        if step:
            release = max(self.release[paid.name], day)
            self.books.lines.append((name, owner, step, day, release))
