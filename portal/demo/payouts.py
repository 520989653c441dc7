"""Every month of the demo's year was reviewed and paid, as far as its days have come."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from portal.earnings.timeline import Month
from portal.payouts.actions import approve, mark_paid, prepare_run

PREPARED_DAY, APPROVED_DAY = 2, 13
MONTHS = 12


async def pay_the_year(program: UUID, preparer: UUID, approver: UUID, now: datetime) -> None:
    for back in range(MONTHS - 1, -1, -1):
        await _pay_month(program, Month.of(now.date()).plus(-back), preparer, approver, now)


async def _pay_month(program: UUID, month: Month, preparer: UUID, approver: UUID, now: datetime) -> None:
    """Prepared on the 2nd, approved on the 13th, paid on the first working day from the 16th on."""
    prepared, approved = _noon(month, PREPARED_DAY), _noon(month, APPROVED_DAY)
    paid = _noon(month, _first_working_day(date(month.year, month.month, 16)).day)
    if prepared > now:
        return
    run = await prepare_run(program, month, preparer, prepared)
    if approved <= now:
        await approve(run, approver, approved)
    if paid <= now:
        await mark_paid(run, preparer, paid)


def _noon(month: Month, day: int) -> datetime:
    return datetime.combine(date(month.year, month.month, day), time(12), UTC)


def _first_working_day(day: date) -> date:
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day
