"""Applying, confirming the address, and deciding. Each is one transaction with its letters."""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.actions import give_token
from portal.accounts.rules import FIRST_PASSWORD_LASTS, Purpose, email_key
from portal.accounts.tables import Affiliate, Manager
from portal.audit.actions import Actor, record
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.rules import (
    AGAIN_AFTER_DAYS,
    ApplicationState,
    EnrollmentState,
    Verdict,
    after,
    may_become,
    must_be_confirmable,
)
from portal.enrollments.tables import Application, DiscountCode, Enrollment, EnrollmentChange, Link
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.outbox.actions import post
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms

DOUBLE_CLICK = timedelta(minutes=1)


async def submit_application(
    program_id: UUID, terms: ProgramTerms, draft: ApplicationDraft, now: datetime
) -> UUID | None:
    """Keeps the application and posts the letter that confirms the address; gives back its id.

    Whoever has one open already is answered by letter only, and None is given back: the page must not tell
    whether an address is known. Each one that was sent waits for its own letter, so that nobody can change
    what somebody else confirms.
    """
    async with db.transaction():
        affiliate = await _affiliate(draft, now)
        affiliate_id = UUID(str(affiliate.id))
        earlier = await _applications_of(affiliate_id, program_id)
        if closed := next((one for one in earlier if not _makes_room(one, now)), None):
            await _tell_state(affiliate, closed, now)
            return None
        answers = _answers(draft)
        if again := next((one for one in earlier if _is_double(one, answers, now)), None):
            return UUID(str(again.id))
        application_id = new_id()
        await Application.insert(
            Application(
                id=application_id,
                program=program_id,
                affiliate=affiliate_id,
                terms=terms.terms_id,
                state=ApplicationState.UNCONFIRMED,
                answers=answers,
                sent_at=now,
            )
        )
        await post(
            "confirm_address",
            program=program_id,
            to=affiliate.email,
            at=now,
            name=draft.name,
            application=str(application_id),
            answer_days=terms.answer_days,
        )
        await record(Actor("visitor", "visitor"), "sent", "application", str(application_id), now)
        return application_id


async def confirm_address(application_id: UUID, now: datetime) -> None:
    """Puts the application before the managers. Raises Refused for a letter that was used or is too old."""
    async with db.transaction():
        application = await db.for_update(
            Application.objects().where(Application.id == application_id)
        ).first()
        if application is None:
            raise NotFound
        must_be_confirmable(ApplicationState(application.state), application.sent_at, now)
        affiliate_id = UUID(str(application.affiliate))
        await db.for_update(Affiliate.select(Affiliate.id).where(Affiliate.id == affiliate_id))
        earlier = await _applications_of(affiliate_id, UUID(str(application.program)))
        if any(not _makes_room(one, now) for one in earlier):
            raise Refused("You have an application already. The letter that came then leads to its state.")
        answers = msgspec.json.decode(application.answers, type=ApplicationDraft)
        await Affiliate.update(
            {
                Affiliate.email_verified_at: now,
                Affiliate.name: answers.name,
                Affiliate.web_address: answers.web_address,
            }
        ).where(Affiliate.id == affiliate_id)
        await Application.update(
            {Application.state: ApplicationState.IN_REVIEW, Application.confirmed_at: now}
        ).where(Application.id == application_id)
        await post(
            "application_received",
            program=application.program,
            to=answers.email,
            at=now,
            name=answers.name,
            application=str(application_id),
            answer_days=(await terms_at(UUID(str(application.program)), now)).answer_days,
        )
        await record(
            Actor("affiliate", str(affiliate_id)), "confirmed", "application", str(application_id), now
        )


async def approve(
    application_id: UUID,
    manager_id: UUID,
    terms: ProgramTerms,
    *,
    tier: str,
    slug: str,
    code: str,
    now: datetime,
) -> UUID:
    """Enrollment, link, code and letter come to be together or not at all; gives back the enrollment's id.

    Raises Refused when somebody decided first, or when the link or code was taken meanwhile.
    """
    async with db.transaction():
        application, affiliate = await _undecided(application_id, Verdict.APPROVE)
        await _must_be_free(slug, code)
        enrollment_id, affiliate_id = new_id(), UUID(str(affiliate.id))
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
            )
        )
        await _add_what_it_brings(enrollment_id, terms, tier=tier, slug=slug, code=code, now=now)
        token = await give_token(affiliate_id, Purpose.PASSWORD, now, FIRST_PASSWORD_LASTS)
        await post(
            "application_approved",
            program=application.program,
            to=affiliate.email,
            at=now,
            name=affiliate.name,
            slug=slug,
            code=code,
            percent=terms.code_percent,
            rate_bps=terms.tier(tier).rate_bps,
            hold_days=terms.hold_days,
            pay_from_day=terms.pay_from_day,
            pay_to_day=terms.pay_to_day,
            token=str(token),
        )
        await record(
            Actor("manager", str(manager_id)),
            "approved",
            "application",
            str(application_id),
            now,
            before={"state": application.state},
            after={"state": "approved", "tier": tier, "slug": slug, "code": code},
        )
        return enrollment_id


async def decline(application_id: UUID, manager_id: UUID, reason: str, now: datetime) -> None:
    """Raises Refused when somebody decided first."""
    async with db.transaction():
        application, affiliate = await _undecided(application_id, Verdict.DECLINE)
        again_from = now + timedelta(days=AGAIN_AFTER_DAYS)
        await _decide(application_id, ApplicationState.DECLINED, manager_id, now, reason, again_from)
        await post(
            "application_declined",
            program=application.program,
            to=affiliate.email,
            at=now,
            name=affiliate.name,
            reason=reason,
            again_from=again_from.date().isoformat(),
            application=str(application_id),
        )
        await record(
            Actor("manager", str(manager_id)),
            "declined",
            "application",
            str(application_id),
            now,
            before={"state": application.state},
            after={"state": "declined", "reason": reason},
        )


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
        await record(
            actor,
            str(state),
            "enrollment",
            str(enrollment_id),
            now,
            before={"state": enrollment.state},
            after=because,
        )


async def _affiliate(draft: ApplicationDraft, now: datetime) -> Affiliate:
    """The account of this address, made where there is none; its row is locked."""
    key = email_key(draft.email)
    made = Affiliate(
        id=new_id(),
        email=draft.email,
        email_key=key,
        name=draft.name,
        web_address=draft.web_address,
        created_at=now,
    )
    # A double click sends two at once: both find the same account.
    await Affiliate.insert(made).on_conflict(target=Affiliate.email_key, action="DO NOTHING")
    known = await db.for_update(Affiliate.objects().where(Affiliate.email_key == key)).first()
    return known or made


async def _applications_of(affiliate_id: UUID, program_id: UUID) -> list[Application]:
    """The newest first."""
    return list(
        await Application.objects()
        .where((Application.affiliate == affiliate_id) & (Application.program == program_id))
        .order_by(Application.sent_at, ascending=False)
    )


def _makes_room(earlier: Application, now: datetime) -> bool:
    """Whether another application may follow this one."""
    if earlier.state == ApplicationState.DECLINED:
        return bool(now >= earlier.again_from)
    return bool(earlier.state == ApplicationState.UNCONFIRMED)


def _is_double(earlier: Application, answers: str, now: datetime) -> bool:
    same = earlier.state == ApplicationState.UNCONFIRMED and earlier.answers == answers
    return same and now - earlier.sent_at < DOUBLE_CLICK


async def _tell_state(affiliate: Affiliate, last: Application, now: datetime) -> None:
    await post(
        "application_exists",
        program=last.program,
        to=affiliate.email,
        at=now,
        name=affiliate.name,
        state=last.state,
        again_from=_day(last.again_from),
        application=str(last.id),
    )


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None


def _answers(draft: ApplicationDraft) -> str:
    kept = asdict(draft)
    del kept["errors"]
    return msgspec.json.encode(kept).decode()


async def _undecided(application_id: UUID, verdict: Verdict) -> tuple[Application, Affiliate]:
    application = await db.for_update(Application.objects().where(Application.id == application_id)).first()
    if application is None:
        raise NotFound
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


async def _must_be_free(slug: str, code: str) -> None:
    if await Link.exists().where(Link.slug == slug):
        raise Refused(f"The link {slug} was taken meanwhile. Choose another one; nothing was decided yet.")
    if await DiscountCode.exists().where(DiscountCode.code_key == code.casefold()):
        raise Refused(f"The code {code} was taken meanwhile. Choose another one; nothing was decided yet.")


async def _decide(
    application_id: UUID,
    state: ApplicationState,
    manager_id: UUID,
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
            percent_bps=terms.code_percent * 100,
            created_at=now,
        )
    )
