"""What an affiliate tells of its first week."""

from datetime import datetime
from typing import Any
from uuid import UUID

from portal import db
from portal.home.tables import FirstWeek
from portal.ids import new_id


async def say_placed(enrollment_id: UUID, now: datetime) -> None:
    """By its own word, once: the first time stays."""
    async with db.transaction():
        await first_weeks([enrollment_id])
        await FirstWeek.update({FirstWeek.placed_at: now}).where(
            (FirstWeek.enrollment == enrollment_id) & FirstWeek.placed_at.is_null()
        )


async def take_back_placed(enrollment_id: UUID) -> None:
    await _set(enrollment_id, FirstWeek.placed_at, None)


async def put_away(enrollment_id: UUID, now: datetime) -> None:
    await _set(enrollment_id, FirstWeek.put_away_at, now)


async def first_weeks(enrollments: list[UUID]) -> None:
    """Makes the rows that are not there yet. In the caller's transaction."""
    rows = [FirstWeek(id=new_id(), enrollment=enrollment) for enrollment in enrollments]
    await FirstWeek.insert(*rows).on_conflict(target=FirstWeek.enrollment, action="DO NOTHING")


async def _set(enrollment_id: UUID, column: Any, value: datetime | None) -> None:
    async with db.transaction():
        await first_weeks([enrollment_id])
        await FirstWeek.update({column: value}).where(FirstWeek.enrollment == enrollment_id)
