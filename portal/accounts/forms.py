"""What people say on the way in."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import idna

from portal.accounts.rules import Role

# The part before the @ in ASCII: mail servers that take more are rare, and letters must arrive.
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LONGEST_LOCAL, LONGEST = 64, 254
NAME_MOST = 80
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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


@dataclass(frozen=True)
class AccountDraft:
    """What an account is called and where it is found. `errors` is empty for a good one."""

    name: str
    web_address: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InviteDraft:
    email: str = ""
    role: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def parse_account(said: Mapping[str, str]) -> AccountDraft:
    name, web = one_line(said.get("account_name", "")), said.get("web_address", "").strip()
    checks = {"account_name": name_problem(name), "web_address": web_problem(web)}
    errors = {key: problem for key, problem in checks.items() if problem}
    return AccountDraft(name, web if errors else normal_web_address(web), errors)


def parse_invite(said: Mapping[str, str]) -> InviteDraft:
    email, role = said.get("email", "").strip()[:320], said.get("role", "")
    checks = {
        "email": email_problem(email),
        "role": None if role in set(Role) else "Choose what this person may do.",
    }
    return InviteDraft(email, role, {key: problem for key, problem in checks.items() if problem})


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


def one_line(text: str) -> str:
    return " ".join(text.split())


def normal_web_address(text: str) -> str:
    """With its scheme, where somebody left it out; `@handles` and unreadable ones stay as they are."""
    if not text or text.startswith("@") or "://" in text:
        return text
    return f"https://{text}"


def name_problem(name: str) -> str | None:
    if not name:
        return "Type your name, or the name that you publish under."
    if len(name) > NAME_MOST:
        return f"Use {NAME_MOST} characters at most; this one has {len(name)}."
    if "://" in name or "www." in name.casefold():
        return "Leave web addresses out of the name."
    if not any(character.isalnum() for character in name):
        return "A name needs at least one letter or digit."
    # Signs that turn the reading direction would let a name change how its neighbours read.
    unseen = has_hidden(name) or TURNING & set(name)
    return "Leave out the characters that can't be seen." if unseen else None


def web_problem(text: str) -> str | None:
    if not text:
        return "Give the address of your site or channel. It can be a profile on YouTube or LinkedIn."
    if len(text) > 300:
        return "Use the short form of this address, 300 characters at most."
    if text.startswith("@"):
        return "Give the full address of your channel, like https://youtube.com/@northbound."
    try:
        parts = urlsplit(normal_web_address(text))
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return "This address can't be read. Write it like northbound.example."
    if parts.scheme not in ("http", "https") or has_hidden(text) or " " in text or parts.username is not None:
        return "This is not a web address. Write it like northbound.example."
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\.?", host):
        return (
            "This address has no ending. Write it like northbound.example, "
            "or give your channel's full address."
        )
    return None


def has_hidden(text: str) -> bool:
    """Control characters, and more than three combining marks in a row (nothing we draw could hold them)."""
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc":
            return True
        marks = marks + 1 if category == "Mn" else 0
        if marks > 3:
            return True
    return False
