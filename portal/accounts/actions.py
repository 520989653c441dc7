"""Rights that letters carry: choosing a password, signing in by a link, being asked for."""

from datetime import datetime, timedelta
from uuid import UUID

from portal import db
from portal.accounts import passwords
from portal.accounts.rules import OLD, TOKEN_LASTS, USED, Purpose, Role, email_key, is_usable
from portal.accounts.signing_in import Device, NewSession, open_for_manager, open_for_person
from portal.accounts.tables import Affiliate, LetterToken, Manager, Membership, Person, Session
from portal.accounts.whose import Whose
from portal.audit.actions import record
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.outbox.actions import Waiting, post

# Not letters but questions: the worker answers them with one, where there is somebody to answer.
PASSWORD_ASKED = "password_asked"  # noqa: S105 - its name
LINK_ASKED = "link_asked"


async def give_token(
    affiliate_id: UUID, purpose: Purpose, now: datetime, lasts: timedelta | None = None
) -> UUID:
    """The id that a letter to an account carries in a sealed address; its first owner comes to be here."""
    async with db.transaction():
        owner = await first_owner(affiliate_id, now)
        return await give(Whose(person=owner), purpose, now, lasts=lasts, affiliate=affiliate_id)


async def first_owner(affiliate_id: UUID, now: datetime) -> UUID:
    """The person behind an account's address, made its owner if nobody is. Raises NotFound."""
    affiliate = await db.for_update(Affiliate.objects().where(Affiliate.id == affiliate_id)).first()
    if affiliate is None:
        raise NotFound
    made = Person(
        id=new_id(),
        email=affiliate.email,
        email_key=affiliate.email_key,
        name=affiliate.name,
        # The account's address was confirmed by letter before anybody could approve it.
        email_verified_at=affiliate.email_verified_at,
        created_at=now,
    )
    await Person.insert(made).on_conflict(target=Person.email_key, action="DO NOTHING")
    kept = await Person.select(Person.id).where(Person.email_key == affiliate.email_key).first()
    person = UUID(str(kept["id"])) if kept else UUID(str(made.id))
    owners = (Membership.affiliate == affiliate_id) & Membership.ended_at.is_null()
    if not await Membership.exists().where(owners):
        await Membership.insert(
            Membership(
                id=new_id(),
                person=person,
                affiliate=affiliate_id,
                role=Role.OWNER,
                began_at=now,
                opened_at=now,
            )
        )
    return person


async def give(
    whose: Whose,
    purpose: Purpose,
    now: datetime,
    *,
    lasts: timedelta | None = None,
    affiliate: UUID | None = None,
    email: str = "",
) -> UUID:
    token = new_id()
    await LetterToken.insert(
        LetterToken(
            id=token,
            purpose=purpose,
            person=whose.person,
            manager=whose.manager,
            affiliate=affiliate,
            email=email,
            created_at=now,
            expires_at=now + (lasts or TOKEN_LASTS[purpose]),
        )
    )
    return token


async def use_token(token: UUID, purpose: Purpose, now: datetime) -> LetterToken:
    """Whose it is and what for. Raises Refused when it was used or is too old."""
    async with db.transaction():
        found = await db.for_update(
            LetterToken.objects().where((LetterToken.id == token) & (LetterToken.purpose == purpose))
        ).first()
        if found is None or found.used_at is not None:
            raise Refused(USED)
        if not is_usable(found.expires_at, found.used_at, now):
            raise Refused(OLD)
        await LetterToken.update({LetterToken.used_at: now}).where(LetterToken.id == token)
        return found


async def set_password(token: UUID, password: str, device: Device, now: datetime) -> NewSession:
    """Uses the letter's token, ends every other session of theirs and opens a new one."""
    kept = await passwords.hashed(password)
    async with db.transaction():
        used = await use_token(token, Purpose.PASSWORD, now)
        whose = Whose.of(used)
        await whose.update(password_hash=kept)
        await end_tokens(whose, now)
        await Session.delete().where(whose.has(Session))
        await record(whose.actor, "set_password", whose.kind, str(whose.id), now)
        return await _opened(used, device, now)


async def use_link(token: UUID, device: Device, now: datetime) -> NewSession:
    """Signs in by a letter. A manager's second factor is still asked for."""
    async with db.transaction():
        return await _opened(await use_token(token, Purpose.LINK, now), device, now)


async def _opened(used: LetterToken, device: Device, now: datetime) -> NewSession:
    if used.manager is not None:
        return await open_for_manager(UUID(str(used.manager)), device, now, second_factor=False)
    return await open_for_person(UUID(str(used.person)), device, now, used.affiliate)


async def end_tokens(whose: Whose, now: datetime) -> None:
    """What older letters could do, they can't any more."""
    await LetterToken.update({LetterToken.used_at: now}).where(
        whose.has(LetterToken) & LetterToken.used_at.is_null()
    )


async def ask_for_password(email: str, now: datetime) -> None:
    """Leaves the question in the outbox; whom it is for is looked up there: asking costs the same for all."""
    await post(PASSWORD_ASKED, program=None, to=email, at=now)


async def ask_for_link(email: str, now: datetime) -> None:
    """The same, for a link to sign in."""
    await post(LINK_ASKED, program=None, to=email, at=now)


async def answer_password_question(asked: Waiting, now: datetime) -> None:
    """Posts a letter to a known address, and nothing to an unknown one."""
    await _answer("new_password", Purpose.PASSWORD, asked.to, now)


async def answer_link_question(asked: Waiting, now: datetime) -> None:
    """Posts a letter to a known address, and nothing to an unknown one."""
    await _answer("sign_in_link", Purpose.LINK, asked.to, now)


async def _answer(message: str, purpose: Purpose, email: str, now: datetime) -> None:
    key = email_key(email)
    async with db.transaction():
        person = await Person.objects().where(Person.email_key == key).first()
        manager = (
            await Manager.objects().where((Manager.email_key == key) & Manager.ended_at.is_null()).first()
        )
        known: list[tuple[Whose, Person | Manager]] = []
        if person is not None and person.email_verified_at is not None:
            known.append((Whose(person=person.id), person))
        if manager is not None:
            known.append((Whose(manager=manager.id), manager))
        for whose, somebody in known:
            token = await give(whose, purpose, now)
            await post(
                message,
                program=None,
                to=somebody.email,
                at=now,
                name=somebody.name,
                token=str(token),
                manager=whose.manager is not None,
            )
