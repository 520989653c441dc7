"""Ada misses a sale and reports it; Mira finds the payment and credits it, or says why not."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from portal.audit.tables import AuditEntry
from portal.earnings.books import books_on
from portal.earnings.tables import Transaction
from portal.earnings.verify import book_problems
from portal.support.tables import Claim
from tests.cast import Cast
from tests.conftest import FrozenClock, People
from tests.earnings.books import Desk
from tests.letters import sent_letters, text_of

HERE = "/earnings/claims"


@pytest.fixture
async def paid(app: Litestar, cast: Cast, clock: FrozenClock) -> UUID:
    """Somebody pays $119.00 who came through nobody."""
    desk = Desk(cast)
    await desk.tell(desk.checkout(clock(), "eve"), desk.paid(desk.bill(clock(), "eve")))
    (row,) = await Transaction.select(Transaction.id)
    return UUID(str(row["id"]))


def said(clock: FrozenClock, **changes: str) -> dict[str, str]:
    day = clock().date().isoformat()
    return {"order": "in_eve_1", "customer": "", "paid_on": day, "why": "She used my link.", **changes}


async def reported(ada: httpx.AsyncClient, clock: FrozenClock, **changes: str) -> str:
    answer = await ada.post(HERE, data=said(clock, **changes))
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
    (row,) = await Claim.select(Claim.id).order_by(Claim.reported_at, ascending=False).limit(1)
    return f"/manage/claims/{row['id']}"


async def minors(cast: Cast, clock: FrozenClock) -> list[int]:
    lines = await books_on(clock().date())
    return [line.minor for line in lines if line.enrollment == cast.ada.enrollment]


async def test_a_missing_sale_is_reported_found_and_credited(
    app: Litestar,
    people: People,
    ada: httpx.AsyncClient,
    mira: httpx.AsyncClient,
    paid: UUID,
    cast: Cast,
    clock: FrozenClock,
) -> None:
    path = await reported(ada, clock)
    assert "A manager looks at it." in (await ada.get(HERE)).text
    letters = [one for one in await sent_letters(app, clock()) if "is reported" in one["Subject"]]
    assert [one["To"] for one in letters] == [cast.terms.contact]
    assert path in text_of(letters[0])
    assert "1 missing sale" in (await mira.get("/manage")).text
    page = (await mira.get(path)).text
    assert "Claimed in time: this payment itself is credited" in page
    clock.forward(days=60)
    ada, mira = await people.signed_in(cast.ada), await people.signed_in(cast.mira)
    answer = {"verb": "accept", "payment": str(paid), "reason": "Your link was in her mail."}
    done = await mira.post(path, data=answer, follow_redirects=True)
    assert "Ada Lindqvist has the sale" in done.text
    assert await minors(cast, clock) == [3_570]
    assert await book_problems(clock()) == []
    mine = (await ada.get(HERE)).text
    assert "Your link was in her mail." in mine
    assert f"/earnings/{paid}" in mine
    told = [one for one in await sent_letters(app, clock()) if "is credited" in one["Subject"]]
    assert (told[0]["To"], "$35.70" in text_of(told[0])) == (cast.ada.email, True)
    verbs = {row["verb"] for row in await AuditEntry.select(AuditEntry.verb)}
    assert verbs >= {"reported", "accepted", "tied"}


async def test_a_claim_that_comes_too_late_ties_only_what_is_paid_from_now_on(
    people: People, paid: UUID, cast: Cast, clock: FrozenClock
) -> None:
    day = clock().date().isoformat()
    clock.forward(days=61)
    ada, mira = await people.signed_in(cast.ada), await people.signed_in(cast.mira)
    path = await reported(ada, clock, paid_on=day)
    assert "Too late for this payment" in (await mira.get(path)).text
    await mira.post(path, data={"verb": "accept", "payment": str(paid), "reason": "It was yours."})
    assert await minors(cast, clock) == []
    later = clock.forward(days=1)
    desk = Desk(cast)
    await desk.tell(desk.paid(desk.bill(later, "eve", 2, first=False)))
    assert await minors(cast, clock) == [3_570]


async def test_a_declined_claim_keeps_its_reason_and_books_nothing(
    app: Litestar,
    ada: httpx.AsyncClient,
    mira: httpx.AsyncClient,
    paid: UUID,
    cast: Cast,
    clock: FrozenClock,
) -> None:
    path = await reported(ada, clock)
    assert (await mira.post(path, data={"verb": "decline", "reason": ""})).status_code == 422
    await mira.post(path, data={"verb": "decline", "reason": "She came through a search."})
    assert "She came through a search." in (await ada.get(HERE)).text
    told = [one for one in await sent_letters(app, clock()) if one["Subject"].startswith("About the sale")]
    assert "She came through a search." in text_of(told[0])
    assert await minors(cast, clock) == []


async def test_two_managers_answer_once(
    ada: httpx.AsyncClient, mira: httpx.AsyncClient, paid: UUID, cast: Cast, clock: FrozenClock
) -> None:
    path = await reported(ada, clock)
    await mira.post(path, data={"verb": "decline", "reason": "No."})
    again = await mira.post(path, data={"verb": "accept", "payment": str(paid), "reason": "Yes."})
    assert again.status_code == httpx.codes.CONFLICT
    assert "was declined meanwhile" in again.text
    assert await minors(cast, clock) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"order": ""}, "Give the order number"),
        ({"why": ""}, "Say how the customer came to you"),
        ({"paid_on": "soon"}, "Choose the day on which the customer paid"),
        ({"paid_on": "2030-01-01"}, "Choose a day that has come"),
        ({"paid_on": "2020-01-01"}, "more than two years ago"),
        ({"why": "x" * 501}, "500 characters or fewer"),
        ({"order": "x" * 121}, "120 characters or fewer"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_lost(
    ada: httpx.AsyncClient, clock: FrozenClock, changes: dict[str, str], sentence: str
) -> None:
    answer = await ada.post(HERE, data=said(clock, **{"customer": "", **changes}))
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert sentence in answer.text
    kept = {"in_eve_1", "She used my link."} - set(changes)
    assert any(words in answer.text for words in kept)
    assert await Claim.count() == 0


async def test_the_same_sale_is_reported_once_and_only_so_many_wait(
    ada: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await reported(ada, clock)
    again = await ada.post(HERE, data=said(clock, order=" IN_EVE_1 "))
    assert again.status_code == httpx.codes.CONFLICT
    for number in range(4):
        await reported(ada, clock, order=f"in_{number}")
    assert (await ada.post(HERE, data=said(clock, order="in_9"))).status_code == httpx.codes.CONFLICT
    assert "of your reports wait for an answer" in (await ada.get(HERE)).text


async def test_a_sale_that_is_in_the_books_is_shown_instead(
    ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    desk = Desk(cast)
    click = await desk.click(cast.ada, clock() - timedelta(days=1))
    await desk.tell(desk.checkout(clock(), "eve", click=click), desk.paid(desk.bill(clock(), "eve")))
    answer = await ada.post(HERE, data=said(clock))
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert re.search(r'href="/earnings/[0-9a-f-]{36}">See it', answer.text)


async def test_what_ben_sold_is_told_to_nobody_but_managers(
    ada: httpx.AsyncClient, mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    desk = Desk(cast)
    click = await desk.click(cast.ben, clock() - timedelta(days=1))
    await desk.tell(desk.checkout(clock(), "eve", click=click), desk.paid(desk.bill(clock(), "eve")))
    path = await reported(ada, clock)
    assert "Ben" not in (await ada.get(HERE)).text
    assert "It is tied to <bdi>Ben Okafor</bdi>, who would lose it." in (await mira.get(path)).text


async def test_a_payment_is_found_by_its_day_and_by_another_number(
    ada: httpx.AsyncClient, mira: httpx.AsyncClient, paid: UUID, clock: FrozenClock
) -> None:
    path = await reported(ada, clock, order="", customer="Eve, a baker")
    assert str(paid) in (await mira.get(path)).text
    assert str(paid) in (await mira.get(f"{path}?q=in_eve_1")).text
    assert "No payment found" in (await mira.get(f"{path}?q=in_nobody")).text
    wrong = {"verb": "accept", "payment": "x", "reason": "Yes."}
    assert "Choose the payment that it is about." in (await mira.post(path, data=wrong)).text
