"""What is shown about codes and the vendor's checkout."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.enrollments.codes import CodeState
from portal.enrollments.tables import DiscountCode

ROWS = 50


@dataclass(frozen=True)
class CodeRow:
    id: UUID
    code: str
    percent_bps: int
    name: str  # of the affiliate
    slug: str
    since: datetime  # in the program's time zone
    problem: str
    tries: int
    try_after: datetime | None


@dataclass(frozen=True)
class CodeList:
    """The oldest of those in one state, and how many there are in all."""

    rows: tuple[CodeRow, ...]
    total: int


@dataclass(frozen=True)
class CodesPage:
    """enrollments/staff_codes.html"""

    program: str
    by_hand: CodeList
    refused: CodeList
    to_switch_off: CodeList
    waiting: CodeList
    made: int
    has_key: bool
    blocked: str | None = None  # why the last try changed nothing

    @property
    def is_done(self) -> bool:
        lists = (self.by_hand, self.refused, self.to_switch_off, self.waiting)
        return not any(one.total for one in lists)


async def codes_page(
    program_id: UUID, program: str, timezone: str, *, has_key: bool, blocked: str | None = None
) -> CodesPage:
    counts = await _counts(program_id)

    async def those(*states: CodeState) -> CodeList:
        total = sum(counts.get(state, 0) for state in states)
        return CodeList(await _rows(program_id, states, timezone) if total else (), total)

    # Without a key nothing waits for Stripe, whatever the worker has not written down yet.
    by_worker = (CodeState.WAITING, CodeState.LEAVING) if has_key else ()
    return CodesPage(
        program=program,
        by_hand=await those(CodeState.BY_HAND, *(() if has_key else (CodeState.WAITING,))),
        refused=await those(CodeState.FAILED),
        to_switch_off=await those(CodeState.OFF_BY_HAND, *(() if has_key else (CodeState.LEAVING,))),
        waiting=await those(*by_worker),
        made=counts.get(CodeState.MADE, 0),
        has_key=has_key,
        blocked=blocked,
    )


async def count_unmade(program_id: UUID) -> int:
    """Codes that wait for a manager: to be created or switched off by hand, or refused by Stripe."""
    counts = await _counts(program_id)
    return sum(counts.get(state, 0) for state in (CodeState.BY_HAND, CodeState.FAILED, CodeState.OFF_BY_HAND))


async def _counts(program_id: UUID) -> dict[CodeState, int]:
    rows = await DiscountCode.raw(
        "SELECT c.at_checkout, count(*) AS codes FROM discount_code c "
        "JOIN enrollment e ON e.id = c.enrollment WHERE e.program = {} GROUP BY c.at_checkout",
        program_id,
    )
    return {CodeState(row["at_checkout"]): row["codes"] for row in rows}


async def _rows(program_id: UUID, states: tuple[CodeState, ...], timezone: str) -> tuple[CodeRow, ...]:
    places = ", ".join("{}" for _ in states)
    rows = await DiscountCode.raw(
        "SELECT c.id, c.code, c.percent_bps, c.created_at, c.problem, c.tries, c.try_after, a.name, l.slug "  # noqa: S608 - places only
        "FROM discount_code c JOIN enrollment e ON e.id = c.enrollment "
        "JOIN affiliate a ON a.id = e.affiliate JOIN link l ON l.enrollment = e.id AND l.main "
        f"WHERE e.program = {{}} AND c.at_checkout IN ({places}) ORDER BY c.id LIMIT {{}}",
        program_id,
        *states,
        ROWS,
    )
    zone = ZoneInfo(timezone)
    return tuple(
        CodeRow(
            id=UUID(str(row["id"])),
            code=row["code"],
            percent_bps=row["percent_bps"],
            name=row["name"],
            slug=row["slug"],
            since=row["created_at"].astimezone(zone),
            problem=row["problem"],
            tries=row["tries"],
            try_after=row["try_after"].astimezone(zone) if row["try_after"] else None,
        )
        for row in rows
    )
