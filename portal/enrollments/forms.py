"""What an applicant and a deciding manager say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from portal.accounts.forms import email_problem
from portal.enrollments.rules import Verdict, code_problem, slug_problem
from portal.programs.questions import Question, answer_problem, has_hidden, read_answer

NAME_MOST = 80
AUDIENCE_MOST = 280
OTHER_MOST = 120
REASON_MOST = 600

KINDS = {
    "publisher": "Publisher or blogger",
    "creator": "Content creator",
    "reviewer": "Software reviewer",
    "educator": "Online educator",
    "other": "Something else",
}


@dataclass(frozen=True)
class ApplicationDraft:
    """What was typed, as it was typed. `errors` maps a field to its sentence and is empty for a good one."""

    name: str = ""
    email: str = ""
    web_address: str = ""
    kind: str = ""
    ways: tuple[str, ...] = ()
    other_way: str = ""
    audience: str = ""
    consent: bool = False
    # Answers to the program's own questions, by the question's key.
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DecisionDraft:
    verdict: Verdict | None
    tier: str = ""
    slug: str = ""
    code: str = ""
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def parse_application(
    said: Mapping[str, str],
    ways: Sequence[str],
    offered_ways: Mapping[str, str],
    questions: Sequence[Question] = (),
    typed: Mapping[str, Sequence[str]] | None = None,
) -> ApplicationDraft:
    """`ways` are the ticked boxes; `offered_ways` maps the program's keys to their names.

    `questions` are the program's own; `typed` holds all values of their fields.
    """
    name = one_line(said.get("name", ""))
    email = said.get("email", "").strip()
    web_address = said.get("web_address", "").strip()
    kind = said.get("kind", "")
    chosen = tuple(way for way in offered_ways if way in ways)
    other_way = one_line(said.get("other_way", ""))
    audience = said.get("audience", "").replace("\r\n", "\n").strip()
    consent = said.get("consent") == "yes"
    checks = {
        "name": _name_problem(name),
        "email": email_problem(email) if email else "Type the e-mail address that we can answer to.",
        "web_address": _web_problem(web_address),
        "kind": None if kind in KINDS else "Choose what describes you best.",
        "ways": None if chosen else "Choose at least one way.",
        "other_way": _other_problem(chosen, other_way),
        "audience": _audience_problem(audience),
        "consent": None
        if consent
        else "We can only take an application from someone who agrees to the terms.",
    }
    extra = {
        question.key: read_answer(question, (typed or {}).get(question.field, ())) for question in questions
    }
    checks |= {question.field: answer_problem(question, extra[question.key]) for question in questions}
    errors = {key: problem for key, problem in checks.items() if problem}
    # With something wrong, everything comes back as it was typed.
    address = web_address if errors else normal_web_address(web_address)
    return ApplicationDraft(name, email, address, kind, chosen, other_way, audience, consent, extra, errors)


def parse_decision(said: Mapping[str, str], tiers: Sequence[str]) -> DecisionDraft:
    verdict = Verdict(said["verdict"]) if said.get("verdict") in set(Verdict) else None
    tier, slug = said.get("tier", ""), said.get("slug", "").strip().lower()
    code, reason = said.get("code", "").strip().upper(), said.get("reason", "").strip()
    checks: dict[str, str | None] = {"verdict": None if verdict else "Choose approve or decline."}
    if verdict is Verdict.APPROVE:
        checks["tier"] = None if tier in tiers else "Choose one of the program's tiers."
        checks["slug"] = slug_problem(slug)
        checks["code"] = code_problem(code)
    if verdict is Verdict.DECLINE:
        checks["reason"] = _reason_problem(reason)
    errors = {key: problem for key, problem in checks.items() if problem}
    return DecisionDraft(verdict, tier, slug, code, reason, errors)


def one_line(text: str) -> str:
    return " ".join(text.split())


def normal_web_address(text: str) -> str:
    """With its scheme, where somebody left it out; `@handles` and unreadable ones stay as they are."""
    if not text or text.startswith("@") or "://" in text:
        return text
    return f"https://{text}"


def _name_problem(name: str) -> str | None:
    if not name:
        return "Type your name, or the name that you publish under."
    if len(name) > NAME_MOST:
        return f"Use {NAME_MOST} characters at most; this one has {len(name)}."
    if not any(character.isalnum() for character in name):
        return "A name needs at least one letter or digit."
    return "Leave out the characters that can't be seen." if has_hidden(name) else None


def _web_problem(text: str) -> str | None:
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


def _other_problem(chosen: Sequence[str], other: str) -> str | None:
    if "other" in chosen and not other:
        return "Say in a few words how."
    return f"Use {OTHER_MOST} characters at most." if len(other) > OTHER_MOST else None


def _audience_problem(audience: str) -> str | None:
    if not audience:
        return "Say in a sentence who follows you."
    if len(audience) > AUDIENCE_MOST:
        return f"Use {AUDIENCE_MOST} characters at most; this has {len(audience)}."
    return "Leave out the characters that can't be seen." if has_hidden(audience.replace("\n", " ")) else None


def _reason_problem(reason: str) -> str | None:
    if len(reason) < 10:
        return "Give the reason in your own words. The applicant reads it."
    return f"Use {REASON_MOST} characters at most." if len(reason) > REASON_MOST else None
