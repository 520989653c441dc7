"""Sessions: how they begin, change their secret and end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp

from portal import db
from portal.accounts import passwords
from portal.accounts.rules import AFFILIATE_SESSION, HALF_SESSION, MANAGER_SESSION, email_key
from portal.accounts.tables import Manager, Membership, Person, Session
from portal.audit.actions import Actor, record
from portal.errors import NotYours, Refused
from portal.ids import new_id, new_token, token_hash


@dataclass(frozen=True)
class Device:
    """Where a session lives, as far as it told."""

    user_agent: str
    address: str


@dataclass(frozen=True)
class NewSession:
    token: str
    kind: str  # "affiliate", "manager", or "half" for a manager whose second factor is still missing
    lasts: timedelta


async def sign_in(email: str, password: str, device: Device, now: datetime) -> NewSession | None:
    """A new session, or None. Answers in the same time whether the address is known or not."""
    key = email_key(email)
    manager = await Manager.objects().where((Manager.email_key == key) & Manager.ended_at.is_null()).first()
    person = await Person.objects().where(Person.email_key == key).first()
    # Somebody may be both under one address: the password says which of the two signs in. Both are compared
    # every time, so that the time taken tells nothing.
    is_manager, is_person = await asyncio.gather(
        passwords.matches(password, manager.password_hash or None if manager else None),
        passwords.matches(password, person.password_hash if person else None),
    )
    if manager and is_manager:
        return await open_for_manager(manager.id, device, now, second_factor=False)
    if person and is_person:
        return await open_for_person(person.id, device, now)
    return None


async def open_for_person(
    person: UUID, device: Device, now: datetime, affiliate: UUID | None = None
) -> NewSession:
    """For somebody who has just proved who they are. Opens the account that they looked at last, or this one.

    Raises Refused for somebody who is on no account any more.
    """
    async with db.transaction():
        places: Sequence[Membership] = await Membership.objects().where(
            (Membership.person == person) & Membership.ended_at.is_null()
        )
        if not places:
            raise Refused("You are on no account any more. Ask an owner to invite you again.")
        place = max(places, key=lambda one: (one.affiliate == affiliate, one.opened_at))
        await Membership.update({Membership.opened_at: now}).where(Membership.id == place.id)
        return await _open(
            "affiliate", AFFILIATE_SESSION, device, now, person=person, affiliate=place.affiliate
        )


async def open_for_manager(
    manager: UUID, device: Device, now: datetime, *, second_factor: bool
) -> NewSession:
    """A half session, or a whole one for whoever has proved both factors at once."""
    if not second_factor:
        return await _open("half", HALF_SESSION, device, now, manager=manager)
    made = await _open("manager", MANAGER_SESSION, device, now, manager=manager, second_factor_at=now)
    await record(Actor("manager", str(manager)), "signed_in", "manager", str(manager), now)
    return made


async def give_code(session_id: UUID, code: str, now: datetime) -> NewSession | None:
    """Turns a half session into a manager's, under a new token; None when the code is wrong or was used."""
    async with db.transaction():
        session = await db.for_update(Session.objects().where(Session.id == session_id)).first()
        if session is None or session.manager is None:
            return None
        if not await use_code(UUID(str(session.manager)), code, now):
            return None
        return await make_whole(session_id, UUID(str(session.manager)), now)


async def use_code(manager_id: UUID, code: str, now: datetime) -> bool:
    """Whether this one-time code is right and new; it is used up."""
    async with db.transaction():
        manager = await db.for_update(Manager.objects().where(Manager.id == manager_id)).first()
        step = step_of(code, manager.totp_secret, now) if manager and manager.totp_secret else None
        if manager is None or step is None or step <= manager.totp_step:
            return False
        await Manager.update({Manager.totp_step: step}).where(Manager.id == manager_id)
        return True


async def make_whole(session_id: UUID, manager_id: UUID, now: datetime) -> NewSession:
    """After the second factor. In the caller's transaction."""
    await record(Actor("manager", str(manager_id)), "signed_in", "manager", str(manager_id), now)
    changes = {
        Session.second_factor_at: now,
        Session.proved_at: now,
        Session.expires_at: now + MANAGER_SESSION,
    }
    return await renew(session_id, "manager", MANAGER_SESSION, changes)


async def prove(session_id: UUID, kind: str, now: datetime) -> NewSession:
    """Keeps that somebody has just proved who they are once more, under a new token."""
    lasts = MANAGER_SESSION if kind == "manager" else AFFILIATE_SESSION
    return await renew(session_id, kind, lasts, {Session.proved_at: now, Session.expires_at: now + lasts})


async def switch_account(session_id: UUID, person: UUID, affiliate: UUID, now: datetime) -> None:
    """Looks at another account from now on. Raises NotYours."""
    async with db.transaction():
        place = (
            await Membership.objects()
            .where(
                (Membership.person == person)
                & (Membership.affiliate == affiliate)
                & Membership.ended_at.is_null()
            )
            .first()
        )
        if place is None:
            raise NotYours
        await Membership.update({Membership.opened_at: now}).where(Membership.id == place.id)
        await Session.update({Session.affiliate: affiliate, Session.program: None}).where(
            Session.id == session_id
        )


async def sign_out(session_id: UUID) -> None:
    await Session.delete().where(Session.id == session_id)


async def renew(session_id: UUID, kind: str, lasts: timedelta, changes: dict[Any, Any]) -> NewSession:
    """The same session under a new token, so that whoever saw the old one has nothing."""
    token = new_token()
    await Session.update({**changes, Session.token_hash: token_hash(token)}).where(Session.id == session_id)
    return NewSession(token, kind, lasts)


async def _open(kind: str, lasts: timedelta, device: Device, now: datetime, **whose: Any) -> NewSession:
    token = new_token()
    await Session.insert(
        Session(
            id=new_id(),
            token_hash=token_hash(token),
            proved_at=now,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lasts,
            user_agent=device.user_agent[:300],
            address=device.address[:64],
            **whose,
        )
    )
    return NewSession(token, kind, lasts)


def step_of(code: str, secret: str, now: datetime) -> int | None:
    """The 30-second step that a code belongs to; one step early or late is fine."""
    totp = pyotp.TOTP(secret)
    plain = "".join(code.split())
    current = totp.timecode(now)
    for step in (current, current - 1, current + 1):
        if pyotp.utils.strings_equal(plain, totp.generate_otp(step)):
            return step
    return None
