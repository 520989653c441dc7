"""The first week: a checklist that tells the truth, and letters that stop."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from litestar import Litestar

from portal import db
from portal.audit.actions import Actor
from portal.creatives.tables import BrandKit
from portal.enrollments.actions import set_state
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment
from portal.home.first_letters import write_first_letters
from portal.home.rules import Known, checklist, nudge_due
from portal.home.tables import FirstWeek
from portal.ids import new_id
from portal.outbox.tables import Letter
from tests.cast import BEGINNING, Cast, Partner
from tests.conftest import STRIPE_SECRET, FrozenClock, People
from tests.letters import path_in, sent_letters, text_of
from tests.sales import click_on, sell

# The cast is approved on a Monday, so the third working day is Thursday.
THURSDAY_AT_NINE = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


async def wrote(*messages: str) -> list[tuple[str, str]]:
    rows = await Letter.select(Letter.message, Letter.to).where(Letter.message.is_in(list(messages)))
    return sorted((row["message"], row["to"]) for row in rows)


async def has_a_kit(partner: Partner, at: datetime) -> None:
    await BrandKit.insert(
        BrandKit(id=new_id(), affiliate=partner.id, revision=1, name="Northbound", created_at=at)
    )


async def clicked(app: Litestar, people: People, partner: Partner) -> str:
    token = await click_on(await people.visitor(), partner.slug)
    await app.state.clicks.settled()
    return token


async def test_ada_sees_three_steps_and_says_that_her_link_is_placed(ada: httpx.AsyncClient) -> None:
    page = await ada.get("/home")
    assert "First steps" in page.text
    assert "0 of 3 done" in page.text

    answer = await ada.post("/home/first-week", data={"do": "placed"}, follow_redirects=True)
    assert "1 of 3 done" in answer.text
    assert "You said so today. The first click will prove it." in answer.text

    answer = await ada.post("/home/first-week", data={"do": "not-placed"}, follow_redirects=True)
    assert "0 of 3 done" in answer.text


async def test_a_first_click_proves_the_link_and_the_click(
    app: Litestar, ada: httpx.AsyncClient, people: People, cast: Cast
) -> None:
    await clicked(app, people, cast.ada)
    page = await ada.get("/home")
    assert "2 of 3 done" in page.text
    assert "Placed today" in page.text
    assert "It is placed" not in page.text


async def test_the_list_ends_with_a_moment_that_passes(
    app: Litestar, ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await has_a_kit(cast.ada, clock())
    await clicked(app, people, cast.ada)
    page = await ada.get("/home")
    assert "Your first steps are done" in page.text
    assert "First steps</h2>" not in page.text
    clock.forward(days=8)
    assert "first steps" not in (await ada.get("/home")).text.lower()


async def test_ada_puts_the_list_away_and_ben_keeps_his(
    ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    answer = await ada.post("/home/first-week", data={"do": "put-away"}, follow_redirects=True)
    assert "Put away." in answer.text
    assert "First steps" not in answer.text
    assert "First steps" in (await ben.get("/home")).text


async def test_a_button_that_nobody_knows_changes_nothing(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/home/first-week", data={"do": "everything"}, follow_redirects=True)
    assert "0 of 3 done" in answer.text
    assert await FirstWeek.count() == 0


def test_words_of_the_affiliate_do_not_outdo_a_click() -> None:
    said, seen = BEGINNING, BEGINNING + timedelta(days=2)
    only_said = checklist(Known(placed_at=said), seen).steps[1]
    proved = checklist(Known(placed_at=said, click_at=seen), seen).steps[1]
    assert (only_said.told, only_said.done_at) == (True, said)
    assert (proved.told, proved.done_at) == (False, said)


@pytest.mark.parametrize(
    ("now", "zone", "last"),
    [
        # Thursday at nine: whoever began up to Monday.
        (datetime(2026, 3, 5, 9, 0, tzinfo=UTC), "UTC", datetime(2026, 3, 3, tzinfo=UTC)),
        (datetime(2026, 3, 5, 8, 59, tzinfo=UTC), "UTC", None),
        (datetime(2026, 3, 5, 18, 0, tzinfo=UTC), "UTC", None),
        (datetime(2026, 3, 7, 10, 0, tzinfo=UTC), "UTC", None),  # Saturday
        # Monday: Wednesday's. Tuesday: Thursday's. Wednesday: those of Friday to Sunday.
        (datetime(2026, 3, 9, 10, 0, tzinfo=UTC), "UTC", datetime(2026, 3, 5, tzinfo=UTC)),
        (datetime(2026, 3, 10, 10, 0, tzinfo=UTC), "UTC", datetime(2026, 3, 6, tzinfo=UTC)),
        (datetime(2026, 3, 11, 10, 0, tzinfo=UTC), "UTC", datetime(2026, 3, 9, tzinfo=UTC)),
        # Nine in New York is two in the afternoon in London, and its Monday ends later.
        (datetime(2026, 3, 5, 13, 59, tzinfo=UTC), "America/New_York", None),
        (
            datetime(2026, 3, 5, 14, 0, tzinfo=UTC),
            "America/New_York",
            datetime(2026, 3, 3, 5, 0, tzinfo=UTC),
        ),
    ],
)
def test_a_nudge_is_due_on_the_third_working_day_at_nine(
    now: datetime, zone: str, last: datetime | None
) -> None:
    due = nudge_due(now, zone)
    assert (due and due.last) == last


async def test_one_nudge_and_never_a_second(app: Litestar, cast: Cast, clock: FrozenClock) -> None:
    for at in (
        BEGINNING,
        THURSDAY_AT_NINE - timedelta(minutes=1),
        THURSDAY_AT_NINE,
        THURSDAY_AT_NINE + timedelta(minutes=5),
        THURSDAY_AT_NINE + timedelta(days=7),
    ):
        await write_first_letters(at)
    # Cleo is paused, and Dora is not approved yet.
    assert await wrote("first_nudge") == [("first_nudge", cast.ada.email), ("first_nudge", cast.ben.email)]
    letters = await sent_letters(app, THURSDAY_AT_NINE + timedelta(days=7))
    (letter,) = [one for one in letters if one["To"] == cast.ada.email and "One step" in one["Subject"]]
    assert f"http://127.0.0.1:8000/r/{cast.ada.slug}" in text_of(letter)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_two_workers_write_each_letter_once(app: Litestar, cast: Cast) -> None:
    await asyncio.gather(*(write_first_letters(THURSDAY_AT_NINE) for _ in range(4)))
    assert len(await wrote("first_nudge")) == 2


async def test_whoever_has_a_click_a_list_put_away_or_an_old_start_is_not_nudged(
    app: Litestar, people: People, ben: httpx.AsyncClient, cast: Cast
) -> None:
    await clicked(app, people, cast.ada)
    await ben.post("/home/first-week", data={"do": "put-away"})
    await write_first_letters(THURSDAY_AT_NINE)
    assert await wrote("first_nudge") == []
    await FirstWeek.update({FirstWeek.put_away_at: None}).where(FirstWeek.enrollment == cast.ben.enrollment)
    await write_first_letters(THURSDAY_AT_NINE + timedelta(days=28))
    assert await wrote("first_nudge") == []


async def test_what_fails_after_the_letter_takes_the_letter_along(app: Litestar, cast: Cast) -> None:
    rename = "ALTER TABLE first_week RENAME COLUMN {} TO {}"
    await db.engine().run_ddl(rename.format("sale_told_at", "gone"))
    with pytest.raises(Exception, match="sale_told_at"):
        await write_first_letters(THURSDAY_AT_NINE)
    await db.engine().run_ddl(rename.format("gone", "sale_told_at"))
    assert await wrote("first_nudge") == []
    await write_first_letters(THURSDAY_AT_NINE)
    assert len(await wrote("first_nudge")) == 2


async def test_ada_hears_of_her_first_click_once(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await clicked(app, people, cast.ada)
    clock.forward(minutes=10)
    await write_first_letters(clock())
    await clicked(app, people, cast.ada)
    await write_first_letters(clock.forward(hours=30))
    assert await wrote("first_click") == [("first_click", cast.ada.email)]
    letters = await sent_letters(app, clock())
    assert any(one["Subject"] == "Your first click" for one in letters)


async def test_a_first_click_of_last_week_is_no_news(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await clicked(app, people, cast.ada)
    clock.forward(days=5)
    await clicked(app, people, cast.ada)
    await write_first_letters(clock())
    assert await wrote("first_click") == []


async def test_a_first_sale_in_the_same_hours_is_the_one_letter(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    visitor = await people.visitor()
    token = await clicked(app, people, cast.ada)
    sale = await sell(visitor, token, STRIPE_SECRET, clock.forward(minutes=3))
    await write_first_letters(clock.forward(minutes=3))
    await write_first_letters(clock.forward(minutes=30))
    assert await wrote("first_click", "first_sale") == [("first_sale", cast.ada.email)]
    letter = next(one for one in await sent_letters(app, clock()) if "first sale" in one["Subject"])
    assert letter["Subject"] == "Your first sale: $35.70"
    assert f"/earnings/{sale}" in text_of(letter)


async def test_nobody_who_has_ended_gets_letters(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    await clicked(app, people, cast.ada)
    manager = Actor("manager", str(cast.mira.id))
    await set_state(cast.ada.enrollment, EnrollmentState.ENDED, "asked for it", manager, clock())
    await Enrollment.update({Enrollment.state: "paused"}).where(Enrollment.id == cast.ben.enrollment)
    await write_first_letters(THURSDAY_AT_NINE)
    assert await wrote("first_click", "first_nudge") == []


async def test_one_press_in_the_mail_program_ends_such_letters(
    app: Litestar, people: People, visitor: httpx.AsyncClient, cast: Cast
) -> None:
    await write_first_letters(THURSDAY_AT_NINE)
    letters = await sent_letters(app, THURSDAY_AT_NINE)
    letter = next(one for one in letters if one["To"] == cast.ada.email and one["List-Unsubscribe"])
    path = path_in(letter, "/letters/")
    assert path in letter["List-Unsubscribe"]
    # Opening it changes nothing; the mail program's own POST does, from wherever it is sent.
    assert "Switch them off" in (await visitor.get(path)).text
    answer = await visitor.post(
        path, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == httpx.codes.OK
    assert "These letters are off" in (await visitor.get(path)).text
    await clicked(app, people, cast.ada)
    await clicked(app, people, cast.ben)
    await write_first_letters(BEGINNING + timedelta(hours=1))
    assert await wrote("first_click") == [("first_click", cast.ben.email)]

    back = await visitor.post(path, data={"letters": "on"}, follow_redirects=True)
    assert "Switch them off" in back.text
    await write_first_letters(BEGINNING + timedelta(hours=1))
    assert ("first_click", cast.ada.email) in await wrote("first_click")


async def test_a_bent_address_switches_nothing(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.post("/letters/abc")).status_code == httpx.codes.NOT_FOUND
