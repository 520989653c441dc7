"""What is shown about applications and enrollments."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.clock import local_date
from portal.enrollments.answers import Answers, Choice, answers_in, form_answered
from portal.enrollments.forms import DecisionDraft
from portal.enrollments.rules import (
    ApplicationState,
    EnrollmentState,
    due,
)
from portal.enrollments.tables import Application, DiscountCode, Enrollment, Link
from portal.enrollments.wording import code_proposals, slug_proposals
from portal.errors import NotYours
from portal.programs.questions import Form
from portal.programs.rules import ProgramTerms

QUEUE_PAGE = 50


@dataclass(frozen=True)
class Me:
    """The signed-in affiliate and what it promotes with."""

    affiliate_id: UUID
    enrollment_id: UUID
    program_id: UUID
    name: str
    email: str
    web_address: str
    state: EnrollmentState
    tier: str
    began_at: datetime
    link_id: UUID
    slug: str
    destination: str
    code: str
    percent_bps: int


@dataclass(frozen=True)
class QueueRow:
    id: UUID
    name: str
    web_address: str
    kind: str
    sent_at: datetime
    due: date
    state: ApplicationState
    current: bool


@dataclass(frozen=True)
class OpenApplication:
    """The one that is being read, with what approving would make."""

    id: UUID
    state: ApplicationState
    answers: Answers
    sent_at: datetime
    confirmed_at: datetime | None
    due: date
    decided_at: datetime | None
    decided_by: str
    reason: str
    again_from: date | None
    tiers: tuple[Choice, ...]
    draft: DecisionDraft
    terms_version: int
    slug: str  # of the link and code that approval made; empty before
    code: str


@dataclass(frozen=True)
class ApplicationsPage:
    """enrollments/staff_applications.html: the queue, and one of it open."""

    queue: tuple[QueueRow, ...]
    waiting: int
    showing: str  # "waiting" or "decided"
    open: OpenApplication | None
    link_prefix: str
    answer_days: int
    refused: str | None  # why the last try changed nothing


async def programs_of(affiliate_id: UUID) -> tuple[UUID, ...]:
    """The programs that took this affiliate in, those where it is active first."""
    rows = await Enrollment.raw(
        "SELECT program FROM enrollment WHERE affiliate = {} ORDER BY state, began_at", affiliate_id
    )
    return tuple(UUID(str(row["program"])) for row in rows)


async def me_of(affiliate_id: UUID, program_id: UUID) -> Me | None:
    """None while there is no enrollment: an account may exist before its approval."""
    rows = await Enrollment.raw(
        "SELECT e.id AS enrollment_id, e.program AS program_id, e.state, e.tier, e.began_at, "
        "a.name, a.email, a.web_address, l.id AS link_id, l.slug, l.destination, c.code, c.percent_bps "
        "FROM enrollment e JOIN affiliate a ON a.id = e.affiliate "
        "JOIN link l ON l.enrollment = e.id AND l.main "
        "LEFT JOIN discount_code c ON c.enrollment = e.id AND c.ended_at IS NULL "
        "WHERE e.affiliate = {} AND e.program = {} ORDER BY c.created_at DESC LIMIT 1",
        affiliate_id,
        program_id,
    )
    if not rows:
        return None
    row = rows[0]
    return Me(
        affiliate_id=affiliate_id,
        enrollment_id=UUID(str(row["enrollment_id"])),
        program_id=UUID(str(row["program_id"])),
        name=row["name"],
        email=row["email"],
        web_address=row["web_address"],
        state=EnrollmentState(row["state"]),
        tier=row["tier"],
        began_at=row["began_at"],
        link_id=UUID(str(row["link_id"])),
        slug=row["slug"],
        destination=row["destination"],
        code=row["code"] or "",
        percent_bps=row["percent_bps"] or 0,
    )


async def queue(
    program_id: UUID, terms: ProgramTerms, *, decided: bool, current: UUID | None
) -> tuple[QueueRow, ...]:
    """Waiting applications, the oldest first; or the decided ones, the newest first."""
    columns = "SELECT id, answers, sent_at, confirmed_at, state FROM application WHERE program = {} "
    which = (
        "AND state IN ('approved', 'declined') ORDER BY decided_at DESC, id LIMIT {}"
        if decided
        else "AND state = 'in_review' ORDER BY confirmed_at, id LIMIT {}"
    )
    rows = await Application.raw(columns + which, program_id, QUEUE_PAGE)
    return tuple(_queue_row(row, terms, current) for row in rows)


async def oldest_waiting(program_id: UUID) -> UUID | None:
    rows = (
        await Application.select(Application.id)
        .where((Application.program == program_id) & (Application.state == ApplicationState.IN_REVIEW))
        .order_by(Application.confirmed_at, Application.id)
        .limit(1)
    )
    return UUID(str(rows[0]["id"])) if rows else None


async def count_waiting(program_id: UUID) -> int:
    waiting: int = await Application.count().where(
        (Application.program == program_id) & (Application.state == ApplicationState.IN_REVIEW)
    )
    return waiting


async def open_application(
    application_id: UUID, program_id: UUID, terms: ProgramTerms, draft: DecisionDraft | None
) -> OpenApplication:
    """Raises NotYours for one of another program."""
    row = await _application(application_id)
    if UUID(str(row["program"])) != program_id:
        raise NotYours
    answers = await _answers(row, terms)
    state = ApplicationState(row["state"])
    made = await _made(application_id) if state is ApplicationState.APPROVED else ("", "")
    if draft is None:
        draft = (
            await propose(answers.name, terms)
            if state is ApplicationState.IN_REVIEW
            else DecisionDraft(None, terms.first_tier.key)
        )
    return OpenApplication(
        id=application_id,
        state=state,
        answers=answers,
        sent_at=_local(row["sent_at"], terms),
        confirmed_at=_local(row["confirmed_at"], terms) if row["confirmed_at"] else None,
        due=due(row["confirmed_at"] or row["sent_at"], terms),
        decided_at=_local(row["decided_at"], terms) if row["decided_at"] else None,
        decided_by=row["manager_name"] or "",
        reason=row["reason"],
        again_from=local_date(row["again_from"], terms.timezone) if row["again_from"] else None,
        tiers=tuple(Choice(tier.key, tier.name) for tier in terms.tiers),
        draft=draft,
        terms_version=row["terms_version"],
        slug=made[0],
        code=made[1],
    )


async def propose(name: str, terms: ProgramTerms) -> DecisionDraft:
    """What approving would make: the first tier, and the first link and code that are still free."""
    return DecisionDraft(None, terms.first_tier.key, await free_slug(name), await free_code(name, terms))


async def free_slug(name: str) -> str:
    async for batch in _batches(slug_proposals(name)):
        rows = await Link.select(Link.slug).where(Link.slug.is_in(batch))
        taken = {row["slug"] for row in rows}
        if free := [slug for slug in batch if slug not in taken]:
            return free[0]
    raise AssertionError("proposals never end")


async def free_code(name: str, terms: ProgramTerms) -> str:
    async for batch in _batches(code_proposals(name, terms.code_percent, terms.code_pattern)):
        rows = await DiscountCode.select(DiscountCode.code_key).where(
            DiscountCode.code_key.is_in([code.casefold() for code in batch])
        )
        taken = {row["code_key"] for row in rows}
        if free := [code for code in batch if code.casefold() not in taken]:
            return free[0]
    raise AssertionError("every code of this name is taken")


def _local(moment: datetime, terms: ProgramTerms) -> datetime:
    return moment.astimezone(ZoneInfo(terms.timezone))


async def _batches(proposals: Iterator[str], size: int = 8) -> AsyncIterator[list[str]]:
    while batch := [proposal for proposal, _ in zip(proposals, range(size), strict=False)]:
        yield batch


async def _application(application_id: UUID) -> dict[str, Any]:
    rows = await Application.raw(
        "SELECT ap.program, ap.state, ap.answers, ap.form, ap.sent_at, ap.confirmed_at, ap.decided_at, "
        "ap.reason, ap.again_from, m.name AS manager_name, t.version AS terms_version FROM application ap "
        "JOIN terms t ON t.id = ap.terms LEFT JOIN manager m ON m.id = ap.decided_by WHERE ap.id = {}",
        application_id,
    )
    if not rows:
        raise NotYours
    return dict(rows[0])


async def _answers(row: dict[str, Any], terms: ProgramTerms) -> Answers:
    return answers_in(row["answers"], terms, await form_answered(UUID(str(row["program"])), row["form"]))


async def _made(application_id: UUID) -> tuple[str, str]:
    rows = await Enrollment.raw(
        "SELECT l.slug, c.code FROM enrollment e JOIN link l ON l.enrollment = e.id AND l.main "
        "JOIN discount_code c ON c.enrollment = e.id WHERE e.application = {} ORDER BY c.created_at LIMIT 1",
        application_id,
    )
    return (rows[0]["slug"], rows[0]["code"]) if rows else ("", "")


def _queue_row(row: dict[str, Any], terms: ProgramTerms, current: UUID | None) -> QueueRow:
    answers = answers_in(row["answers"], terms, Form())
    identity = UUID(str(row["id"]))
    return QueueRow(
        id=identity,
        name=answers.name,
        web_address=answers.web_address,
        kind=answers.kind,
        sent_at=_local(row["sent_at"], terms),
        due=due(row["confirmed_at"] or row["sent_at"], terms),
        state=ApplicationState(row["state"]),
        current=identity == current,
    )
