"""What people say on the way in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import idna

# The part before the @ in ASCII: mail servers that take more are rare, and letters must arrive.
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LONGEST_LOCAL, LONGEST = 64, 254


@dataclass(frozen=True)
class SignIn:
    email: str
    password: str = field(repr=False)
    errors: dict[str, str] = field(default_factory=dict)


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
    local, _, domain = email.rpartition("@")
    if not LOCAL.fullmatch(local) or len(local) > LONGEST_LOCAL or "=?" in local:
        return "This is not an e-mail address. Write it like ada@northbound.example."
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return "The part after the @ is not a domain that mail can reach."
    if "." not in ascii_domain.rstrip("."):
        return "The part after the @ has no ending, like .com."
    if len(local) + 1 + len(ascii_domain) > LONGEST:
        return "This address is longer than mail allows."
    return None
