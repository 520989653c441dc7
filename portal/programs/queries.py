"""Reading programs and their terms. A stored version never changes, so each is parsed once and kept."""

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec

from portal.errors import NotFound
from portal.programs.program_file import parse_program
from portal.programs.questions import Form, Question
from portal.programs.rules import ProgramTerms, TermsHistory
from portal.programs.tables import ApplicationForm, Program, Terms


@dataclass(frozen=True)
class KnownProgram:
    id: UUID
    slug: str
    name: str


async def all_programs() -> tuple[KnownProgram, ...]:
    rows = await Program.select(Program.id, Program.slug, Program.name).order_by(Program.created_at)
    return tuple(KnownProgram(UUID(str(row["id"])), row["slug"], row["name"]) for row in rows)


async def program_by_slug(slug: str) -> KnownProgram:
    """Raises NotFound."""
    found = [program for program in await all_programs() if program.slug == slug]
    if not found:
        raise NotFound
    return found[0]


async def terms_history(program_id: UUID) -> TermsHistory:
    """All versions of a program's terms, oldest first."""
    rows = (
        await Terms.select(Terms.id, Terms.version, Terms.starts_at, Terms.document)
        .where(Terms.program == program_id)
        .order_by(Terms.version)
    )
    return TermsHistory.of(
        [_version(UUID(str(row["id"])), row["version"], row["starts_at"], row["document"]) for row in rows]
    )


async def file_of(program_id: UUID, version: int) -> str:
    """A version as the program file that it was. Raises NotFound."""
    rows = await Terms.select(Terms.document).where(
        (Terms.program == program_id) & (Terms.version == version)
    )
    if not rows:
        raise NotFound("There is no such version of the terms.")
    return str(rows[0]["document"])


async def publishers_of(program_id: UUID) -> dict[int, str]:
    """Who published each version on the pages, by its number; none for those that a file brought."""
    rows = await Terms.select(Terms.version, Terms.published_by.name).where(
        (Terms.program == program_id) & Terms.published_by.is_not_null()
    )
    return {row["version"]: row["published_by.name"] for row in rows}


async def terms_at(program_id: UUID, at: datetime) -> ProgramTerms:
    return (await terms_history(program_id)).at(at)


async def current_form(program_id: UUID) -> Form:
    """The questions that are asked now; version 0 while there are none."""
    row = (
        await ApplicationForm.select(ApplicationForm.id, ApplicationForm.version, ApplicationForm.questions)
        .where(ApplicationForm.program == program_id)
        .order_by(ApplicationForm.version, ascending=False)
        .first()
    )
    return _form(UUID(str(row["id"])), row["version"], row["questions"]) if row else Form()


async def forms_of(program_id: UUID) -> dict[UUID, Form]:
    """All versions of a program's form by their ids, for answers that were given to older ones."""
    rows = await ApplicationForm.select(
        ApplicationForm.id, ApplicationForm.version, ApplicationForm.questions
    ).where(ApplicationForm.program == program_id)
    forms = (_form(UUID(str(row["id"])), row["version"], row["questions"]) for row in rows)
    return {form.form_id: form for form in forms if form.form_id}


@lru_cache(maxsize=256)
def _form(form_id: UUID, version: int, questions: str) -> Form:
    return Form(version, msgspec.json.decode(questions, type=tuple[Question, ...]), form_id)


@lru_cache(maxsize=256)
def _version(terms_id: UUID, version: int, starts_at: datetime, document: str) -> ProgramTerms:
    terms = parse_program(tomllib.loads(document))
    return replace(terms, terms_id=terms_id, version=version, starts_at=starts_at)
