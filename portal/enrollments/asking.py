"""Changing the questions of the application form. Each change is a new version; old answers keep theirs."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from portal import db
from portal.audit.actions import Actor, record
from portal.errors import NotFound, Refused
from portal.programs.actions import keep_form
from portal.programs.queries import current_form
from portal.programs.questions import Question, questions_problem

Questions = tuple[Question, ...]
QUESTIONS_LOCK = 7_421


async def keep_question(
    program_id: UUID, base: int, question: Question, manager_id: UUID, now: datetime
) -> None:
    """A new question comes last, a known one stays where it is. Raises Refused."""

    def change(before: Questions) -> Questions:
        if question.key in [one.key for one in before]:
            return tuple(question if one.key == question.key else one for one in before)
        return (*before, question)

    await _change(program_id, base, change, f"kept question {question.key}", manager_id, now)


async def move_question(
    program_id: UUID, base: int, key: str, by: int, manager_id: UUID, now: datetime
) -> None:
    """One place up (-1) or down (1); at the end it stays. Raises Refused."""

    def change(before: Questions) -> Questions:
        place = _place(before, key)
        rest = [one for one in before if one.key != key]
        rest.insert(max(0, min(place + by, len(rest))), before[place])
        return tuple(rest)

    await _change(program_id, base, change, f"moved question {key}", manager_id, now)


async def remove_question(program_id: UUID, base: int, key: str, manager_id: UUID, now: datetime) -> None:
    """From the next application on; answers that were given stay. Raises Refused."""

    def change(before: Questions) -> Questions:
        _place(before, key)
        return tuple(one for one in before if one.key != key)

    await _change(program_id, base, change, f"removed question {key}", manager_id, now)


async def _change(
    program_id: UUID,
    base: int,
    change: Callable[[Questions], Questions],
    verb: str,
    manager_id: UUID,
    now: datetime,
) -> None:
    async with db.transaction():
        # The turn of all who change a form: between reading it and keeping the next one nobody comes.
        await db.exclusively("questions", QUESTIONS_LOCK)
        form = await current_form(program_id)
        if form.version != base:
            raise Refused(
                "Somebody changed the questions meanwhile. Nothing of yours was changed; please look again."
            )
        after = change(form.questions)
        if problem := questions_problem(after):
            raise Refused(problem)
        if after == form.questions:
            return
        form_id = await keep_form(program_id, after, manager_id, now)
        await record(
            Actor("manager", str(manager_id)),
            verb.split(maxsplit=1)[0],
            "application_form",
            str(form_id),
            now,
            before={"version": form.version, "questions": _told(form.questions)},
            after={"version": form.version + 1, "what": verb, "questions": _told(after)},
        )


def _place(questions: Questions, key: str) -> int:
    place = next((at for at, one in enumerate(questions) if one.key == key), None)
    if place is None:
        raise NotFound("There is no such question any more.")
    return place


def _told(questions: Questions) -> list[str]:
    return [f"{one.key}: {one.label}" for one in questions]
