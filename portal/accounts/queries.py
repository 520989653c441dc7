"""What is shown around signing in."""

from dataclasses import dataclass, field

from portal.accounts.rules import PASSWORD_LEAST


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
