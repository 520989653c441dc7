"""Loading program files: a new file becomes a program, a changed one a new version of its terms."""

import asyncio
import hashlib
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.tables import Session
from portal.audit.actions import PORTAL, Actor, record
from portal.errors import Refused
from portal.ids import new_id
from portal.programs.program_file import BadProgram, parse_program
from portal.programs.promises import start_of, why_not_after
from portal.programs.questions import Question
from portal.programs.rules import ProgramTerms
from portal.programs.tables import ApplicationForm, Program, Terms

PROGRAM_LOCK = 7_402


def program_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))


async def load_programs(folder: Path, now: datetime) -> list[str]:
    """Every file of the folder is a program; answers the slugs of those that held something new.

    Raises BadProgram with all that is wrong in any of them.
    """
    problems: list[str] = []
    files: dict[str, Path] = {}
    for path in program_files(folder):
        try:
            _, _, terms = await _read(path)
        except BadProgram as bad:
            problems += bad.problems
            continue
        if (other := files.setdefault(terms.slug, path)) is not path:
            problems.append(f"{path.name}: program.slug is {terms.slug!r}, which is {other.name}'s already.")
    if problems:
        raise BadProgram(problems)
    return [slug for slug, path in files.items() if await load_program(path, now)]


async def _read(path: Path) -> tuple[str, dict[str, Any], ProgramTerms]:
    try:
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        document = tomllib.loads(text)
        return text, document, parse_program(document)
    except tomllib.TOMLDecodeError as error:
        raise BadProgram([f"{path.name} is not valid TOML: {error}."]) from error
    except UnicodeDecodeError as error:
        raise BadProgram([f"{path.name} is not text in UTF-8."]) from error
    except BadProgram as bad:
        raise BadProgram([f"{path.name}: {problem}" for problem in bad.problems]) from bad


async def load_program(path: Path, now: datetime) -> bool:
    """True when the file held something new. Raises BadProgram with sentences that name the file.

    A file that stays as it was leaves alone what managers have published on the pages since.
    """
    text, document, terms = await _read(path)
    digest = _digest(document)
    async with db.transaction():
        await db.exclusively("programs", PROGRAM_LOCK)
        program_id = await _program(terms, now)
        last = await _newest(program_id)
        from_file = await _newest(program_id, Terms.published_by.is_null())
        if digest in {one.digest for one in (last, from_file) if one is not None}:
            return False
        if last is not None and (problem := _problem(last, terms, now)):
            raise BadProgram([f"{path.name}: {problem}"])
        await _add_version(program_id, last, text, terms, None, now)
    return True


async def publish(program_id: UUID, text: str, based_on: int, manager_id: UUID, now: datetime) -> int:
    """Makes a draft the next version of the terms; answers its number. Raises Refused and BadProgram.

    `based_on` is the newest version that the manager knew: nobody publishes over what they have not seen.
    """
    terms = parse_program(tomllib.loads(text))
    async with db.transaction():
        await db.exclusively("programs", PROGRAM_LOCK)
        last = await _newest(program_id)
        if last is None or last.version != based_on:
            raise Refused(
                f"Version {last.version if last else 1} of the terms was published after this dry run. "
                "Nothing was changed. Make the dry run again, against that version."
            )
        if parse_program(tomllib.loads(last.document)).slug != terms.slug:
            raise Refused(f"This draft is for the program {terms.slug!r}, which is not the one you are in.")
        if last.digest == _digest(tomllib.loads(text)):
            raise Refused("This draft says what the terms say already, so there is nothing to publish.")
        if problem := _problem(last, terms, now):
            raise Refused(problem)
        await _program(terms, now)
        return await _add_version(program_id, last, text, terms, manager_id, now)


async def _newest(program_id: UUID, *which: Any) -> Terms | None:
    query = Terms.objects().where(Terms.program == program_id, *which)
    return await query.order_by(Terms.version, ascending=False).first()


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()


async def _add_version(
    program_id: UUID,
    last: Terms | None,
    text: str,
    terms: ProgramTerms,
    manager_id: UUID | None,
    now: datetime,
) -> int:
    version = last.version + 1 if last else 1
    await Terms.insert(
        Terms(
            id=new_id(),
            program=program_id,
            version=version,
            starts_at=start_of(terms),
            document=text,
            digest=_digest(tomllib.loads(text)),
            loaded_at=now,
            published_by=manager_id,
        )
    )
    asked_before = parse_program(tomllib.loads(last.document)).questions if last else ()
    if terms.questions != asked_before:
        await keep_form(program_id, terms.questions, manager_id, now)
    by = Actor("manager", str(manager_id)) if manager_id else PORTAL
    verb, subject = "published" if manager_id else "loaded", f"{terms.slug} {version}"
    await record(by, verb, "terms", subject, now, after={"starts_on": terms.starts_on})
    return version


async def keep_form(
    program_id: UUID, questions: Sequence[Question], manager_id: UUID | None, now: datetime
) -> UUID:
    """Makes these the questions that are asked from now on; gives back the form's id.

    The newest version counts, whoever made it: a program file whose questions stay as they were leaves alone
    what managers have changed since.
    """
    async with db.transaction():
        await db.exclusively("programs", PROGRAM_LOCK)
        last = (
            await ApplicationForm.select(ApplicationForm.version)
            .where(ApplicationForm.program == program_id)
            .order_by(ApplicationForm.version, ascending=False)
            .first()
        )
        made = new_id()
        await ApplicationForm.insert(
            ApplicationForm(
                id=made,
                program=program_id,
                version=(last["version"] if last else 0) + 1,
                questions=msgspec.json.encode(questions).decode(),
                created_at=now,
                created_by=manager_id,
            )
        )
        return made


async def _program(terms: ProgramTerms, now: datetime) -> UUID:
    known = await Program.objects().where(Program.slug == terms.slug).first()
    if known is not None:
        await Program.update({Program.name: terms.name, Program.vendor: terms.vendor}).where(
            Program.id == known.id
        )
        return UUID(str(known.id))
    made = new_id()
    await Program.insert(
        Program(id=made, slug=terms.slug, name=terms.name, vendor=terms.vendor, created_at=now)
    )
    return made


def _problem(last: Terms, terms: ProgramTerms, now: datetime) -> str | None:
    problem = why_not_after(parse_program(tomllib.loads(last.document)), last.starts_at, terms, now)
    if problem and last.published_by and start_of(terms) < last.starts_at:
        return f"{problem} It was published on the portal's pages; download its file there and change that."
    return problem


async def open_program(session_id: UUID, program_id: UUID) -> None:
    """What this session works in from now on; whether its person may is for the caller to know."""
    await Session.update({Session.program: program_id}).where(Session.id == session_id)
