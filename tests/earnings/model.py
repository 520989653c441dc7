"""A second opinion: the books of a history in one walk along time. It shares no code with the portal."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.earnings.happened import History, Paid, Refund, Sub, Version

WINDOW, NOTICE = timedelta(days=30), timedelta(days=30)


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


def books_of(history: History) -> Books:
    return _Clerk(history).walk()


@dataclass
class _Sale:
    """One that counted, as long as its customer does."""

    owner: str
    sub: Sub
    left: bool = False  # the subscription belongs to somebody else since
    back: bool = False  # all of it went back


class _Clerk:
    def __init__(self, history: History) -> None:
        self.books = Books()
        self.history, self.house = history.subs, history.house
        self.owner: dict[str, str | None] = {}
        self.reason: dict[str, str] = {}
        self.has_paid: set[str] = set()
        self.sales: dict[str, _Sale] = {}
        self.running: set[str] = set()  # subscriptions
        self.stairs: dict[str, list[int]] = {}  # each tier that an affiliate came to, up and down
        self.counts: dict[str, list[tuple[datetime, int]]] = {}
        self.shares: dict[str, dict[str, int]] = {}  # of a sale: rates by whose
        self.gone: dict[str, int] = {}
        self.due: dict[tuple[str, str], int] = {}
        self.release: dict[str, date] = {}
        self.lost: set[str] = set()

    def walk(self) -> Books:
        moments: list[tuple[datetime, int, str, object]] = [
            *((one.begins, 0, "", lambda one=one: self._climb_all(one)) for one in self.house.versions[1:]),
            *((end, 6, "", lambda end=end: self._fall(end)) for end in self._month_ends()),
        ]
        for sub in self.history:
            moments.append((sub.began, 1, sub.name, lambda sub=sub: self._begin(sub)))
            if sub.ended:
                moments.append((sub.ended, 5, sub.name, lambda sub=sub: self._end(sub)))
            moments += [
                (since, 5, sub.name, lambda sub=sub, since=since: self._change_hands(sub, since))
                for since in {move.since for move in sub.moves if move.since}
            ]
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

    def _month_ends(self) -> list[datetime]:
        """While anything is paid that a fall could make cheaper."""
        if not any(version.falls for version in self.house.versions):
            return []
        paid_at = [paid.at for sub in self.history for paid in sub.payments]
        firsts = (datetime(2027 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(1, 24))
        return [first for first in firsts if paid_at and first <= max(paid_at)]

    def _begin(self, sub: Sub) -> None:
        self.running.add(sub.name)
        owner, why = sub.code, ""
        if owner is None:
            if sub.click is None:
                why = "no_referral"
            else:
                owner = sub.click[0]
                why = "click_too_old" if sub.began - sub.click[1] > WINDOW else ""
        if owner and not why and sub.customer in self.has_paid:
            why = "not_new_customer"
        self.owner[sub.name], self.reason[sub.name] = (None if why else owner), why

    def _end(self, sub: Sub) -> None:
        self.running.remove(sub.name)
        assert sub.ended
        self._count_all(sub.ended)

    def _change_hands(self, sub: Sub, since: datetime) -> None:
        owner = self._owner(sub, since)[0]
        for sale in self.sales.values():
            sale.left = sale.left or (sale.sub is sub and sale.owner != owner)
        self._count_all(since)

    def _owner(self, sub: Sub, at: datetime) -> tuple[str | None, str]:
        """Who earns from what is paid then, or why nobody does."""
        moves = [move for move in sub.moves if move.since is None or move.since <= at]
        return (moves[-1].to, "") if moves else (self.owner[sub.name], self.reason[sub.name])

    def _pay(self, sub: Sub, paid: Paid) -> None:
        in_trial = bool(sub.trial_ends and paid.at < sub.trial_ends)
        owner, terms = self._owner(sub, paid.at)[0], self.house.governing(sub.began, paid.at)
        outcome = self._ruled(paid, self._outcome(sub, paid, in_trial, terms))
        self.books.outcomes[paid.name] = outcome
        full = paid.kind == "list"
        if paid.charged > 0 and not (in_trial and not full):
            self.has_paid.add(sub.customer)
        if outcome != "sale" or owner is None:
            return
        self.shares[paid.name] = {owner: terms.rates[self._tier(owner, terms)]}
        recruiter = dict(self.house.recruiter).get(owner)
        if recruiter and terms.second:
            self.shares[paid.name][recruiter] = terms.second
        self.release[paid.name] = paid.at.date() + timedelta(days=terms.hold)
        self._book(paid, paid.name, paid.at.date())
        self.sales[paid.name] = _Sale(owner, sub)
        self._climb(owner, self.house.at(paid.at), self._count(owner, paid.at))

    def _ruled(self, paid: Paid, outcome: str) -> str:
        about_price = ("trial", "unknown_plan", "discounted_outside_program")
        for ruling in paid.rulings[-1:]:
            if ruling.counts and outcome in about_price and paid.base > 0:
                return "sale"
            if not ruling.counts and outcome == "sale":
                return "ruled_out"
        return outcome

    def _outcome(self, sub: Sub, paid: Paid, in_trial: bool, terms: Version) -> str:
        why_nobody = self._owner(sub, paid.at)[1]
        if why_nobody:
            return why_nobody
        if sub.ended and sub.ended < paid.at:
            return "subscription_ended"
        if in_trial and paid.kind != "list":
            return "trial"
        if paid.charged == 0 or paid.base == 0:
            return "zero_payment"
        if paid.kind == "unknown":
            return "unknown_plan"
        given = paid.kind != "offer" or self._offered(sub, paid, terms)
        return "discounted_outside_program" if paid.kind == "foreign" or not given else "sale"

    def _offered(self, sub: Sub, paid: Paid, terms: Version) -> bool:
        tier = self._tier(self._owner(sub, paid.at)[0] or "", terms)
        days = (sub.began.date(), paid.at.date())
        return any(
            offer.tier in (None, tier) and any(offer.first <= day <= offer.last for day in days)
            for offer in terms.offers
        )

    # Tiers

    def _tier(self, owner: str, terms: Version) -> int:
        """The newest one that these terms know."""
        return [0, *(tier for tier in self.stairs.get(owner, []) if tier < len(terms.rates))][-1]

    def _climb(self, owner: str, terms: Version, customers: int) -> None:
        reached = _reached(terms, customers)
        if reached > self._tier(owner, terms):
            self.stairs.setdefault(owner, []).append(reached)

    def _climb_all(self, terms: Version) -> None:
        for owner, counts in self.counts.items():
            self._climb(owner, terms, counts[-1][1])

    def _fall(self, end: datetime) -> None:
        """Terms of the last thirty days, and the most customers in them."""
        terms, before = self.house.at(end), self.house.at(end - NOTICE)
        if not (terms.falls and before.falls and terms.thresholds == before.thresholds):
            return
        for owner, counts in self.counts.items():
            earlier = [count for at, count in counts if at < end - NOTICE][-1:]
            most = max(earlier + [count for at, count in counts if end - NOTICE <= at < end])
            if _reached(terms, most) < self._tier(owner, terms):
                self.stairs[owner].append(_reached(terms, most))

    def _count_all(self, at: datetime) -> None:
        for owner in {sale.owner for sale in self.sales.values()}:
            self._count(owner, at)

    def _count(self, owner: str, at: datetime) -> int:
        """Customers with an active subscription that sold for this affiliate, and a sale that is kept."""
        mine = [sale for sale in self.sales.values() if sale.owner == owner]
        active = {one.sub.customer for one in mine if one.sub.name in self.running and not one.left}
        kept = {one.sub.customer for one in mine if not one.back}
        self.counts.setdefault(owner, []).append((at, len(active & kept)))
        return len(active & kept)

    # What comes after

    def _refund(self, paid: Paid, refund: Refund) -> None:
        counted = paid.name in self.shares
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
            self._correct(paid, name, refund.at, after)

    def _open(self, paid: Paid) -> None:
        counted = paid.name in self.shares
        self.books.outcomes[f"{paid.name}/opened"] = "disputed" if counted else "payment_was_no_sale"
        assert paid.quarrel
        closed = paid.quarrel.closed
        span = (paid.quarrel.opened.date(), closed.date() if closed else None)
        self.books.disputed.setdefault(paid.name, []).append(span)

    def _close(self, paid: Paid) -> None:
        assert paid.quarrel
        lost, counted = paid.quarrel.lost, paid.name in self.shares
        name = f"{paid.name}/{'lost' if lost else 'won'}"
        self.books.outcomes[name] = (
            f"dispute_{'lost' if lost else 'won'}" if counted else "payment_was_no_sale"
        )
        if lost:
            self.lost.add(paid.name)
            if counted and paid.quarrel.closed:
                self._correct(paid, name, paid.quarrel.closed, paid.charged)

    def _correct(self, paid: Paid, name: str, at: datetime, gone: int) -> None:
        gone = paid.charged if paid.name in self.lost else gone
        self._book(paid, name, at.date(), gone)
        if gone >= paid.charged:
            self.sales[paid.name].back = True
            self._count_all(at)

    def _book(self, paid: Paid, name: str, day: date, gone: int = 0) -> None:
        for whose, rate in self.shares[paid.name].items():
            exact = Decimal(paid.base) * rate * (paid.charged - gone) / (10_000 * paid.charged)
            due = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
            step = due - self.due.get((paid.name, whose), 0)
            self.due[paid.name, whose] = due
            if step:
                release = max(self.release[paid.name], day)
                self.books.lines.append((name, whose, step, day, release))


def _reached(terms: Version, customers: int) -> int:
    return max(tier for tier, least in enumerate(terms.thresholds) if customers >= least)
