"""Who is on an account, and who comes to it: inviting, accepting, changing roles, going."""

from datetime import datetime
from uuid import UUID

from piccolo.columns import Column
from piccolo.columns.combination import And, Where

from portal import db
from portal.accounts import passwords
from portal.accounts.managers import take_on
from portal.accounts.rules import INVITATION_LASTS, MOST_INVITATIONS, Role, email_key
from portal.accounts.signing_in import Device, NewSession, open_for_manager, open_for_person
from portal.accounts.tables import Affiliate, Invitation, Manager, Membership, Passkey, Person, Session
from portal.audit.actions import Actor, record
from portal.errors import NotFound, NotYours, OnlyOwners, Refused
from portal.ids import new_id
from portal.outbox.actions import post

GONE = "This invitation was used or taken back already. Whoever invited you can send a new one."
TOO_OLD = "This invitation is too old. Ask whoever sent it to send it again."
LAST_OWNER = "An account needs an owner. Make somebody else an owner first."
NO_CONTACT = (
    "Letters about this account go to {email}, and every other owner’s address belongs to another account "
    "already. Invite an owner with an address of its own first."
)


async def invite(affiliate: UUID, email: str, role: Role, by: UUID, now: datetime) -> None:
    """Sends a letter. One that is open for this address already is renewed, with the role of now."""
    key = email_key(email)
    async with db.transaction():
        await _must_own(affiliate, by)
        on_it = await Membership.raw(
            "SELECT p.name FROM membership m JOIN person p ON p.id = m.person "
            "WHERE m.affiliate = {} AND m.ended_at IS NULL AND p.email_key = {}",
            affiliate,
            key,
        )
        if on_it:
            raise Refused(f"{on_it[0]['name']} is on this account already.")
        known = await _open_one(Invitation.affiliate == affiliate, key)
        if known is None:
            if await Invitation.count().where(_still_open(affiliate)) >= MOST_INVITATIONS:
                raise Refused(f"{MOST_INVITATIONS} invitations are open. Take one back before you send more.")
            known = Invitation(
                id=new_id(),
                affiliate=affiliate,
                email=email,
                email_key=key,
                role=role,
                invited_by=by,
                sent_at=now,
                expires_at=now + INVITATION_LASTS,
            )
            await Invitation.insert(known)
        await Invitation.update({Invitation.role: role}).where(Invitation.id == known.id)
        await _send(known.id, now)
        await record(Actor("person", str(by)), "invited", "affiliate", str(affiliate), now, after=str(role))


async def invite_manager(email: str, by: UUID, now: datetime) -> None:
    key = email_key(email)
    async with db.transaction():
        await db.exclusively("managers", MANAGERS_LOCK)
        known = await Manager.objects().where((Manager.email_key == key) & Manager.ended_at.is_null()).first()
        if known is not None:
            raise Refused(f"{known.name} is a manager already.")
        open_one = await _open_one(Invitation.affiliate.is_null(), key)
        if open_one is None:
            open_one = Invitation(
                id=new_id(),
                email=email,
                email_key=key,
                role="manager",
                invited_by_manager=by,
                sent_at=now,
                expires_at=now + INVITATION_LASTS,
            )
            await Invitation.insert(open_one)
        await _send(open_one.id, now)
        await record(Actor("manager", str(by)), "invited", "manager", str(open_one.id), now)


MANAGERS_LOCK = 7_404


async def send_again(invitation: UUID, affiliate: UUID | None, by: Actor, now: datetime) -> str:
    """The same letter, with all its days before it; gives back its address. Raises NotYours."""
    async with db.transaction():
        found = await _of_account(invitation, affiliate)
        await _send(found.id, now)
        await record(by, "invited_again", "invitation", str(invitation), now)
        return str(found.email)


async def withdraw(invitation: UUID, affiliate: UUID | None, by: Actor, now: datetime) -> str:
    """Its letter opens nothing any more; gives back its address. Raises NotYours."""
    async with db.transaction():
        found = await _of_account(invitation, affiliate)
        await Invitation.update({Invitation.withdrawn_at: now}).where(Invitation.id == invitation)
        await record(by, "withdrew", "invitation", str(invitation), now)
        return str(found.email)


async def accept(invitation: UUID, device: Device, now: datetime) -> NewSession | None:
    """For somebody whom the portal knows; they sign in as ever. A session for whoever has no other way in."""
    async with db.transaction():
        found = await _usable(invitation, now)
        person = await Person.objects().where(Person.email_key == found.email_key).first()
        if found.affiliate is None or person is None:
            raise NotFound
        await _join(found, UUID(str(person.id)), now)
        has_passkey = await Passkey.exists().where(Passkey.person == person.id)
        if person.password_hash is None and not has_passkey:
            return await open_for_person(person.id, device, now, found.affiliate)
        return None


async def join(invitation: UUID, name: str, password: str, device: Device, now: datetime) -> NewSession:
    """For somebody new: the letter proves the address. Managers still have to set up a second factor."""
    kept = await passwords.hashed(password)
    async with db.transaction():
        found = await _usable(invitation, now)
        if found.affiliate is None:
            inviter = Actor("manager", str(found.invited_by_manager))
            await Invitation.update({Invitation.accepted_at: now}).where(Invitation.id == invitation)
            manager = await take_on(found.email, name, kept, "", inviter, now)
            return await open_for_manager(manager, device, now, second_factor=False)
        person = Person(
            id=new_id(),
            email=found.email,
            email_key=found.email_key,
            name=name,
            password_hash=kept,
            email_verified_at=now,
            created_at=now,
        )
        await Person.insert(person)
        await _join(found, person.id, now)
        return await open_for_person(person.id, device, now, found.affiliate)


async def change_role(affiliate: UUID, membership: UUID, role: Role | None, by: UUID, now: datetime) -> None:
    """Raises Refused for no role that there is, and where the last owner would go."""
    async with db.transaction():
        await _must_own(affiliate, by)
        place = await _place(affiliate, membership)
        if role is None:
            raise Refused("Choose one of the roles. Nothing was changed.")
        if place.role == Role.OWNER and role is not Role.OWNER:
            await _must_leave_an_owner(affiliate, membership)
            await _take_back_invitations(affiliate, place.person, now)
        await Membership.update({Membership.role: role}).where(Membership.id == membership)
        who, subject = Actor("person", str(by)), str(membership)
        await record(who, "changed_role", "membership", subject, now, place.role, str(role))
        await _tell(place, by, role, now)


async def remove(affiliate: UUID, membership: UUID, by: UUID, now: datetime) -> None:
    """Ends their sessions on this account at once. Whoever goes by themselves needs no owner for it."""
    async with db.transaction():
        await _lock(affiliate)
        place = await _place(affiliate, membership)
        if place.person != by:
            await _must_own(affiliate, by)
        if place.role == Role.OWNER:
            await _must_leave_an_owner(affiliate, membership)
        await Membership.update({Membership.ended_at: now}).where(Membership.id == membership)
        await Session.delete().where((Session.person == place.person) & (Session.affiliate == affiliate))
        await _take_back_invitations(affiliate, place.person, now)
        await _move_contact(affiliate, UUID(str(place.person)))
        await record(Actor("person", str(by)), "removed", "membership", str(membership), now, place.role)
        await _tell(place, by, None, now)


async def leave(affiliate: UUID, person: UUID, now: datetime) -> None:
    places = (Membership.affiliate == affiliate) & (Membership.person == person)
    kept = await Membership.select(Membership.id).where(places & Membership.ended_at.is_null()).first()
    if kept is None:
        raise NotYours
    await remove(affiliate, kept["id"], person, now)


async def _join(invitation: Invitation, person: UUID, now: datetime) -> None:
    on_it = (Membership.affiliate == invitation.affiliate) & (Membership.person == person)
    if not await Membership.exists().where(on_it & Membership.ended_at.is_null()):
        await Membership.insert(
            Membership(
                id=new_id(),
                person=person,
                affiliate=invitation.affiliate,
                role=invitation.role,
                invited_by=invitation.invited_by,
                began_at=now,
                opened_at=now,
            )
        )
    await Invitation.update({Invitation.accepted_at: now}).where(Invitation.id == invitation.id)
    who, subject = Actor("person", str(person)), str(invitation.affiliate)
    await record(who, "joined", "affiliate", subject, now, after=invitation.role)


async def _send(identity: UUID, now: datetime) -> None:
    await Invitation.update({Invitation.sent_at: now, Invitation.expires_at: now + INVITATION_LASTS}).where(
        Invitation.id == identity
    )
    rows = await Invitation.raw(
        "SELECT i.email, i.role, a.name AS account, p.name AS person, m.name AS manager FROM invitation i "
        "LEFT JOIN affiliate a ON a.id = i.affiliate LEFT JOIN person p ON p.id = i.invited_by "
        "LEFT JOIN manager m ON m.id = i.invited_by_manager WHERE i.id = {}",
        identity,
    )
    row = rows[0]
    await post(
        "team_invitation" if row["account"] else "manager_invitation",
        program=None,
        to=row["email"],
        at=now,
        inviter=row["person"] or row["manager"],
        account=row["account"] or "",
        role=row["role"],
        invitation=str(identity),
        days=INVITATION_LASTS.days,
    )


async def _usable(invitation: UUID, now: datetime) -> Invitation:
    found = await db.for_update(Invitation.objects().where(Invitation.id == invitation)).first()
    if found is None or found.accepted_at is not None or found.withdrawn_at is not None:
        raise Refused(GONE)
    if now >= found.expires_at:
        raise Refused(TOO_OLD)
    return found


async def _open_one(account: Where, key: str) -> Invitation | None:
    found: Invitation | None = await db.for_update(
        Invitation.objects().where(
            account
            & (Invitation.email_key == key)
            & Invitation.accepted_at.is_null()
            & Invitation.withdrawn_at.is_null()
        )
    ).first()
    return found


def _still_open(affiliate: UUID) -> And:
    return (
        (Invitation.affiliate == affiliate)
        & Invitation.accepted_at.is_null()
        & Invitation.withdrawn_at.is_null()
    )


async def _take_back_invitations(affiliate: UUID, inviter: UUID, now: datetime) -> None:
    """Nobody comes in by the hand of somebody who may not invite any more."""
    theirs = _still_open(affiliate) & (Invitation.invited_by == inviter)
    await Invitation.update({Invitation.withdrawn_at: now}).where(theirs)


async def _of_account(invitation: UUID, affiliate: UUID | None) -> Invitation:
    found = await db.for_update(Invitation.objects().where(Invitation.id == invitation)).first()
    if found is None or found.affiliate != affiliate:
        raise NotYours
    if found.accepted_at is not None or found.withdrawn_at is not None:
        raise Refused("This invitation was accepted or taken back meanwhile.")
    return found


async def _lock(affiliate: UUID) -> None:
    """Changes of one team take turns, so that two owners can't demote each other."""
    await db.for_update(Affiliate.select(Affiliate.id).where(Affiliate.id == affiliate))


async def _must_own(affiliate: UUID, person: UUID) -> None:
    await _lock(affiliate)
    owns = (Membership.affiliate == affiliate) & (Membership.person == person)
    if not await Membership.exists().where(
        owns & (Membership.role == Role.OWNER) & Membership.ended_at.is_null()
    ):
        raise OnlyOwners


async def _place(affiliate: UUID, membership: UUID) -> Membership:
    found = await Membership.objects().where(Membership.id == membership).first()
    if found is None or found.affiliate != affiliate or found.ended_at is not None:
        raise NotYours
    return found


async def _must_leave_an_owner(affiliate: UUID, membership: UUID) -> None:
    others = (Membership.affiliate == affiliate) & (Membership.id != membership)
    if not await Membership.exists().where(
        others & (Membership.role == Role.OWNER) & Membership.ended_at.is_null()
    ):
        raise Refused(LAST_OWNER)


async def _tell(place: Membership, by: UUID, role: Role | None, now: datetime) -> None:
    """A letter to whom somebody else gave another role, or none any more."""
    if place.person == by:
        return
    rows = await Person.raw(
        "SELECT p.email, p.name, a.name AS account, b.name AS owner FROM person p, person b, affiliate a "
        "WHERE p.id = {} AND b.id = {} AND a.id = {}",
        place.person,
        by,
        place.affiliate,
    )
    row = rows[0]
    values = {"name": row["name"], "account": row["account"], "by": row["owner"], "role": role}
    await post("team_changed", program=None, to=row["email"], at=now, **values)


async def _move_contact(affiliate: UUID, gone: UUID) -> None:
    """Letters about the account must not go to somebody who left: the oldest owner gets them.

    Raises Refused when no owner has an address that no other account uses.
    """
    left = await Person.objects().where(Person.id == gone).first()
    if left is None or not await Affiliate.exists().where(
        (Affiliate.id == affiliate) & (Affiliate.email_key == left.email_key)
    ):
        return
    rows = await Membership.raw(
        "SELECT p.email, p.email_key FROM membership m JOIN person p ON p.id = m.person "
        "WHERE m.affiliate = {} AND m.ended_at IS NULL AND m.role = 'owner' "
        "AND NOT EXISTS (SELECT 1 FROM affiliate o WHERE o.email_key = p.email_key) "
        "ORDER BY m.began_at, m.id",
        affiliate,
    )
    if not rows:
        raise Refused(NO_CONTACT.format(email=left.email))
    contact: dict[Column | str, str] = {"email": rows[0]["email"], "email_key": rows[0]["email_key"]}
    await Affiliate.update(contact).where(Affiliate.id == affiliate)
