"""What a program owes all of its affiliates, and what waits to be decided about its money."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from portal.earnings.tables import Commission, DaySum, Payout, Transaction
from portal.earnings.timeline import LineState
from portal.money import Money


@dataclass(frozen=True)
class Owed:
    """Of one currency: booked = held + released + in payout + disputed, which are owed, + paid."""

    currency: str
    amounts: Mapping[LineState, Money]
    disputed_payments: int
    by_cut_off: Money  # of held and released, what the next run takes as it stands today

    def amount(self, state: LineState) -> Money:
        return self.amounts.get(state, Money(0, self.currency))

    @property
    def owed(self) -> Money:
        return self.booked - self.amount(LineState.PAID)

    @property
    def booked(self) -> Money:
        return Money.total(self.amounts.values(), self.currency)


@dataclass(frozen=True)
class Unknown:
    """A payment whose price no plan lists."""

    sale: UUID
    at: datetime
    amount: Money
    whose: str  # the affiliate who would be credited; empty for nobody


async def owed_by(program_id: UUID, today: date, cut_off: date) -> dict[str, Owed]:
    """By currency. Read from the daily sums and the payouts, never from single lines but disputed ones."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    payments: dict[str, int] = defaultdict(int)
    for row in await DaySum.raw(
        "SELECT s.currency, CASE WHEN s.released_on <= {} THEN 'released' ELSE 'held' END AS state, "
        "SUM(s.minor) AS minor, SUM(CASE WHEN s.released_on <= {} THEN s.minor ELSE 0 END) AS due "
        "FROM ledger_sum s JOIN enrollment e ON e.id = s.enrollment "
        "WHERE e.program = {} AND s.run = '' AND s.booked_on <= {} GROUP BY 1, 2",
        today,
        cut_off,
        program_id,
        today,
    ):
        sums[row["currency"]][row["state"]] += int(row["minor"])
        sums[row["currency"]]["due"] += int(row["due"])
    for row in await Payout.raw(
        "SELECT currency, CASE WHEN paid_on <= {} THEN 'paid' ELSE 'in_payout' END AS state, "
        "SUM(minor) AS minor FROM payout WHERE program = {} GROUP BY 1, 2",
        today,
        program_id,
    ):
        sums[row["currency"]][row["state"]] += int(row["minor"])
    for row in await Commission.raw(
        "SELECT c.currency, CASE WHEN p.id IS NOT NULL THEN 'in_payout' WHEN c.released_on <= {} "
        "THEN 'released' ELSE 'held' END AS state, SUM(c.minor) AS minor, "
        "COUNT(DISTINCT c.sale) AS payments, SUM(CASE WHEN p.id IS NULL AND c.released_on <= {} THEN c.minor "
        "ELSE 0 END) AS due FROM commission c "
        "LEFT JOIN payout_line l ON l.commission = c.id LEFT JOIN payout p ON p.id = l.payout "
        "WHERE c.program = {} AND c.booked_on <= {} AND p.approved_on IS NULL AND c.sale IN ("
        "SELECT sale FROM disputed_time WHERE opened_on <= {} AND (closed_on IS NULL OR closed_on > {})) "
        "GROUP BY 1, 2",
        today,
        cut_off,
        program_id,
        today,
        today,
        today,
    ):
        found = sums[row["currency"]]
        found[row["state"]] -= int(row["minor"])
        found["disputed"] += int(row["minor"])
        found["due"] -= int(row["due"])
        payments[row["currency"]] += row["payments"]
    return {
        currency: Owed(
            currency,
            {state: Money(found[state], currency) for state in LineState},
            payments[currency],
            Money(found["due"], currency),
        )
        for currency, found in sorted(sums.items())
    }


async def unknown_prices(program_id: UUID, most: int) -> list[Unknown]:
    """Payments that wait for a manager, oldest first."""
    rows = await Transaction.raw(
        "SELECT t.id, t.happened_at, t.base, t.currency, a.name FROM decision d "
        'JOIN money_event t ON t.id = d."transaction" LEFT JOIN enrollment e ON e.id = d.enrollment '
        "LEFT JOIN affiliate a ON a.id = e.affiliate WHERE d.outcome = 'unknown_plan' AND t.program = {} "
        'AND NOT EXISTS (SELECT 1 FROM decision n WHERE n."transaction" = d."transaction" AND n.seq > d.seq) '
        "ORDER BY t.happened_at, t.id LIMIT {}",
        program_id,
        most,
    )
    return [
        Unknown(
            UUID(str(row["id"])),
            row["happened_at"],
            Money(row["base"], row["currency"]),
            row["name"] or "",
        )
        for row in rows
    ]
