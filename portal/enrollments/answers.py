"""What an applicant wrote, in the words of the form that was answered."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from portal.enrollments.forms import KINDS, ApplicationDraft
from portal.programs.queries import forms_of
from portal.programs.questions import Form
from portal.programs.rules import ProgramTerms


@dataclass(frozen=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True)
class Answers:
    """With the names of the choices. `extra` holds what the program asked besides: (question, answers)."""

    name: str
    email: str
    web_address: str
    kind: str
    ways: tuple[str, ...]
    audience: str
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


def answers_in(text: str, terms: ProgramTerms, form: Form) -> Answers:
    """From an application's stored answers; questions that were left empty are left out."""
    draft = msgspec.json.decode(text, type=ApplicationDraft)
    names = {way.key: way.name for way in terms.words.ways}
    return Answers(
        name=draft.name,
        email=draft.email,
        web_address=draft.web_address,
        kind=KINDS.get(draft.kind, draft.kind),
        ways=tuple(
            f"{names.get(way, way)}: {draft.other_way}" if way == "other" else names.get(way, way)
            for way in draft.ways
        ),
        audience=draft.audience,
        extra=tuple(
            (question.label, draft.extra[question.key])
            for question in form.questions
            if draft.extra.get(question.key)
        ),
    )


async def form_answered(program_id: UUID, form_id: UUID | str | None) -> Form:
    """The version of the form that an application points to; without questions where it points nowhere."""
    if form_id is None:
        return Form()
    return (await forms_of(program_id))[UUID(str(form_id))]
