"""Managers at a browser."""

import re
from dataclasses import dataclass

import pyotp

from tests.flows.conftest import Portal
from tests.flows.person import Person


@dataclass(frozen=True)
class Manager:
    email: str
    password: str
    key: str


async def hire(portal: Portal) -> Manager:
    said = await portal.runs("manager", "add", "mira@kartra.example", "--name", "Mira Voss")
    password, key = re.search(r"password\s+(\S+)", said), re.search(r"one-time codes.*: (\S+)", said)
    assert password
    assert key
    return Manager("mira@kartra.example", password[1], key[1])


async def sign_in_with_code(manager: Person, who: Manager) -> None:
    await manager.opens("/signin?next=/manage/applications")
    await manager.types({"E-mail": who.email, "Password": who.password})
    await manager.presses("Sign in")
    await manager.reads("One more step, Mira")
    await manager.types({"One-time code": pyotp.TOTP(who.key).now()})
    await manager.presses("Continue")
    await manager.opens("/manage")
