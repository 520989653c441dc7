"""Managers come, lose their phones and go; what they decided stays."""

from datetime import timedelta

import pyotp
import pytest

from portal import db
from portal.accounts.actions import give
from portal.accounts.managers import add_manager, end_manager, reset_manager
from portal.accounts.own import confirm_address, take_key
from portal.accounts.rules import Purpose
from portal.accounts.signing_in import give_code, open_for_manager, sign_in
from portal.accounts.tables import Invitation, Manager, Passkey, Session
from portal.accounts.teams import invite_manager
from portal.accounts.whose import Whose
from portal.errors import Conflict, NotFound, Refused
from portal.ids import new_id
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


@pytest.mark.parametrize("what", ["reset", "ended"])
async def test_what_letters_could_do_for_a_manager_ends_with_their_keys(stage: Stage, what: str) -> None:
    async with db.connected(stage.settings.database_url):
        mira = stage.cast.mira
        token = await give(Whose(manager=mira.id), Purpose.EMAIL, LATER, email="thief@else.example")
        await (reset_manager(mira.email, NEW, LATER) if what == "reset" else end_manager(mira.email, LATER))
        with pytest.raises(Refused):
            await confirm_address(token, LATER)
        assert await Manager.exists().where(Manager.email == mira.email)


async def test_an_ended_manager_leaves_no_invitation_behind(stage: Stage) -> None:
    async with db.connected(stage.settings.database_url):
        mira, noor = stage.cast.mira, stage.cast.noor
        await invite_manager("mira@else.example", mira.id, LATER)
        await invite_manager("ines@kartra.example", noor.id, LATER)
        await end_manager(mira.email, LATER)
        left = await Invitation.select(Invitation.email).where(Invitation.withdrawn_at.is_null())
        assert [one["email"] for one in left] == ["ines@kartra.example"]


async def test_a_first_app_is_taken_only_while_there_is_no_passkey(stage: Stage) -> None:
    """Two half sessions at once: the password alone must not add a factor to one that is there."""
    async with db.connected(stage.settings.database_url):
        mira = stage.cast.mira
        await open_for_manager(mira.id, DEVICE, LATER, second_factor=False)
        session = await Session.select(Session.id).where(Session.manager == mira.id).first()
        assert session is not None
        await Manager.update({Manager.totp_secret: ""}).where(Manager.id == mira.id)
        await Passkey.insert(
            Passkey(
                id=new_id(), manager=mira.id, credential_id="c", public_key="k", name="Key", created_at=LATER
            )
        )
        secret = pyotp.random_base32()
        with pytest.raises(Refused, match="meanwhile"):
            await take_key(mira.id, session["id"], "half", secret, pyotp.TOTP(secret).at(LATER), LATER)


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
