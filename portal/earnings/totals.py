"""Sums per state and per payout to come, read from daily sums; `portal verify` holds them to the lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from portal.earnings.gather import identity
from portal.earnings.tables import DaySum, Entry, Payout
from portal.earnings.timeline import (
    Claim,
    DisputeSpan,
    LineState,
    Month,
    PayWindow,
    next_run,
    pay_window,
    state_on,
)
from portal.earnings.upkeep import NOT_COUNTED, REVERSED, TAKEN_BACK
from portal.money import Money
from portal.programs.rules import ProgramTerms

BEFORE_ALL, AFTER_ALL = date(1970, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True)
class Run:
    """A payout that took lines of this affiliate."""

    month: Month
    amount: Money
    claim: Claim

    def is_approved(self, day: date) -> bool:
        return self.claim.approved_on is not None and self.claim.approved_on <= day

    def state(self, day: date) -> LineState | None:
        return state_on(day, booked_on=BEFORE_ALL, released_on=AFTER_ALL, claim=self.claim)


async def runs_of(enrollment: UUID, currency: str) -> dict[str, Run]:
    """By month, as entries name it."""
    rows = await Payout.select(
        Payout.run_month, Payout.minor, Payout.claimed_on, Payout.approved_on, Payout.paid_on
    ).where((Payout.enrollment == enrollment) & (Payout.currency == currency))
    return {
        row["run_month"]: Run(
            Month.parse(row["run_month"]),
            Money(row["minor"], currency),
            Claim(row["claimed_on"], row["approved_on"], row["paid_on"]),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Disputed:
    """An entry of a payment that is in dispute today. There are few, so they are read one by one."""

    sale: UUID
    look: str
    run: str
    kind: str
    minor: int
    booked_on: date
    released_on: date


OPEN_DISPUTES = (
    "SELECT d.sale FROM disputed_time d WHERE d.opened_on <= {} AND (d.closed_on IS NULL OR d.closed_on > {})"
)


async def disputed_entries(enrollment: UUID, currency: str, today: date) -> list[Disputed]:
    # CROSS: SQLite would read all that the affiliate ever earned to find few disputes.
    rows = await Entry.raw(
        f"""
        SELECT e.sale, e.look, e.run, e.kind, e.minor, e.booked_on, e.released_on
        FROM (SELECT DISTINCT x.sale FROM ({OPEN_DISPUTES}) x) o CROSS JOIN ledger_entry e
        WHERE e.sale = o.sale AND e.enrollment = {{}} AND e.currency = {{}} AND e.kind <> ''
        """,  # noqa: S608 - placeholders
        today,
        today,
        enrollment,
        currency,
    )
    return [
        Disputed(
            identity(row["sale"]),
            row["look"],
            row["run"],
            row["kind"],
            row["minor"],
            row["booked_on"],
            row["released_on"],
        )
        for row in rows
        if row["booked_on"] <= today
    ]


@dataclass
class Tally:
    minor: int = 0
    lines: int = 0
    sales: int = 0

    def add(self, minor: int, lines: int, sales: int) -> None:
        self.minor += minor
        self.lines += lines
        self.sales += sales


@dataclass
class Standing:
    """What is booked by state and look; `state` is None for what did not count."""

    tallies: dict[tuple[LineState | None, str], Tally] = field(default_factory=lambda: defaultdict(Tally))

    def of(self, state: LineState | None = None, look: str | None = None) -> Tally:
        found = Tally()
        for (one, seen), tally in self.tallies.items():
            if (state is None or one is state) and (look is None or seen == look):
                found.add(tally.minor, tally.lines, tally.sales)
        return found

    def chips(self) -> dict[str, Tally]:
        """As the list's filters count: what was reversed is told apart from where it stands."""
        found: dict[str, Tally] = defaultdict(Tally)
        for (state, look), tally in self.tallies.items():
            key = chip_of(state, look)
            found[key].add(tally.minor, tally.lines, tally.sales)
        return {key: tally for key, tally in found.items() if tally.lines}


def chip_of(state: LineState | None, look: str) -> str:
    if look == NOT_COUNTED or state is None:
        return NOT_COUNTED
    return REVERSED if look in (REVERSED, TAKEN_BACK) else str(state)


def place_of(
    run: Run | None, released_on: date, today: date, disputes: Sequence[DisputeSpan] = ()
) -> LineState:
    """Where a line that is booked stands."""
    state = state_on(
        today,
        booked_on=BEFORE_ALL,
        released_on=released_on,
        disputes=disputes,
        claim=run.claim if run else None,
    )
    return state or LineState.HELD


async def standing(
    enrollment: UUID,
    currency: str,
    today: date,
    runs: Mapping[str, Run],
    *,
    first: date = BEFORE_ALL,
    last: date = AFTER_ALL,
) -> Standing:
    """Of what was booked between the two days. What did not count is told by its UTC day."""
    # Grouped as their index is ordered, so that nothing is sorted.
    free = "CASE WHEN released_on <= {} THEN"
    rows = await DaySum.raw(
        f"""
        SELECT look, run, SUM(minor) AS minor, SUM(lines) AS lines, SUM(sales) AS sales,
            SUM({free} minor ELSE 0 END) AS free_minor, SUM({free} lines ELSE 0 END) AS free_lines,
            SUM({free} sales ELSE 0 END) AS free_sales
        FROM ledger_sum
        WHERE enrollment = {{}} AND currency = {{}} AND booked_on >= {{}} AND booked_on <= {{}}
        GROUP BY look, run
        """,  # noqa: S608 - placeholders
        *(today, today, today),
        enrollment,
        currency,
        first,
        min(last, today),
    )
    found = Standing()
    for row in rows:
        sums = [int(row[name]) for name in ("minor", "lines", "sales")]
        released = [int(row[f"free_{name}"]) for name in ("minor", "lines", "sales")]
        held = [whole - part for whole, part in zip(sums, released, strict=True)]
        for day, part in ((BEFORE_ALL, released), (AFTER_ALL, held)):
            state = None if row["look"] == NOT_COUNTED else place_of(runs.get(row["run"]), day, today)
            found.tallies[state, row["look"]].add(*part)
    for one in await disputed_entries(enrollment, currency, today):
        if not first <= one.booked_on <= last:
            continue
        run, now = runs.get(one.run), [DisputeSpan(BEFORE_ALL)]
        was = place_of(run, one.released_on, today)
        state = place_of(run, one.released_on, today, now)
        sale = int(one.kind == "sale")
        found.tallies[was, one.look].add(-one.minor, -1, -sale)
        found.tallies[state, one.look].add(one.minor, 1, sale)
    return found


@dataclass(frozen=True)
class StateTotal:
    """`sales` and `refunds` make up the lines; what came to nothing is in neither."""

    state: LineState
    amount: Money
    lines: int
    sales: int = 0
    refunds: int = 0


@dataclass(frozen=True)
class Equation:
    """Booked = held + released + in payout + paid + disputed, to the cent."""

    booked: Money
    lines: int
    parts: tuple[StateTotal, ...]

    def amount(self, state: LineState) -> Money:
        return next(part.amount for part in self.parts if part.state is state)


def equation_of(found: Standing, currency: str) -> Equation:
    parts = []
    for state in LineState:
        whole, plain = found.of(state), found.of(state, "")
        refunds = found.of(state, TAKEN_BACK).lines
        parts.append(StateTotal(state, Money(whole.minor, currency), whole.lines, plain.sales, refunds))
    return Equation(
        Money.total((part.amount for part in parts), currency),
        sum(part.lines for part in parts),
        tuple(parts),
    )


async def equation(enrollment: UUID, currency: str, today: date) -> Equation:
    runs = await runs_of(enrollment, currency)
    return equation_of(await standing(enrollment, currency, today, runs), currency)


async def currencies_of(enrollment: UUID) -> list[str]:
    """Every currency that has a row."""
    rows = await DaySum.raw(
        "SELECT currency FROM ledger_sum WHERE enrollment = {} GROUP BY currency ORDER BY currency",
        enrollment,
    )
    return [row["currency"] for row in rows]


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
    enrollment: UUID,
    currency: str,
    today: date,
    terms: ProgramTerms,
    runs: Mapping[str, Run] | None = None,
) -> list[ComingPayout]:
    """What is not paid yet, by the run that takes it. A run that would be negative is carried on."""
    runs = await runs_of(enrollment, currency) if runs is None else runs
    by_run: dict[Month, list[PayoutPart]] = defaultdict(list)
    unpaid = {key: run for key, run in runs.items() if run.claim.paid_on is None}
    sales = await _sales_in(enrollment, currency, unpaid)
    for key, run in unpaid.items():
        by_run[run.month].append(PayoutPart(LineState.IN_PAYOUT, run.amount, sales.get(key, 0)))
    last_taken = max((run.month for run in runs.values()), default=None)
    for released_on, state, amount, lines in await _open_lines(enrollment, currency, today):
        month = next_run(released_on, today, terms)
        if last_taken and month <= last_taken:
            month = last_taken.plus(1)
        by_run[month].append(
            PayoutPart(state, amount, lines, released_on if state == LineState.HELD else None)
        )
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
    """What no run took and nobody disputes, by the day of its release, and how many sales are left of it."""
    rows = await DaySum.raw(
        """
        SELECT released_on, look, SUM(minor) AS minor, SUM(lines) AS lines, SUM(sales) AS sales
        FROM ledger_sum WHERE enrollment = {} AND currency = {} AND look IN ('', 'reversed', 'taken_back')
            AND run = '' AND booked_on <= {}
        GROUP BY 1, 2
        """,
        enrollment,
        currency,
        today,
    )
    found: dict[tuple[date, str], Tally] = defaultdict(Tally)
    for row in rows:
        found[row["released_on"], row["look"]].add(int(row["minor"]), int(row["lines"]), int(row["sales"]))
    for one in await disputed_entries(enrollment, currency, today):
        if not one.run:
            found[one.released_on, one.look].add(-one.minor, -1, -int(one.kind == "sale"))
    return [
        (
            released_on,
            REVERSED if look == TAKEN_BACK else str(place_of(None, released_on, today)),
            Money(tally.minor, currency),
            {TAKEN_BACK: tally.lines, REVERSED: 0}.get(look, tally.sales),
        )
        for (released_on, look), tally in sorted(found.items())
        if tally.lines
    ]


async def _sales_in(enrollment: UUID, currency: str, runs: Mapping[str, Run]) -> dict[str, int]:
    """How many sales of which something is left stand in these payouts."""
    if not runs:
        return {}
    rows = await Entry.raw(
        f"""
        SELECT run, COUNT(*) AS number FROM (
            SELECT run, sale FROM ledger_entry WHERE enrollment = {{}} AND currency = {{}} AND run <> ''
            AND run IN ({", ".join("{}" for _ in runs)}) GROUP BY run, sale HAVING SUM(minor) > 0
        ) x GROUP BY run
        """,  # noqa: S608 - placeholders
        enrollment,
        currency,
        *runs,
    )
    return {row["run"]: int(row["number"]) for row in rows}
