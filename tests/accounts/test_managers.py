"""Managers come, lose their phones and go; what they decided stays."""

from datetime import timedelta

import pyotp
import pytest

from portal import db
from portal.accounts.managers import add_manager, end_manager, reset_manager
from portal.accounts.signing_in import give_code, sign_in
from portal.accounts.tables import Manager, Session
from portal.errors import Conflict, NotFound
from tests.cast import BEGINNING, DEVICE, PASSWORD
from tests.conftest import Stage

LATER = BEGINNING + timedelta(minutes=5)
NEW = "nine grey otters swim"


async def test_a_manager_who_lost_both_gets_both_anew(stage: Stage) -> None:
    async with db.connected(stage.settings.database_url):
        mira = stage.cast.mira
        await sign_in(mira.email, PASSWORD, DEVICE, LATER)
        secret = await reset_manager(mira.email, NEW, LATER)
        assert await Session.count().where(Session.manager == mira.id) == 0
        assert await sign_in(mira.email, PASSWORD, DEVICE, LATER) is None
        half = await sign_in(mira.email, NEW, DEVICE, LATER)
        assert half is not None
        session = await Session.select(Session.id).where(Session.manager == mira.id).first()
        assert session is not None
        assert await give_code(session["id"], pyotp.TOTP(secret).at(LATER), LATER)


async def test_an_ended_manager_is_out_at_once_and_can_come_back(stage: Stage) -> None:
    async with db.connected(stage.settings.database_url):
        mira = stage.cast.mira
        await end_manager(mira.email, LATER)
        assert await sign_in(mira.email, PASSWORD, DEVICE, LATER) is None
        with pytest.raises(NotFound):
            await end_manager(mira.email, LATER)
        await add_manager(mira.email, "Mira Voss-Lang", NEW, LATER)
        assert await sign_in(mira.email, NEW, DEVICE, LATER) is not None
        kept = await Manager.select(Manager.id, Manager.name).where(Manager.email == mira.email)
        assert kept == [{"id": mira.id, "name": "Mira Voss-Lang"}]


async def test_an_address_is_one_manager(stage: Stage) -> None:
    async with db.connected(stage.settings.database_url):
        with pytest.raises(Conflict, match="already"):
            await add_manager(stage.cast.mira.email.upper(), "Other", NEW, LATER)


async def test_an_affiliate_with_a_managers_address_signs_in_as_either(stage: Stage) -> None:
    async with db.connected(stage.settings.database_url):
        ada = stage.cast.ada
        await add_manager(ada.email, ada.name, NEW, LATER)
        as_affiliate = await sign_in(ada.email, PASSWORD, DEVICE, LATER)
        as_manager = await sign_in(ada.email, NEW, DEVICE, LATER)
        assert as_affiliate is not None
        assert as_manager is not None
        assert (as_affiliate.kind, as_manager.kind) == ("affiliate", "half")
