"""Applying like people do: in one go with autofill, in pieces on two devices, and without a script."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from portal import db
from portal.enrollments.drafts import remind_writers
from portal.enrollments.tables import Application, Draft
from tests.flows.conftest import BROWSER, Portal
from tests.flows.person import Person
from tests.flows.test_first_walk import open_letter

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Arrives = Callable[[], Awaitable[Person]]
AUDIENCE = "Trainers in Germany and Austria who build their first online course."


async def fills_in(person: Person, answers: dict[str, str]) -> None:
    """As a browser does that knows name, address and site: all at once, with the events of typing."""
    for label, answer in answers.items():
        await person.page.get_by_label(label, exact=True).fill(answer)


async def types_slowly(person: Person, label: str, text: str) -> None:
    await person.page.get_by_label(label, exact=True).press_sequentially(text, delay=12)


async def test_a_person_with_a_browser_that_fills_in_applies_within_a_minute(
    portal: Portal, arrives: Arrives
) -> None:
    lena = await arrives()
    lena.careful, careful = False, lena.careful  # axe takes longer than a person does
    began = time.monotonic()
    await lena.opens("/?utm_source=newsletter")
    await lena.clicks("Apply in two minutes")
    await fills_in(
        lena,
        {
            "Your name": "Lena Hoffmann",
            "E-mail": "lena@kurswerkstatt.example",
            "Web address or channel": "kurswerkstatt.example",
        },
    )
    await lena.ticks("Online educator", "Blog", "Newsletter", "1,000 to 10,000")
    await types_slowly(lena, "Who reads, watches or listens to you?", AUDIENCE)
    await lena.page.get_by_role("checkbox", name="I have read the program terms").check()
    await expect(lena.page.locator("#saved")).to_contain_text("Saved at")
    await lena.presses("Send my application")
    await lena.reads("look into your mailbox", "lena@kurswerkstatt.example")
    await lena.clicks("its own mailbox")
    await open_letter(lena, "Confirm your address")
    await lena.presses("Yes, this is my address")
    await lena.reads("We have your application, Lena", "In review", "1,000 to 10,000")
    assert time.monotonic() - began < 60

    async with db.connected(portal.settings.database_url):
        (application,) = await Application.objects()
        assert '"utm_source":"newsletter"' in application.source
        assert 1 <= application.seconds < 60
        assert application.form is not None
    lena.careful = careful
    await lena.looks_around()
    await lena.clicks("Change them")
    await lena.types({"Web address or channel": "https://kurswerkstatt.example/kurse"})
    await lena.presses("Save my answers")
    await lena.reads("Your answers are changed", "kurswerkstatt.example/kurse")


async def test_a_slow_person_takes_a_break_and_ends_on_another_device(
    portal: Portal, arrives: Arrives
) -> None:
    desk = await arrives()
    await desk.opens("/p/kartra/apply")
    await types_slowly(desk, "Your name", "Lena Hoffmann")
    await types_slowly(desk, "E-mail", "lena@kurswerkstatt.example")
    await desk.ticks("Online educator")
    await desk.page.get_by_role("checkbox", name="Other").check()
    await desk.page.get_by_label("How else?").fill("Evening classes")
    await types_slowly(desk, "Who reads, watches or listens to you?", "Trainers in")
    await expect(desk.page.locator("#saved")).to_contain_text("Saved at")
    await desk.presses("Send me a link to go on elsewhere")
    await desk.reads("The link is on its way to lena@kurswerkstatt.example", "Welcome back")

    # She sleeps over it, and a day later gets the one letter that reminds.
    async with db.connected(portal.settings.database_url):
        assert await remind_writers(datetime.now(UTC) + timedelta(hours=25)) == 1
        await _let_the_worker_see_it()
    phone = await arrives()
    await open_letter(phone, "is not sent yet")
    await phone.presses("Go on here")
    for label, answer in {
        "Your name": "Lena Hoffmann",
        "E-mail": "lena@kurswerkstatt.example",
        "How else?": "Evening classes",
        "Who reads, watches or listens to you?": "Trainers in",
    }.items():
        await expect(phone.page.get_by_label(label, exact=True)).to_have_value(answer)
    await expect(phone.page.get_by_label("Online educator", exact=True)).to_be_checked()
    await phone.page.set_viewport_size({"width": 320, "height": 700})
    await phone.looks_around()

    # The first try forgets something; nothing is lost by that either.
    await phone.page.get_by_label("Who reads, watches or listens to you?").fill(AUDIENCE)
    await phone.page.wait_for_timeout(900)  # nobody fills in a form in less
    await phone.presses("Send my application")
    await phone.reads("2 answers need another look")
    # The browser calls a form that comes back an error, and means the answer 422.
    phone.complaints[:] = [complaint for complaint in phone.complaints if "422" not in complaint]
    await expect(phone.page.get_by_label("How else?", exact=True)).to_have_value("Evening classes")
    await phone.types({"Web address or channel": "kurswerkstatt.example"})
    await phone.page.get_by_role("checkbox", name="I have read the program terms").check()
    await phone.page.wait_for_timeout(900)  # nobody fills in a form in less
    await phone.presses("Send my application")
    await phone.reads("look into your mailbox")
    await open_letter(phone, "Confirm your address")
    await phone.presses("Yes, this is my address")
    await phone.reads("We have your application, Lena", "Other: Evening classes", AUDIENCE)

    # The desk still has the page open: it is told, and nothing is sent twice.
    await desk.page.get_by_label("Your name", exact=True).press_sequentially("!")
    await expect(desk.page.locator("#saved")).to_contain_text("Sent at")


async def test_without_a_script_everything_works_by_buttons(portal: Portal, browser: Browser) -> None:
    context = await browser.new_context(
        java_script_enabled=False,
        viewport={"width": 320, "height": 700},
        user_agent=BROWSER.format(browser.version),
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.goto(f"{portal.url}/p/kartra/apply")
    await page.get_by_label("Your name", exact=True).fill("Lena Hoffmann")
    await page.get_by_role("button", name="Save and go on later").click()
    await expect(page.get_by_text("Come back to this page")).to_be_visible()
    await expect(page.get_by_label("Your name", exact=True)).to_have_value("Lena Hoffmann")
    await page.get_by_label("E-mail", exact=True).fill("lena@kurswerkstatt.example")
    await page.get_by_label("Web address or channel", exact=True).fill("kurswerkstatt.example")
    for label in ("Online educator", "Blog"):
        await page.get_by_label(label, exact=True).check()
    await page.get_by_label("Who reads, watches or listens to you?").fill(AUDIENCE)
    await page.get_by_role("checkbox", name="I have read the program terms").check()
    await page.wait_for_timeout(900)  # nobody fills in a form in less
    await page.get_by_role("button", name="Send my application").click()
    await expect(page.get_by_text("look into your mailbox")).to_be_visible()
    await context.close()
    async with db.connected(portal.settings.database_url):
        (draft,) = await Draft.objects()
        assert draft.sent_at is not None


async def _let_the_worker_see_it() -> None:
    """The letter was posted for tomorrow; its day has come."""
    from portal.outbox.tables import Letter

    await Letter.update({Letter.send_after: datetime.now(UTC)}).where(
        Letter.message == "application_draft_waits"
    )
    await asyncio.sleep(0)
