"""Signing in by every way, in a browser; Chromium plays the device that holds the passkeys.

Passkeys belong to a name, so this portal is at http://localhost.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import CDPSession, expect

from tests.flows.conftest import Portal, served
from tests.flows.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "seven quiet herons"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
Arrives = Callable[[], Awaitable[Person]]


@pytest.fixture
async def portal(sqlite_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Portal]:
    async with served(sqlite_url, tmp_path, "localhost") as named:
        yield named


class Device:
    """What a person's phone or laptop does when a page asks for a passkey."""

    def __init__(self, session: CDPSession, identity: str) -> None:
        self._session, self._identity = session, identity

    @classmethod
    async def of(cls, person: Person) -> "Device":
        session = await person.page.context.new_cdp_session(person.page)
        await session.send("WebAuthn.enable")
        made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
        return cls(session, made["authenticatorId"])

    async def answers(self, yes: bool) -> None:
        """Whether the finger is the right one, and on the button."""
        for setting, value in (
            ("setUserVerified", "isUserVerified"),
            ("setAutomaticPresenceSimulation", "enabled"),
        ):
            await self._session.send(f"WebAuthn.{setting}", {"authenticatorId": self._identity, value: yes})


async def test_a_manager_a_colleague_and_their_passkeys(portal: Portal, arrives: Arrives) -> None:
    mira, ines = await arrives(), await arrives()
    await sign_in_with_code(portal, mira)
    phone = await Device.of(mira)
    await add_passkey(mira, "/manage/account")
    await sign_out_and_in_by_passkey(mira, phone, "/manage")
    await invite_a_manager(mira)
    await arrive_as_a_manager(ines)
    await sign_in_by_link(ines)


async def sign_in_with_code(portal: Portal, mira: Person) -> None:
    said = await portal.runs("manager", "add", "mira@kartra.example", "--name", "Mira Voss")
    password, key = re.search(r"password\s+(\S+)", said), re.search(r"one-time codes.*: (\S+)", said)
    assert password
    assert key
    await mira.opens("/signin")
    await mira.reads("Use a passkey", "Mail me a sign-in link instead")
    await mira.types({"E-mail": "mira@kartra.example", "Password": password[1]})
    await mira.follows(mira.page.get_by_role("button", name="Sign in", exact=True))
    await mira.types({"One-time code": pyotp.TOTP(key[1]).now()})
    await mira.presses("Continue")
    assert mira.path == "/manage"


async def add_passkey(person: Person, base: str) -> None:
    await person.opens(base)
    await person.clicks("Add a passkey")
    await person.types({"What shall we call it?": "My phone"})
    await person.presses("Add it")
    assert person.path == base
    await person.reads("My phone", "not used yet")


async def sign_out_and_in_by_passkey(person: Person, device: Device, home: str) -> None:
    await device.answers(False)
    await person.page.get_by_role("button", name="Your account").click()
    await person.follows(person.page.locator("#who").get_by_role("button", name="Sign out"))
    await person.reads("You are signed out")
    await device.answers(True)
    await person.presses("Use a passkey")
    assert person.path == home
    # And without a press: the browser offers it in the e-mail field.
    await person.page.context.clear_cookies()
    await person.page.goto(f"{person.base_url}/signin")
    await person.page.wait_for_url(f"**{home}")


async def invite_a_manager(mira: Person) -> None:
    await mira.opens("/manage/team")
    await mira.types({"E-mail": "ines@kartra.example"})
    await mira.presses("Send an invitation")
    await mira.reads("An invitation to ines@kartra.example is on its way", "Send again")


async def arrive_as_a_manager(ines: Person) -> None:
    await open_letter(ines, "Mira Voss invites you", "/invitation/")
    await ines.types({"Your name": "Ines Duarte", "Password": PASSWORD})
    await ines.presses("Accept")
    assert ines.path == "/signin/setup"
    await ines.reads("One thing first, Ines")
    await expect(ines.page.locator(".qr-plate svg")).to_be_visible()
    key = "".join((await ines.page.locator(".key-words").inner_text()).split())
    await ines.types({"The code that it shows now": pyotp.TOTP(key).now()})
    await ines.presses("Confirm")
    assert ines.path == "/manage"
    for page in ("/manage/account/app", "/manage/team", "/manage/account/email"):
        await ines.opens(page)


async def sign_in_by_link(ines: Person) -> None:
    await ines.page.context.clear_cookies()
    await ines.opens("/signin")
    await ines.types({"E-mail": "ines@kartra.example"})
    await ines.presses("Mail me a sign-in link instead")
    await ines.reads("Look into your mailbox")
    await open_letter(ines, "Your link to sign in", "/signin/link/")
    await ines.follows(ines.page.get_by_role("button", name="Sign in", exact=True))
    await ines.reads("One more step, Ines")


async def open_letter(person: Person, subject: str, path: str) -> None:
    letter = person.page.get_by_role("link", name=subject)
    await person.looks_again("/mailbox", letter)
    await person.follows(letter)
    inside = person.page.frame_locator("iframe")
    await person.follows(inside.locator(f"a[href*='{path}']").first)
