"""What an applicant and a deciding manager say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from urllib.parse import parse_qsl

import msgspec

from portal.accounts.forms import (
    email_problem,
    has_hidden,
    name_problem,
    normal_web_address,
    one_line,
    web_problem,
)
from portal.enrollments.rules import Source, Verdict
from portal.enrollments.wording import code_problem, slug_problem
from portal.programs.questions import OPTIONS_MOST, Question, answer_problem, read_answer

AUDIENCE_MOST = 280
OTHER_MOST = 120
REASON_MOST = 600
MORE_MOST = 2_000
AGAIN_LATEST = timedelta(days=730)
TYPED_MOST = 10_000  # of any field, while it is a draft
SOURCE_MOST = 120
SOURCES = tuple(field.name for field in fields(Source) if field.name != "recruiter")

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
    again_from: str = ""  # as a browser writes dates: 2027-02-20
    question: str = ""
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
        "name": name_problem(name),
        "email": email_problem(email) if email else "Type the e-mail address that we can answer to.",
        "web_address": web_problem(web_address),
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


def typed_application(
    said: Mapping[str, str],
    ways: Sequence[str],
    questions: Sequence[Question],
    typed: Mapping[str, Sequence[str]],
) -> ApplicationDraft:
    """The same, half written and unchecked: a draft keeps what is there, only not without end."""

    def text(name: str) -> str:
        return said.get(name, "")[:TYPED_MOST]

    return ApplicationDraft(
        name=text("name"),
        email=text("email").strip(),
        web_address=text("web_address"),
        kind=text("kind"),
        ways=tuple(ways)[:OPTIONS_MOST],
        other_way=text("other_way"),
        audience=text("audience").replace("\r\n", "\n"),
        extra={question.key: read_answer(question, typed.get(question.field, ())) for question in questions},
    )


def parse_source(text: str) -> Source:
    """What the first address of the form and its referrer told: see web.came_from."""
    told = {name: one_line(value)[:SOURCE_MOST] for name, value in parse_qsl(text[:2_000])}
    return msgspec.convert({name: told[name] for name in SOURCES if told.get(name)}, Source)


def more_problem(answer: str) -> str | None:
    """Why this does not answer what a manager asked an applicant; None when it does."""
    if not answer:
        return "Write your answer here first."
    if len(answer) > MORE_MOST:
        return f"Use {MORE_MOST} characters at most; this has {len(answer)}."
    hidden = has_hidden(answer.replace("\n", " "))
    return "Leave out the characters that can't be seen." if hidden else None


def parse_decision(said: Mapping[str, str], tiers: Sequence[str], today: date) -> DecisionDraft:
    """Without a date, an applicant who is declined may come back after the usual time."""
    verdict = Verdict(said["verdict"]) if said.get("verdict") in set(Verdict) else None
    tier, slug = said.get("tier", ""), said.get("slug", "").strip().lower()
    code, reason = said.get("code", "").strip().upper(), said.get("reason", "").strip()
    again_from, question = said.get("again_from", "").strip(), said.get("question", "").strip()
    checks: dict[str, str | None] = {"verdict": None if verdict else "Choose what to do."}
    if verdict is Verdict.APPROVE:
        checks["tier"] = None if tier in tiers else "Choose one of the program's tiers."
        checks["slug"] = slug_problem(slug)
        checks["code"] = code_problem(code)
    if verdict is Verdict.DECLINE:
        checks["reason"] = _reason_problem(reason)
        checks["again_from"] = _again_problem(again_from, today)
    if verdict is Verdict.ASK:
        checks["question"] = _question_problem(question)
    errors = {key: problem for key, problem in checks.items() if problem}
    return DecisionDraft(verdict, tier, slug, code, reason, again_from, question, errors)


def note_problem(text: str) -> str | None:
    """Of a manager's note."""
    if not text:
        return "Type your note first."
    return f"Use {MORE_MOST:,} characters at most; this has {len(text):,}." if len(text) > MORE_MOST else None


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
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


def _again_problem(text: str, today: date) -> str | None:
    if not text:
        return None
    again = day_of(text)
    if again is None or not today < again <= today + AGAIN_LATEST:
        return "Choose a day after today, two years away at most."
    return None


def _question_problem(text: str) -> str | None:
    if len(text) < 10:
        return "Ask in a whole sentence. The applicant reads it as you write it."
    return f"Use {REASON_MOST} characters at most." if len(text) > REASON_MOST else None
