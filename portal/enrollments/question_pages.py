"""The page on which managers change what the application form asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.enrollments import asking
from portal.enrollments.answers import Choice
from portal.enrollments.applying_queries import CORE_QUESTIONS, LABELS, median_seconds
from portal.enrollments.me import must_speak_of
from portal.enrollments.question_forms import KINDS, QuestionDraft, parse_question
from portal.errors import NotFound
from portal.programs.queries import current_form
from portal.programs.questions import QUESTIONS_MOST, Form, Question
from portal.web import Asking, Page, form_of, go, managers_only, program_of, show, who

HERE = "/manage/program/questions"


@dataclass(frozen=True)
class QuestionsPage:
    """enrollments/questions.html: what is asked, in order, and as applicants see it."""

    form: Form
    core: tuple[str, ...]
    number: int
    kinds: dict[str, str]
    median: str  # the middle time to apply, `1:38`; empty while nobody has
    median_seconds: int
    is_full: bool


@dataclass(frozen=True)
class QuestionPage:
    """enrollments/question.html: one question; `key` is empty for a new one."""

    key: str
    version: int
    draft: QuestionDraft
    kinds: tuple[Choice, ...]


@get("/")
async def questions(request: Asking, now: NamedDependency[datetime]) -> Page:
    program_id = program_of(request)
    form, seconds = await current_form(program_id), await median_seconds(program_id, now)
    page = QuestionsPage(
        form=form,
        core=tuple(label for name, label in LABELS.items() if name != "other_way"),
        number=CORE_QUESTIONS + len(form.questions),
        kinds={str(kind): name for kind, name in KINDS.items()},
        median=f"{seconds // 60}:{seconds % 60:02}" if seconds else "",
        median_seconds=seconds or 0,
        is_full=len(form.questions) >= QUESTIONS_MOST,
    )
    return show(request, "enrollments/questions.html", page=page)


@get("/new")
async def new_question(request: Asking) -> Page:
    return _question(request, "", await current_form(program_of(request)), QuestionDraft())


@post("/new")
async def add(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    return await _keep(request, "", now)


@get("/{key:str}")
async def question(request: Asking, key: FromPath[str]) -> Page:
    form, known = await _known(program_of(request), key)
    return _question(request, key, form, QuestionDraft.of(known))


@post("/{key:str}")
async def change(request: Asking, key: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    await _known(program_of(request), key)
    return await _keep(request, key, now)


@post("/{key:str}/move")
async def move(request: Asking, key: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    said = await form_of(request)
    by = -1 if said.get("to") == "up" else 1
    await asking.move_question(program_of(request), _version(request, said), key, by, who(request).known, now)
    return go(request, HERE)


@post("/{key:str}/remove")
async def remove(request: Asking, key: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    said = await form_of(request)
    await asking.remove_question(program_of(request), _version(request, said), key, who(request).known, now)
    return go(request, HERE, flash="The question is gone. Answers that were given to it stay.")


async def _keep(request: Asking, key: str, now: datetime) -> Response[Any]:
    program_id, said = program_of(request), await form_of(request)
    form = await current_form(program_id)
    kept, draft = parse_question(said, key, [one.key for one in form.questions])
    if draft.errors:
        return _question(request, key, form, draft)
    await asking.keep_question(program_id, _version(request, said), kept, who(request).known, now)
    return go(request, HERE, flash="The question is saved. Whoever opens the form from now on sees it so.")


def _question(request: Asking, key: str, form: Form, draft: QuestionDraft) -> Page:
    kinds = tuple(Choice(str(kind), name) for kind, name in KINDS.items())
    page = QuestionPage(key, form.version, draft, kinds)
    return show(request, "enrollments/question.html", page=page, status=422 if draft.errors else 200)


async def _known(program_id: UUID, key: str) -> tuple[Form, Question]:
    form = await current_form(program_id)
    known = form.question(key)
    if known is None:
        raise NotFound("There is no such question any more.")
    return form, known


def _version(request: Asking, said: dict[str, str]) -> int:
    must_speak_of(request, said.get("program", ""))
    text = said.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else -1


questions_router = Router(
    HERE,
    route_handlers=[questions, new_question, add, question, change, move, remove],
    guards=[managers_only],
)
