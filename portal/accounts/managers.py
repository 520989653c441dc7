"""Managers come, lose their keys and go."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pyotp

from portal import db
from portal.accounts import passwords
from portal.accounts.actions import end_tokens
from portal.accounts.rules import email_key
from portal.accounts.tables import Invitation, Manager, Passkey, Session
from portal.accounts.whose import Whose
from portal.audit.actions import Actor, record
from portal.errors import Conflict, NotFound
from portal.ids import new_id

COMMAND_LINE = Actor("portal", "command line")


async def add_manager(email: str, name: str, password: str, now: datetime) -> str:
    """A new manager, or one that had ended; gives back the key for its one-time codes. Raises Conflict."""
    secret = pyotp.random_base32()
    await take_on(email, name, await passwords.hashed(password), secret, COMMAND_LINE, now)
    return secret


async def take_on(
    email: str, name: str, password_hash: str, totp_secret: str, actor: Actor, now: datetime
) -> UUID:
    """Without a key for one-time codes they see nothing but the page that sets one up."""
    key = email_key(email)
    async with db.transaction():
        known = await db.for_update(Manager.objects().where(Manager.email_key == key)).first()
        if known is not None and known.ended_at is None:
            raise Conflict(f"There is a manager with the address {email} already.")
        manager = UUID(str(known.id)) if known else new_id()
        values: dict[Any, Any] = {
            Manager.email: email,
            Manager.name: name,
            Manager.password_hash: password_hash,
            Manager.totp_secret: totp_secret,
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
        await record(actor, "added", "manager", str(manager), now)
        return manager


async def reset_manager(email: str, password: str, now: datetime) -> str:
    """A new password and key for one-time codes; gives the key back. Sessions and passkeys end.

    Raises NotFound.
    """
    kept, secret = await passwords.hashed(password), pyotp.random_base32()
    async with db.transaction():
        manager = await _active_manager(email)
        await Manager.update(
            {Manager.password_hash: kept, Manager.totp_secret: secret, Manager.totp_step: 0}
        ).where(Manager.id == manager)
        await _take_keys(manager, now)
        await record(COMMAND_LINE, "reset", "manager", str(manager), now)
        return secret


async def end_manager(email: str, now: datetime) -> None:
    """Signs a manager out everywhere and for good; what it decided stays. Raises NotFound."""
    async with db.transaction():
        manager = await _active_manager(email)
        await Manager.update({Manager.ended_at: now}).where(Manager.id == manager)
        await _take_keys(manager, now)
        # Nobody comes in by the hand of somebody who is out.
        await Invitation.update({Invitation.withdrawn_at: now}).where(
            (Invitation.invited_by_manager == manager)
            & Invitation.accepted_at.is_null()
            & Invitation.withdrawn_at.is_null()
        )
        await record(COMMAND_LINE, "ended", "manager", str(manager), now)


async def _take_keys(manager: UUID, now: datetime) -> None:
    await end_tokens(Whose(manager=manager), now)
    await Session.delete().where(Session.manager == manager)
    await Passkey.delete().where(Passkey.manager == manager)


async def _active_manager(email: str) -> UUID:
    manager = await db.for_update(
        Manager.objects().where((Manager.email_key == email_key(email)) & Manager.ended_at.is_null())
    ).first()
    if manager is None:
        raise NotFound(f"There is no manager with the address {email}.")
    return UUID(str(manager.id))
