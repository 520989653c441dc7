"""The books of a day: every line with its state, for `portal books`, for exports and for the checks."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from portal.earnings.gather import identity
from portal.earnings.tables import Commission, DisputedTime, PayoutLine
from portal.earnings.timeline import Claim, DisputeSpan, LineState, state_on


@dataclass(frozen=True, slots=True)
class BookLine:
    id: UUID
    affiliate: str
    enrollment: UUID
    program: str
    customer: str | None
    sale: str
    transaction: str
    kind: str
    minor: int
    currency: str
    state: LineState
    booked_on: date
    released_on: date
    payout: str | None


async def books_on(day: date) -> list[BookLine]:
    """Every line that was booked by then, in the order of the days on which things happened."""
    disputes, claims = await dispute_spans(), await claims_of()
    # The customer is the payer's: refunds and disputes do not name one.
    rows = await Commission.raw(
        """
        SELECT c.id, c.enrollment, c.sale AS sale_id, c.kind, c.minor, c.currency, c.booked_on, c.released_on,
            a.email, p.slug, s.external_id AS sale, t.external_id AS name, u.external_id AS customer
        FROM commission c
        JOIN enrollment e ON e.id = c.enrollment
        JOIN affiliate a ON a.id = e.affiliate
        JOIN program p ON p.id = c.program
        JOIN money_event t ON t.id = c."transaction"
        JOIN money_event s ON s.id = c.sale
        LEFT JOIN customer u ON u.id = s.customer
        WHERE c.booked_on <= {}
        ORDER BY c.booked_on, s.external_id, c.created_at, c.id
        """,
        day,
    )
    lines = (_line(row, day, disputes, claims) for row in rows)
    return [line for line in lines if line]


def _line(
    row: dict[str, Any],
    day: date,
    disputes: dict[UUID, list[DisputeSpan]],
    claims: dict[UUID, tuple[str, Claim]],
) -> BookLine | None:
    payout, claim = claims.get(identity(row["id"]), (None, None))
    state = state_on(
        day,
        booked_on=row["booked_on"],
        released_on=row["released_on"],
        disputes=disputes.get(identity(row["sale_id"]), ()),
        claim=claim,
    )
    if state is None:
        return None
    return BookLine(
        id=identity(row["id"]),
        affiliate=row["email"],
        enrollment=identity(row["enrollment"]),
        program=row["slug"],
        customer=row["customer"],
        sale=row["sale"],
        transaction=row["name"],
        kind=row["kind"],
        minor=row["minor"],
        currency=row["currency"],
        state=state,
        booked_on=row["booked_on"],
        released_on=row["released_on"],
        payout=payout if state in {LineState.IN_PAYOUT, LineState.PAID} else None,
    )


async def lines_on(day: date) -> AsyncIterator[dict[str, Any]]:
    """The same as plain values, for machines."""
    for line in await books_on(day):
        yield {
            "affiliate": line.affiliate,
            "program": line.program,
            "customer": line.customer,
            "transaction": line.transaction,
            "kind": line.kind,
            "minor": line.minor,
            "currency": line.currency,
            "state": str(line.state),
            "released_on": line.released_on.isoformat(),
            "payout": line.payout,
        }


async def dispute_spans(sales: Collection[UUID] | None = None) -> dict[UUID, list[DisputeSpan]]:
    """Of these payments, or of all."""
    spans: dict[UUID, list[DisputeSpan]] = defaultdict(list)
    query = DisputedTime.select()
    for row in await (query if sales is None else query.where(DisputedTime.sale.is_in(list(sales)))):
        spans[identity(row["sale"])].append(DisputeSpan(row["opened_on"], row["closed_on"]))
    return spans


async def claims_of(lines: Collection[UUID] | None = None) -> dict[UUID, tuple[str, Claim]]:
    """By line, of these or of all: the month of the run that took it, and when."""
    if lines is not None and not lines:
        return {}
    query = PayoutLine.select(
        PayoutLine.commission,
        PayoutLine.payout.run_month,
        PayoutLine.payout.claimed_on,
        PayoutLine.payout.approved_on,
        PayoutLine.payout.paid_on,
    )
    return {
        identity(row["commission"]): (
            row["payout.run_month"],
            Claim(row["payout.claimed_on"], row["payout.approved_on"], row["payout.paid_on"]),
        )
        for row in await (query if lines is None else query.where(PayoutLine.commission.is_in(list(lines))))
    }
