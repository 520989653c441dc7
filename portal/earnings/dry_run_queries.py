"""What managers see of a dry run: how far it is, then who gains and who loses."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal.clock import local_date
from portal.earnings.dry_run_words import (
    People,
    Row,
    Sums,
    existing_words,
    people_words,
    verdict,
)
from portal.earnings.gather import identity
from portal.earnings.rules import RunState
from portal.earnings.tables import DryRun, DryRunRow
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment
from portal.errors import NotFound
from portal.money import Money
from portal.programs.program_file import parse_program
from portal.programs.promises import why_not_after
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms
from portal.programs.terms_words import Pair, headline, side_by_side
from portal.templating import day, money

ROWS = 15
SHOWN = {"": "Everybody", "more": "Would earn more", "less": "Would earn less", "tier": "In another tier"}
WHICH = {
    "": "",
    "more": 'AND r."after" > r."before"',
    "less": 'AND r."after" < r."before"',
    "tier": "AND r.tier_before <> r.tier_after",
}
EARLIER = 8


@dataclass(frozen=True)
class Run:
    """A dry run as it was asked for."""

    id: UUID
    title: str
    state: RunState
    asked_by: str
    asked_at: datetime
    since: date
    until: date

    @property
    def path(self) -> str:
        return f"/manage/program/terms/dry-runs/{self.id}"


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    sums: tuple[Sums, ...]
    verdict: str
    people: str
    share: str  # what the change is of all that was earned
    about_running: str
    shown: str
    chips: tuple[tuple[str, str, int, bool], ...]
    rows: tuple[Row, ...]
    page: int
    pages: int
    risers: tuple[tuple[str, str, str], ...]  # (name, tier today, tier it would be)
    other_tier: int


@dataclass(frozen=True)
class DryRunPage:
    """earnings/dry_run.html"""

    run: Run
    percent: int
    answer: Answer | None
    version: int
    based_on: int
    starts_on: date
    keeps: bool
    pairs: tuple[Pair, ...]
    changed: int
    letters: int
    why_not: str | None  # it cannot be published


@dataclass(frozen=True)
class EarlierRun:
    run: Run
    based_on: int


async def dry_run_page(program: UUID, run: UUID, shown: str, page: int, now: datetime) -> DryRunPage:
    """Raises NotFound for a dry run of another program."""
    row = await _run_row(program, run)
    history = await terms_history(program)
    draft = parse_program(tomllib.loads(row["document"]))
    based = next(one for one in history.versions if one.version == row["based_on"])
    newest = history.versions[-1]
    pairs = side_by_side(based, draft)
    asked = _run(row, headline(based, draft))
    changed = sum(pair.changes for pair in pairs)
    people = await Enrollment.count().where(
        (Enrollment.program == program) & (Enrollment.state != EnrollmentState.ENDED)
    )
    done = asked.state is RunState.DONE
    names = (based, draft)
    return DryRunPage(
        run=asked,
        percent=row["done"] * 100 // row["steps"] if row["steps"] else 0,
        answer=await _answer(asked, names, shown if shown in SHOWN else "", page, now) if done else None,
        version=newest.version + 1,
        based_on=based.version,
        starts_on=draft.starts_on,
        keeps=draft.existing_subscriptions == "keep",
        pairs=pairs,
        changed=changed,
        letters=int(people) if changed else 0,
        why_not=_why_not(based, newest, draft, now),
    )


def _why_not(based: ProgramTerms, newest: ProgramTerms, draft: ProgramTerms, now: datetime) -> str | None:
    if newest.version != based.version:
        return (
            f"Version {newest.version} was published after this dry run, which knows only version "
            f"{based.version}. Run it again against the newest one."
        )
    if newest.starts_at is None:
        return None
    return why_not_after(newest, newest.starts_at, draft, now)


async def earlier_runs(program: UUID) -> tuple[EarlierRun, ...]:
    """The newest first, for whoever drafts again."""
    rows = await DryRun.raw(
        "SELECT d.*, m.name AS asked_name FROM dry_run d JOIN manager m ON m.id = d.asked_by "
        "WHERE d.program = {} ORDER BY d.asked_at DESC, d.id DESC LIMIT {}",
        program,
        EARLIER,
    )
    known = {one.version: one for one in (await terms_history(program)).versions}
    return tuple(
        EarlierRun(
            _run(row, headline(known[row["based_on"]], parse_program(tomllib.loads(row["document"])))),
            row["based_on"],
        )
        for row in rows
    )


async def draft_of(program: UUID, run: UUID) -> str:
    """The draft as a program file. Raises NotFound."""
    return str((await _run_row(program, run))["document"])


async def all_rows(program: UUID, run: UUID) -> list[Row]:
    """Everybody, those with the greatest change first. Raises NotFound while it is not done."""
    row = await _run_row(program, run)
    if row["state"] != RunState.DONE:
        raise NotFound
    history = await terms_history(program)
    based = next(one for one in history.versions if one.version == row["based_on"])
    return await _rows(run, (based, parse_program(tomllib.loads(row["document"]))), "")


async def _run_row(program: UUID, run: UUID) -> dict[str, Any]:
    rows = await DryRun.raw(
        "SELECT d.*, m.name AS asked_name FROM dry_run d JOIN manager m ON m.id = d.asked_by "
        "WHERE d.program = {} AND d.id = {}",
        program,
        run,
    )
    if not rows:
        raise NotFound("There is no such dry run.")
    return dict(rows[0])


def _run(row: dict[str, Any], title: str) -> Run:
    return Run(
        identity(row["id"]),
        title,
        RunState(row["state"]),
        row["asked_name"],
        row["asked_at"],
        row["since"],
        row["until"],
    )


async def _answer(
    run: Run, names: tuple[ProgramTerms, ProgramTerms], shown: str, page: int, now: datetime
) -> Answer:
    counted = (
        await DryRunRow.raw(
            """
            SELECT COUNT(DISTINCT enrollment) AS everybody,
                COUNT(DISTINCT CASE WHEN "after" > "before" THEN enrollment END) AS more,
                COUNT(DISTINCT CASE WHEN "after" < "before" THEN enrollment END) AS less,
                COUNT(DISTINCT CASE WHEN tier_before <> tier_after THEN enrollment END) AS tiers,
                COUNT(*) AS all_rows,
                COUNT(CASE WHEN "after" > "before" THEN 1 END) AS more_rows,
                COUNT(CASE WHEN "after" < "before" THEN 1 END) AS less_rows,
                COUNT(CASE WHEN tier_before <> tier_after THEN 1 END) AS tier_rows
            FROM dry_run_row WHERE run = {}
            """,
            run.id,
        )
    )[0]
    sums = await _sums(run.id)
    people = People(counted["more"], counted["less"], counted["everybody"], counted["tiers"])
    rows_of = dict(
        zip(SHOWN, (counted[f"{part}_rows"] for part in ("all", "more", "less", "tier")), strict=True)
    )
    pages = max(1, -(-rows_of[shown] // ROWS))
    page = min(page, pages)
    today = local_date(now, names[1].timezone)
    risers = await _rows(run.id, names, "tier", 4)
    return Answer(
        sums=sums,
        verdict=verdict(sums) if people.more or people.less else "It would have changed nothing.",
        people=people_words(people),
        share=" ".join(map(_share, (one for one in sums if one.change.minor))),
        about_running=existing_words(names[1].existing_subscriptions, day(run.since, today)),
        shown=shown,
        chips=tuple(
            (f"?show={key}" if key else "?", label, rows_of[key], key == shown)
            for key, label in SHOWN.items()
        ),
        rows=tuple(await _rows(run.id, names, shown, ROWS, (page - 1) * ROWS)),
        page=page,
        pages=pages,
        risers=tuple((row.name, row.tier_before, row.tier_after) for row in risers[:3]),
        other_tier=people.other_tier,
    )


async def _sums(run: UUID) -> tuple[Sums, ...]:
    rows = await DryRunRow.raw(
        'SELECT currency, CAST(SUM("before") AS BIGINT) AS b, CAST(SUM("after") AS BIGINT) AS a, '
        "CAST(SUM(payments) AS BIGINT) AS p FROM dry_run_row WHERE run = {} "
        "GROUP BY currency ORDER BY currency",
        run,
    )
    return tuple(
        Sums(Money(int(row["b"]), row["currency"]), Money(int(row["a"]), row["currency"]), int(row["p"]))
        for row in rows
    )


def _share(sums: Sums) -> str:
    """What the change is of all that was earned, as exact as it can be felt."""
    if sums.before.minor <= 0:
        return f"{money(sums.change)} where nothing was earned before."
    per_mille = abs(sums.change).share(1_000, sums.before.minor).minor
    share = f"{per_mille // 10}.{per_mille % 10}\u00a0%" if per_mille else "less than 0.1\u00a0%"
    return f"{money(sums.change)} is {share} of the {money(sums.before)} that sales earned in that time."


async def _rows(
    run: UUID, names: tuple[ProgramTerms, ProgramTerms], shown: str, limit: int = 10**9, skip: int = 0
) -> list[Row]:
    rows = await DryRunRow.raw(
        f"""
        SELECT r.*, a.name, a.email FROM dry_run_row r
        JOIN enrollment e ON e.id = r.enrollment JOIN affiliate a ON a.id = e.affiliate
        WHERE r.run = {{}} {WHICH[shown]}
        ORDER BY ABS(r."after" - r."before") DESC, a.name, r.enrollment, r.currency LIMIT {{}} OFFSET {{}}
        """,  # noqa: S608 - our own words
        run,
        limit,
        skip,
    )
    before, after = names
    return [
        Row(
            row["name"],
            row["email"],
            Money(row["before"], row["currency"]),
            Money(row["after"], row["currency"]),
            row["payments"],
            before.tier(row["tier_before"]).name if row["tier_before"] else "",
            after.tier(row["tier_after"]).name if row["tier_after"] else "",
            str(row["enrollment"]),
        )
        for row in rows
    ]
