"""An application written in pieces, on several devices, and sent once: nothing lost, nothing doubled."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from litestar import Litestar

from portal.accounts.tables import Affiliate
from portal.enrollments.applying_queries import median_seconds
from portal.enrollments.drafts import clear_drafts, remind_writers
from portal.enrollments.tables import Application, Draft
from portal.outbox.tables import Letter
from tests.cast import Cast
from tests.conftest import FrozenClock, People
from tests.letters import path_in, sent_letters, text_of
from tests.pages import filled_in

FORM = "/p/kartra/apply"
LENA = {
    "name": "Lena Hoffmann",
    "email": "lena@kurswerkstatt.example",
    "web_address": "kurswerkstatt.example",
    "kind": "educator",
    "ways": "blog",
    "audience": "Trainers who build their first course.",
    "consent": "yes",
}
HTMX = {"HX-Request": "true"}


async def opened(someone: httpx.AsyncClient) -> dict[str, str]:
    return filled_in(await someone.get(FORM))


async def types(someone: httpx.AsyncClient, form: dict[str, str], **typed: str) -> str:
    """As the page saves itself; gives back what it says about it."""
    answer = await someone.post(f"{FORM}/draft", data={**form, **typed}, headers=HTMX)
    assert answer.status_code == httpx.codes.OK
    return answer.text


async def sends(someone: httpx.AsyncClient, form: dict[str, str], **typed: str) -> httpx.Response:
    return await someone.post(FORM, data={**form, **LENA, **typed})


async def post_of(app: Litestar, now: datetime, domain: str = "kurswerkstatt.example") -> list[EmailMessage]:
    """The letters that Lena has got; the cast had some before."""
    return [letter for letter in await sent_letters(app, now) if letter["To"].endswith(domain)]


async def the_draft() -> Any:
    (draft,) = await Draft.objects()
    return draft


async def test_what_is_typed_is_there_again_in_the_same_browser(visitor: httpx.AsyncClient) -> None:
    form = await opened(visitor)
    assert "Saved at" in await types(visitor, form, name="Lena")
    more = {"kind": "educator", "ways": "blog", "q-examples": "kurs", "q-reach": "Under 1,000"}
    await types(visitor, form, name="Lena Hoff", email="lena@", **more)
    again = await opened(visitor)
    assert (again["name"], again["email"], again["kind"]) == ("Lena Hoff", "lena@", "educator")
    assert {name: again[name] for name in more} == more
    assert await Draft.count() == 1


async def test_a_stranger_sees_nothing_of_it(visitor: httpx.AsyncClient, people: People) -> None:
    await types(visitor, await opened(visitor), name="Lena")
    stranger = await people.visitor()
    assert (await opened(stranger))["name"] == ""
    forged = await stranger.get("/apply/draft/" + "A" * 43)
    assert forged.status_code == httpx.codes.NOT_FOUND


async def test_without_a_script_a_button_saves(visitor: httpx.AsyncClient) -> None:
    form = await opened(visitor)
    answer = await visitor.post(f"{FORM}/draft", data={**form, "name": "Lena"}, follow_redirects=True)
    assert "Come back to this page" in answer.text
    assert filled_in(answer)["name"] == "Lena"


async def test_a_letter_opens_it_on_another_device_and_there_it_is_sent(
    app: Litestar, visitor: httpx.AsyncClient, people: People, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    await visitor.post(f"{FORM}/link", data={**form, "name": LENA["name"], "email": LENA["email"]})
    (letter,) = await post_of(app, clock())
    assert (letter["To"], "Hello," in text_of(letter)) == (LENA["email"], True)
    phone = await people.visitor()
    looked = await phone.get(path_in(letter, "/apply/draft/"))
    assert "Go on here" in looked.text
    assert not phone.cookies, "looking alone changes nothing"
    page = await phone.post(path_in(letter, "/apply/draft/"), follow_redirects=True)
    there = filled_in(page)
    assert (there["name"], there["email"]) == (LENA["name"], LENA["email"])
    clock.forward(minutes=1)
    answer = await sends(phone, there)
    assert answer.headers["Location"].startswith("/apply/sent/")
    await sent_letters(app, clock())
    assert await Application.count().where(Application.affiliate.email == LENA["email"]) == 1
    # The first device is told, and makes no second application of the same words.
    assert "Sent at" in await types(visitor, form, name="Lena", email=LENA["email"])


async def test_no_letter_goes_to_an_address_that_nobody_asked_for(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await types(visitor, await opened(visitor), **LENA)
    clock.forward(days=3)
    assert await remind_writers(clock()) == 0
    assert await post_of(app, clock()) == []


async def test_whoever_asked_is_reminded_once(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await visitor.post(f"{FORM}/link", data={**await opened(visitor), "email": LENA["email"]})
    assert await remind_writers(clock.forward(hours=23)) == 0
    assert await remind_writers(clock.forward(hours=2)) == 1
    assert await remind_writers(clock.forward(days=2)) == 0
    subjects = [letter["Subject"] for letter in await post_of(app, clock())]
    assert [("not sent yet" in subject) for subject in subjects] == [False, True]


async def test_a_new_address_has_not_asked_for_letters(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    await visitor.post(f"{FORM}/link", data={**form, "email": LENA["email"]})
    await types(visitor, form, email="somebody@else.example")
    assert await remind_writers(clock.forward(days=2)) == 0


async def test_nobody_fills_a_mailbox_with_links(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    answers = [await visitor.post(f"{FORM}/link", data={**form, "email": LENA["email"]}) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {httpx.codes.SEE_OTHER}
    assert len(await post_of(app, clock())) == 3


async def test_two_devices_do_not_overwrite_each_other(
    app: Litestar, visitor: httpx.AsyncClient, people: People, clock: FrozenClock
) -> None:
    desk = await opened(visitor)
    await visitor.post(f"{FORM}/link", data={**desk, "name": "Lena", "email": LENA["email"]})
    (letter,) = await post_of(app, clock())
    laptop = await people.visitor()
    there = filled_in(await laptop.post(path_in(letter, "/apply/draft/"), follow_redirects=True))
    assert "Saved at" in await types(laptop, there, name="Lena from the laptop")
    said = await types(visitor, desk, name="Lena from the desk")
    assert "written on another device" in said
    assert (await opened(laptop))["name"] == "Lena from the laptop"
    # Sending from the older page asks first, and keeps what stands there.
    clock.forward(minutes=1)
    answer = await sends(visitor, desk, name="Lena from the desk")
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Send it again, and what stands here counts" in answer.text
    again = filled_in(answer)
    assert again["name"] == "Lena from the desk"
    assert (await sends(visitor, again, name=again["name"])).status_code == httpx.codes.SEE_OTHER


async def test_a_page_may_be_kept_over_what_another_wrote(visitor: httpx.AsyncClient) -> None:
    one, other = await opened(visitor), await opened(visitor)
    await types(visitor, one, name="First")
    again = await opened(visitor)
    await types(visitor, one, name="First again")
    assert "Not saved" in await types(visitor, again, name="Second")
    assert "Saved at" in await types(visitor, again, name="Second", over="yes")
    assert (await opened(visitor))["name"] == "Second"
    assert other["draft"] != again["draft"]


async def test_sent_twice_is_one_application(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    clock.forward(minutes=1)
    places = {(await sends(visitor, form)).headers["Location"] for _ in range(3)}
    assert len(places) == 1
    await sent_letters(app, clock())
    clock.forward(minutes=5)
    await sends(visitor, form)
    assert len(await post_of(app, clock())) == 1


async def test_a_mistyped_address_is_mended_and_sent_again(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    clock.forward(minutes=1)
    await sends(visitor, form, email="lena@kurswerkstat.example")
    back = await visitor.get(FORM)
    assert "You sent this to us already" in back.text
    again = filled_in(back)
    assert again["audience"] == LENA["audience"]
    clock.forward(minutes=1)
    await sends(visitor, again)
    assert {letter["To"] for letter in await post_of(app, clock(), ".example") if "lena" in letter["To"]} == {
        LENA["email"],
        "lena@kurswerkstat.example",
    }


async def test_nothing_is_looked_up_while_somebody_applies(
    visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    before = await Affiliate.count(), await Application.count(), await Letter.count()
    form = await opened(visitor)
    clock.forward(minutes=1)
    await sends(visitor, form)
    after = await Affiliate.count(), await Application.count(), await Letter.count()
    assert after == (before[0], before[1], before[2] + 1)


async def test_what_was_typed_goes_after_thirty_days_and_the_times_stay(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await types(visitor, await opened(visitor), **LENA)
    await clear_drafts(clock.forward(days=29))
    assert (await opened(visitor))["name"] == LENA["name"]
    await clear_drafts(clock.forward(days=2))
    assert (await opened(visitor))["name"] == ""
    draft = await the_draft()
    assert (draft.email, draft.answers, draft.emptied_at) == ("", "{}", clock())
    assert draft.started_at is not None


async def test_nothing_goes_of_an_application_that_the_worker_has_not_read(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    form = await opened(visitor)
    clock.forward(minutes=1)
    await sends(visitor, form)
    await clear_drafts(clock.forward(days=3))  # the worker stood still that long
    await sent_letters(app, clock())
    assert await Application.count().where(Application.affiliate.email == LENA["email"]) == 1
    await clear_drafts(clock.forward(hours=1))
    assert (await the_draft()).answers == "{}"


async def test_it_can_be_deleted_at_once(visitor: httpx.AsyncClient) -> None:
    await types(visitor, await opened(visitor), **LENA)
    answer = await visitor.post(f"{FORM}/forget", follow_redirects=True)
    assert filled_in(answer)["name"] == ""
    assert (await the_draft()).email == ""


async def test_a_browser_lets_go_of_it_over_https_too(visitor: httpx.AsyncClient, app: Litestar) -> None:
    app.state.settings = replace(app.state.settings, base_url="https://partners.example")
    answer = await visitor.post(f"{FORM}/forget")
    (gone,) = (one for one in answer.headers.get_list("set-cookie") if "draft-kartra" in one)
    assert gone.startswith("__Host-")
    assert "Secure" in gone, "browsers ignore such a cookie without it"


async def test_new_drafts_are_limited_whatever_a_page_claims_to_have_seen(people: People) -> None:
    said = []
    for _ in range(31):
        someone = await people.visitor()
        said.append(await types(someone, await opened(someone), base="1"))
    assert all("Saved at" in one for one in said[:30])
    assert "Saved at" not in said[30]


async def test_what_is_sent_once_too_often_is_kept(
    people: People, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    for number in range(5):
        someone = await people.visitor()
        form = await opened(someone)
        clock.forward(seconds=30)
        await sends(someone, form, audience=f"Readers {number}.")
    form = await opened(visitor)
    clock.forward(seconds=30)
    answer = await sends(visitor, form, audience="The sixth.")
    assert LENA["email"] in (await visitor.get(answer.headers["Location"])).text
    assert (await opened(visitor))["audience"] == "The sixth."


async def test_a_draft_has_an_end_and_says_so(visitor: httpx.AsyncClient) -> None:
    form = await opened(visitor)
    long = "x" * 10_000
    assert "Saved at" in await types(visitor, form, audience=long)
    assert (await opened(visitor))["audience"] == long
    too_long = dict.fromkeys(("name", "email", "web_address", "audience", "other_way"), "漢" * 10_000)
    answer = await visitor.post(f"{FORM}/draft", data={**form, **too_long}, headers=HTMX)
    assert "longer than an application can be" in answer.text or answer.status_code == 413
    assert (await opened(visitor))["audience"] == long


@pytest.mark.parametrize(
    "typed",
    [
        "\u202eevil\u202c",
        "a\x00b",
        "e\u0301\u0302\u0303\u0304\u0305",
        "👩🏽\u200d🚀",
        "سارة",
        "' OR 1=1 --",
    ],
)
async def test_naughty_text_is_kept_as_it_was_typed(visitor: httpx.AsyncClient, typed: str) -> None:
    form = await opened(visitor)
    fields = ("name", "web_address", "other_way", "audience", "q-examples")
    await types(visitor, form, **dict.fromkeys(fields, typed))
    again = await opened(visitor)
    assert {field: again[field] for field in fields} == dict.fromkeys(fields, typed.replace("\x00", ""))


async def test_the_time_runs_from_the_first_keystroke_to_sending(
    visitor: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    assert await median_seconds(cast.program, clock()) is None
    for seconds in (70, 90, 400):
        someone = await people.visitor()
        form = await opened(someone)
        clock.forward(minutes=30)  # the page lay open, and nobody typed
        await types(someone, form, name="L")
        clock.forward(seconds=seconds)
        await sends(someone, form, email=f"lena{seconds}@kurswerkstatt.example")
    plain = await opened(visitor)
    clock.forward(seconds=60)
    await sends(visitor, plain)  # without a script it runs from opening the page
    assert await median_seconds(cast.program, clock()) == 80
    assert await median_seconds(cast.program, clock() + timedelta(days=91)) is None
