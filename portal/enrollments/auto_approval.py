"""Approving by the program's own rule: off unless its file switches it on, undoable like any decision."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from portal.clock import local_date
from portal.enrollments.deciding import Made, decide
from portal.enrollments.finding import unpacked
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.hints import Look, mail_belongs_to_site
from portal.enrollments.proposals import propose_all
from portal.enrollments.rules import ApplicationState, Verdict
from portal.enrollments.tables import Application
from portal.errors import Conflict, Refused
from portal.programs.queries import all_programs, terms_at
from portal.programs.rules import AutoApproval, ProgramTerms

log = structlog.get_logger("portal.enrollments")


async def auto_approve(now: datetime) -> int:
    """Decides what waits and keeps the rule of its program; gives back how many."""
    decided = 0
    for program in await all_programs():
        terms = await terms_at(program.id, now)
        if terms.auto_approval is not None:
            decided += await _approve_in(program.id, terms, terms.auto_approval, now)
    return decided


def keeps(rule: AutoApproval, draft: ApplicationDraft, looks: set[Look]) -> bool:
    """Whether an application may be approved without a manager. `looks` are those of its hints."""
    if Look.LOOK in looks or draft.kind not in rule.kinds:
        return False
    return not rule.own_domain or mail_belongs_to_site(draft.email, draft.web_address)


async def _approve_in(program_id: UUID, terms: ProgramTerms, rule: AutoApproval, now: datetime) -> int:
    left = rule.at_most_a_day - await _decided_today(program_id, terms, now)
    waiting = await _never_decided(program_id)
    fine = [(one, draft) for one, draft, looks in waiting if keeps(rule, draft, looks)][: max(0, left)]
    proposals = await propose_all([draft.name for _, draft in fine], terms)
    decided = 0
    for (application, _), proposal in zip(fine, proposals, strict=True):
        made = Made(Verdict.APPROVE, tier=proposal.tier, slug=proposal.slug, code=proposal.code)
        try:
            await decide(application, None, made, now)
            decided += 1
        except (Refused, Conflict) as first:
            # A manager was quicker, or took the link. The next round finds it as it is then.
            log.info("not approved by rule", application=str(application), because=first.sentence)
    return decided


async def _never_decided(program_id: UUID) -> list[tuple[UUID, ApplicationDraft, set[Look]]]:
    """What a manager took back stays with the managers."""
    rows = await Application.raw(
        "SELECT a.id, a.answers, a.hints FROM application a WHERE a.program = {} AND a.state = {} "
        "AND NOT EXISTS (SELECT 1 FROM application_decision d WHERE d.application = a.id) "
        "ORDER BY a.waits_since, a.id LIMIT 500",
        program_id,
        ApplicationState.IN_REVIEW.value,
    )
    return [
        (
            UUID(str(row["id"])),
            msgspec.json.decode(row["answers"], type=ApplicationDraft),
            {hint.look for hint in unpacked(row["hints"])},
        )
        for row in rows
    ]


async def _decided_today(program_id: UUID, terms: ProgramTerms, now: datetime) -> int:
    midnight = datetime.combine(local_date(now, terms.timezone), time(), ZoneInfo(terms.timezone))
    rows = await Application.raw(
        "SELECT count(*) AS total FROM application_decision d JOIN application a ON a.id = d.application "
        "WHERE a.program = {} AND d.manager IS NULL AND d.at >= {}",
        program_id,
        midnight,
    )
    total: int = rows[0]["total"]
    return total
