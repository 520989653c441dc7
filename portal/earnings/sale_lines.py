"""The lines of one sale in an affiliate's books, each with where it stands."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.earnings.books import claims_of, dispute_spans
from portal.earnings.gather import identity
from portal.earnings.rows import NEWEST
from portal.earnings.rules import LineKind, Outcome
from portal.earnings.sentences import correction_title
from portal.earnings.sums import Sum
from portal.earnings.tables import Commission
from portal.earnings.timeline import Claim, LineState, Month, state_on
from portal.earnings.upkeep import REVERSED
from portal.money import Money
from portal.templating import money, rate


@dataclass(frozen=True)
class SaleLine:
    booked_on: date
    words: str
    state: str
    until: date | None
    amount: Money
    struck: bool


@dataclass(frozen=True)
class BookedLine:
    kind: LineKind
    amount: Money
    rate_bps: int
    base: Money
    booked_on: date
    released_on: date
    state: LineState
    claim: Claim | None
    run: Month | None
    outcome: Outcome


async def lines_of(enrollment: UUID, sale: UUID, today: date) -> list[BookedLine]:
    rows = await Commission.raw(
        f"""
        SELECT c.id, c.kind, c.minor, c.currency, c.rate_bps, c.base_minor, c.booked_on, c.released_on,
            d.outcome
        FROM commission c JOIN decision d ON d."transaction" = c."transaction"
        WHERE c.sale = {{}} AND c.enrollment = {{}} AND {NEWEST}
        ORDER BY c.booked_on, c.created_at, c.id
        """,  # noqa: S608 - our own words
        sale,
        enrollment,
    )
    disputes = (await dispute_spans([sale])).get(sale, [])
    claims = await claims_of([identity(row["id"]) for row in rows])
    found = []
    for row in rows:
        run, claim = claims.get(identity(row["id"]), (None, None))
        state = state_on(
            today,
            booked_on=row["booked_on"],
            released_on=row["released_on"],
            disputes=disputes,
            claim=claim,
        )
        found.append(
            BookedLine(
                LineKind(row["kind"]),
                Money(row["minor"], row["currency"]),
                row["rate_bps"],
                Money(row["base_minor"], row["currency"]),
                row["booked_on"],
                row["released_on"],
                state or LineState.HELD,
                claim,
                Month.parse(run) if run else None,
                Outcome(row["outcome"]),
            )
        )
    return found


def shown_line(line: BookedLine, *, struck: bool) -> SaleLine:
    """`struck`: sale and refund of an unpaid sale came to nothing, so no line of it waits for its day."""
    if line.kind is LineKind.ADJUSTMENT:
        words = "Bonus" if line.outcome is Outcome.BONUS else "Correction"
    elif line.kind in (LineKind.SALE, LineKind.SECOND_TIER):
        words = f"Commission, {rate(line.rate_bps)} of {money(line.base)}"
    else:
        words = correction_title(line.kind, line.outcome)
    until = line.claim.paid_on if line.claim else line.released_on if line.state is LineState.HELD else None
    if struck:
        return SaleLine(line.booked_on, words, REVERSED, None, line.amount, struck)
    return SaleLine(line.booked_on, words, str(line.state), until, line.amount, struck)


def share_sums(lines: list[BookedLine]) -> tuple[Sum, ...]:
    """How a share of a recruited partner's sale adds up: line by line, for the partner's sums are its own."""
    sums = []
    for line in lines:
        if line.kind is LineKind.SECOND_TIER:
            sums += [
                Sum("Base of your partner's sale", money(line.base)),
                Sum("Your second-tier rate", rate(line.rate_bps), "×"),
                Sum("Commission booked", money(line.amount), "=", look="result"),
            ]
        else:
            sums.append(Sum(correction_title(line.kind, line.outcome), money(line.amount)))
    due = Money.total((line.amount for line in lines), lines[0].amount.currency)
    return (*sums, Sum("Your commission for this sale", money(due), look="total"))
