"""Sums per state and per payout to come. Each is the sum of its lines, read in one statement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.earnings.tables import Commission, Payout
from portal.earnings.timeline import LineState, Month, PayoutState, PayWindow, next_run, pay_window
from portal.money import Money
from portal.programs.rules import ProgramTerms

# A look of its own: sale and refund of an unpaid sale that came to nothing. Sums know only the five states.
REVERSED = "reversed"
NOT_COUNTED = "not_counted"


def state_sql(day: date) -> str:
    """`timeline.state_on` as SQL, over a line `c` and its payout `p`. A test holds the two together."""
    on = f"'{day.isoformat()}'"
    return f"""CASE
        WHEN p.paid_on <= {on} THEN 'paid'
        WHEN p.approved_on <= {on} THEN 'in_payout'
        WHEN EXISTS (
            SELECT 1 FROM disputed_time d
            WHERE d.sale = c.sale AND d.opened_on <= {on} AND (d.closed_on IS NULL OR d.closed_on > {on})
        ) THEN 'disputed'
        WHEN p.claimed_on <= {on} THEN 'in_payout'
        WHEN c.released_on <= {on} THEN 'released'
        ELSE 'held' END"""  # noqa: S608 - a date


# A line with the payout that took it, if one did.
LINES = """FROM commission c
    LEFT JOIN payout_line pl ON pl.commission = c.id
    LEFT JOIN payout p ON p.id = pl.payout"""


@dataclass(frozen=True)
class StateTotal:
    state: LineState
    amount: Money
    lines: int


@dataclass(frozen=True)
class Equation:
    """Booked = held + released + in payout + paid + disputed, to the cent."""

    booked: Money
    lines: int
    parts: tuple[StateTotal, ...]

    def amount(self, state: LineState) -> Money:
        return next(part.amount for part in self.parts if part.state is state)


async def equation(enrollment: UUID, currency: str, today: date) -> Equation:
    rows = await Commission.raw(
        f"""
        SELECT state, SUM(minor) AS minor, COUNT(*) AS number FROM (
            SELECT {state_sql(today)} AS state, c.minor {LINES}
            WHERE c.enrollment = {{}} AND c.currency = {{}} AND c.booked_on <= {{}}
        ) x GROUP BY state
        """,  # noqa: S608 - our own words
        enrollment,
        currency,
        today,
    )
    found = {row["state"]: (int(row["minor"]), int(row["number"])) for row in rows}
    parts = tuple(
        StateTotal(state, Money(found.get(state, (0, 0))[0], currency), found.get(state, (0, 0))[1])
        for state in LineState
    )
    return Equation(
        Money.total((part.amount for part in parts), currency), sum(part.lines for part in parts), parts
    )


@dataclass(frozen=True)
class PayoutPart:
    """One row of a payout to come. `lines`: sales of which something is left, or refunds where reversed."""

    state: str
    amount: Money
    lines: int
    last_release: date | None = None


@dataclass(frozen=True)
class ComingPayout:
    run: Month
    window: PayWindow
    parts: tuple[PayoutPart, ...]

    @property
    def amount(self) -> Money:
        return Money.total((part.amount for part in self.parts), self.parts[0].amount.currency)

    def of(self, *states: str) -> Money:
        amounts = (part.amount for part in self.parts if part.state in states)
        return Money.total(amounts, self.parts[0].amount.currency)


async def coming_payouts(
    enrollment: UUID, currency: str, today: date, terms: ProgramTerms
) -> list[ComingPayout]:
    """What is not paid yet, by the run that takes it. A run that would be negative is carried on."""
    by_run: dict[Month, list[PayoutPart]] = defaultdict(list)
    taken = await _unpaid_runs(enrollment, currency)
    for run, amount, lines in taken:
        by_run[run].append(PayoutPart(LineState.IN_PAYOUT, amount, lines))
    last_taken = await _last_run(enrollment, currency)
    for released_on, state, amount, lines in await _open_lines(enrollment, currency, today):
        run = next_run(released_on, today, terms)
        if last_taken and run <= last_taken:
            run = last_taken.plus(1)
        by_run[run].append(PayoutPart(state, amount, lines, released_on if state == LineState.HELD else None))
    return _carried(by_run, terms)


def _carried(by_run: dict[Month, list[PayoutPart]], terms: ProgramTerms) -> list[ComingPayout]:
    payouts = []
    carried: list[PayoutPart] = []
    for run in sorted(by_run):
        payout = ComingPayout(run, pay_window(run, terms), _merged([*carried, *by_run[run]]))
        carried = [] if payout.amount.minor > 0 else list(payout.parts)
        if not carried:
            payouts.append(payout)
    return payouts


def _merged(parts: Iterable[PayoutPart]) -> tuple[PayoutPart, ...]:
    by_state: dict[str, list[PayoutPart]] = defaultdict(list)
    for part in parts:
        by_state[part.state].append(part)
    order = [LineState.IN_PAYOUT, LineState.RELEASED, LineState.HELD, REVERSED]
    found = tuple(_one(by_state[state]) for state in order if state in by_state)
    # A sale that was taken back before it was paid leaves nothing to tell.
    return tuple(part for part in found if part.lines or not part.amount.is_zero) or found


def _one(parts: Sequence[PayoutPart]) -> PayoutPart:
    releases = [part.last_release for part in parts if part.last_release]
    return PayoutPart(
        parts[0].state,
        Money.total((part.amount for part in parts), parts[0].amount.currency),
        sum(part.lines for part in parts),
        max(releases, default=None),
    )


async def _open_lines(enrollment: UUID, currency: str, today: date) -> list[tuple[date, str, Money, int]]:
    """Lines that no run took and nobody disputes, by the day of their release, and how many sales they are.

    A sale counts once, on its first day, and only if something of it is left.
    """
    rows = await Commission.raw(
        f"""
        SELECT released_on, state, SUM(minor) AS minor,
            SUM(CASE WHEN state = '{REVERSED}' OR (turn = 1 AND rest > 0) THEN 1 ELSE 0 END) AS number
        FROM (
            SELECT released_on, state, minor,
                SUM(minor) OVER (PARTITION BY sale, state) AS rest,
                ROW_NUMBER() OVER (PARTITION BY sale, state ORDER BY released_on, id) AS turn
            FROM (
                SELECT c.id, c.sale, c.released_on, c.minor,
                    CASE WHEN c.minor < 0 AND EXISTS (
                        SELECT 1 FROM commission s
                        JOIN payout_line sl ON sl.commission = s.id
                        JOIN payout sp ON sp.id = sl.payout
                        WHERE s.sale = c.sale AND s.enrollment = c.enrollment AND sp.paid_on IS NOT NULL
                    ) THEN '{REVERSED}' ELSE {state_sql(today)} END AS state
                {LINES}
                WHERE c.enrollment = {{}} AND c.currency = {{}} AND pl.id IS NULL AND c.booked_on <= {{}}
            ) x WHERE state <> 'disputed'
        ) y GROUP BY released_on, state
        """,  # noqa: S608 - our own words
        enrollment,
        currency,
        today,
    )
    return [
        (row["released_on"], row["state"], Money(int(row["minor"]), currency), int(row["number"]))
        for row in rows
    ]


async def _unpaid_runs(enrollment: UUID, currency: str) -> list[tuple[Month, Money, int]]:
    rows = await Payout.raw(
        """
        SELECT run_month, minor, SUM(CASE WHEN rest > 0 THEN 1 ELSE 0 END) AS number FROM (
            SELECT p.id, p.run_month, p.minor, SUM(c.minor) AS rest
            FROM payout p
            JOIN payout_line pl ON pl.payout = p.id
            JOIN commission c ON c.id = pl.commission
            WHERE p.enrollment = {} AND p.currency = {} AND p.state <> {}
            GROUP BY p.id, p.run_month, p.minor, c.sale
        ) x GROUP BY id, run_month, minor
        """,
        enrollment,
        currency,
        str(PayoutState.PAID),
    )
    return [
        (Month.parse(row["run_month"]), Money(row["minor"], currency), int(row["number"])) for row in rows
    ]


async def _last_run(enrollment: UUID, currency: str) -> Month | None:
    rows = await Payout.raw(
        "SELECT MAX(run_month) AS month FROM payout WHERE enrollment = {} AND currency = {}",
        enrollment,
        currency,
    )
    return Month.parse(rows[0]["month"]) if rows[0]["month"] else None


async def paid_by_month(enrollment: UUID, currency: str) -> dict[Month, tuple[Money, date]]:
    rows = await Payout.raw(
        "SELECT run_month, minor, paid_on FROM payout WHERE enrollment = {} AND currency = {} AND state = {}",
        enrollment,
        currency,
        str(PayoutState.PAID),
    )
    return {Month.parse(row["run_month"]): (Money(row["minor"], currency), row["paid_on"]) for row in rows}
