"""Managers change what the application form asks; applicants answer, and old answers keep their questions."""

import httpx
from litestar import Litestar

from portal.audit.tables import AuditEntry
from portal.programs.queries import current_form
from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.enrollments.test_drafts import FORM, LENA, opened, post_of, sends, types
from tests.letters import path_in
from tests.pages import filled_in

HERE = "/manage/program/questions"
WHY = {"label": "Why do you want to join?", "kind": "short_text", "most": "60", "required": "yes"}


async def asks(mira: httpx.AsyncClient, path: str = f"{HERE}/new", **said: str) -> httpx.Response:
    version = filled_in(await mira.get(f"{HERE}/new"))["version"]
    return await mira.post(path, data={"version": version, **said}, follow_redirects=True)


async def labels(cast: Cast) -> list[str]:
    return [question.label for question in (await current_form(cast.program)).questions]


async def test_a_manager_adds_moves_edits_and_removes_a_question(mira: httpx.AsyncClient, cast: Cast) -> None:
    assert "The question is saved" in (await asks(mira, **WHY)).text
    assert (await labels(cast))[-1] == WHY["label"]
    key = (await current_form(cast.program)).questions[-1].key
    assert key == "why-do-you-want"
    await asks(mira, f"{HERE}/{key}/move", to="up")
    assert (await labels(cast))[1] == WHY["label"]
    await asks(mira, f"{HERE}/{key}", **{**WHY, "label": "Why us?"})
    assert (await labels(cast))[1] == "Why us?"
    assert "Answers that were given to it stay" in (await asks(mira, f"{HERE}/{key}/remove")).text
    assert "Why us?" not in await labels(cast)
    assert await AuditEntry.count().where(AuditEntry.subject_kind == "application_form") == 4


async def test_a_question_that_will_not_do_comes_back(mira: httpx.AsyncClient, cast: Cast) -> None:
    answer = await asks(mira, label="Which?", kind="choice", options="Only one", most="three")
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Give 2 to 20 options" in answer.text
    assert filled_in(answer)["options"] == "Only one"
    assert "Which?" not in await labels(cast)


async def test_two_managers_do_not_undo_each_other(mira: httpx.AsyncClient, cast: Cast) -> None:
    seen = filled_in(await mira.get(f"{HERE}/new"))
    await asks(mira, **WHY)
    answer = await mira.post(f"{HERE}/new", data={**seen, **WHY, "label": "Another?"})
    assert answer.status_code == httpx.codes.CONFLICT
    assert "Another?" not in await labels(cast)


async def test_answers_to_own_questions_are_checked_kept_and_shown(
    app: Litestar, visitor: httpx.AsyncClient, mira: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await asks(mira, **WHY)
    form = await opened(visitor)
    clock.forward(minutes=1)
    wrong = await sends(visitor, form, **{"q-examples": "javascript:alert(1)"})
    assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "has to begin with https://" in wrong.text
    assert "Answer this one in a few words" in wrong.text
    answers = {
        "q-examples": "https://kurswerkstatt.example/review",
        "q-why-do-you-want": "For the <b>love</b> of it",
        "q-reach": "Under 1,000",
    }
    assert (await sends(visitor, form, **answers)).status_code == httpx.codes.SEE_OTHER
    (letter,) = await post_of(app, clock())
    status = await visitor.post(path_in(letter, "/apply/confirm/"), follow_redirects=True)
    # The question goes; this application keeps it.
    await asks(mira, f"{HERE}/why-do-you-want/remove")
    status = await visitor.get(str(status.url))
    for words in (WHY["label"], "For the &lt;b&gt;love&lt;/b&gt; of it", "Under 1,000"):
        assert words in status.text


async def test_questions_that_change_while_somebody_writes_lose_nothing(
    visitor: httpx.AsyncClient, mira: httpx.AsyncClient, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    await types(visitor, form, **LENA)
    await asks(mira, label="And your country?", kind="short_text")
    clock.forward(minutes=1)
    answer = await visitor.post(FORM, data={**form, **LENA})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "The questions have changed" in answer.text
    again = filled_in(answer)
    assert again["audience"] == LENA["audience"]
    assert "q-and-your-country" in again
    assert (await visitor.post(FORM, data={**again, **LENA})).status_code == httpx.codes.SEE_OTHER
