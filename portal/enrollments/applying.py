"""Applying, confirming the address, changing what was sent. Each is one transaction with its letters."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.rules import email_key
from portal.accounts.tables import Affiliate
from portal.audit.actions import Actor, record
from portal.enrollments.answers import answers_in, form_answered
from portal.enrollments.declined import forget_reminder, makes_room
from portal.enrollments.drafts import encoded
from portal.enrollments.finding import find_hints, packed
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.locks import locked_application
from portal.enrollments.looking import looked_for
from portal.enrollments.rules import ApplicationState, Source, must_be_changeable, must_be_confirmable
from portal.enrollments.tables import Application, Draft, TermsAcceptance
from portal.errors import Refused
from portal.ids import new_id
from portal.outbox.actions import Waiting, post
from portal.programs.queries import terms_at, terms_history
from portal.programs.rules import ProgramTerms

DOUBLE_CLICK = timedelta(minutes=1)
# Not a letter but a question: whoever has applied under this address is told where it stands.
APPLICATION_ASKED = "application_asked"


async def answer_sent_application(asked: Waiting, _: datetime) -> None:
    """Makes an application of a draft that was sent. Answered twice, it is still one."""
    async with db.transaction():
        sent = await db.for_update(Draft.objects().where(Draft.id == UUID(asked.values["draft"]))).first()
        if sent is None or sent.emptied_at is not None or sent.application is not None:
            return
        program_id, terms_id = UUID(str(sent.program)), UUID(asked.values["terms"])
        versions = (await terms_history(program_id)).versions
        application = await submit_application(
            program_id,
            next(version for version in versions if version.terms_id == terms_id),
            msgspec.json.decode(sent.answers, type=ApplicationDraft),
            sent.sent_at,
            form_id=UUID(str(sent.form)) if sent.form else None,
            source=msgspec.json.decode(sent.source, type=Source),
            seconds=sent.seconds,
        )
        await Draft.update({Draft.application: application}).where(Draft.id == sent.id)


async def submit_application(
    program_id: UUID,
    terms: ProgramTerms,
    draft: ApplicationDraft,
    now: datetime,
    *,
    form_id: UUID | None = None,
    source: Source | None = None,
    seconds: int | None = None,
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
        if closed := next((one for one in earlier if not makes_room(one, now)), None):
            await _tell_state(affiliate, closed, now, applied_again=True)
            return None
        answers = encoded(draft)
        for one in earlier:
            await forget_reminder(one)
        if again := next((one for one in earlier if _is_double(one, answers, now)), None):
            return UUID(str(again.id))
        application_id = new_id()
        await Application.insert(
            Application(
                id=application_id,
                program=program_id,
                affiliate=affiliate_id,
                terms=terms.terms_id,
                form=form_id,
                state=ApplicationState.UNCONFIRMED,
                answers=answers,
                looked_for=looked_for(draft, source or Source()),
                source=msgspec.json.encode(source or Source()).decode(),
                seconds=seconds,
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
    """Puts the application before the managers; a second press changes nothing.

    Raises Refused for a letter that is too old, or when another application of theirs was confirmed first.
    """
    async with db.transaction():
        application = await locked_application(application_id)
        if application.confirmed_at is not None:
            return
        must_be_confirmable(ApplicationState(application.state), application.sent_at, now)
        affiliate_id, program_id = UUID(str(application.affiliate)), UUID(str(application.program))
        await db.for_update(Affiliate.select(Affiliate.id).where(Affiliate.id == affiliate_id))
        earlier = await _applications_of(affiliate_id, program_id)
        if any(not makes_room(one, now) for one in earlier):
            raise Refused("You have an application already. The letter that came then leads to its state.")
        answers = msgspec.json.decode(application.answers, type=ApplicationDraft)
        await Affiliate.update(
            {
                Affiliate.email_verified_at: now,
                Affiliate.name: answers.name,
                Affiliate.web_address: answers.web_address,
            }
        ).where(Affiliate.id == affiliate_id)
        terms = await terms_at(program_id, now)
        hints = await _hints(affiliate_id, program_id, application.answers, application.form, terms)
        await Application.update(
            {
                Application.state: ApplicationState.IN_REVIEW,
                Application.confirmed_at: now,
                Application.waits_since: now,
                Application.hints: hints,
            }
        ).where(Application.id == application_id)
        await accept(affiliate_id, program_id, UUID(str(application.terms)), "application", now)
        await post(
            "application_received",
            program=program_id,
            to=answers.email,
            at=now,
            name=answers.name,
            application=str(application_id),
            answer_days=terms.answer_days,
        )
        await record(
            Actor("affiliate", str(affiliate_id)), "confirmed", "application", str(application_id), now
        )


async def change_answers(
    application_id: UUID, draft: ApplicationDraft, form_id: UUID | None, now: datetime
) -> None:
    """Until a manager has opened it. The address stays: it is the one that was confirmed. Raises Refused."""
    async with db.transaction():
        application = await locked_application(application_id)
        must_be_changeable(ApplicationState(application.state), application.opened_at)
        before = msgspec.json.decode(application.answers, type=ApplicationDraft)
        changed = sorted(
            {
                name
                for name in ApplicationDraft.__dataclass_fields__
                if name not in ("errors", "extra") and getattr(before, name) != getattr(draft, name)
            }
            | {
                f"q-{key}"
                for key in before.extra.keys() | draft.extra.keys()
                if before.extra.get(key, ()) != draft.extra.get(key, ())
            }
        )
        if not changed:
            return
        affiliate_id, program_id = UUID(str(application.affiliate)), UUID(str(application.program))
        terms, answers = await terms_at(program_id, now), encoded(draft)
        await Application.update(
            {
                Application.answers: answers,
                Application.form: form_id,
                Application.hints: await _hints(affiliate_id, program_id, answers, form_id, terms),
                Application.looked_for: looked_for(
                    draft, msgspec.json.decode(application.source, type=Source)
                ),
            }
        ).where(Application.id == application_id)
        await Affiliate.update({Affiliate.name: draft.name, Affiliate.web_address: draft.web_address}).where(
            Affiliate.id == affiliate_id
        )
        # The log names what was changed; what people wrote about themselves must stay erasable.
        await record(
            Actor("affiliate", str(affiliate_id)),
            "changed",
            "application",
            str(application_id),
            now,
            after={"changed": changed},
        )


async def accept(affiliate_id: UUID, program_id: UUID, terms_id: UUID, how: str, now: datetime) -> None:
    """Once agreed is agreed: a second time changes nothing."""
    agreed = TermsAcceptance(
        id=new_id(), affiliate=affiliate_id, program=program_id, terms=terms_id, at=now, how=how
    )
    await TermsAcceptance.insert(agreed).on_conflict(
        target=(TermsAcceptance.affiliate, TermsAcceptance.terms), action="DO NOTHING"
    )


async def ask_for_application(email: str, now: datetime) -> None:
    """Leaves the question in the outbox; whom it is for is looked up there: asking costs the same for all."""
    await post(APPLICATION_ASKED, program=None, to=email, at=now)


async def answer_application_question(asked: Waiting, now: datetime) -> None:
    """One letter for each program that a known address has applied to, and nothing to an unknown one."""
    async with db.transaction():
        affiliate = await Affiliate.objects().where(Affiliate.email_key == email_key(asked.to)).first()
        if affiliate is None:
            return
        newest: dict[str, Application] = {}
        for one in (
            await Application.objects()
            .where(Application.affiliate == affiliate.id)
            .order_by(Application.sent_at)
        ):
            newest[str(one.program)] = one
        for application in newest.values():
            if application.state == ApplicationState.UNCONFIRMED:
                await _remind_to_confirm(affiliate, application, now)
            else:
                await _tell_state(affiliate, application, now, applied_again=False)


async def _hints(
    affiliate_id: UUID, program_id: UUID, answers: str, form_id: UUID | str | None, terms: ProgramTerms
) -> str:
    said = answers_in(answers, terms, await form_answered(program_id, form_id))
    return packed(await find_hints(affiliate_id, program_id, said, terms))


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


def _is_double(earlier: Application, answers: str, now: datetime) -> bool:
    same = earlier.state == ApplicationState.UNCONFIRMED and earlier.answers == answers
    return same and now - earlier.sent_at < DOUBLE_CLICK


async def _tell_state(affiliate: Affiliate, last: Application, now: datetime, *, applied_again: bool) -> None:
    again_from: datetime | None = last.again_from
    await post(
        "application_exists",
        program=last.program,
        to=affiliate.email,
        at=now,
        name=affiliate.name,
        state=last.state,
        again_from=again_from.date().isoformat() if again_from else None,
        application=str(last.id),
        applied_again=applied_again,
    )


async def _remind_to_confirm(affiliate: Affiliate, application: Application, now: datetime) -> None:
    terms = await terms_at(UUID(str(application.program)), now)
    answers = msgspec.json.decode(application.answers, type=ApplicationDraft)
    await post(
        "confirm_address",
        program=application.program,
        to=affiliate.email,
        at=now,
        name=answers.name,
        application=str(application.id),
        answer_days=terms.answer_days,
    )
