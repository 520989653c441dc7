"""What managers asked about an application, and what was answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.enrollments.tables import ApplicationQuestion
from portal.programs.rules import ProgramTerms


@dataclass(frozen=True)
class Exchange:
    """A manager's question and, once there is one, its answer."""

    question: str
    manager: str  # empty where the program itself asked
    asked_at: datetime
    answer: str
    answered_at: datetime | None


async def exchanges_about(application_id: UUID, terms: ProgramTerms) -> tuple[Exchange, ...]:
    """The oldest first, in the program's own time."""
    zone = ZoneInfo(terms.timezone)
    rows = await ApplicationQuestion.raw(
        "SELECT q.question, q.asked_at, q.answer, q.answered_at, m.name FROM application_question q "
        "LEFT JOIN manager m ON m.id = q.manager WHERE q.application = {} ORDER BY q.asked_at, q.id",
        application_id,
    )
    return tuple(
        Exchange(
            question=row["question"],
            manager=row["name"] or "",
            asked_at=row["asked_at"].astimezone(zone),
            answer=row["answer"],
            answered_at=row["answered_at"].astimezone(zone) if row["answered_at"] else None,
        )
        for row in rows
    )
