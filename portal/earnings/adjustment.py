"""The page of a bonus or a correction, which belongs to no sale."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.earnings.gather import identity
from portal.earnings.rows import NEWEST
from portal.earnings.rules import Because, Outcome, TransactionKind
from portal.earnings.sale_lines import SaleLine, lines_of, shown_line
from portal.earnings.tables import Transaction
from portal.earnings.timeline import Month, next_run
from portal.errors import NotYours
from portal.money import Money
from portal.programs.queries import terms_history


@dataclass(frozen=True)
class AdjustmentPage:
    """earnings/adjustment.html"""

    on: date
    title: str
    amount: Money
    state: str
    reason: str
    lines: tuple[SaleLine, ...]
    due_in: Month | None
    contact: str
    number: str


async def is_adjustment(event: UUID) -> bool:
    return await Transaction.exists().where(
        (Transaction.id == event) & (Transaction.kind == TransactionKind.ADJUSTMENT)
    )


async def adjustment_page(enrollment: UUID, adjustment: UUID, now: datetime) -> AdjustmentPage:
    """Raises NotYours for one that was not made for this enrollment."""
    rows = await Transaction.raw(
        f"""
        SELECT t.program, t.external_id, d.outcome, d.because FROM money_event t
        JOIN decision d ON d."transaction" = t.id
        WHERE t.id = {{}} AND t.kind = 'adjust' AND d.enrollment = {{}} AND {NEWEST}
        """,  # noqa: S608 - our own words
        adjustment,
        enrollment,
    )
    if not rows:
        raise NotYours
    terms = (await terms_history(identity(rows[0]["program"]))).at(now)
    today = local_date(now, terms.timezone)
    lines = await lines_of(enrollment, adjustment, today)
    (line,) = lines
    outcome, because = Outcome(rows[0]["outcome"]), msgspec.json.decode(rows[0]["because"], type=Because)
    return AdjustmentPage(
        on=line.booked_on,
        title="Bonus" if outcome is Outcome.BONUS else "Correction",
        amount=line.amount,
        state=str(line.state),
        reason=because.ruled or "",
        lines=tuple(shown_line(one, struck=False) for one in lines),
        due_in=None if line.run else next_run(line.released_on, today, terms),
        contact=terms.contact,
        number=rows[0]["external_id"],
    )
