"""The invariants of the books, each as a check that names the line it fails on."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from portal.earnings.books import dispute_spans
from portal.earnings.gather import identity
from portal.earnings.tables import BillingEvent, Commission, Payout
from portal.earnings.timeline import Claim, LineState, state_on
from portal.earnings.totals import BEFORE_ALL, currencies_of, equation
from portal.earnings.verify_lists import LIST_CHECKS

Check = Callable[[datetime], Awaitable[list[str]]]


async def book_problems(now: datetime) -> list[str]:
    """One sentence for everything that does not add up; none when the books are right."""
    return [problem for check in CHECKS for problem in await check(now)]


# Lines of one affiliate that stand alike, added up, so that a million of them need no room. Those that a
# dispute may hold are told apart by their sale.
ALIKE = """
    SELECT a.email, c.enrollment, c.currency, c.released_on, p.claimed_on, p.approved_on, p.paid_on,
        CASE WHEN c.sale IN (SELECT sale FROM disputed_time) THEN c.sale END AS disputed,
        SUM(c.minor) AS minor
    FROM commission c
    JOIN enrollment e ON e.id = c.enrollment
    JOIN affiliate a ON a.id = e.affiliate
    LEFT JOIN payout_line l ON l.commission = c.id
    LEFT JOIN payout p ON p.id = l.payout
    WHERE c.booked_on <= {}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""


async def _states_add_up(now: datetime) -> list[str]:
    """Booked = held + released + in payout + paid + disputed, by lines here and by sums on the pages."""
    today, disputes = now.date(), await dispute_spans()
    by_line: dict[tuple[UUID, str, LineState | None], int] = defaultdict(int)
    owners: dict[UUID, str] = {}
    for row in await Commission.raw(ALIKE, today):
        enrollment = identity(row["enrollment"])
        owners[enrollment] = row["email"]
        state = state_on(
            today,
            booked_on=BEFORE_ALL,
            released_on=row["released_on"],
            disputes=disputes[identity(row["disputed"])] if row["disputed"] else (),
            claim=Claim(row["claimed_on"], row["approved_on"], row["paid_on"]) if row["claimed_on"] else None,
        )
        by_line[enrollment, row["currency"], state] += int(row["minor"])
    problems = []
    for enrollment, affiliate in owners.items():
        for currency in await currencies_of(enrollment):
            shown = await equation(enrollment, currency, today)
            for state in LineState:
                summed, listed = shown.amount(state).minor, by_line[enrollment, currency, state]
                if summed != listed:
                    problems.append(
                        f"{affiliate}: {state} in {currency} shows {summed}, its lines are {listed}."
                    )
    return problems


async def _paid_lines_are_payouts(_: datetime) -> list[str]:
    rows = await Payout.raw(
        """
        SELECT p.id, p.run_month, p.minor, p.currency, COALESCE(SUM(c.minor), 0) AS lines,
            SUM(CASE WHEN c.currency = p.currency AND c.enrollment = p.enrollment THEN 0 ELSE 1 END)
                AS strange
        FROM payout p
        LEFT JOIN payout_line l ON l.payout = p.id
        LEFT JOIN commission c ON c.id = l.commission
        GROUP BY p.id, p.run_month, p.minor, p.currency
        """
    )
    problems = []
    for row in rows:
        name = f"Payout {identity(row['id'])} of {row['run_month']}"
        if int(row["lines"]) != row["minor"]:
            problems.append(
                f"{name} is {row['minor']} {row['currency']}, but its lines are {int(row['lines'])}."
            )
        if row["minor"] <= 0:
            problems.append(f"{name} is {row['minor']} {row['currency']}; a payout is more than nothing.")
        if row["strange"]:
            problems.append(f"{name} holds lines of another affiliate or currency.")
    return problems


async def _no_line_is_claimed_twice(_: datetime) -> list[str]:
    rows = await Payout.raw(
        "SELECT commission, COUNT(*) AS times FROM payout_line GROUP BY commission HAVING COUNT(*) > 1"
    )
    return [f"Line {identity(row['commission'])} is in {row['times']} payouts." for row in rows]


async def _every_transaction_is_decided(_: datetime) -> list[str]:
    rows = await BillingEvent.raw(
        """
        SELECT t.external_id FROM money_event t
        LEFT JOIN decision d ON d."transaction" = t.id WHERE d.id IS NULL
        """
    )
    return [f"Transaction {row['external_id']} has no decision." for row in rows]


async def _what_was_given_back_earns_nothing(_: datetime) -> list[str]:
    rows = await Commission.raw(
        """
        SELECT s.external_id, SUM(c.minor) AS left_over FROM commission c
        JOIN money_event s ON s.id = c.sale
        WHERE EXISTS (
            SELECT 1 FROM commission b
            JOIN money_event t ON t.id = b."transaction"
            JOIN decision d ON d."transaction" = t.id
            WHERE b.sale = c.sale AND d.outcome IN ('refunded_in_full', 'dispute_lost')
            AND NOT EXISTS (
                SELECT 1 FROM decision later WHERE later."transaction" = d."transaction" AND later.seq > d.seq
            )
        )
        AND NOT EXISTS (
            SELECT 1 FROM commission f JOIN decision x ON x."transaction" = f."transaction"
            WHERE f.sale = c.sale AND x.outcome = 'refund_failed'
        )
        GROUP BY s.external_id HAVING SUM(c.minor) <> 0
        """
    )
    return [
        f"Payment {row['external_id']} was given back in full, but {int(row['left_over'])} of it is left."
        for row in rows
    ]


async def _lines_agree_with_decisions(_: datetime) -> list[str]:
    """A payment earns something if and only if its decision says that it is a sale."""
    rows = await Commission.raw(
        """
        SELECT t.external_id, d.outcome, COALESCE(SUM(c.minor), 0) AS booked FROM money_event t
        JOIN decision d ON d."transaction" = t.id
        LEFT JOIN commission c ON c."transaction" = t.id
        WHERE t.kind = 'payment' AND NOT EXISTS (
            SELECT 1 FROM decision later WHERE later."transaction" = d."transaction" AND later.seq > d.seq
        )
        GROUP BY t.external_id, d.outcome
        HAVING d.outcome <> 'sale' AND COALESCE(SUM(c.minor), 0) <> 0
        """
    )
    return [
        f"Payment {row['external_id']} is decided {row['outcome']}, but {int(row['booked'])} is booked."
        for row in rows
    ]


CHECKS: tuple[Check, ...] = (
    _states_add_up,
    _paid_lines_are_payouts,
    _no_line_is_claimed_twice,
    _every_transaction_is_decided,
    _what_was_given_back_earns_nothing,
    _lines_agree_with_decisions,
    *LIST_CHECKS,
)
