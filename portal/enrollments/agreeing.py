"""Agreeing to a new version of the terms, and the letter that tells of one."""

from datetime import datetime
from uuid import UUID

from portal import db
from portal.audit.actions import Actor, record
from portal.enrollments.agreement_queries import news
from portal.enrollments.applying import accept
from portal.enrollments.tables import Enrollment
from portal.errors import Refused
from portal.outbox.actions import post
from portal.programs.queries import all_programs, terms_history
from portal.programs.rules import ProgramTerms, TermsHistory

AT_ONCE = 100
TELLING_LOCK = 7_420


async def agree(affiliate_id: UUID, program_id: UUID, version: int, actor: Actor, now: datetime) -> None:
    """To the version that was read. Raises Refused when a newer one has come meanwhile."""
    history = await terms_history(program_id)
    newest = history.versions[-1]
    if version != newest.version or newest.terms_id is None:
        raise Refused(f"Version {newest.version} of the terms has come meanwhile. Please read that one.")
    async with db.transaction():
        await accept(affiliate_id, program_id, newest.terms_id, "page", now)
        await record(
            actor, "agreed", "terms", f"{newest.slug} {version}", now, after={"affiliate": str(affiliate_id)}
        )


async def announce_terms(now: datetime) -> None:
    """Each new version is told once by letter, to whom it changes something for."""
    for program in await all_programs():
        history = await terms_history(program.id)
        newest = history.versions[-1]
        if newest.version > 1:
            while await _announce(program.id, history, newest, now):
                pass


async def _announce(program_id: UUID, history: TermsHistory, newest: ProgramTerms, now: datetime) -> int:
    async with db.transaction():
        await db.exclusively("tell of terms", TELLING_LOCK)
        rows = await Enrollment.raw(
            "SELECT e.id, e.affiliate, e.terms_told, a.name, a.email, "
            "(SELECT MAX(v.version) FROM terms_acceptance t JOIN terms v ON v.id = t.terms "
            "WHERE t.affiliate = e.affiliate AND t.program = e.program) AS agreed "
            "FROM enrollment e JOIN affiliate a ON a.id = e.affiliate "
            "WHERE e.program = {} AND e.terms_told < {} AND e.state <> 'ended' ORDER BY e.id LIMIT {}",
            program_id,
            newest.version,
            AT_ONCE,
        )
        for row in rows:
            if new := news(history, row["agreed"] or 0, now):
                await post(
                    "terms_change",
                    program=program_id,
                    to=row["email"],
                    at=now,
                    name=row["name"],
                    version=new.version,
                    starts_on=new.starts_on.isoformat(),
                    begun=new.begun,
                    changed=[change.about for change in new.changes],
                )
        if rows:
            await Enrollment.update({Enrollment.terms_told: newest.version}).where(
                Enrollment.id.is_in([row["id"] for row in rows])
            )
        return len(rows)
