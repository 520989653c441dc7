"""Letters of a first week: one nudge at most, the first click, the first sale. The worker writes them.

The letter and the mark that it was written are one transaction, and only one worker writes at a time: a crash
between leaves neither or both. The approval's own letter is the welcome.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal import db
from portal.accounts.letter_choices import FIRST_WEEK, choices_of
from portal.clock import local_date
from portal.earnings.timeline import next_run, pay_window
from portal.home.actions import first_weeks
from portal.home.queries import moment
from portal.home.rules import NEWS_FOR, nudge_due
from portal.home.tables import FirstWeek
from portal.money import Money
from portal.outbox.actions import post_each
from portal.outbox.letters import SWITCH_OFF
from portal.programs.queries import all_programs, terms_at
from portal.programs.rules import ProgramTerms
from portal.templating import money

AT_ONCE = 500
LETTERS_LOCK = 7_440

# Active, and letters of this kind not switched off. What else must be true follows.
JOINS = (
    "FROM enrollment e JOIN affiliate a ON a.id = e.affiliate JOIN link l ON l.enrollment = e.id AND l.main "
    "LEFT JOIN first_week f ON f.enrollment = e.id "
    f"LEFT JOIN letter_choice o ON o.affiliate = e.affiliate AND o.kind = '{FIRST_WEEK}' "
)
WHO = "WHERE e.program = {} AND e.state = 'active' AND o.off_at IS NULL "
FIRST_SALE = (
    "(SELECT s.id FROM commission s WHERE s.enrollment = e.id AND s.kind = 'sale' "
    "ORDER BY s.booked_on, s.id LIMIT 1)"
)
FIRST_CLICK = "(SELECT k.id FROM click k WHERE k.enrollment = e.id AND k.counted ORDER BY k.at, k.id LIMIT 1)"


async def write_first_letters(now: datetime) -> None:
    for program in await all_programs():  # a handful
        terms = await terms_at(program.id, now)
        for write in (_nudge, _tell_sales, _tell_clicks):
            while await write(program.id, terms, now) == AT_ONCE:
                pass


async def _nudge(program_id: UUID, terms: ProgramTerms, now: datetime) -> int:
    """Whoever has no click by the third working day hears of the one next step."""
    due = nudge_due(now, terms.timezone)
    if due is None:
        return 0
    async with db.transaction():
        await db.exclusively("first letters", LETTERS_LOCK)
        rows = await FirstWeek.raw(
            f"SELECT e.id, e.affiliate, a.name, a.email, l.slug, f.placed_at {JOINS}{WHO}"
            "AND e.began_at >= {} AND e.began_at < {} AND f.nudged_at IS NULL AND f.put_away_at IS NULL "
            f"AND {FIRST_CLICK} IS NULL AND {FIRST_SALE} IS NULL ORDER BY e.id LIMIT {{}}",
            program_id,
            due.first,
            due.last,
            AT_ONCE,
        )
        told = [(row, {"slug": row["slug"], "placed": bool(row["placed_at"])}) for row in rows]
        await _post("first_nudge", program_id, told, now)
        await _mark(rows, {FirstWeek.nudged_at: now})
        return len(rows)


async def _tell_clicks(program_id: UUID, terms: ProgramTerms, now: datetime) -> int:
    async with db.transaction():
        await db.exclusively("first letters", LETTERS_LOCK)
        rows = await FirstWeek.raw(
            "SELECT e.id, e.affiliate, a.name, a.email, k.at, k.placement, k.referrer_host "
            f"{JOINS}JOIN click k ON k.id = {FIRST_CLICK} {WHO}"
            "AND f.click_told_at IS NULL ORDER BY e.id LIMIT {}",
            program_id,
            AT_ONCE,
        )
        # What is no news any more is marked too, and never looked at again.
        news = [row for row in rows if now - moment(row["at"]) < NEWS_FOR]
        await _post("first_click", program_id, [(row, _click(row, terms)) for row in news], now)
        await _mark(rows, {FirstWeek.click_told_at: now})
        return len(rows)


async def _tell_sales(program_id: UUID, terms: ProgramTerms, now: datetime) -> int:
    """Whose first click came in the same hours hears of the sale only."""
    today = local_date(now, terms.timezone)
    async with db.transaction():
        await db.exclusively("first letters", LETTERS_LOCK)
        rows = await FirstWeek.raw(
            "SELECT e.id, e.affiliate, a.name, a.email, s.minor, s.currency, "  # noqa: S608 - our words
            "s.booked_on, s.released_on, s.sale, (SELECT SUM(r.minor) FROM commission r "
            "WHERE r.sale = s.sale AND r.enrollment = e.id) AS left_of_it "
            f"{JOINS}JOIN commission s ON s.id = {FIRST_SALE} {WHO}"
            "AND f.sale_told_at IS NULL ORDER BY e.id LIMIT {}",
            program_id,
            AT_ONCE,
        )
        news = [row for row in rows if today - row["booked_on"] < NEWS_FOR and row["left_of_it"] > 0]
        await _post("first_sale", program_id, [(row, _sale(row, today, terms)) for row in news], now)
        await _mark(rows, {FirstWeek.sale_told_at: now, FirstWeek.click_told_at: now})
        return len(rows)


def _click(row: dict[str, Any], terms: ProgramTerms) -> dict[str, Any]:
    at = moment(row["at"]).astimezone(ZoneInfo(terms.timezone))
    return {
        "on": at.date().isoformat(),
        "time": f"{at:%H:%M}",
        "placement": row["placement"],
        "host": row["referrer_host"],
        "window_days": terms.link_window_days,
    }


def _sale(row: dict[str, Any], today: date, terms: ProgramTerms) -> dict[str, Any]:
    window = pay_window(next_run(row["released_on"], today, terms), terms)
    return {
        "amount": money(Money(row["minor"], row["currency"])),
        "released_on": row["released_on"].isoformat(),
        "paid_from": window.first.isoformat(),
        "paid_to": window.last.isoformat(),
        "sale": str(row["sale"]),
    }


async def _post(
    message: str, program_id: UUID, told: Sequence[tuple[dict[str, Any], dict[str, Any]]], now: datetime
) -> None:
    """To each row of somebody, with what the letter says besides."""
    choices = await choices_of([UUID(str(row["affiliate"])) for row, _ in told], FIRST_WEEK)
    people = [
        (row["email"], {"name": row["name"], **said, SWITCH_OFF: str(choices[UUID(str(row["affiliate"]))])})
        for row, said in told
    ]
    await post_each(message, people, program=program_id, at=now)


async def _mark(rows: Sequence[dict[str, Any]], told: dict[Any, Any]) -> None:
    enrollments = [UUID(str(row["id"])) for row in rows]
    if enrollments:
        await first_weeks(enrollments)
        await FirstWeek.update(told).where(FirstWeek.enrollment.is_in(enrollments))
