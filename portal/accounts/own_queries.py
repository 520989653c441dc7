"""What people and managers see of themselves, and of the teams that they are in."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.accounts.devices import device_in_words, is_handheld
from portal.accounts.rules import PASSWORD_LEAST, Role, is_usable
from portal.accounts.tables import Affiliate, Invitation, Manager, Membership, Passkey, Person, Session
from portal.accounts.teams import GONE, TOO_OLD
from portal.accounts.whose import Whose
from portal.errors import NotFound, Refused


@dataclass(frozen=True)
class PasskeyRow:
    id: UUID
    name: str
    synced: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class SessionRow:
    id: UUID
    device: str
    is_handheld: bool
    address: str
    account: str  # empty for managers
    last_seen_at: datetime
    began_at: datetime
    is_this: bool


@dataclass(frozen=True)
class OwnPage:
    """accounts/own.html: name, password, address, passkeys, sessions; for managers the app for codes too.

    `base` is the path of these pages, "/settings/sign-in" or "/manage/account".
    """

    base: str
    name: str
    email: str
    has_password: bool
    has_app: bool | None  # None where no second factor is asked for
    passkeys: tuple[PasskeyRow, ...]
    can_passkeys: bool
    sessions: tuple[SessionRow, ...]
    may_leave: bool = False  # an account's only owner stays
    errors: dict[str, str] = field(default_factory=dict)
    typed_name: str | None = None
    least: int = PASSWORD_LEAST


@dataclass(frozen=True)
class NewAddressPage:
    """accounts/new_address.html: asks for the new e-mail address, then says where to look."""

    base: str
    present: str
    email: str = ""
    sent: bool = False
    error: str | None = None


@dataclass(frozen=True)
class NewPasskeyPage:
    """accounts/new_passkey.html: a name for it, then the browser takes over."""

    base: str
    name: str
    can_passkeys: bool
    address: str


@dataclass(frozen=True)
class AgainPage:
    """accounts/again.html: show once more that it is you, then on to `next`."""

    name: str
    email: str
    next: str
    has_password: bool
    has_passkeys: bool
    error: str | None = None


@dataclass(frozen=True)
class SetupPage:
    """accounts/setup.html: an authenticator app, as a QR code and to type; confirmed by its code.

    `is_first` for a manager who sees nothing else before it is done; they may take a passkey instead.
    """

    base: str
    qr_svg: str
    key: str
    is_first: bool
    can_passkeys: bool
    error: str | None = None


@dataclass(frozen=True)
class AccountPage:
    """accounts/account.html: what the account is called, where letters about it go."""

    name: str
    web_address: str
    email: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberRow:
    id: UUID
    name: str
    email: str
    role: str
    since: datetime
    last_seen_at: datetime | None
    is_me: bool


@dataclass(frozen=True)
class InvitationRow:
    id: UUID
    email: str
    role: str
    sent_at: datetime
    expires_at: datetime
    is_over: bool


@dataclass(frozen=True)
class RoleChoice:
    key: str
    label: str


ROLES = (
    RoleChoice(Role.OWNER, "Owner: everything, the team too"),
    RoleChoice(Role.MEMBER, "Member: everything but the team"),
    RoleChoice(Role.READER, "Reader: sees everything, changes nothing"),
)


@dataclass(frozen=True)
class TeamPage:
    """accounts/team.html: who is on the account and who is invited."""

    account: str
    members: tuple[MemberRow, ...]
    invitations: tuple[InvitationRow, ...]
    owners: int
    roles: tuple[RoleChoice, ...] = ROLES
    email: str = ""
    role: str = Role.MEMBER
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ManagersPage:
    """accounts/managers.html: who runs the program, and who is invited to."""

    members: tuple[MemberRow, ...]
    invitations: tuple[InvitationRow, ...]
    email: str = ""
    error: str | None = None


@dataclass(frozen=True)
class InvitationPage:
    """accounts/invitation.html: one press for people whom the portal knows, name and password for others."""

    email: str
    inviter: str
    account: str  # empty for managers
    role: str
    is_known: bool
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    least: int = PASSWORD_LEAST


async def own_page(
    whose: Whose,
    session: UUID,
    base: str,
    now: datetime,
    *,
    can_passkeys: bool,
    may_leave: bool = False,
    errors: dict[str, str] | None = None,
    typed_name: str | None = None,
) -> OwnPage:
    row = await whose.row()
    return OwnPage(
        base=base,
        name=row.name,
        email=row.email,
        has_password=bool(row.password_hash),
        has_app=bool(row.totp_secret) if isinstance(row, Manager) else None,
        passkeys=await _passkeys(whose),
        can_passkeys=can_passkeys,
        sessions=await _sessions(whose, session, now),
        may_leave=may_leave,
        errors=errors or {},
        typed_name=typed_name,
    )


async def may_leave(affiliate: UUID, person: UUID | None) -> bool:
    """Whether an owner stays when this person goes."""
    others = (Membership.affiliate == affiliate) & (Membership.person != person)
    return bool(
        await Membership.exists().where(
            others & (Membership.role == Role.OWNER) & Membership.ended_at.is_null()
        )
    )


async def has_passkeys(whose: Whose) -> bool:
    return bool(await Passkey.exists().where(whose.has(Passkey)))


async def _passkeys(whose: Whose) -> tuple[PasskeyRow, ...]:
    rows = await Passkey.objects().where(whose.has(Passkey)).order_by(Passkey.created_at)
    return tuple(
        PasskeyRow(UUID(str(row.id)), row.name, row.synced, row.created_at, row.last_used_at) for row in rows
    )


async def _sessions(whose: Whose, session: UUID, now: datetime) -> tuple[SessionRow, ...]:
    """This one first, then those seen last."""
    rows = (
        await Session.select(
            Session.id,
            Session.user_agent,
            Session.address,
            Session.last_seen_at,
            Session.created_at,
            Session.affiliate.name.as_alias("account"),
        )
        .where(whose.has(Session) & (Session.expires_at > now))
        .order_by(Session.last_seen_at, ascending=False)
        .limit(50)
    )
    found = [
        SessionRow(
            id=UUID(str(row["id"])),
            device=device_in_words(row["user_agent"]),
            is_handheld=is_handheld(row["user_agent"]),
            address=row["address"],
            account=row["account"] or "",
            last_seen_at=row["last_seen_at"],
            began_at=row["created_at"],
            is_this=UUID(str(row["id"])) == session,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: not one.is_this))


async def account_page(affiliate: UUID) -> AccountPage:
    row = await Affiliate.objects().where(Affiliate.id == affiliate).first()
    if row is None:
        raise NotFound
    return AccountPage(row.name, row.web_address, row.email)


async def team_page(affiliate: UUID, me: UUID | None, account: str, now: datetime) -> TeamPage:
    rows = await Membership.raw(
        "SELECT m.id, m.role, m.began_at, p.id AS person, p.name, p.email, "
        "(SELECT max(s.last_seen_at) FROM session s WHERE s.person = p.id AND s.affiliate = m.affiliate) "
        "AS last_seen_at FROM membership m JOIN person p ON p.id = m.person "
        "WHERE m.affiliate = {} AND m.ended_at IS NULL ORDER BY m.began_at, m.id",
        affiliate,
    )
    members = tuple(
        MemberRow(
            id=UUID(str(row["id"])),
            name=row["name"],
            email=row["email"],
            role=row["role"],
            since=row["began_at"],
            last_seen_at=_moment(row["last_seen_at"]),
            is_me=UUID(str(row["person"])) == me,
        )
        for row in rows
    )
    return TeamPage(
        account=account,
        members=members,
        invitations=await _invitations(affiliate, now),
        owners=sum(1 for member in members if member.role == Role.OWNER),
    )


async def managers_page(me: UUID, now: datetime) -> ManagersPage:
    rows = await Manager.raw(
        "SELECT m.id, m.name, m.email, m.created_at, "
        "(SELECT max(s.last_seen_at) FROM session s WHERE s.manager = m.id) AS last_seen_at "
        "FROM manager m WHERE m.ended_at IS NULL ORDER BY m.created_at, m.id"
    )
    members = tuple(
        MemberRow(
            id=UUID(str(row["id"])),
            name=row["name"],
            email=row["email"],
            role="manager",
            since=row["created_at"],
            last_seen_at=_moment(row["last_seen_at"]),
            is_me=UUID(str(row["id"])) == me,
        )
        for row in rows
    )
    return ManagersPage(members, await _invitations(None, now))


async def _invitations(affiliate: UUID | None, now: datetime) -> tuple[InvitationRow, ...]:
    account = Invitation.affiliate.is_null() if affiliate is None else Invitation.affiliate == affiliate
    rows = (
        await Invitation.objects()
        .where(account & Invitation.accepted_at.is_null() & Invitation.withdrawn_at.is_null())
        .order_by(Invitation.sent_at)
    )
    return tuple(
        InvitationRow(
            id=UUID(str(row.id)),
            email=row.email,
            role=row.role,
            sent_at=row.sent_at,
            expires_at=row.expires_at,
            is_over=not is_usable(row.expires_at, None, now),
        )
        for row in rows
    )


async def invitation_page(invitation: UUID, now: datetime) -> InvitationPage:
    """Raises Refused for one that was used, taken back or is too old."""
    rows = await Invitation.raw(
        "SELECT i.email, i.role, i.accepted_at, i.withdrawn_at, i.expires_at, a.name AS account, "
        "p.name AS person, m.name AS manager, k.id AS known FROM invitation i "
        "LEFT JOIN affiliate a ON a.id = i.affiliate LEFT JOIN person p ON p.id = i.invited_by "
        "LEFT JOIN manager m ON m.id = i.invited_by_manager "
        "LEFT JOIN person k ON k.email_key = i.email_key WHERE i.id = {}",
        invitation,
    )
    if not rows or rows[0]["accepted_at"] is not None or rows[0]["withdrawn_at"] is not None:
        raise Refused(GONE)
    row = rows[0]
    if not is_usable(row["expires_at"], None, now):
        raise Refused(TOO_OLD)
    return InvitationPage(
        email=row["email"],
        inviter=row["person"] or row["manager"] or "",
        account=row["account"] or "",
        role=row["role"],
        is_known=row["known"] is not None and row["account"] is not None,
    )


async def person_at(email_key: str) -> UUID | None:
    kept = await Person.select(Person.id).where(Person.email_key == email_key).first()
    return UUID(str(kept["id"])) if kept else None


def _moment(value: datetime | str | None) -> datetime | None:
    """SQLite gives the maximum of moments as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
