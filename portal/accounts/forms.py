"""What people say on the way in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]\x00-\x1f]{1,64}@[^@\s<>\"(),:;\\\[\]/\x00-\x1f]{1,250}")


@dataclass(frozen=True)
class SignIn:
    email: str
    password: str = field(repr=False)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewPassword:
    password: str = field(repr=False)


def parse_sign_in(said: Mapping[str, str]) -> SignIn:
    email, password = said.get("email", "").strip()[:320], said.get("password", "")
    errors = {}
    if email_problem(email):
        errors["email"] = "Type the e-mail address of your account, like ada@northbound.example."
    if not password:
        errors["password"] = "Type your password."  # noqa: S105 - a sentence
    return SignIn(email, password[:1000], errors)


def email_problem(email: str) -> str | None:
    """Why mail could not reach this address; None when it could."""
    if not EMAIL.fullmatch(email) or ".." in email or email.startswith("."):
        return "This is not an e-mail address. Write it like ada@northbound.example."
    domain = email.rpartition("@")[2]
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        return "The part after the @ is not a domain that mail can reach."
    if "." not in ascii_domain.strip(".") or not ascii_domain.strip(".").split(".")[-1].strip("-"):
        return "The part after the @ has no ending, like .com."
    return None
