"""The first release's accounts become people: nobody has to sign in again, nobody loses a password."""

from datetime import timedelta

import pytest

from portal import db
from portal.accounts import passwords
from portal.accounts.actions import set_password
from portal.accounts.sessions import who_is
from portal.accounts.signing_in import sign_in
from portal.accounts.tables import Membership, Person
from portal.ids import new_id, new_token, token_hash
from portal.migrate import migrate, missing
from tests.cast import BEGINNING, DEVICE, PASSWORD
from tests.test_migrate import bare_postgres, bare_sqlite, bare_url  # noqa: F401 - fixtures

FIRST_RELEASE = "2026-11-22T18:00:01:000000"
AFFILIATE = (
    "INSERT INTO affiliate (id, email, email_key, name, web_address, password_hash, "
    "email_verified_at, created_at) "
    "VALUES ({}, {}, {}, {}, '', {}, {}, {})"
)
SESSION = (
    "INSERT INTO session (id, token_hash, affiliate, created_at, last_seen_at, expires_at, "
    "user_agent, address) VALUES ({}, {}, {}, {}, {}, {}, '', '')"
)
TOKEN = (
    "INSERT INTO letter_token (id, purpose, affiliate, created_at, expires_at) "
    "VALUES ({}, 'password', {}, {}, {})"
)


@pytest.mark.slow
async def test_whoever_could_sign_in_still_can(bare_url: str) -> None:  # noqa: F811
    now, later = BEGINNING, BEGINNING + timedelta(days=3)
    ada, nils, dora = new_id(), new_id(), new_id()
    cookie, letter = new_token(), new_id()
    kept = await passwords.hashed(PASSWORD)
    async with db.connected(bare_url):
        assert await migrate(up_to=FIRST_RELEASE) == 2
        for identity, name, password in ((ada, "ada", kept), (nils, "nils", None), (dora, "dora", None)):
            email = f"{name}@northbound.example"
            await Person.raw(AFFILIATE, identity, email, email, name.title(), password, now, now)
        await Person.raw(SESSION, new_id(), token_hash(cookie), ada, now, now, later)
        # Nils was approved and has not chosen a password yet; Dora has only applied.
        await Person.raw(TOKEN, letter, nils, now, later)
        await migrate()
        assert await missing() == []

        who = await who_is(cookie, now)
        assert (who.kind, who.id, who.role, who.account, who.name) == (
            "affiliate",
            ada,
            "owner",
            "Ada",
            "Ada",
        )
        assert await sign_in("ada@northbound.example", PASSWORD, DEVICE, now) is not None
        opened = await set_password(letter, PASSWORD, DEVICE, now)
        assert (await who_is(opened.token, now)).id == nils
        assert {row["email"] for row in await Person.select(Person.email)} == {
            "ada@northbound.example",
            "nils@northbound.example",
        }
        assert {row["role"] for row in await Membership.select(Membership.role)} == {"owner"}
