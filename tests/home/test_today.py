"""The managers' first page: what waits, what is owed to the cent, what was done."""

from datetime import date, timedelta

import httpx
from litestar import Litestar

from portal.audit.tables import AuditEntry
from portal.clock import local_date
from portal.earnings.owed import owed_by
from portal.earnings.timeline import LineState, Month
from portal.earnings.totals import currencies_of, equation
from portal.enrollments.actions import decline
from portal.home.today import _names, _working_day_before
from portal.ids import new_id
from portal.money import Money
from portal.outbox.tables import Letter
from tests.cast import Cast
from tests.conftest import STRIPE_SECRET, FrozenClock, People
from tests.sales import click_on, sell


def plain(answer: httpx.Response) -> str:
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.text.replace("\u00a0", " ")


async def test_mira_reads_who_waits_until_when(
    mira: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    page = plain(await mira.get("/manage"))
    assert "1 application<" in page
    assert "Dora Jansen, the oldest first" in page
    assert "All of it has time." in page or "due tomorrow" in page
    clock.forward(days=9)
    late = plain(await (await people.signed_in(cast.mira)).get("/manage"))
    assert "One late" in late
    assert "1 application is late, so begin there." in late


async def test_nothing_waits_once_all_is_decided(
    mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    await decline(cast.dora.application, cast.mira.id, "Not now.", clock())
    page = plain(await mira.get("/manage"))
    assert "Nothing waits for you." in page
    assert "You declined Dora Jansen" in page


async def test_what_is_owed_is_the_sum_of_all_affiliates(
    app: Litestar, people: People, mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    for partner in (cast.ada, cast.ben):
        token = await click_on(await people.visitor(), partner.slug)
        await app.state.clicks.settled()
        await sell(await people.visitor(), token, STRIPE_SECRET, clock.forward(minutes=5))
    for days, state in ((0, LineState.HELD), (50, LineState.RELEASED)):
        today = local_date(clock() + timedelta(days=days), cast.terms.timezone)
        owed = (await owed_by(cast.program, today, Month.of(today).last_day))["USD"]
        assert owed.amount(state) == owed.owed == owed.booked == Money(7_140, "USD")
        parts = [
            await equation(partner.enrollment, currency, today)
            for partner in (cast.ada, cast.ben, cast.cleo)
            for currency in await currencies_of(partner.enrollment)
        ]
        assert Money.total((part.amount(state) for part in parts), "USD") == owed.amount(state)
    page = plain(await mira.get("/manage"))
    assert "$71" in page
    assert "2 sales came in and are booked" in page


async def test_a_letter_that_came_back_is_sent_again_or_let_go(
    mira: httpx.AsyncClient, ben: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    letter = Letter(
        id=new_id(),
        message="application_declined",
        program=cast.program,
        to="eda@nowhere.example",
        values="{}",
        created_at=clock(),
        send_after=clock(),
        attempts=24,
        given_up_at=clock(),
        last_problem="550 no such user",
    )
    await Letter.insert(letter)
    page = plain(await mira.get("/manage"))
    assert "1 letter could not be delivered" in page
    assert "550 no such user" in plain(await mira.get("/manage/letters"))
    address = f"/manage/letters/{letter.id}"
    assert (await ben.post(address, data={"do": "let-go"})).status_code == httpx.codes.FORBIDDEN

    await mira.post(address, data={"do": "again"})
    (row,) = await Letter.select().where(Letter.id == letter.id)
    assert (row["given_up_at"], row["attempts"]) == (None, 0)
    # It is on its way, so there is nothing to let go.
    assert (await mira.post(address, data={"do": "let-go"})).status_code == httpx.codes.NOT_FOUND

    await Letter.update({Letter.given_up_at: clock()}).where(Letter.id == letter.id)
    await mira.post(address, data={"do": "let-go"})
    assert not await Letter.exists().where(Letter.id == letter.id)
    verbs = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.subject == str(letter.id))
    assert [row["verb"] for row in verbs] == ["sent_again", "let_go"]


def test_names_stop_at_three() -> None:
    assert _names(["Ada"], 1) == "Ada"
    assert _names(["Ada", "Ben"], 2) == "Ada and Ben"
    assert _names(["Ada", "Ben", "Cleo"], 3) == "Ada, Ben and Cleo"
    assert _names(["Ada", "Ben", "Cleo", "Dora"], 60) == "Ada, Ben, Cleo and 57 more"


def test_on_monday_the_day_before_is_friday() -> None:
    assert _working_day_before(date(2026, 3, 2)) == date(2026, 2, 27)
    assert _working_day_before(date(2026, 3, 4)) == date(2026, 3, 3)
