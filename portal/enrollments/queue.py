"""The managers' queue: filtered, searched, paged; and the decisions whose minute is not over."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal.clock import local_date
from portal.enrollments.answers import Choice
from portal.enrollments.finding import unpacked
from portal.enrollments.forms import KINDS
from portal.enrollments.hints import Hint, Look
from portal.enrollments.looking import holds, mark, says
from portal.enrollments.rules import UNDO_WITHIN, ApplicationState, Verdict, due
from portal.enrollments.tables import Application
from portal.programs.rules import ProgramTerms

ROWS = 25
SHOWN = {
    "waiting": (ApplicationState.IN_REVIEW,),
    "asked": (ApplicationState.ASKED,),
    "decided": (ApplicationState.APPROVED, ApplicationState.DECLINED),
}
# A decision whose minute is not over has taken its application out of the queue.
OPEN_DECISION = "SELECT application FROM application_decision WHERE settled_at IS NULL AND undone_at IS NULL"


@dataclass(frozen=True)
class Filters:
    """What the address of the queue says. Anything unknown is left out."""

    show: str = "waiting"
    q: str = ""
    kind: str = ""
    way: str = ""
    hints: bool = False
    late: bool = False

    @property
    def query(self) -> str:
        """For addresses; empty for the plain queue."""
        said = {
            "show": self.show if self.show != "waiting" else "",
            "q": self.q,
            "kind": self.kind,
            "way": self.way,
            "hints": "yes" if self.hints else "",
            "late": "yes" if self.late else "",
        }
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def narrow(self) -> bool:
        return bool(self.q or self.kind or self.way or self.hints or self.late)


@dataclass(frozen=True)
class QueueRow:
    id: UUID
    name: str
    web_address: str
    kind: str
    due: date
    state: ApplicationState
    answered: bool  # a question was asked and answered
    hint: Hint | None  # the worst one


@dataclass(frozen=True)
class Pending:
    """A decision that can be undone."""

    id: UUID
    application: UUID
    name: str
    verdict: Verdict
    by: str
    seconds: int  # until it takes effect; 0 when that is due


@dataclass(frozen=True)
class Queue:
    rows: tuple[QueueRow, ...]
    filters: Filters
    total: int
    page: int
    pages: int
    waiting: int
    asked: int
    pending: tuple[Pending, ...]
    kinds: tuple[Choice, ...]
    ways: tuple[Choice, ...]
    today: date

    @property
    def first(self) -> int:
        """The number of the first row."""
        return (self.page - 1) * ROWS + 1

    def address(self, application: UUID | None = None, page: int | None = None) -> str:
        """Of one of its applications, or of another page, with the filters kept."""
        number = self.page if page is None else page
        parts = [self.filters.query, f"page={number}" if number > 1 else ""]
        query = "&".join(part for part in parts if part)
        path = f"/manage/applications/{application}" if application else "/manage/applications"
        return f"{path}?{query}" if query else path


class _Who(msgspec.Struct):
    """As much of the answers as a row shows."""

    name: str
    web_address: str
    kind: str


async def queue_page(
    program_id: UUID, terms: ProgramTerms, filters: Filters, page: int, now: datetime
) -> Queue:
    """The oldest first, decided ones the newest first."""
    today = local_date(now, terms.timezone)
    counts = await _counts(program_id)
    where, values = _where(program_id, terms, filters, today)
    known = counts.get(filters.show, 0) if not filters.narrow and filters.show != "decided" else None
    if known is not None:
        page = min(page, _pages(known))
    moment, turn = ("a.decided_at", "DESC") if filters.show == "decided" else ("a.waits_since", "ASC")
    rows, total = await _page(where, values, moment, turn, page, known)
    if not rows and page > 1:
        page = 1
        rows, total = await _page(where, values, moment, turn, page, known)
    return Queue(
        rows=tuple(_row(row, terms) for row in rows),
        filters=filters,
        total=total,
        page=page,
        pages=_pages(total),
        waiting=counts.get("waiting", 0),
        asked=counts.get("asked", 0),
        pending=await pending_decisions(program_id, now),
        kinds=tuple(Choice(key, name) for key, name in KINDS.items()),
        ways=tuple(Choice(way.key, way.name) for way in terms.words.ways),
        today=today,
    )


async def _page(
    where: str, values: tuple[Any, ...], moment: str, turn: str, page: int, known: int | None
) -> tuple[list[dict[str, Any]], int]:
    """The rows of a page, and how many there are in all.

    Words are looked for once, not once for each of the two, and answers are read for the page's rows alone.
    """
    columns = "a.id, a.answers, a.state, a.hints, a.waits_since, a.confirmed_at, a.sent_at"
    part = f"LIMIT {ROWS} OFFSET {(page - 1) * ROWS}"
    if known is not None:
        rows = await Application.raw(
            f"SELECT {columns} FROM application a WHERE a.id IN "  # noqa: S608 - our words
            f"(SELECT a.id FROM application a WHERE {where} ORDER BY {moment} {turn}, a.id {part}) "
            f"ORDER BY {moment} {turn}, a.id",
            *values,
        )
        return rows, known
    rows = await Application.raw(
        f"WITH found AS MATERIALIZED (SELECT a.id, {moment} AS moment FROM application a WHERE {where}), "  # noqa: S608 - our words
        f"shown AS (SELECT id FROM found ORDER BY moment {turn}, id {part}) "
        f"SELECT {columns}, (SELECT count(*) FROM found) AS total "
        f"FROM application a WHERE a.id IN (SELECT id FROM shown) ORDER BY {moment} {turn}, a.id",
        *values,
    )
    return rows, rows[0]["total"] if rows else 0


def _pages(total: int) -> int:
    return max(1, -(-total // ROWS))


async def pending_decisions(program_id: UUID, now: datetime) -> tuple[Pending, ...]:
    """The newest first."""
    # CROSS JOIN: SQLite, too, begins with the few decisions, not with all applications of the program.
    rows = await Application.raw(
        "SELECT d.id, d.application, d.verdict, d.at, a.answers, m.name AS manager "
        "FROM application_decision d CROSS JOIN application a LEFT JOIN manager m ON m.id = d.manager "
        "WHERE d.settled_at IS NULL AND d.undone_at IS NULL AND a.id = d.application "
        "AND a.program = {} ORDER BY d.at DESC, d.id",
        program_id,
    )
    return tuple(
        Pending(
            id=UUID(str(row["id"])),
            application=UUID(str(row["application"])),
            name=msgspec.json.decode(row["answers"], type=_Who).name,
            verdict=Verdict(row["verdict"]),
            by=row["manager"] or "the program’s own rule",
            seconds=max(0, int((row["at"] + UNDO_WITHIN - now).total_seconds())),
        )
        for row in rows
    )


def late_before(terms: ProgramTerms, today: date) -> datetime:
    """Whoever waits since before this moment should have an answer by now."""
    day = today
    while due(_midnight(day, terms), terms) >= today:
        day -= timedelta(days=1)
    return _midnight(day + timedelta(days=1), terms)


async def _counts(program_id: UUID) -> dict[str, int]:
    rows = await Application.raw(
        "SELECT a.state, count(*) AS total FROM application a "  # noqa: S608 - our words
        f"WHERE a.program = {{}} AND a.state IN ('in_review', 'asked') AND a.id NOT IN ({OPEN_DECISION}) "
        "GROUP BY a.state",
        program_id,
    )
    names = {states[0].value: show for show, states in SHOWN.items()}
    return {names[row["state"]]: row["total"] for row in rows}


def _where(
    program_id: UUID, terms: ProgramTerms, filters: Filters, today: date
) -> tuple[str, tuple[Any, ...]]:
    states = ", ".join(f"'{state}'" for state in SHOWN[filters.show])
    parts, values = [f"a.program = {{}} AND a.state IN ({states})"], list[Any]((program_id,))
    if filters.show != "decided":
        parts.append(f"a.id NOT IN ({OPEN_DECISION})")
    marks = [mark("kind", filters.kind)] if filters.kind else []
    marks += [mark("way", filters.way)] if filters.way else []
    parts += [holds("a.looked_for")] * len(marks)
    values += marks
    words = filters.q.lower().split()
    parts += [says("a.looked_for")] * len(words)
    values += words
    if filters.hints:
        parts.append(holds("a.hints"))
        values.append(f'"look":"{Look.LOOK}"')
    if filters.late:
        parts.append("a.waits_since < {}")
        values.append(late_before(terms, today))
    return " AND ".join(parts), tuple(values)


def _row(row: dict[str, Any], terms: ProgramTerms) -> QueueRow:
    who = msgspec.json.decode(row["answers"], type=_Who)
    hints = unpacked(row["hints"])
    return QueueRow(
        id=UUID(str(row["id"])),
        name=who.name,
        web_address=who.web_address,
        kind=KINDS.get(who.kind, who.kind),
        due=due(row["waits_since"] or row["sent_at"], terms),
        state=ApplicationState(row["state"]),
        answered=bool(row["confirmed_at"] and row["waits_since"] > row["confirmed_at"]),
        hint=hints[0] if hints and hints[0].look is Look.LOOK else None,
    )


def _midnight(day: date, terms: ProgramTerms) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(terms.timezone))
