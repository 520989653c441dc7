"""One application as managers see it, and several that are decided together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal.clock import local_date
from portal.enrollments.answers import Answers, Choice, answers_in, form_answered
from portal.enrollments.deciding import UNDONE
from portal.enrollments.exchanges import Exchange, exchanges_about
from portal.enrollments.finding import find_hints
from portal.enrollments.forms import DecisionDraft
from portal.enrollments.hints import Hint
from portal.enrollments.proposals import propose, propose_all
from portal.enrollments.queue import OPEN_DECISION, Pending, Queue
from portal.enrollments.rules import AGAIN_AFTER_DAYS, ApplicationState, Source, due
from portal.enrollments.tables import Application, ApplicationNote, Enrollment
from portal.errors import NotYours
from portal.programs.rules import ProgramTerms

# To begin with; each is edited before it is sent.
REASONS = (
    (
        "Too little to see yet",
        "Your site has little on it yet, so we can’t see who would hear of us there. "
        "Please apply again once there are a few posts or videos.",
    ),
    (
        "Another audience",
        "Your readers are interested in other things than running a business online. "
        "We don’t expect that our offer would be of use to them.",
    ),
    (
        "Ads on our name",
        "Your plan includes ads that bid on our own brand name, which the terms don’t allow. "
        "Without those ads we would gladly look again.",
    ),
    (
        "Codes of other programs",
        "Your site lists codes of programs that you are not part of. Please take those down first.",
    ),
)


@dataclass(frozen=True)
class Note:
    id: UUID
    by: str
    at: datetime
    text: str
    mine: bool


@dataclass(frozen=True)
class OpenApplication:
    """The one that is being read, with what approving would make."""

    id: UUID
    state: ApplicationState
    answers: Answers
    sent_at: datetime
    seconds: int | None
    came_from: str
    confirmed_at: datetime | None
    due: date
    decided_at: datetime | None
    decided_by: str
    reason: str
    again_from: date | None
    tiers: tuple[Choice, ...]
    tier: str  # the name of the one that the draft has
    draft: DecisionDraft
    usual_again: date
    first_again: date
    hints: tuple[Hint, ...]
    exchanges: tuple[Exchange, ...]
    notes: tuple[Note, ...]
    pending: Pending | None  # a decision whose minute is not over
    unread: bool  # no manager has seen it before
    emptied: bool  # the applicant has deleted the answers
    fell_through: str  # why the last decision had no effect after all
    terms_version: int
    slug: str  # of the link and code that approval made; empty before
    code: str

    @property
    def may_decide(self) -> bool:
        return self.pending is None and self.state in (ApplicationState.IN_REVIEW, ApplicationState.ASKED)


@dataclass(frozen=True)
class ApplicationsPage:
    """enrollments/staff_applications.html: the queue, and one of it open."""

    queue: Queue
    open: OpenApplication | None
    chosen: bool  # it was asked for; else it is the first one, and phones show the queue above it
    link_prefix: str
    answer_days: int
    refused: str | None  # why the last try changed nothing
    note_error: str = ""
    note: str = ""
    reasons: tuple[tuple[str, str], ...] = REASONS


@dataclass(frozen=True)
class Chosen:
    """One of several that are decided together."""

    id: UUID
    name: str
    web_address: str
    draft: DecisionDraft
    error: str = ""


@dataclass(frozen=True)
class SeveralPage:
    """enrollments/staff_several.html"""

    verdict: str  # "approve" or "decline"
    chosen: tuple[Chosen, ...]
    done: tuple[str, ...]  # the names of those that were decided just now
    tiers: tuple[Choice, ...]
    link_prefix: str
    usual_again: date
    back: str
    reasons: tuple[tuple[str, str], ...] = REASONS


@dataclass(frozen=True)
class CheckPage:
    """enrollments/staff_check.html: whether link and code can be had, while one types."""

    slug: str
    code: str


async def open_application(
    application_id: UUID,
    program_id: UUID,
    manager_id: UUID,
    terms: ProgramTerms,
    draft: DecisionDraft | None,
    pending: Sequence[Pending],
    now: datetime,
) -> OpenApplication:
    """Raises NotYours for one of another program."""
    row = await _application(application_id, program_id)
    answers = await _answers(row, terms)
    state = ApplicationState(row["state"])
    waiting = next((one for one in pending if one.application == application_id), None)
    undecided = waiting is None and state in (ApplicationState.IN_REVIEW, ApplicationState.ASKED)
    if draft is None:
        draft = await propose(answers.name, terms) if undecided else DecisionDraft(None, terms.first_tier.key)
    elif not draft.slug and undecided:
        proposal = await propose(answers.name, terms)
        draft = replace(draft, tier=draft.tier or proposal.tier, slug=proposal.slug, code=proposal.code)
    made = await _made(application_id) if state is ApplicationState.APPROVED else ("", "")
    today = local_date(now, terms.timezone)
    names = {tier.key: f"{tier.name}, {tier.rate_bps // 100} %" for tier in terms.tiers}
    return OpenApplication(
        id=application_id,
        state=state,
        answers=answers,
        sent_at=_local(row["sent_at"], terms),
        seconds=row["seconds"],
        came_from=_came_from(msgspec.json.decode(row["source"], type=Source)),
        confirmed_at=_local(row["confirmed_at"], terms) if row["confirmed_at"] else None,
        due=due(row["waits_since"] or row["sent_at"], terms),
        decided_at=_local(row["decided_at"], terms) if row["decided_at"] else None,
        decided_by=row["manager_name"] or "",
        reason=row["reason"],
        again_from=local_date(row["again_from"], terms.timezone) if row["again_from"] else None,
        tiers=tuple(Choice(key, name) for key, name in names.items()),
        tier=names.get(draft.tier, ""),
        draft=draft,
        usual_again=today + timedelta(days=AGAIN_AFTER_DAYS),
        first_again=today + timedelta(days=1),
        # Found anew: what was true when it was confirmed need not be true now.
        hints=()
        if row["emptied_at"]
        else await find_hints(UUID(str(row["affiliate"])), program_id, answers, terms),
        exchanges=await exchanges_about(application_id, terms),
        notes=await _notes(application_id, manager_id, terms),
        pending=waiting,
        unread=row["opened_at"] is None,
        emptied=row["emptied_at"] is not None,
        fell_through=(row["undone_because"] or "") if undecided and row["undone_because"] != UNDONE else "",
        terms_version=row["terms_version"],
        slug=made[0],
        code=made[1],
    )


async def chosen_applications(
    ids: Sequence[UUID], program_id: UUID, terms: ProgramTerms, typed: Mapping[UUID, DecisionDraft]
) -> tuple[Chosen, ...]:
    """Those that are still to be decided, with what was typed for them or with what is proposed."""
    if not ids:
        return ()
    rows = await Application.raw(
        "SELECT a.id, a.answers FROM application a WHERE a.program = {} "  # noqa: S608 - our words
        f"AND a.state IN ('in_review', 'asked') AND a.id NOT IN ({OPEN_DECISION}) "
        f"AND a.id IN ({', '.join('{}' for _ in ids)}) ORDER BY a.waits_since, a.id",
        program_id,
        *ids,
    )
    people = [(UUID(str(row["id"])), msgspec.json.decode(row["answers"])) for row in rows]
    proposals = await propose_all([answers["name"] for _, answers in people], terms)
    return tuple(
        Chosen(one, answers["name"], answers["web_address"], typed.get(one, proposal))
        for (one, answers), proposal in zip(people, proposals, strict=True)
    )


async def must_be_here(application_id: UUID, program_id: UUID) -> str:
    """The applicant's name. Raises NotYours for an application of another program."""
    row = await _application(application_id, program_id)
    name: str = msgspec.json.decode(row["answers"])["name"]
    return name


async def _notes(application_id: UUID, manager_id: UUID, terms: ProgramTerms) -> tuple[Note, ...]:
    rows = await ApplicationNote.raw(
        "SELECT n.id, n.manager, n.at, n.text, m.name FROM application_note n "
        "JOIN manager m ON m.id = n.manager WHERE n.application = {} AND n.removed_at IS NULL ORDER BY n.at",
        application_id,
    )
    return tuple(
        Note(
            id=UUID(str(row["id"])),
            by=row["name"],
            at=_local(row["at"], terms),
            text=row["text"],
            mine=UUID(str(row["manager"])) == manager_id,
        )
        for row in rows
    )


async def _application(application_id: UUID, program_id: UUID) -> dict[str, Any]:
    rows = await Application.raw(
        "SELECT ap.program, ap.affiliate, ap.state, ap.answers, ap.form, ap.sent_at, ap.confirmed_at, "
        "ap.waits_since, ap.opened_at, ap.decided_at, ap.reason, ap.again_from, ap.seconds, ap.source, "
        "ap.emptied_at, m.name AS manager_name, t.version AS terms_version, "
        "(SELECT d.undone_because FROM application_decision d WHERE d.application = ap.id "
        "ORDER BY d.at DESC LIMIT 1) AS undone_because FROM application ap "
        "JOIN terms t ON t.id = ap.terms LEFT JOIN manager m ON m.id = ap.decided_by "
        "WHERE ap.id = {} AND ap.program = {}",
        application_id,
        program_id,
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


def _came_from(source: Source) -> str:
    """In words: the campaign, the affiliate, the site."""
    told = (
        f"recommended by {source.via}" if source.via else "",
        " · ".join(word for word in (source.utm_source, source.utm_medium, source.utm_campaign) if word),
        source.referrer,
    )
    return ", ".join(word for word in told if word)


def _local(moment: datetime, terms: ProgramTerms) -> datetime:
    return moment.astimezone(ZoneInfo(terms.timezone))
