"""Preparing, approving and paying a month's run."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal import db
from portal.audit.actions import Actor
from portal.audit.actions import record as audit
from portal.clock import local_date
from portal.earnings.gather import identity
from portal.earnings.record import drop_claims, leave_open_runs
from portal.earnings.tables import Commission, Payout, PayoutLine
from portal.earnings.timeline import Month, PayoutState
from portal.errors import NotFound
from portal.ids import new_id
from portal.money import Money
from portal.payouts.rules import (
    OpenLine,
    Payable,
    check_approve,
    check_open,
    check_pay,
    check_prepare,
    payable,
)
from portal.payouts.tables import Exclusion, PayoutRun
from portal.programs.queries import terms_at
from portal.programs.tables import Program


async def prepare_run(program: UUID, month: Month, manager: UUID, now: datetime) -> UUID:
    """Claims every payable line. Raises Refused before the cut-off, Conflict if the month has a run."""
    async with db.transaction():
        terms = await terms_at(program, now)
        today = local_date(now, terms.timezone)
        check_prepare(month, today)
        await db.for_update(Program.select(Program.id).where(Program.id == program))
        run = new_id()
        await PayoutRun.insert(
            PayoutRun(
                id=run,
                program=program,
                month=str(month),
                state=str(PayoutState.PREPARED),
                prepared_by=manager,
                prepared_at=now,
            )
        )
        payouts = payable(await _open_lines(program, month, now), month)
        for payout in payouts:
            await _claim(program, month, payout, now)
        await _audit(manager, "run_prepared", run, now, {"month": str(month), "payouts": len(payouts)})
    return run


async def exclude(run: UUID, commission: UUID, manager: UUID, because: str, now: datetime) -> None:
    """Leaves one line out of a prepared run; it comes back next month. The payout shrinks by it."""
    async with db.transaction():
        kept = await _run(run)
        check_open(PayoutState(kept["state"]))
        dropped = await drop_claims(
            (PayoutLine.commission == commission)
            & (PayoutLine.payout.run_month == kept["month"])
            & (PayoutLine.payout.program == kept["program"])
        )
        if not dropped:
            raise NotFound
        await Exclusion.insert(
            Exclusion(id=new_id(), run=run, commission=commission, manager=manager, because=because, at=now)
        )
        await _audit(manager, "line_excluded", run, now, {"line": str(commission), "because": because})


async def approve(run: UUID, manager: UUID, now: datetime) -> None:
    async with db.transaction():
        kept = await _run(run)
        terms = await terms_at(identity(kept["program"]), now)
        check_approve(
            PayoutState(kept["state"]),
            identity(kept["prepared_by"]),
            manager,
            second_manager=terms.second_manager,
        )
        today = local_date(now, terms.timezone)
        # A dispute that came while the lines were being claimed has not seen the claim.
        await leave_open_runs(await _disputed(kept, today))
        await PayoutRun.update(
            {
                PayoutRun.state: str(PayoutState.APPROVED),
                PayoutRun.approved_by: manager,
                PayoutRun.approved_at: now,
            }
        ).where(PayoutRun.id == run)
        await Payout.update({Payout.state: str(PayoutState.APPROVED), Payout.approved_on: today}).where(
            (Payout.program == kept["program"]) & (Payout.run_month == kept["month"])
        )
        await _audit(manager, "run_approved", run, now, {"month": kept["month"]})


async def mark_paid(run: UUID, manager: UUID, now: datetime) -> None:
    async with db.transaction():
        kept = await _run(run)
        check_pay(PayoutState(kept["state"]))
        today = local_date(now, (await terms_at(identity(kept["program"]), now)).timezone)
        await PayoutRun.update({PayoutRun.state: str(PayoutState.PAID), PayoutRun.paid_at: now}).where(
            PayoutRun.id == run
        )
        await Payout.update({Payout.state: str(PayoutState.PAID), Payout.paid_on: today}).where(
            (Payout.program == kept["program"]) & (Payout.run_month == kept["month"])
        )
        await _audit(manager, "run_paid", run, now, {"month": kept["month"]})


async def _run(run: UUID) -> dict[str, Any]:
    rows = await db.for_update(PayoutRun.select().where(PayoutRun.id == run))
    if not rows:
        raise NotFound
    return dict(rows[0])


async def _open_lines(program: UUID, month: Month, now: datetime) -> list[OpenLine]:
    """Lines that no run took and nobody disputes today."""
    terms = await terms_at(program, now)
    today = local_date(now, terms.timezone)
    rows = await Commission.raw(
        """
        SELECT c.id, c.enrollment, c.minor, c.currency, c.released_on FROM commission c
        WHERE c.program = {} AND c.released_on <= {} AND c.booked_on <= {}
        AND NOT EXISTS (SELECT 1 FROM payout_line l WHERE l.commission = c.id)
        AND NOT EXISTS (
            SELECT 1 FROM disputed_time d
            WHERE d.sale = c.sale AND d.opened_on <= {} AND (d.closed_on IS NULL OR d.closed_on > {})
        )
        """,
        program,
        month.cut_off,
        today,
        today,
        today,
    )
    return [
        OpenLine(
            identity(row["id"]),
            identity(row["enrollment"]),
            Money(row["minor"], row["currency"]),
            row["released_on"],
        )
        for row in rows
    ]


async def _disputed(run: dict[str, Any], today: date) -> list[UUID]:
    rows = await Commission.raw(
        """
        SELECT DISTINCT c.sale FROM commission c
        JOIN payout_line l ON l.commission = c.id
        JOIN payout p ON p.id = l.payout
        JOIN disputed_time d ON d.sale = c.sale
        WHERE p.program = {} AND p.run_month = {}
        AND d.opened_on <= {} AND (d.closed_on IS NULL OR d.closed_on > {})
        """,
        run["program"],
        run["month"],
        today,
        today,
    )
    return [identity(row["sale"]) for row in rows]


async def _claim(program: UUID, month: Month, payout: Payable, now: datetime) -> None:
    made = new_id()
    terms = await terms_at(program, now)
    await Payout.insert(
        Payout(
            id=made,
            program=program,
            run_month=str(month),
            enrollment=payout.enrollment,
            currency=payout.amount.currency,
            minor=payout.amount.minor,
            state=str(PayoutState.PREPARED),
            claimed_on=local_date(now, terms.timezone),
        )
    )
    claims = [PayoutLine(id=new_id(), payout=made, commission=line) for line in payout.lines]
    for start in range(0, len(claims), 500):
        await PayoutLine.insert(*claims[start : start + 500])


async def _audit(manager: UUID, verb: str, run: UUID, now: datetime, after: dict[str, Any]) -> None:
    await audit(Actor("manager", str(manager)), verb, "payout_run", str(run), now, after=after)
