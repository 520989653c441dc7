"""What a manager says about a question of the application form."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from portal.accounts.forms import one_line
from portal.enrollments.wording import plain_letters
from portal.programs.questions import Question, QuestionKind, question_problems

KINDS = {
    QuestionKind.SHORT_TEXT: "Text",
    QuestionKind.CHOICE: "One choice",
    QuestionKind.CHOICES: "Several choices",
    QuestionKind.LINKS: "Links",
}


@dataclass(frozen=True)
class QuestionDraft:
    """As it was typed. `errors` maps a field to its sentence and is empty for a good one."""

    label: str = ""
    help: str = ""
    kind: str = QuestionKind.SHORT_TEXT
    options: str = ""  # one a line
    most: str = ""
    required: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, question: Question) -> "QuestionDraft":
        return cls(
            label=question.label,
            help=question.help,
            kind=question.kind,
            options="\n".join(question.options),
            most=str(question.most or ""),
            required=question.required,
        )


def parse_question(
    said: Mapping[str, str], key: str, taken: Collection[str]
) -> tuple[Question, QuestionDraft]:
    """A new question has no `key` yet and gets one from its words; `taken` are those of the others."""
    label, help_text = one_line(said.get("label", "")), one_line(said.get("help", ""))
    known = said.get("kind") in set(QuestionKind)
    kind = QuestionKind(said["kind"]) if known else QuestionKind.SHORT_TEXT
    options, most = said.get("options", "")[:5_000], said.get("most", "").strip()
    question = Question(
        key=key or _new_key(label, taken),
        label=label,
        kind=kind,
        help=help_text,
        required=said.get("required") == "yes",
        # Options that were typed for another kind are left out, so that one can look around.
        options=tuple(filter(None, map(one_line, options.splitlines()))) if kind.has_options else (),
        most=_number(most),
    )
    errors = question_problems(question)
    if not known:
        errors["kind"] = "Choose what kind of answer you want."
    draft = QuestionDraft(label, help_text, kind, options, most, question.required, errors)
    return question, draft


def _number(text: str) -> int:
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _new_key(label: str, taken: Collection[str]) -> str:
    stem = "-".join(plain_letters(label).split()[:4])[:32].strip("-") or "question"
    number = 2
    key = stem
    while key in taken or key == "new":  # which is the address of the page that adds one
        key, number = f"{stem}-{number}", number + 1
    return key
