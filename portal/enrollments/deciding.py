"""Decisions that can be taken back: they wait a minute in the outbox and take effect when it is over.

Nothing is done before: no enrollment, no link, no letter, and the applicant's page says "in review". So
taking one back takes nothing away from anybody, and whoever comes at the same moment finds a clean state.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal import db
from portal.accounts.tables import Affiliate, Manager
from portal.audit.actions import PORTAL, record
from portal.enrollments import actions
from portal.enrollments.actions import decider
from portal.enrollments.locks import locked_application
from portal.enrollments.rules import UNDO_WITHIN, ApplicationState, Verdict, after
from portal.enrollments.tables import (
    Application,
    ApplicationDecision,
    ApplicationNote,
)
from portal.enrollments.taken import Field, Taken, taken_by_others
from portal.enrollments.wording import twin_key
from portal.errors import NotFound, NotYours, Refused
from portal.ids import new_id
from portal.outbox.actions import Waiting, post, withdraw
from portal.programs.queries import terms_at

# Not a letter but what lets a decision take effect; the letter follows from it.
DECISION_DUE = "application_decided"
# Why a decision has no effect: a manager took it back. Anything else is a sentence for managers.
UNDONE = "undone"


@dataclass(frozen=True)
class Made:
    """A decision as it was made. Tier, link and code belong to an approval, the date to a decline."""

    verdict: Verdict
    tier: str = ""
    slug: str = ""
    code: str = ""
    reason: str = ""  # of a decline; the question of an ask
    again_from: datetime | None = None


async def decide(application_id: UUID, manager_id: UUID | None, made: Made, now: datetime) -> UUID:
    """Keeps a decision for its minute; gives back its id. Without a manager the program's own rule decides.

    Raises Refused when somebody decided first, and Taken when link or code are somebody else's.
    """
    async with db.transaction():
        application = await locked_application(application_id)
        await _must_be_open(application, made.verdict)
        if made.verdict is Verdict.APPROVE:
            await must_be_free(made.slug, made.code)
        # What was decided on stands from now on, also where no manager has opened it.
        await note_opened(application_id, now)
        decision = new_id()
        affiliate = await Affiliate.objects().where(Affiliate.id == application.affiliate).first()
        letter = await post(
            DECISION_DUE,
            program=application.program,
            to=affiliate.email if affiliate else "",
            at=now,
            after=UNDO_WITHIN,
            decision=str(decision),
        )
        await ApplicationDecision.insert(
            ApplicationDecision(
                id=decision,
                application=application_id,
                verdict=made.verdict,
                manager=manager_id,
                at=now,
                tier=made.tier,
                slug=made.slug,
                code=made.code,
                twin_key=twin_key(made.code),
                reason=made.reason,
                again_from=made.again_from,
                letter=letter,
            )
        )
        await record(
            decider(manager_id),
            f"decided_to_{made.verdict}",
            "application",
            str(application_id),
            now,
            after={"tier": made.tier, "slug": made.slug, "code": made.code, "reason": made.reason},
        )
        return decision


async def undo(decision_id: UUID, program_id: UUID, manager_id: UUID, now: datetime) -> UUID:
    """Takes a decision back while its letter waits; gives back the application. Raises Refused afterwards."""
    async with db.transaction():
        decision = await _locked_decision(decision_id)
        application = await locked_application(UUID(str(decision.application)))
        if UUID(str(application.program)) != program_id:
            raise NotYours
        if decision.undone_at is not None:
            raise Refused("This decision is taken back already. The application waits in the queue.")
        if decision.settled_at is not None:
            raise Refused("The letter has left, so this decision stands.")
        await withdraw(UUID(str(decision.letter)))
        await _take_back(decision, UNDONE, now)
        await record(
            decider(manager_id),
            f"took_back_{decision.verdict}",
            "application",
            str(application.id),
            now,
        )
        return UUID(str(application.id))


async def settle(due: Waiting, now: datetime) -> None:
    """Lets a decision take effect. One that was taken back, or is done, stays as it is."""
    async with db.transaction():
        decision = await _locked_decision(UUID(due.values["decision"]))
        if decision.settled_at is not None or decision.undone_at is not None:
            return
        application = await locked_application(UUID(str(decision.application)))
        manager = UUID(str(decision.manager)) if decision.manager else None
        application_id, verdict = UUID(str(application.id)), Verdict(decision.verdict)
        if verdict is Verdict.APPROVE and (field := await taken_by_others(decision.slug, decision.code)):
            # Only a row that somebody wrote past the portal can have it. Managers find it in the queue again.
            await _fell_through(decision, Taken(field, getattr(decision, field)).sentence, now)
            return
        terms = await terms_at(UUID(str(application.program)), now)
        if verdict is Verdict.APPROVE and decision.tier not in {tier.key for tier in terms.tiers}:
            await _fell_through(decision, "The terms changed meanwhile, and this tier is not in them.", now)
            return
        # Settled first: the link and code that it kept are free for its own enrollment then.
        await ApplicationDecision.update({ApplicationDecision.settled_at: now}).where(
            ApplicationDecision.id == decision.id
        )
        match verdict:
            case Verdict.APPROVE:
                await actions.approve(
                    application_id,
                    manager,
                    terms,
                    tier=decision.tier,
                    slug=decision.slug,
                    code=decision.code,
                    now=now,
                )
            case Verdict.DECLINE:
                await actions.decline(application_id, manager, decision.reason, now, decision.again_from)
            case Verdict.ASK:
                await actions.ask(application_id, manager, decision.reason, now)


async def note_opened(application_id: UUID, now: datetime) -> None:
    """From now on the answers stand as they were sent."""
    await Application.update({Application.opened_at: now}).where(
        (Application.id == application_id)
        & Application.opened_at.is_null()
        & (Application.state == ApplicationState.IN_REVIEW)
    )


async def add_note(application_id: UUID, manager_id: UUID, text: str, now: datetime) -> UUID:
    """Between managers; gives back its id."""
    async with db.transaction():
        note = new_id()
        await ApplicationNote.insert(
            ApplicationNote(id=note, application=application_id, manager=manager_id, at=now, text=text)
        )
        await record(decider(manager_id), "noted", "application", str(application_id), now, after=str(note))
        return note


async def remove_note(note_id: UUID, application_id: UUID, manager_id: UUID, now: datetime) -> None:
    """Only one's own. Raises NotYours."""
    async with db.transaction():
        note = await db.for_update(
            ApplicationNote.objects().where(
                (ApplicationNote.id == note_id)
                & (ApplicationNote.application == application_id)
                & (ApplicationNote.manager == manager_id)
                & ApplicationNote.removed_at.is_null()
            )
        ).first()
        if note is None:
            raise NotYours
        await ApplicationNote.update({ApplicationNote.removed_at: now, ApplicationNote.text: ""}).where(
            ApplicationNote.id == note_id
        )
        await record(
            decider(manager_id), "removed_note", "application", str(application_id), now, after=str(note_id)
        )


async def must_be_free(slug: str, code: str) -> None:
    """Raises Taken, naming the field: for a link or code of an enrollment, or one that a decision keeps."""
    wanted: dict[Field, str] = {"slug": slug, "code": code}
    if taken := await taken_by_others(slug, code):
        raise Taken(taken, wanted[taken])
    kept = ApplicationDecision.settled_at.is_null() & ApplicationDecision.undone_at.is_null()
    kept &= ApplicationDecision.verdict == Verdict.APPROVE
    if await ApplicationDecision.exists().where(kept & (ApplicationDecision.slug == slug)):
        raise Taken("slug", slug)
    if await ApplicationDecision.exists().where(kept & (ApplicationDecision.twin_key == twin_key(code))):
        raise Taken("code", code)


async def _must_be_open(application: Application, verdict: Verdict) -> None:
    """Raises Refused, and says who decided."""
    waiting = (
        await ApplicationDecision.objects()
        .where(
            (ApplicationDecision.application == application.id)
            & ApplicationDecision.settled_at.is_null()
            & ApplicationDecision.undone_at.is_null()
        )
        .first()
    )
    said = {Verdict.APPROVE: "approved", Verdict.DECLINE: "declined", Verdict.ASK: "asked about"}
    if waiting is not None:
        who = await _name(waiting.manager)
        raise Refused(f"{who} has {said[Verdict(waiting.verdict)]} this application. Nothing was changed.")
    if application.decided_at is not None:
        who = await _name(application.decided_by)
        raise Refused(f"{who} has {application.state} this application already. Nothing was changed.")
    after(ApplicationState(application.state), verdict)


async def _name(manager_id: UUID | None) -> str:
    if manager_id is None:
        return "The program’s own rule"
    manager = await Manager.objects().where(Manager.id == manager_id).first()
    return manager.name if manager else "Somebody"


async def _take_back(decision: ApplicationDecision, because: str, now: datetime) -> None:
    await ApplicationDecision.update(
        {ApplicationDecision.undone_at: now, ApplicationDecision.undone_because: because}
    ).where(ApplicationDecision.id == decision.id)


async def _fell_through(decision: ApplicationDecision, because: str, now: datetime) -> None:
    """The application is in the queue again, with the sentence above it."""
    await _take_back(decision, because, now)
    await record(
        PORTAL, f"took_back_{decision.verdict}", "application", str(decision.application), now, after=because
    )


async def _locked_decision(decision_id: UUID) -> ApplicationDecision:
    decision = await db.for_update(
        ApplicationDecision.objects().where(ApplicationDecision.id == decision_id)
    ).first()
    if decision is None:
        raise NotFound
    return decision
