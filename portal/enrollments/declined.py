"""What applicants may do after a no: come back, be reminded of the day, have their answers deleted."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.tables import Affiliate
from portal.audit.actions import Actor, record
from portal.enrollments.drafts import encoded
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.locks import locked_application
from portal.enrollments.looking import looked_for
from portal.enrollments.rules import ApplicationState, Source
from portal.enrollments.tables import Application, ApplicationQuestion, Draft
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.outbox.actions import post, withdraw


def makes_room(earlier: Application, now: datetime) -> bool:
    """Whether another application may follow this one."""
    if earlier.state == ApplicationState.DECLINED:
        return bool(now >= earlier.again_from)
    return bool(earlier.state == ApplicationState.UNCONFIRMED)


async def begin_again(application_id: UUID, form_id: UUID | None, now: datetime) -> UUID:
    """A new draft with the answers of a declined application; gives back its id. Raises Refused."""
    async with db.transaction():
        last = await locked_application(application_id)
        if last.state != ApplicationState.DECLINED or not makes_room(last, now):
            raise Refused("You can't apply again yet. The page of your application says from when.")
        draft_id = new_id(now)
        answers = msgspec.json.decode(last.answers, type=ApplicationDraft)
        await Draft.insert(
            Draft(
                id=draft_id,
                program=last.program,
                form=form_id,
                email=answers.email,
                answers=encoded(answers),
                revision=1,
                writer=draft_id,
                started_at=now,
                saved_at=now,
            )
        )
        return draft_id


async def remind(application_id: UUID, now: datetime) -> None:
    """One letter on the day from which they may apply again. Raises Refused when that has come."""
    async with db.transaction():
        declined = await _declined(application_id)
        if makes_room(declined, now):
            raise Refused("That day has come: you can apply again now.")
        if declined.reminder is not None:
            return
        affiliate = await Affiliate.objects().where(Affiliate.id == declined.affiliate).first()
        if affiliate is None:
            raise NotFound
        letter = await post(
            "apply_again",
            program=declined.program,
            to=affiliate.email,
            at=now,
            after=declined.again_from - now,
            name=affiliate.name,
            application=str(application_id),
        )
        await Application.update({Application.reminder: letter}).where(Application.id == application_id)


async def dont_remind(application_id: UUID) -> None:
    async with db.transaction():
        await forget_reminder(await _declined(application_id))


async def forget_reminder(application: Application) -> None:
    """In the caller's transaction."""
    if application.reminder is not None:
        await withdraw(UUID(str(application.reminder)))
        await Application.update({Application.reminder: None}).where(Application.id == application.id)


async def delete_answers(application_id: UUID, now: datetime) -> None:
    """All that was written goes; that somebody applied, when, and what was decided stays. Raises Refused."""
    async with db.transaction():
        declined = await _declined(application_id)
        if declined.emptied_at is not None:
            return
        said = msgspec.json.decode(declined.answers, type=ApplicationDraft)
        left = ApplicationDraft(name=said.name, email=said.email)
        await Application.update(
            {
                Application.answers: encoded(left),
                Application.looked_for: looked_for(left, Source()),
                Application.hints: "[]",
                Application.source: "{}",
                Application.emptied_at: now,
            }
        ).where(Application.id == application_id)
        await ApplicationQuestion.update({ApplicationQuestion.answer: ""}).where(
            ApplicationQuestion.application == application_id
        )
        await Draft.update({Draft.answers: "{}", Draft.email: "", Draft.emptied_at: now}).where(
            Draft.application == application_id
        )
        who = Actor("affiliate", str(declined.affiliate))
        await record(who, "deleted_answers", "application", str(application_id), now)


async def _declined(application_id: UUID) -> Application:
    application = await locked_application(application_id)
    if application.state != ApplicationState.DECLINED:
        raise Refused("This is for applications that were declined. Below you see where yours is.")
    return application
