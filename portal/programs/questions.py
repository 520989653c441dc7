"""Questions that a program adds to its application form, and which answers they take.

The program file brings the first ones; managers may change them on a page. Every change is a new version of
the form, and an application points to the one that it answered, so that old answers keep their questions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from portal.accounts.forms import has_hidden

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LABEL_MOST, HELP_MOST, OPTION_MOST = 120, 240, 80
QUESTIONS_MOST, OPTIONS_MOST = 12, 20
TEXT_MOST, LINKS_MOST, LINK_LONGEST = 2_000, 20, 300
USUAL_TEXT, USUAL_LINKS = 280, 5


class QuestionKind(StrEnum):
    SHORT_TEXT = "short_text"
    CHOICE = "choice"
    CHOICES = "choices"
    LINKS = "links"

    @property
    def has_options(self) -> bool:
        return self in (QuestionKind.CHOICE, QuestionKind.CHOICES)


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """`most` is the number of characters, of choices or of links; 0 takes the usual one."""

    key: str
    label: str
    kind: QuestionKind
    help: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    most: int = 0

    @property
    def field(self) -> str:
        """Its name in the form, where it can't meet a field of our own."""
        return f"q-{self.key}"

    @property
    def offered(self) -> tuple[Option, ...]:
        """Its options, as parts of forms take them."""
        return tuple(Option(option, option) for option in self.options)

    @property
    def limit(self) -> int:
        match self.kind:
            case QuestionKind.SHORT_TEXT:
                return self.most or USUAL_TEXT
            case QuestionKind.LINKS:
                return self.most or USUAL_LINKS
            case QuestionKind.CHOICES:
                return self.most or len(self.options)
            case QuestionKind.CHOICE:
                return 1

    @property
    def reach(self) -> str:
        """What the field takes, in the words that an error uses too; empty where nothing limits it."""
        if self.kind is QuestionKind.LINKS:
            return f"One a line, {self.limit} at most." if self.limit > 1 else "One address."
        if self.kind is QuestionKind.CHOICES:
            return (
                f"Choose {self.limit} at most." if self.limit < len(self.options) else "Choose all that fit."
            )
        return ""


@dataclass(frozen=True, slots=True)
class Form:
    """One version of a program's questions. `form_id` is known only once it is stored."""

    version: int = 0
    questions: tuple[Question, ...] = ()
    form_id: UUID | None = None

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)


def read_answer(question: Question, typed: Sequence[str]) -> tuple[str, ...]:
    """What was typed as single answers, without blanks; choices that nobody offered are left out."""
    match question.kind:
        case QuestionKind.SHORT_TEXT:
            text = "".join(typed[:1]).replace("\r\n", "\n").strip()
            return (text,) if text else ()
        case QuestionKind.LINKS:
            lines = (line.strip() for text in typed for line in text.splitlines())
            return tuple(dict.fromkeys(line for line in lines if line))
        case QuestionKind.CHOICE:
            return tuple(option for option in question.options if option in typed)[:1]
        case QuestionKind.CHOICES:
            return tuple(option for option in question.options if option in typed)


def answer_problem(question: Question, answer: Sequence[str]) -> str | None:
    """Why this answer won't do, as a sentence; None when it is fine."""
    if not answer:
        return _missing(question) if question.required else None
    match question.kind:
        case QuestionKind.SHORT_TEXT:
            if len(answer[0]) > question.limit:
                return f"Use {question.limit} characters at most; this has {len(answer[0])}."
            if has_hidden(answer[0].replace("\n", " ")):
                return "Leave out the characters that can't be seen."
        case QuestionKind.LINKS:
            if len(answer) > question.limit:
                return f"{question.reach} These are {len(answer)}."
            return next((problem for link in answer if (problem := link_problem(link))), None)
        case QuestionKind.CHOICES:
            if len(answer) > question.limit:
                return f"{question.reach} You chose {len(answer)}."
    return None


def link_problem(link: str) -> str | None:
    """Only addresses that a person can open safely: http and https, with a host that has an ending."""
    if len(link) > LINK_LONGEST:
        return f"Use the short form of each address, {LINK_LONGEST} characters at most."
    shown = link if len(link) <= 60 else link[:57] + "…"
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").encode("idna").decode()
        parts.port  # noqa: B018 - reading it is what finds a wrong one
    except (ValueError, UnicodeError):
        return f"“{shown}” can't be read. Write each address whole, like https://northbound.example/review."
    if parts.scheme.lower() not in ("http", "https"):
        return f"“{shown}” has to begin with https:// or http://."
    if parts.username is not None or has_hidden(link) or any(character.isspace() for character in link):
        return f"“{shown}” is not a web address. Write it like https://northbound.example/review."
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\.?", host):
        return f"“{shown}” has no ending, like .com."
    return None


def question_problems(question: Question) -> dict[str, str]:
    """What is wrong with a question itself: field to sentence."""
    options = question.options
    checks = {
        "key": None
        if KEY.fullmatch(question.key) and question.key != "new"
        else "Use small letters, digits and hyphens, 40 at most, and not “new”.",
        "label": _words_problem(question.label, LABEL_MOST, "Write the question as the applicant reads it."),
        "help": _words_problem(question.help, HELP_MOST) if question.help else None,
        "options": _options_problem(options) if question.kind.has_options else _no_options_problem(options),
        "most": _most_problem(question),
    }
    return {field: problem for field, problem in checks.items() if problem}


def questions_problem(questions: Sequence[Question]) -> str | None:
    """What is wrong with several of them together."""
    if len(questions) > QUESTIONS_MOST:
        return f"A form takes {QUESTIONS_MOST} questions at most. Each one costs you applicants."
    keys = [question.key for question in questions]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    return f"The question {twice[0]!r} is there twice." if twice else None


def _missing(question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOICE:
            return "Choose what fits best."
        case QuestionKind.CHOICES:
            return "Choose at least one."
        case QuestionKind.LINKS:
            return "Give at least one address."
        case QuestionKind.SHORT_TEXT:
            return "Answer this one in a few words."


def _words_problem(text: str, most: int, missing: str = "") -> str | None:
    if not text.strip():
        return missing
    if len(text) > most:
        return f"Use {most} characters at most; this has {len(text)}."
    return "Leave out the characters that can't be seen." if has_hidden(text) else None


def _options_problem(options: Sequence[str]) -> str | None:
    if not 2 <= len(options) <= OPTIONS_MOST:
        return f"Give 2 to {OPTIONS_MOST} options, one a line."
    if len(set(options)) < len(options):
        return "Two options are the same. Each one has to stand for itself."
    return next((problem for one in options if (problem := _words_problem(one, OPTION_MOST, "Empty."))), None)


def _no_options_problem(options: Sequence[str]) -> str | None:
    return "Only a choice has options." if options else None


def _most_problem(question: Question) -> str | None:
    highest = {
        QuestionKind.SHORT_TEXT: TEXT_MOST,
        QuestionKind.LINKS: LINKS_MOST,
        QuestionKind.CHOICES: max(len(question.options), 1),
        QuestionKind.CHOICE: 1,
    }[question.kind]
    if 0 <= question.most <= highest:
        return None
    return f"Use a number from 1 to {highest}, or leave it empty for the usual one."
