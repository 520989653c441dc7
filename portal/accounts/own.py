"""What people and managers change about themselves: password, address, sessions, name, second factor."""

import base64
import hmac
from datetime import datetime
from uuid import UUID

import pyotp

from portal import db
from portal.accounts import passwords
from portal.accounts.actions import end_tokens, give, use_token
from portal.accounts.passkeys import SET_UP, has_second_factor
from portal.accounts.rules import Purpose, email_key
from portal.accounts.signing_in import NewSession, make_whole, prove, step_of
from portal.accounts.tables import Affiliate, Manager, Membership, Session
from portal.accounts.whose import Whose
from portal.audit.actions import Actor, record
from portal.errors import NotYours, Refused
from portal.outbox.actions import Waiting, post

ADDRESS_ASKED = "address_asked"


async def save_account(affiliate: UUID, name: str, web_address: str, by: UUID, now: datetime) -> None:
    async with db.transaction():
        kept = await db.for_update(Affiliate.objects().where(Affiliate.id == affiliate)).first()
        if kept is None:
            raise NotYours
        await Affiliate.update({Affiliate.name: name, Affiliate.web_address: web_address}).where(
            Affiliate.id == affiliate
        )
        await record(
            Actor("person", str(by)),
            "changed",
            "affiliate",
            str(affiliate),
            now,
            before={"name": kept.name, "web_address": kept.web_address},
            after={"name": name, "web_address": web_address},
        )


async def save_name(whose: Whose, name: str, now: datetime) -> None:
    async with db.transaction():
        before = (await whose.row()).name
        await whose.update(name=name)
        await record(whose.actor, "changed_name", whose.kind, str(whose.id), now, before, name)


async def is_right(whose: Whose, password: str) -> bool:
    return await passwords.matches(password, (await whose.row()).password_hash or None)


async def change_password(whose: Whose, session: UUID, kind: str, password: str, now: datetime) -> NewSession:
    """After the present one was given. All other sessions end, and what older letters could do."""
    kept = await passwords.hashed(password)
    async with db.transaction():
        row = await whose.row()
        await whose.update(password_hash=kept)
        await Session.delete().where(whose.has(Session) & (Session.id != session))
        await end_tokens(whose, now)
        await post(
            "password_changed", program=None, to=row.email, at=now, name=row.name, when=now.date().isoformat()
        )
        await record(whose.actor, "changed_password", whose.kind, str(whose.id), now)
        return await prove(session, kind, now)


async def end_session(whose: Whose, session: UUID) -> None:
    """Raises NotYours."""
    async with db.transaction():
        if not await Session.exists().where(whose.has(Session) & (Session.id == session)):
            raise NotYours
        await Session.delete().where(Session.id == session)


async def end_other_sessions(whose: Whose, session: UUID) -> None:
    await Session.delete().where(whose.has(Session) & (Session.id != session))


async def ask_for_address(whose: Whose, email: str, now: datetime) -> None:
    """A letter goes to the new address. Whether it is somebody's already is looked up in the outbox."""
    await post(ADDRESS_ASKED, program=None, to=email, at=now, kind=whose.kind, id=str(whose.id))


async def answer_address_question(asked: Waiting, now: datetime) -> None:
    identity = UUID(asked.values["id"])
    whose = Whose(manager=identity) if asked.values["kind"] == "manager" else Whose(person=identity)
    async with db.transaction():
        row = await whose.row()
        if await whose.table.exists().where(whose.table.email_key == email_key(asked.to)):
            await post("address_taken", program=None, to=asked.to, at=now, name=row.name, old=row.email)
            return
        token = await give(whose, Purpose.EMAIL, now, email=asked.to)
        await post(
            "confirm_new_address",
            program=None,
            to=asked.to,
            at=now,
            name=row.name,
            old=row.email,
            token=str(token),
        )


async def confirm_address(token: UUID, now: datetime) -> str:
    """Signing in and letters move to the new address, which is given back; the old one is told.

    Raises Refused when it became somebody else's meanwhile.
    """
    async with db.transaction():
        used = await use_token(token, Purpose.EMAIL, now)
        whose, email = Whose.of(used), str(used.email)
        row = await whose.row()
        key = email_key(email)
        if await whose.table.exists().where((whose.table.email_key == key) & (whose.table.id != whose.id)):
            raise Refused("Somebody signs in with this address already, so it can't be yours.")
        await whose.update(email=email, email_key=key)
        await end_tokens(whose, now)
        if whose.person is not None and not await Affiliate.exists().where(Affiliate.email_key == key):
            # Letters about an account go to one person on it: they follow that person.
            owned = Membership.select(Membership.affiliate).where(
                (Membership.person == whose.person) & Membership.ended_at.is_null()
            )
            await Affiliate.update(
                {Affiliate.email: email, Affiliate.email_key: key, Affiliate.email_verified_at: now}
            ).where((Affiliate.email_key == row.email_key) & Affiliate.id.is_in(owned))
        await post(
            "address_changed", program=None, to=row.email, at=now, name=row.name, new=_shortened(email)
        )
        await record(whose.actor, "changed_email", whose.kind, str(whose.id), now, row.email, email)
        return email


def offered_key(secret: bytes, session: UUID, present: str) -> str:
    """The key that a set-up page offers: the same as long as this session has not taken it."""
    made = hmac.digest(secret, b"totp\0" + session.bytes + present.encode(), "sha256")
    return base64.b32encode(made[:20]).decode()


def key_address(key: str, email: str, issuer: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(key).provisioning_uri(name=email, issuer_name=issuer)


async def take_key(
    manager: UUID, session: UUID, kind: str, secret: str, code: str, now: datetime
) -> NewSession | None:
    """A new key for one-time codes, proved by a code of it; None when the code is wrong.

    Half a session becomes a whole one; the others of a manager who renews it end.
    """
    step = step_of(code, secret, now)
    if step is None:
        return None
    async with db.transaction():
        kept = await db.for_update(Manager.objects().where(Manager.id == manager)).first()
        if kept is None or (kind == "half" and await has_second_factor(manager)):
            raise Refused(SET_UP)
        await Manager.update({Manager.totp_secret: secret, Manager.totp_step: step}).where(
            Manager.id == manager
        )
        await Session.delete().where((Session.manager == manager) & (Session.id != session))
        await record(Actor("manager", str(manager)), "set_second_factor", "manager", str(manager), now)
        return await make_whole(session, manager, now)


def _shortened(email: str) -> str:
    """Enough to know it by, too little to write to it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:2]}…@{domain}"
