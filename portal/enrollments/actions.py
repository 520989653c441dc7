"""What a decision brings about. Each is one transaction with its letters."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.actions import give_token
from portal.accounts.rules import FIRST_PASSWORD_LASTS, Purpose
from portal.accounts.tables import Affiliate, Manager
from portal.audit.actions import PORTAL, Actor, record
from portal.enrollments.codes import CodeState, retire_codes
from portal.enrollments.locks import locked_application
from portal.enrollments.rules import (
    AGAIN_AFTER_DAYS,
    ApplicationState,
    EnrollmentState,
    Source,
    Verdict,
    after,
    may_become,
)
from portal.enrollments.tables import (
    Application,
    ApplicationQuestion,
    DiscountCode,
    Enrollment,
    EnrollmentChange,
    Link,
)
from portal.enrollments.taken import Taken, taken_by_others
from portal.enrollments.welcome import welcome_values
from portal.enrollments.wording import twin_key
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.outbox.actions import post
from portal.programs.rules import ProgramTerms


async def approve(
    application_id: UUID,
    manager_id: UUID | None,
    terms: ProgramTerms,
    *,
    tier: str,
    slug: str,
    code: str,
    now: datetime,
) -> UUID:
    """Enrollment, link, code and letter come to be together or not at all; gives back the enrollment's id.

    Without a manager it was the program's own rule. Raises Refused when somebody decided first, or when the
    link or code was taken meanwhile.
    """
    async with db.transaction():
        application, affiliate = await _undecided(application_id, Verdict.APPROVE)
        if taken := await taken_by_others(slug, code):
            raise Taken(taken, slug if taken == "slug" else code, "was taken meanwhile")
        enrollment_id, affiliate_id = new_id(), UUID(str(affiliate.id))
        # Who is in another program signs in there already: a new password would be one too many.
        is_elsewhere = await Enrollment.exists().where(Enrollment.affiliate == affiliate_id)
        await _decide(application_id, ApplicationState.APPROVED, manager_id, now)
        await Enrollment.insert(
            Enrollment(
                id=enrollment_id,
                program=application.program,
                affiliate=affiliate_id,
                application=application_id,
                tier=tier,
                state=EnrollmentState.ACTIVE,
                began_at=now,
                recruited_by=await _recruiter(application),
            )
        )
        await _add_what_it_brings(enrollment_id, terms, tier=tier, slug=slug, code=code, now=now)
        token = (
            None
            if is_elsewhere
            else await give_token(affiliate_id, Purpose.PASSWORD, now, FIRST_PASSWORD_LASTS)
        )
        await _tell(
            application,
            affiliate,
            "application_approved",
            now,
            slug=slug,
            code=code,
            token=str(token) if token else None,
            **await welcome_values(application, manager_id, terms, tier),
        )
        await _note(
            decider(manager_id),
            "approved",
            application,
            {"state": "approved", "tier": tier, "slug": slug, "code": code},
            now,
        )
        return enrollment_id


async def decline(
    application_id: UUID,
    manager_id: UUID | None,
    reason: str,
    now: datetime,
    again_from: datetime | None = None,
) -> None:
    """They may apply again in three months, or from the day that is given. Raises Refused when decided."""
    async with db.transaction():
        application, affiliate = await _undecided(application_id, Verdict.DECLINE)
        again_from = again_from or now + timedelta(days=AGAIN_AFTER_DAYS)
        await _decide(application_id, ApplicationState.DECLINED, manager_id, now, reason, again_from)
        await _tell(
            application,
            affiliate,
            "application_declined",
            now,
            reason=reason,
            again_from=again_from.date().isoformat(),
            application=str(application_id),
        )
        await _note(
            decider(manager_id), "declined", application, {"state": "declined", "reason": reason}, now
        )


async def ask(application_id: UUID, manager_id: UUID | None, question: str, now: datetime) -> None:
    """Raises Refused when somebody decided first, or while an earlier question waits for its answer."""
    async with db.transaction():
        application, affiliate = await _undecided(application_id, Verdict.ASK)
        await Application.update({Application.state: ApplicationState.ASKED}).where(
            Application.id == application_id
        )
        await ApplicationQuestion.insert(
            ApplicationQuestion(
                id=new_id(),
                application=application_id,
                manager=manager_id,
                asked_at=now,
                question=question,
            )
        )
        await _tell(
            application,
            affiliate,
            "application_question",
            now,
            question=question,
            application=str(application_id),
        )
        await _note(decider(manager_id), "asked", application, {"state": "asked", "question": question}, now)


async def answer_more(application_id: UUID, answer: str, now: datetime) -> None:
    """What an applicant answers goes back to the queue. Raises Refused without a question."""
    async with db.transaction():
        application = await locked_application(application_id)
        open_question = (ApplicationQuestion.application == application_id) & (
            ApplicationQuestion.answered_at.is_null()
        )
        if application.state != ApplicationState.ASKED:
            raise Refused("There is no question to answer any more. Below you see where your application is.")
        await ApplicationQuestion.update(
            {ApplicationQuestion.answer: answer, ApplicationQuestion.answered_at: now}
        ).where(open_question)
        await Application.update(
            {Application.state: ApplicationState.IN_REVIEW, Application.waits_since: now}
        ).where(Application.id == application_id)
        await _note(
            Actor("affiliate", str(application.affiliate)),
            "answered",
            application,
            {"state": "in_review"},
            now,
        )


def decider(manager_id: UUID | None) -> Actor:
    return Actor("manager", str(manager_id)) if manager_id else PORTAL


async def set_state(
    enrollment_id: UUID, state: EnrollmentState, because: str, actor: Actor, now: datetime
) -> None:
    """Pauses, resumes or ends an enrollment. Sales are judged by the state of their own moment."""
    async with db.transaction():
        enrollment = await db.for_update(Enrollment.objects().where(Enrollment.id == enrollment_id)).first()
        if enrollment is None:
            raise NotFound
        may_become(EnrollmentState(enrollment.state), state)
        await Enrollment.update(
            {Enrollment.state: state, Enrollment.ended_at: now if state is EnrollmentState.ENDED else None}
        ).where(Enrollment.id == enrollment_id)
        await EnrollmentChange.insert(
            EnrollmentChange(
                id=new_id(),
                enrollment=enrollment_id,
                at=now,
                state=state,
                tier=enrollment.tier,
                because=because,
            )
        )
        if state is EnrollmentState.ENDED:
            await retire_codes(enrollment_id)
        await record(
            actor,
            str(state),
            "enrollment",
            str(enrollment_id),
            now,
            before={"state": enrollment.state},
            after=because,
        )


async def _undecided(application_id: UUID, verdict: Verdict) -> tuple[Application, Affiliate]:
    application = await locked_application(application_id)
    state = ApplicationState(application.state)
    if application.decided_by is not None:
        manager = await Manager.objects().where(Manager.id == application.decided_by).first()
        name = manager.name if manager else "Somebody"
        raise Refused(f"{name} has {state} this application already. Nothing was changed.")
    after(state, verdict)
    affiliate = await Affiliate.objects().where(Affiliate.id == application.affiliate).first()
    if affiliate is None:
        raise NotFound
    return application, affiliate


async def _tell(
    application: Application, affiliate: Affiliate, message: str, now: datetime, /, **values: Any
) -> None:
    await post(
        message, program=application.program, to=affiliate.email, at=now, name=affiliate.name, **values
    )


async def _note(
    actor: Actor, verb: str, application: Application, after: dict[str, str], now: datetime
) -> None:
    """In the audit log: from the state that was read to what is now."""
    before = {"state": application.state}
    await record(actor, verb, "application", str(application.id), now, before=before, after=after)


async def _recruiter(application: Application) -> UUID | None:
    """Who recommended the program: somebody else's enrollment in it."""
    told = msgspec.json.decode(application.source, type=Source).recruiter
    if told is None:
        return None
    rows = await Enrollment.select(Enrollment.id).where(
        (Enrollment.id == told)
        & (Enrollment.program == application.program)
        & (Enrollment.affiliate != application.affiliate)
    )
    return UUID(str(rows[0]["id"])) if rows else None


async def _decide(
    application_id: UUID,
    state: ApplicationState,
    manager_id: UUID | None,
    now: datetime,
    reason: str = "",
    again_from: datetime | None = None,
) -> None:
    await Application.update(
        {
            Application.state: state,
            Application.decided_at: now,
            Application.decided_by: manager_id,
            Application.reason: reason,
            Application.again_from: again_from,
        }
    ).where(Application.id == application_id)


async def _add_what_it_brings(
    enrollment_id: UUID, terms: ProgramTerms, *, tier: str, slug: str, code: str, now: datetime
) -> None:
    await EnrollmentChange.insert(
        EnrollmentChange(
            id=new_id(),
            enrollment=enrollment_id,
            at=now,
            state=EnrollmentState.ACTIVE,
            tier=tier,
            because="approved",
        )
    )
    await Link.insert(
        Link(
            id=new_id(),
            enrollment=enrollment_id,
            slug=slug,
            destination=terms.first_destination.url,
            main=True,
            created_at=now,
        )
    )
    await DiscountCode.insert(
        DiscountCode(
            id=new_id(),
            enrollment=enrollment_id,
            code=code,
            code_key=code.casefold(),
            twin_key=twin_key(code),
            percent_bps=terms.code_percent * 100,
            created_at=now,
            at_checkout=CodeState.WAITING,
        )
    )
