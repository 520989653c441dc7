"""Applying, confirming the address, and deciding. Each is one transaction with its letters."""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.actions import give_token, use_token
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
)
from portal.enrollments.tables import Application, DiscountCode, Enrollment, EnrollmentChange, Link
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.outbox.actions import post
from portal.programs.rules import ProgramTerms


async def submit_application(
    program_id: UUID, terms: ProgramTerms, draft: ApplicationDraft, now: datetime
) -> None:
    """Keeps the application and posts the letter that confirms the address.

    Whoever sent one before is answered by letter only: the page must not tell whether an address is known.
    """
    async with db.transaction():
        affiliate = await _affiliate(draft, now)
        affiliate_id = UUID(str(affiliate.id))
        last = (
            await db.for_update(
                Application.objects().where(
                    (Application.affiliate == affiliate_id) & (Application.program == program_id)
                )
            )
            .order_by(Application.sent_at, ascending=False)
            .first()
        )
        if last is not None and not _may_send_again(last, now):
            await _tell_state(affiliate, last, now)
            return
        if last is not None and last.state == ApplicationState.UNCONFIRMED:
            await Application.update(
                {
                    Application.answers: _answers(draft),
                    Application.terms: terms.terms_id,
                    Application.sent_at: now,
                }
            ).where(Application.id == last.id)
            application_id = UUID(str(last.id))
        else:
            application_id = new_id()
            await Application.insert(
                Application(
                    id=application_id,
                    program=program_id,
                    affiliate=affiliate_id,
                    terms=terms.terms_id,
                    state=ApplicationState.UNCONFIRMED,
                    answers=_answers(draft),
                    sent_at=now,
                )
            )
        token = await give_token(affiliate_id, Purpose.CONFIRM, now)
        await post("confirm_address", to=draft.email, at=now, name=draft.name, token=str(token))
        await record(Actor("visitor", "visitor"), "sent", "application", str(application_id), now)


async def confirm_address(token: UUID, now: datetime) -> UUID:
    """Puts the application before the managers; gives back its id. Raises Refused for a used or old token."""
    async with db.transaction():
        affiliate_id = await use_token(token, Purpose.CONFIRM, now)
        application = (
            await db.for_update(
                Application.objects().where(
                    (Application.affiliate == affiliate_id)
                    & (Application.state == ApplicationState.UNCONFIRMED)
                )
            )
            .order_by(Application.sent_at, ascending=False)
            .first()
        )
        if application is None:
            raise Refused(
                "This application is confirmed already. The letter that came then leads to its state."
            )
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
        ).where(Application.id == application.id)
        application_id = UUID(str(application.id))
        await post(
            "application_received",
            to=answers.email,
            at=now,
            name=answers.name,
            application=str(application_id),
        )
        await record(
            Actor("affiliate", str(affiliate_id)), "confirmed", "application", str(application_id), now
        )
        return application_id


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
        if enrollment.state == state:
            raise Refused(f"This enrollment is {state} already.")
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
    key = email_key(draft.email)
    known = await db.for_update(Affiliate.objects().where(Affiliate.email_key == key)).first()
    if known is not None:
        return known
    made = Affiliate(
        id=new_id(),
        email=draft.email,
        email_key=key,
        name=draft.name,
        web_address=draft.web_address,
        created_at=now,
    )
    await Affiliate.insert(made)
    return made


def _may_send_again(last: Application, now: datetime) -> bool:
    if last.state == ApplicationState.DECLINED:
        return bool(now >= last.again_from)
    return bool(last.state == ApplicationState.UNCONFIRMED)


async def _tell_state(affiliate: Affiliate, last: Application, now: datetime) -> None:
    await post(
        "application_exists",
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
