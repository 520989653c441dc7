"""What is shown around signing in."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.accounts.rules import OLD, PASSWORD_LEAST, USED, Purpose, is_usable
from portal.accounts.tables import LetterToken
from portal.errors import Refused


@dataclass(frozen=True)
class SignInPage:
    """accounts/signin.html"""

    email: str = ""
    next: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    wrong: bool = False  # address and password don't go together; which of the two is never said


@dataclass(frozen=True)
class CodePage:
    """accounts/manager_code.html: the one-time code, a manager's second factor."""

    name: str
    next: str = ""
    error: str | None = None


@dataclass(frozen=True)
class SetPasswordPage:
    """accounts/set_password.html: one field, posts to the same address."""

    email: str
    name: str
    least: int = PASSWORD_LEAST
    error: str | None = None


@dataclass(frozen=True)
class ForgotPage:
    """accounts/forgot.html: asks for an address; after sending says the same for known and unknown ones."""

    email: str = ""
    sent: bool = False
    error: str | None = None


async def whose_token(token: UUID, purpose: Purpose, now: datetime) -> tuple[str, str]:
    """E-mail and name of the affiliate that a letter's token belongs to. Raises Refused for an old one."""
    rows = await LetterToken.raw(
        "SELECT t.used_at, t.expires_at, a.email, a.name FROM letter_token t "
        "JOIN affiliate a ON a.id = t.affiliate WHERE t.id = {} AND t.purpose = {}",
        token,
        purpose.value,
    )
    if not rows or rows[0]["used_at"] is not None:
        raise Refused(USED)
    if not is_usable(rows[0]["expires_at"], None, now):
        raise Refused(OLD)
    return rows[0]["email"], rows[0]["name"]
