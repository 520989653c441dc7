"""A manager works through ten applications without touching the mouse."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from portal import db
from portal.clock import utc_now
from portal.enrollments.rules import Verdict
from portal.enrollments.tables import ApplicationDecision
from portal.programs.queries import all_programs, terms_at
from tests.cast import apply
from tests.flows.conftest import Portal
from tests.flows.managers import hire, sign_in_with_code
from tests.flows.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Arrives = Callable[[], Awaitable[Person]]
TEN = [f"{name} Falk" for name in "Abel Bina Cora Dario Emil Fenja Gala Hugo Ilse Joris".split()]


async def test_ten_applications_are_worked_by_keyboard_alone(portal: Portal, arrives: Arrives) -> None:
    mira = await arrives()
    await ten_apply(portal)
    await sign_in_with_code(mira, await hire(portal))
    await mira.opens("/manage/applications")
    keys, heading = mira.page.keyboard, mira.page.locator(".desk-head h2")

    await keys.press("?")
    await expect(mira.page.locator("#keys")).to_be_visible()
    await keys.press("Escape")

    await expect(heading).to_have_text(TEN[0])
    await keys.press("j")
    await expect(heading).to_have_text(TEN[1])
    await keys.press("k")
    await expect(heading).to_have_text(TEN[0])

    # A slip of the finger must not decide: the key leads to the button, Enter presses it.
    for name in TEN[:7]:
        await expect(heading).to_have_text(name)
        await keys.press("a")
        await keys.press("Enter")
        await mira.reads(f"{name} is in")
    for name in TEN[7:9]:
        await expect(heading).to_have_text(name)
        await keys.press("d")
        await expect(mira.page.get_by_label("Reason")).to_be_focused()
        await keys.type("Your site has too little on it yet. Come back.")
        await keys.press("Tab")
        await keys.press("Tab")
        while not await mira.page.evaluate("() => document.activeElement.value === 'decline'"):
            await keys.press("Tab")
        await keys.press("Enter")
        await mira.reads(f"{name} gets your reason")
    await expect(heading).to_have_text(TEN[9])
    await keys.press("q")
    await expect(mira.page.get_by_label("Your question")).to_be_focused()
    await keys.type("Which of your lists would hear of us, dear Joris?")
    await keys.press("Tab")
    await keys.press("Enter")
    await mira.reads(f"{TEN[9]} gets your question", "Nothing waits")
    await mira.looks_around()

    await mira.presses("Undo")
    await mira.reads("Taken back. No letter has left.")
    async with db.connected(portal.settings.database_url):
        decisions = await ApplicationDecision.select(
            ApplicationDecision.verdict, ApplicationDecision.undone_at
        )
    standing = [one["verdict"] for one in decisions if one["undone_at"] is None]
    assert sorted(standing) == [Verdict.APPROVE] * 7 + [Verdict.DECLINE] * 2


async def ten_apply(portal: Portal) -> None:
    async with db.connected(portal.settings.database_url):
        (program,) = await all_programs()
        terms = await terms_at(program.id, utc_now())
        for name in TEN:
            first = name.split(maxsplit=1)[0].lower()
            await apply(program.id, terms, name, f"{first}@{first}.example", utc_now())
