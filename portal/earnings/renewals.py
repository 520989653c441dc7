"""What a subscription pays next, kept so that a forecast need not read every payment that was ever made."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from portal import db
from portal.clock import local_date
from portal.earnings.forecast import next_base, period_of
from portal.earnings.gather import identity
from portal.earnings.history import Judged
from portal.earnings.rules import Outcome, Subscription

COLUMNS = ("id", "enrollment", "currency", "base", "months", "paid_on", "first_on", "began_at")


def renewal_row(row: UUID, told: Subscription, payments: Iterable[Judged]) -> dict[str, Any] | None:
    """Of a subscription with its payments in the order in which they were made; None without a payment."""
    own = [one for one in payments if one.payment.subscription == told.external_id]
    if not own:
        return None
    last, terms = own[-1], own[-1].terms
    plan = terms.plan(last.verdict.because.plan) if last.verdict.because.plan else None
    sales = [one for one in own if one.verdict.outcome is Outcome.SALE]
    credit = told.credit_at(None)
    goes_on = last.verdict.outcome is Outcome.SALE and told.ended is None
    return {
        "id": row,
        "enrollment": credit.enrollment if goes_on and credit.counts else None,
        "currency": last.payment.charged.currency,
        "base": next_base(plan, last.payment, last.verdict.outcome, last.verdict.because).minor,
        "months": period_of(plan),
        "paid_on": local_date(last.payment.at, terms.timezone),
        "first_on": local_date(sales[0].payment.at, sales[0].terms.timezone) if sales else None,
        "began_at": told.began_at,
    }


async def keep_renewals(
    found: Iterable[tuple[dict[str, dict[str, Any]], dict[str, Subscription], list[Judged]]],
) -> None:
    """Rewrites what customers pay next: of each its subscriptions' rows, what they are, its payments."""
    rows = [
        made
        for kept, subscriptions, payments in found
        for name, told in subscriptions.items()
        if (made := renewal_row(identity(kept[name]["id"]), told, payments))
    ]
    rows.sort(key=lambda row: row["id"])
    await db.upsert("renewal", COLUMNS, [[row[name] for name in COLUMNS] for row in rows], "id")
