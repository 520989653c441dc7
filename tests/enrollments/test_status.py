"""After sending: what the status page says, and what an applicant can still do there."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from litestar import Litestar

from portal.audit.tables import AuditEntry
from portal.enrollments.actions import ask, decline
from portal.enrollments.rules import usual_time, working_days_between
from portal.enrollments.tables import Application
from portal.ids import sealed
from tests.cast import Cast, apply
from tests.conftest import FrozenClock, People
from tests.letters import path_in, sent_letters, text_of
from tests.pages import filled_in


@pytest.fixture
def doras(app: Litestar, cast: Cast) -> str:
    """The address of the page of Dora's application, which waits."""
    return "/apply/status/" + sealed(app.state.settings.secret, "status", cast.dora.application)


async def test_it_says_what_happens_next_and_by_when(visitor: httpx.AsyncClient, doras: str) -> None:
    page = (await visitor.get(doras)).text
    assert "A person reads it next. You hear from us by Wednesday, 4\u00a0March" in page
    assert "The promise is two working days" in page
    assert "ready in the same minute" in page


async def test_the_usual_time_comes_from_what_was_decided(
    visitor: httpx.AsyncClient, doras: str, cast: Cast, clock: FrozenClock
) -> None:
    # Three of the cast were approved at once: too few to call it usual.
    assert "The promise is two working days" in (await visitor.get(doras)).text
    for number in range(4):
        late = await apply(cast.program, cast.terms, f"P{number}", f"p{number}@late.example", clock())
        await decline(late.application, cast.mira.id, "Your site is not online.", clock() + timedelta(days=4))
    clock.forward(days=5)
    assert "The usual time lately is four working days" in (await visitor.get(doras)).text
    clock.forward(days=100)
    assert "The promise is two working days" in (await visitor.get(doras)).text


@pytest.mark.parametrize(
    ("asked", "answered", "days"),
    [
        ("2026-03-06T23:00", "2026-03-09T08:00", 1),  # Friday night, Monday morning
        ("2026-03-02T09:00", "2026-03-02T17:00", 0),
        ("2026-03-07T09:00", "2026-03-08T09:00", 0),  # a weekend
        ("2026-03-02T09:00", "2026-03-09T09:00", 5),
    ],
)
def test_days_are_counted_as_the_promise_counts_them(asked: str, answered: str, days: int) -> None:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (asked, answered))
    assert working_days_between(first.date(), last.date()) == days
    said = {0: "the same working day", 1: "one working day", 5: "five working days"}[days]
    assert usual_time([(first, last)] * 5, "UTC") == said


async def test_answers_can_be_changed_until_somebody_opens_them(
    visitor: httpx.AsyncClient, doras: str, cast: Cast, clock: FrozenClock
) -> None:
    assert "Change them" in (await visitor.get(doras)).text
    form = filled_in(await visitor.get(f"{doras}/change"))
    assert form["name"] == "Dora Jansen"
    wrong = await visitor.post(f"{doras}/change", data={**form, "audience": "x" * 10_000})
    assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    changed = {**form, "audience": "Accountants.", "email": "thief@else.example"}
    page = await visitor.post(f"{doras}/change", data=changed, follow_redirects=True)
    assert "Accountants." in page.text
    assert cast.dora.email in page.text
    entry = await AuditEntry.objects().where(AuditEntry.verb == "changed").first()
    assert entry is not None
    assert "audience" in entry.after
    assert "Accountants" not in entry.after
    await Application.update({Application.opened_at: clock()}).where(Application.id == cast.dora.application)
    assert "Change them" not in (await visitor.get(doras)).text
    late = await visitor.post(f"{doras}/change", data=changed)
    assert late.status_code == httpx.codes.CONFLICT
    assert "stand as you sent them" in late.text


async def test_a_managers_question_is_answered_there(
    visitor: httpx.AsyncClient, doras: str, cast: Cast, clock: FrozenClock
) -> None:
    await ask(cast.dora.application, cast.mira.id, "Which of these sites is yours?", clock())
    page = (await visitor.get(doras)).text
    assert "Which of these sites is yours?" in page
    assert "Mira Voss, partner manager" in page
    empty = await visitor.post(f"{doras}/answer", data={"answer": "  "})
    assert empty.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    long = await visitor.post(f"{doras}/answer", data={"answer": "x" * 10_000})
    assert "Use 2000 characters at most; this has 10000" in long.text
    assert "x" * 10_000 in long.text
    answer = {"answer": "All <b>three</b>."}
    told = await visitor.post(f"{doras}/answer", data=answer, follow_redirects=True)
    assert "All &lt;b&gt;three&lt;/b&gt;." in told.text
    assert "A person reads it next" in told.text
    again = await visitor.post(f"{doras}/answer", data=answer)
    assert again.status_code == httpx.codes.CONFLICT


async def test_a_no_has_its_reason_its_person_and_a_way_back(
    visitor: httpx.AsyncClient, doras: str, cast: Cast, clock: FrozenClock
) -> None:
    await decline(cast.dora.application, cast.mira.id, "Your site is not online yet.", clock())
    page = (await visitor.get(doras)).text
    assert "Your site is not online yet." in page
    assert "Mira Voss" in page
    assert "You can apply again from 31\u00a0May" in page
    early = await visitor.post(f"{doras}/again")
    assert early.status_code == httpx.codes.CONFLICT
    clock.forward(days=91)
    form = filled_in(await visitor.post(f"{doras}/again", follow_redirects=True))
    assert (form["name"], form["email"]) == ("Dora Jansen", cast.dora.email)
    assert "consent" not in form


async def test_who_was_declined_is_reminded_of_the_day_once(
    app: Litestar, visitor: httpx.AsyncClient, doras: str, cast: Cast, clock: FrozenClock
) -> None:
    assert (await visitor.post(f"{doras}/remind")).status_code == httpx.codes.CONFLICT, "not declined yet"
    await decline(cast.dora.application, cast.mira.id, "Your site is not online yet.", clock())
    for _ in range(2):
        answer = await visitor.post(f"{doras}/remind", follow_redirects=True)
        assert "No letter after all" in answer.text
    before = len(await sent_letters(app, clock()))
    assert len(await sent_letters(app, clock.forward(days=80))) == before
    letters = await sent_letters(app, clock.forward(days=11))
    (letter,) = letters[before:]
    assert (letter["To"], letter["Subject"]) == (
        cast.dora.email,
        "You can apply to the Kartra partner program again",
    )
    assert "Apply again" in (await visitor.get(path_in(letter, "/apply/status/"))).text


async def test_no_reminder_comes_to_who_does_not_want_it(
    app: Litestar, visitor: httpx.AsyncClient, doras: str, cast: Cast, clock: FrozenClock
) -> None:
    await decline(cast.dora.application, cast.mira.id, "Your site is not online yet.", clock())
    await visitor.post(f"{doras}/remind")
    answer = await visitor.post(f"{doras}/remind", data={"do": "not"}, follow_redirects=True)
    assert "Remind me on that day" in answer.text
    before = len(await sent_letters(app, clock()))
    assert len(await sent_letters(app, clock.forward(days=120))) == before


async def test_answers_are_deleted_for_good_after_a_no(
    app: Litestar,
    visitor: httpx.AsyncClient,
    mira: httpx.AsyncClient,
    doras: str,
    cast: Cast,
    clock: FrozenClock,
) -> None:
    assert (await visitor.post(f"{doras}/delete")).status_code == httpx.codes.CONFLICT, "it is read first"
    await decline(cast.dora.application, cast.mira.id, "Your site is not online yet.", clock())
    assert "for good" in (await visitor.get(f"{doras}/delete")).text
    for _ in range(2):
        page = (await visitor.post(f"{doras}/delete", follow_redirects=True)).text
        assert "You have deleted your answers." in page
        assert "Your site is not online yet." in page
    row = await Application.objects().get(Application.id == cast.dora.application)
    assert row is not None
    assert "small businesses" not in row.answers + row.looked_for
    manager_sees = (await mira.get(f"/manage/applications/{cast.dora.application}?show=decided")).text
    assert "has deleted what stood here" in manager_sees
    clock.forward(days=91)
    form = filled_in(await visitor.post(f"{doras}/again", follow_redirects=True))
    assert (form["name"], form["web_address"]) == ("Dora Jansen", "")


async def test_an_application_is_found_again_by_letter_only(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    before = len(await sent_letters(app, clock()))
    pages = set()
    for email in (cast.dora.email, cast.ada.email, "nobody@nowhere.example"):
        visitor = await people.visitor()
        answer = await visitor.post("/apply/find", data={"email": email}, follow_redirects=True)
        assert answer.status_code == httpx.codes.OK
        pages.add(answer.text.replace(email, ""))
    assert len(pages) == 1
    letters = (await sent_letters(app, clock()))[before:]
    assert [letter["To"] for letter in letters] == [cast.dora.email, cast.ada.email]
    assert "you asked where your application" in text_of(letters[0])
    visitor = await people.visitor()
    status = await visitor.get(path_in(letters[0], "/apply/status/"))
    assert "A person reads it next" in status.text
