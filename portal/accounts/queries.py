"""What is shown around signing in."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.accounts.rules import OLD, PASSWORD_LEAST, USED, Purpose, is_usable
from portal.accounts.tables import LetterToken, Manager, Passkey
from portal.accounts.whose import Whose
from portal.errors import Refused


@dataclass(frozen=True)
class SignInPage:
    """accounts/signin.html"""

    email: str = ""
    next: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    wrong: bool = False  # address and password don't go together; which of the two is never said
    has_passkeys: bool = False


@dataclass(frozen=True)
class CodePage:
    """accounts/manager_code.html: a manager's second factor, a one-time code or a passkey."""

    name: str
    next: str = ""
    has_app: bool = True
    has_passkeys: bool = False
    error: str | None = None


@dataclass(frozen=True)
class SetPasswordPage:
    """accounts/set_password.html: one field, posts to the same address."""

    email: str
    name: str
    has_one: bool = False
    least: int = PASSWORD_LEAST
    error: str | None = None


@dataclass(frozen=True)
class ForgotPage:
    """accounts/forgot.html: asks for an address; after sending says the same for known and unknown ones.

    `wants` is "forgot" for a new password, or "link" for a link to sign in.
    """

    email: str = ""
    wants: str = "forgot"
    sent: bool = False
    error: str | None = None


@dataclass(frozen=True)
class LinkPage:
    """accounts/link.html: the press that a link from a letter needs."""

    name: str
    email: str


@dataclass(frozen=True)
class SecondFactors:
    has_app: bool
    has_passkeys: bool


async def second_factors(manager: UUID) -> SecondFactors:
    kept = await Manager.select(Manager.totp_secret).where(Manager.id == manager).first()
    has_passkeys = await Passkey.exists().where(Passkey.manager == manager)
    return SecondFactors(bool(kept and kept["totp_secret"]), bool(has_passkeys))


@dataclass(frozen=True)
class TokenOwner:
    email: str
    name: str
    has_password: bool
    new_email: str = ""


async def whose_token(token: UUID, purpose: Purpose, now: datetime) -> TokenOwner:
    """Whom a letter's token was given to. Raises Refused for one that was used or is too old."""
    found = (
        await LetterToken.objects()
        .where((LetterToken.id == token) & (LetterToken.purpose == purpose))
        .first()
    )
    if found is None or found.used_at is not None:
        raise Refused(USED)
    if not is_usable(found.expires_at, None, now):
        raise Refused(OLD)
    row = await Whose.of(found).row()
    return TokenOwner(row.email, row.name, bool(row.password_hash), found.email)
