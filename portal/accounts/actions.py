"""Signing in and out, passwords, one-time codes, and the tokens that letters carry."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp

from portal import db
from portal.accounts import passwords
from portal.accounts.rules import (
    AFFILIATE_SESSION,
    HALF_SESSION,
    MANAGER_SESSION,
    OLD,
    TOKEN_LASTS,
    USED,
    Purpose,
    email_key,
    is_usable,
)
from portal.accounts.tables import Affiliate, LetterToken, Manager, Session
from portal.audit.actions import Actor, record
from portal.errors import Conflict, NotFound, Refused
from portal.ids import new_id, new_token, token_hash
from portal.outbox.actions import Waiting, post

# Not a letter but a question: the worker answers it with one, where there is somebody to answer.
PASSWORD_ASKED = "password_asked"  # noqa: S105 - its name


@dataclass(frozen=True)
class Device:
    """Where a session lives, as far as it told."""

    user_agent: str
    address: str


@dataclass(frozen=True)
class NewSession:
    token: str
    kind: str  # "affiliate", or "half" for a manager whose one-time code is still missing
    lasts: timedelta


async def sign_in(email: str, password: str, device: Device, now: datetime) -> NewSession | None:
    """A new session, or None. Answers in the same time whether the address is known or not."""
    key = email_key(email)
    manager = await Manager.objects().where((Manager.email_key == key) & Manager.ended_at.is_null()).first()
    affiliate = await Affiliate.objects().where(Affiliate.email_key == key).first()
    # Somebody may be both under one address: the password says which of the two signs in. Both are compared
    # every time, so that the time taken tells nothing.
    is_manager, is_affiliate = await asyncio.gather(
        passwords.matches(password, manager.password_hash if manager else None),
        passwords.matches(password, affiliate.password_hash if affiliate else None),
    )
    if manager and is_manager:
        return await _open(None, manager.id, "half", HALF_SESSION, device, now)
    if affiliate and is_affiliate:
        return await _open(affiliate.id, None, "affiliate", AFFILIATE_SESSION, device, now)
    return None


async def sign_in_affiliate(affiliate_id: UUID, device: Device, now: datetime) -> NewSession:
    """A session without a password: the person has just proved itself by a letter."""
    return await _open(affiliate_id, None, "affiliate", AFFILIATE_SESSION, device, now)


async def give_code(session_id: UUID, code: str, device: Device, now: datetime) -> NewSession | None:
    """Turns a half session into a manager's, under a new token; None when the code is wrong or was used."""
    async with db.transaction():
        session = await db.for_update(Session.objects().where(Session.id == session_id)).first()
        if session is None or session.manager is None:
            return None
        manager = await db.for_update(Manager.objects().where(Manager.id == session.manager)).first()
        step = _step_of(code, manager.totp_secret, now) if manager else None
        if manager is None or step is None or step <= manager.totp_step:
            return None
        await Manager.update({Manager.totp_step: step}).where(Manager.id == manager.id)
        await Session.delete().where(Session.id == session_id)
        made = await _open(None, manager.id, "manager", MANAGER_SESSION, device, now, second_factor_at=now)
        await record(Actor("manager", str(manager.id)), "signed_in", "manager", str(manager.id), now)
        return made


async def sign_out(session_id: UUID) -> None:
    await Session.delete().where(Session.id == session_id)


async def give_token(
    affiliate_id: UUID, purpose: Purpose, now: datetime, lasts: timedelta | None = None
) -> UUID:
    """The id that a letter carries in a sealed address."""
    token = new_id()
    await LetterToken.insert(
        LetterToken(
            id=token,
            purpose=purpose,
            affiliate=affiliate_id,
            created_at=now,
            expires_at=now + (lasts or TOKEN_LASTS[purpose]),
        )
    )
    return token


async def use_token(token: UUID, purpose: Purpose, now: datetime) -> UUID:
    """The affiliate whom it was given to. Raises Refused when it was used or is too old."""
    async with db.transaction():
        found = await db.for_update(
            LetterToken.objects().where((LetterToken.id == token) & (LetterToken.purpose == purpose))
        ).first()
        if found is None or found.used_at is not None:
            raise Refused(USED)
        if not is_usable(found.expires_at, found.used_at, now):
            raise Refused(OLD)
        await LetterToken.update({LetterToken.used_at: now}).where(LetterToken.id == token)
        return UUID(str(found.affiliate))


async def set_password(token: UUID, password: str, device: Device, now: datetime) -> NewSession:
    """Uses the letter's token, ends every other session of the account and opens a new one."""
    kept = await passwords.hashed(password)
    async with db.transaction():
        affiliate = await use_token(token, Purpose.PASSWORD, now)
        await Affiliate.update({Affiliate.password_hash: kept}).where(Affiliate.id == affiliate)
        await Session.delete().where(Session.affiliate == affiliate)
        await LetterToken.update({LetterToken.used_at: now}).where(
            (LetterToken.affiliate == affiliate)
            & (LetterToken.purpose == Purpose.PASSWORD)
            & LetterToken.used_at.is_null()
        )
        await record(Actor("affiliate", str(affiliate)), "set_password", "affiliate", str(affiliate), now)
        return await sign_in_affiliate(affiliate, device, now)


async def ask_for_password(email: str, now: datetime) -> None:
    """Leaves the question in the outbox; whom it is for is looked up there: asking costs the same for all."""
    await post(PASSWORD_ASKED, to=email, at=now)


async def answer_password_question(asked: Waiting, now: datetime) -> None:
    """Posts a letter to a known address, and nothing to an unknown one."""
    async with db.transaction():
        affiliate = await Affiliate.objects().where(Affiliate.email_key == email_key(asked.to)).first()
        if affiliate is None or affiliate.email_verified_at is None:
            return
        token = await give_token(affiliate.id, Purpose.PASSWORD, now)
        await post("new_password", to=affiliate.email, at=now, name=affiliate.name, token=str(token))


async def add_manager(email: str, name: str, password: str, now: datetime) -> str:
    """A new manager, or one that had ended; gives back the key for its one-time codes. Raises Conflict."""
    kept, secret, key = await passwords.hashed(password), pyotp.random_base32(), email_key(email)
    async with db.transaction():
        known = await db.for_update(Manager.objects().where(Manager.email_key == key)).first()
        if known is not None and known.ended_at is None:
            raise Conflict(f"There is a manager with the address {email} already.")
        manager = known.id if known else new_id()
        values: dict[Any, Any] = {
            Manager.email: email,
            Manager.name: name,
            Manager.password_hash: kept,
            Manager.totp_secret: secret,
            Manager.totp_step: 0,
            Manager.ended_at: None,
        }
        if known is None:
            await Manager.insert(
                Manager(
                    id=manager, email_key=key, created_at=now, **{c._meta.name: v for c, v in values.items()}
                )
            )
        else:
            await Manager.update(values).where(Manager.id == manager)
        await record(Actor("portal", "command line"), "added", "manager", str(manager), now)
        return secret


async def reset_manager(email: str, password: str, now: datetime) -> str:
    """A new password and key for one-time codes; gives the key back, ends all sessions. Raises NotFound."""
    kept, secret = await passwords.hashed(password), pyotp.random_base32()
    async with db.transaction():
        manager = await _active_manager(email)
        await Manager.update(
            {Manager.password_hash: kept, Manager.totp_secret: secret, Manager.totp_step: 0}
        ).where(Manager.id == manager)
        await Session.delete().where(Session.manager == manager)
        await record(Actor("portal", "command line"), "reset", "manager", str(manager), now)
        return secret


async def end_manager(email: str, now: datetime) -> None:
    """Signs a manager out everywhere and for good; what it decided stays. Raises NotFound."""
    async with db.transaction():
        manager = await _active_manager(email)
        await Manager.update({Manager.ended_at: now}).where(Manager.id == manager)
        await Session.delete().where(Session.manager == manager)
        await record(Actor("portal", "command line"), "ended", "manager", str(manager), now)


async def _active_manager(email: str) -> UUID:
    manager = await db.for_update(
        Manager.objects().where((Manager.email_key == email_key(email)) & Manager.ended_at.is_null())
    ).first()
    if manager is None:
        raise NotFound(f"There is no manager with the address {email}.")
    return UUID(str(manager.id))


async def _open(
    affiliate_id: UUID | None,
    manager_id: UUID | None,
    kind: str,
    lasts: timedelta,
    device: Device,
    now: datetime,
    second_factor_at: datetime | None = None,
) -> NewSession:
    token = new_token()
    await Session.insert(
        Session(
            id=new_id(),
            token_hash=token_hash(token),
            affiliate=affiliate_id,
            manager=manager_id,
            second_factor_at=second_factor_at,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lasts,
            user_agent=device.user_agent[:300],
            address=device.address[:64],
        )
    )
    return NewSession(token, kind, lasts)


def _step_of(code: str, secret: str, now: datetime) -> int | None:
    """The 30-second step that a code belongs to; one step early or late is fine."""
    totp = pyotp.TOTP(secret)
    plain = "".join(code.split())
    current = totp.timecode(now)
    for step in (current, current - 1, current + 1):
        if pyotp.utils.strings_equal(plain, totp.generate_otp(step)):
            return step
    return None
