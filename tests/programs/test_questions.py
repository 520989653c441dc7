"""Questions of a program's own: what the file may say, and which answers they take."""

from pathlib import Path

import pytest

from portal.programs.actions import load_program
from portal.programs.program_file import BadProgram, parse_program
from portal.programs.queries import all_programs, current_form
from portal.programs.questions import Question, QuestionKind, answer_problem, read_answer
from tests.cast import BEGINNING, KARTRA

SHORT = Question("why", "Why?", QuestionKind.SHORT_TEXT, required=True, most=10)
CHOICE = Question("reach", "How many?", QuestionKind.CHOICE, options=("Few", "Many"))
CHOICES = Question("tools", "Which?", QuestionKind.CHOICES, options=("A", "B", "C"), most=2)
LINKS = Question("seen", "Where?", QuestionKind.LINKS, required=True, most=2)


@pytest.mark.parametrize(
    ("question", "typed", "answer"),
    [
        (SHORT, ["  yes\r\nno "], ("yes\nno",)),
        (SHORT, ["   "], ()),
        (CHOICE, ["Many"], ("Many",)),
        (CHOICE, ["Everybody"], ()),
        (CHOICES, ["C", "A", "D"], ("A", "C")),
        (
            LINKS,
            ["https://a.example\n\n https://b.example \nhttps://a.example"],
            ("https://a.example", "https://b.example"),
        ),
    ],
)
def test_answers_are_read_as_they_were_meant(
    question: Question, typed: list[str], answer: tuple[str, ...]
) -> None:
    assert read_answer(question, typed) == answer
    assert answer_problem(question, answer) is None or not answer


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        (SHORT, (), "Answer this one in a few words"),
        (SHORT, ("x" * 10_000,), "Use 10 characters at most; this has 10000"),
        (SHORT, ("a\x07b",), "can't be seen"),
        (CHOICES, ("A", "B", "C"), "Choose 2 at most. You chose 3"),
        (LINKS, (), "at least one address"),
        (LINKS, ("https://a.example", "https://b.example", "https://c.example"), "2 at most. These are 3"),
        (LINKS, ("javascript:alert(1)",), "has to begin with https://"),
        (LINKS, ("ftp://a.example",), "has to begin with https://"),
        (LINKS, ("https://user:pw@a.example",), "is not a web address"),
        (LINKS, ("https://a .example",), "is not a web address"),
        (LINKS, ("https://localhost",), "has no ending"),
        (LINKS, ("https://[broken",), "can't be read"),
        (LINKS, ("https://a.example:99999",), "can't be read"),
        (LINKS, ("https://a.example/" + "x" * 400,), "short form"),
    ],
)
def test_an_answer_that_will_not_do_says_why(
    question: Question, answer: tuple[str, ...], sentence: str
) -> None:
    problem = answer_problem(question, answer)
    assert problem
    assert sentence in problem


def test_an_optional_question_may_be_left_empty() -> None:
    assert answer_problem(CHOICE, ()) is None


def file_with(questions: str, folder: Path) -> Path:
    whole = KARTRA.read_text()
    path = folder / "kartra.toml"
    path.write_text(whole[: whole.index("# What the application form asks")] + questions)
    return path


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        ('[[questions]]\nkey = "a"\nlabel = "A?"\nkind = "essay"', "questions[1].kind must be one of"),
        ('[[questions]]\nkey = "a"\nlabel = "A?"\nkind = "choice"', "Give 2 to 20 options"),
        ('[[questions]]\nkey = "new"\nlabel = "A?"', "not “new”"),
        ('[[questions]]\nkey = "a"\nlabel = "A?"\noptions = ["x", "y"]', "Only a choice has options"),
        (
            '[[questions]]\nkey = "a"\nlabel = "A?"\n[[questions]]\nkey = "a"\nlabel = "B?"',
            "is there twice",
        ),
        ('[[questions]]\nkey = "a"\nlabel = "A?"\ncolour = "red"', "questions[1].colour is not a key"),
    ],
)
def test_a_file_with_a_bad_question_is_refused_by_name(tmp_path: Path, questions: str, sentence: str) -> None:
    import tomllib

    with pytest.raises(BadProgram) as bad:
        parse_program(tomllib.loads(file_with(questions, tmp_path).read_text()))
    assert sentence in str(bad.value)


async def test_a_file_brings_questions_and_leaves_those_of_managers_alone(
    database: str, tmp_path: Path
) -> None:
    question = '[[questions]]\nkey = "a"\nlabel = "A?"\n'
    path = file_with(question, tmp_path)
    await load_program(path, BEGINNING)
    (program,) = await all_programs()
    assert (await current_form(program.id)).version == 1
    path.write_text(path.read_text().replace("hold_days = 45", "hold_days = 45 # the same"))
    await load_program(path, BEGINNING)
    path.write_text(path.read_text().replace('headline = "Up to', 'headline = "Really up to'))
    assert await load_program(path, BEGINNING)
    assert (await current_form(program.id)).version == 1
    path.write_text(path.read_text().replace('label = "A?"', 'label = "Why?"'))
    assert await load_program(path, BEGINNING)
    form = await current_form(program.id)
    assert (form.version, [one.label for one in form.questions]) == (2, ["Why?"])
