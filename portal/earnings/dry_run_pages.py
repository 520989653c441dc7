"""Managers draft new terms, see what they would have changed, and publish them."""

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from portal.clock import local_date
from portal.earnings import dry_run_queries as queries
from portal.earnings import dry_runs
from portal.earnings.dry_run_queries import EarlierRun
from portal.earnings.dry_run_words import csv_of, span_problem, year_before
from portal.enrollments.answers import Choice
from portal.enrollments.me import must_speak_of
from portal.errors import TooLarge
from portal.ids import as_uuid
from portal.programs.forms import TermsDraft, parse_terms, parse_upload
from portal.programs.program_file import BadProgram, parse_program
from portal.programs.queries import file_of, terms_history
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    form_of,
    go,
    house_of,
    managers_only,
    page_number,
    program_of,
    read_form,
    show,
    texts_of,
    who,
)

HERE = "/manage/program/terms"
RUN = HERE + "/dry-runs/{run:uuid}"


@dataclass(frozen=True)
class DraftPage:
    """earnings/terms_draft.html"""

    draft: TermsDraft
    tiers: tuple[Choice, ...]
    version: int  # what the draft would become
    base: int
    since: str
    earlier: tuple[EarlierRun, ...]
    errors: dict[str, str] = field(default_factory=dict)


@get(HERE + "/new")
async def draft(request: Asking, now: NamedDependency[datetime]) -> Page:
    """From the newest version, or from the draft of a dry run: `?from=` its id."""
    program = program_of(request)
    newest = (await terms_history(program)).versions[-1]
    today = local_date(now, newest.timezone)
    shown = TermsDraft.of(newest, _next_month(max(today, newest.starts_on)))
    if (run := as_uuid(str(request.query_params.get("from", "")))) is not None:
        drafted = parse_program(tomllib.loads(await queries.draft_of(program, run)))
        shown = TermsDraft.of(drafted, drafted.starts_on)
    return await _draft_page(request, shown, year_before(today).isoformat())


@post(HERE + "/new")
async def ask(request: Asking, now: NamedDependency[datetime]) -> Page | Response[Any]:
    program = program_of(request)
    said, file = await _form_and_file(request)
    must_speak_of(request, said.get("program", ""))
    newest = (await terms_history(program)).versions[-1]
    errors: dict[str, str] = {}
    since = _since(said.get("since", ""), local_date(now, newest.timezone), errors)
    if said.get("verb") == "file":
        shown = TermsDraft.of(newest, newest.starts_on)
        text, problems = _sent(file, newest)
        errors |= {"file": " ".join(problems)} if problems else {}
    else:
        text, _, shown = parse_terms(said, await file_of(program, newest.version))
    if since is None or errors or shown.errors:
        return await _draft_page(request, shown, said.get("since", ""), errors)
    made = await dry_runs.ask(program, text, since, who(request).known, now)
    return go(request, f"{HERE}/dry-runs/{made}")


@get(RUN)
async def dry_run(request: Asking, run: FromPath[UUID], now: NamedDependency[datetime]) -> Page:
    asked = request.query_params
    page = await queries.dry_run_page(
        program_of(request), run, str(asked.get("show", "")), page_number(str(asked.get("page", ""))), now
    )
    return show(request, "earnings/dry_run.html", page=page, fragment="run")


@get(RUN + "/affiliates.csv")
async def dry_run_file(request: Asking, run: FromPath[UUID]) -> Response[Any]:
    rows = await queries.all_rows(program_of(request), run)
    name = f"{house_of(request).slug}-dry-run.csv"
    return Response(
        "\ufeff" + csv_of(rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@post(RUN + "/again")
async def again(request: Asking, run: FromPath[UUID], now: NamedDependency[datetime]) -> Page | Response[Any]:
    """The same draft over another time."""
    program, said = program_of(request), await form_of(request)
    must_speak_of(request, said.get("program", ""))
    document = await queries.draft_of(program, run)
    errors: dict[str, str] = {}
    drafted = parse_program(tomllib.loads(document))
    since = _since(said.get("since", ""), local_date(now, drafted.timezone), errors)
    if since is None:
        shown = TermsDraft.of(drafted, drafted.starts_on)
        return await _draft_page(request, shown, said.get("since", ""), errors)
    made = await dry_runs.ask(program, document, since, who(request).known, now)
    return go(request, f"{HERE}/dry-runs/{made}")


@post(RUN + "/publish")
async def publish(request: Asking, run: FromPath[UUID], now: NamedDependency[datetime]) -> Response[Any]:
    must_speak_of(request, (await form_of(request)).get("program", ""))
    version = await dry_runs.publish_run(program_of(request), run, who(request).known, now)
    return go(request, HERE, flash=f"Version {version} of the terms is published.")


async def _draft_page(
    request: Asking, draft: TermsDraft, since: str, wrong: dict[str, str] | None = None
) -> Page:
    program = program_of(request)
    newest = (await terms_history(program)).versions[-1]
    errors = {**draft.errors, **(wrong or {})}
    page = DraftPage(
        draft=draft,
        tiers=tuple(Choice(tier.key, tier.name) for tier in newest.tiers),
        version=newest.version + 1,
        base=newest.version,
        since=since,
        earlier=await queries.earlier_runs(program),
        errors=errors,
    )
    return show(request, "earnings/terms_draft.html", page=page, status=422 if errors else 200)


async def _form_and_file(request: Asking) -> tuple[dict[str, str], bytes]:
    """The text fields, and the file, which may be empty. Raises TooLarge."""
    try:
        form = await read_form(request)
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge("This file is larger than 64 kB, which no program file is.") from error
        raise
    file = form.get("file")
    sent = await file.read() if isinstance(file, UploadFile) and file.filename else b""
    return dict(texts_of(form)), sent


def _sent(file: bytes, newest: ProgramTerms) -> tuple[str, tuple[str, ...]]:
    """The file's text, or what is wrong with it."""
    if not file:
        return "", ("Choose a program file first.",)
    try:
        text, terms = parse_upload(file)
    except BadProgram as bad:
        return "", bad.problems
    if terms.slug != newest.slug:
        return "", (f"This file is for the program {terms.slug!r}, and you are in {newest.slug!r}.",)
    return text, ()


def _since(text: str, today: date, errors: dict[str, str]) -> date | None:
    """None for a day that nobody can look back from, with its sentence among the errors."""
    try:
        since = date.fromisoformat(text.strip())
    except ValueError:
        errors["since"] = "Choose the day from which on to look back."
        return None
    if problem := span_problem(since, today):
        errors["since"] = problem
        return None
    return since


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


terms_draft_router = Router(
    "/", route_handlers=[draft, ask, dry_run, dry_run_file, again, publish], guards=[managers_only]
)
