"""Loading program files: a new file becomes a program, a changed one a new version of its terms."""

import asyncio
import hashlib
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.accounts.tables import Session
from portal.audit.actions import PORTAL, record
from portal.ids import new_id
from portal.programs.program_file import BadProgram, parse_program
from portal.programs.questions import Question
from portal.programs.rules import ProgramTerms
from portal.programs.tables import ApplicationForm, Program, Terms

PROGRAM_LOCK = 7_402


def program_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))


async def load_programs(folder: Path, now: datetime) -> None:
    """Every file of the folder is a program. Raises BadProgram with all that is wrong in any of them."""
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
    for path in files.values():
        await load_program(path, now)


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
    """True when the file held something new. Raises BadProgram with sentences that name the file."""
    text, document, terms = await _read(path)
    digest = hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()
    async with db.transaction():
        await db.exclusively("programs", PROGRAM_LOCK)
        program_id = await _program(terms, now)
        last = (
            await Terms.objects()
            .where(Terms.program == program_id)
            .order_by(Terms.version, ascending=False)
            .first()
        )
        if last is not None and last.digest == digest:
            return False
        starts_at = datetime.combine(terms.starts_on, time(), ZoneInfo(terms.timezone)).astimezone(UTC)
        if last is not None:
            if starts_at < last.starts_at:
                raise BadProgram([f"{path.name}: starts_on is before the version that is loaded already."])
            if starts_at <= now:
                _must_keep_promises(path, parse_program(tomllib.loads(last.document)), terms)
        version = last.version + 1 if last else 1
        await Terms.insert(
            Terms(
                id=new_id(),
                program=program_id,
                version=version,
                starts_at=starts_at,
                document=text,
                digest=digest,
                loaded_at=now,
            )
        )
        asked_before = parse_program(tomllib.loads(last.document)).questions if last else ()
        if terms.questions != asked_before:
            await keep_form(program_id, terms.questions, None, now)
        await record(
            PORTAL, "loaded", "terms", f"{terms.slug} {version}", now, after={"starts_on": terms.starts_on}
        )
    return True


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


def _must_keep_promises(path: Path, old: ProgramTerms, new: ProgramTerms) -> None:
    """Rules about money change from a day to come; words, brand and destinations may change at once."""
    if _money_rules(old) != _money_rules(new):
        raise BadProgram(
            [
                f"{path.name} changes rules about money from {new.starts_on} on, which has come already. "
                "What was promised stays: give the new rules a later date."
            ]
        )


def _money_rules(terms: ProgramTerms) -> tuple[Any, ...]:
    return (
        terms.timezone,
        terms.currency,
        terms.plans,
        tuple((tier.key, tier.rate_bps, tier.from_customers) for tier in terms.tiers),
        terms.hold_days,
        terms.link_window_days,
        terms.pay_from_day,
        terms.pay_to_day,
        terms.months_paid,
        terms.existing_subscriptions,
        terms.second_tier_bps,
        terms.tiers_fall,
        terms.claim_days,
    )


async def open_program(session_id: UUID, program_id: UUID) -> None:
    """What this session works in from now on; whether its person may is for the caller to know."""
    await Session.update({Session.program: program_id}).where(Session.id == session_id)
