"""Several people on one account: coming, looking, changing, going."""

import asyncio
from datetime import datetime
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from portal.accounts import teams
from portal.accounts.rules import Role, email_key
from portal.accounts.tables import Affiliate, Invitation, Membership, Person, Session
from portal.errors import NotYours, OnlyOwners, Refused
from portal.ids import new_id
from tests.cast import PASSWORD, Cast, Partner, joins
from tests.conftest import FrozenClock, People
from tests.letters import path_in, sent_letters, text_of

RITA = {"name": "Rita Holm", "password": "nine grey otters swim"}
RITAS_ADDRESS = "rita@northbound.example"
OK, MOVED, NOT_FOR_YOU, REFUSED = 200, 303, 403, 409


async def invited(
    app: Litestar, owner: httpx.AsyncClient, email: str, now: datetime, role: Role = Role.READER
) -> str:
    """Sends an invitation; gives back the path in its letter."""
    answer = await owner.post("/settings/team", data={"email": email, "role": role})
    assert answer.status_code == MOVED
    letters = [one for one in await sent_letters(app, now) if one["To"] == email.lower()]
    return path_in(letters[-1], "/invitation/")


async def person_of(partner: Partner) -> UUID:
    row = await Person.select(Person.id).where(Person.email_key == email_key(partner.email)).first()
    assert row
    return UUID(str(row["id"]))


async def place_of(partner: Partner) -> UUID:
    where = (Membership.person == await person_of(partner)) & (Membership.affiliate == partner.id)
    row = await Membership.select(Membership.id).where(where & Membership.ended_at.is_null()).first()
    assert row
    return UUID(str(row["id"]))


async def owners_of(affiliate: UUID) -> int:
    there = (Membership.affiliate == affiliate) & Membership.ended_at.is_null()
    return int(await Membership.count().where(there & (Membership.role == Role.OWNER)))


async def test_a_stranger_comes_by_letter_and_reads_along(
    app: Litestar, ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = await invited(app, ada, RITAS_ADDRESS, clock())
    page = await visitor.get(path)
    assert "Ada Lindqvist invites you" in page.text
    assert "changes nothing" in page.text or "change nothing" in page.text
    assert (await visitor.post(path, data={**RITA, "password": "short"})).status_code == 422
    assert (await visitor.post(path, data=RITA)).headers["Location"] == "/home"
    assert (await visitor.get("/home")).status_code == OK
    refused = await visitor.post("/brand", data={"name": "Rita's"})
    assert refused.status_code == NOT_FOR_YOU
    assert "A reader sees everything on this account and changes nothing" in refused.text
    assert (await visitor.post(path, data=RITA)).status_code == REFUSED, "an invitation works once"


async def test_somebody_with_an_account_gets_a_second_one_and_switches(
    app: Litestar, ada: httpx.AsyncClient, ben: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    path = await invited(app, ada, cast.ben.email, clock(), Role.MEMBER)
    assert "Accept as ben@lowtide.example" in (await ben.get(path)).text
    await ben.post(path)
    home = (await ben.get("/home")).text
    assert "Switch to Ada Lindqvist" in home
    assert "/r/ben" in home
    await ben.post(f"/accounts/{cast.ada.id}")
    home = (await ben.get("/home")).text
    assert "Switch to Ben Okafor" in home
    assert "/r/ada" in home
    assert (await ben.post(f"/accounts/{cast.cleo.id}")).status_code == 404


async def test_an_invitation_does_not_sign_in_whoever_has_a_password(
    app: Litestar, ada: httpx.AsyncClient, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    path = await invited(app, ada, cast.ben.email, clock())
    answer = await visitor.post(path)
    assert answer.headers["Location"] == "/signin"
    assert (await visitor.get("/home")).status_code == MOVED


async def test_an_invitation_ends_by_itself_and_can_be_sent_again(
    app: Litestar, people: People, cast: Cast, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = await invited(app, await people.signed_in(cast.ada), RITAS_ADDRESS, clock())
    clock.forward(days=14)
    assert "too old" in (await visitor.get(path)).text
    ada = await people.signed_in(cast.ada)
    row = await Invitation.select(Invitation.id).first()
    assert row
    assert "too old since" in (await ada.get("/settings/team")).text
    await ada.post(f"/settings/team/invitations/{row['id']}/again")
    assert (await visitor.get(path)).status_code == OK
    assert [mail["To"] for mail in await sent_letters(app, clock())].count(RITAS_ADDRESS) == 2
    await ada.post(f"/settings/team/invitations/{row['id']}/withdraw")
    assert (await visitor.post(path, data=RITA)).status_code == REFUSED


async def test_inviting_twice_is_one_invitation_with_the_newer_role(
    app: Litestar, ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await invited(app, ada, RITAS_ADDRESS, clock(), Role.READER)
    path = await invited(app, ada, RITAS_ADDRESS.upper(), clock(), Role.MEMBER)
    assert await Invitation.count() == 1
    assert "as a member" in (await visitor.get(path)).text


async def test_whoever_is_on_it_is_not_invited(ada: httpx.AsyncClient, cast: Cast) -> None:
    answer = await ada.post("/settings/team", data={"email": cast.ada.email, "role": "reader"})
    assert answer.status_code == 422
    assert "is on this account already" in answer.text


async def test_whoever_is_removed_is_out_at_once_and_stays_signed_in_elsewhere(
    app: Litestar, ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    rita = await joins(cast.ben, "Rita Holm", RITAS_ADDRESS, Role.MEMBER, clock())
    elsewhere = await people.signed_in(rita)
    await elsewhere.post(await invited(app, ada, RITAS_ADDRESS, clock(), Role.MEMBER))
    here = await people.signed_in(Partner(cast.ada.id, cast.ada.enrollment, "Rita", RITAS_ADDRESS, "", ""))
    assert "/r/ada" in (await here.get("/home")).text
    place = await place_of(Partner(cast.ada.id, cast.ada.enrollment, "Rita", RITAS_ADDRESS, "", ""))
    await ada.post(f"/settings/team/{place}/remove")
    assert (await here.get("/home")).headers["Location"] == "/signin"
    page = (await elsewhere.get("/home")).text
    assert "/r/ben" in page
    assert "Switch to Ada" not in page


async def test_whoever_is_on_no_account_any_more_is_told_after_the_right_password_only(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, Role.MEMBER, clock())
    await ada.post(f"/settings/team/{await place_of(rita)}/remove")
    wrong = await visitor.post("/signin", data={"email": RITAS_ADDRESS, "password": "not the password"})
    assert wrong.status_code == 422
    right = await visitor.post("/signin", data={"email": RITAS_ADDRESS, "password": PASSWORD})
    assert "no account any more" in right.text


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READER])
async def test_only_owners_touch_the_team(people: People, cast: Cast, clock: FrozenClock, role: Role) -> None:
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, role, clock())
    client = await people.signed_in(rita)
    assert "Only an owner invites people" in (await client.get("/settings/team")).text
    own_place = await place_of(rita)
    assert (
        await client.post(f"/settings/team/{own_place}", data={"role": "owner"})
    ).status_code == NOT_FOR_YOU
    # Also not past the guard, by somebody who was an owner when the request began.
    with pytest.raises(OnlyOwners):
        await teams.change_role(cast.ada.id, own_place, Role.OWNER, await person_of(rita), clock())


async def test_the_last_owner_stays_one(ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock) -> None:
    place = await place_of(cast.ada)
    answers = [
        await ada.post("/settings/leave"),
        await ada.post(f"/settings/team/{place}", data={"role": "reader"}),
        await ada.post(f"/settings/team/{place}/remove"),
    ]
    assert [answer.status_code for answer in answers] == [REFUSED] * 3
    assert await owners_of(cast.ada.id) == 1


async def test_two_owners_who_demote_each_other_at_once_leave_one(
    app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, Role.OWNER, clock())
    first, second = await person_of(cast.ada), await person_of(rita)
    outcomes = await asyncio.gather(
        teams.change_role(cast.ada.id, await place_of(rita), Role.READER, first, clock()),
        teams.change_role(cast.ada.id, await place_of(cast.ada), Role.READER, second, clock()),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes if one is not None] == [OnlyOwners]
    assert await owners_of(cast.ada.id) == 1


async def test_two_owners_who_leave_at_once_leave_one(app: Litestar, cast: Cast, clock: FrozenClock) -> None:
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, Role.OWNER, clock())
    outcomes = await asyncio.gather(
        teams.leave(cast.ada.id, await person_of(cast.ada), clock()),
        teams.leave(cast.ada.id, await person_of(rita), clock()),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes if one is not None] == [Refused]
    assert await owners_of(cast.ada.id) == 1


@pytest.mark.parametrize("how", ["removed", "an owner no more"])
async def test_what_an_owner_had_sent_out_opens_nothing_once_they_are(
    app: Litestar, people: People, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock, how: str
) -> None:
    owner = await joins(cast.ada, "Olga Berg", "olga@northbound.example", Role.OWNER, clock())
    path = await invited(app, await people.signed_in(owner), RITAS_ADDRESS, clock(), Role.OWNER)
    ada, place = await person_of(cast.ada), await place_of(owner)
    if how == "removed":
        await teams.remove(cast.ada.id, place, ada, clock())
    else:
        await teams.change_role(cast.ada.id, place, Role.READER, ada, clock())
    assert (await visitor.post(path, data=RITA)).status_code == REFUSED
    assert await owners_of(cast.ada.id) == 1


async def test_who_comes_to_an_account_is_asked_of_somebody_who_is_there(
    ada: httpx.AsyncClient, mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    """A browser that was left open gives nobody a lasting way in."""
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, Role.READER, clock())
    clock.forward(minutes=11)
    invitation = {"email": "thief@else.example", "role": "owner"}
    answers = [
        await ada.post("/settings/team", data=invitation),
        await ada.post(f"/settings/team/{await place_of(rita)}", data={"role": "owner"}),
        await mira.post("/manage/team", data=invitation),
    ]
    assert [answer.headers["Location"].partition("?")[0] for answer in answers] == ["/signin/again"] * 3
    assert await Invitation.count() == 0
    assert await owners_of(cast.ada.id) == 1
    # What was typed stands in the form again afterwards.
    await ada.post("/signin/again", data={"password": PASSWORD})
    page = await ada.get("/settings/team?email=rita%40else.example&role=owner")
    assert 'value="rita@else.example"' in page.text


async def test_letters_about_an_account_follow_who_stays(
    app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, Role.OWNER, clock())
    await teams.leave(cast.ada.id, await person_of(cast.ada), clock())
    kept = await Affiliate.select(Affiliate.email).where(Affiliate.id == cast.ada.id).first()
    assert kept == {"email": rita.email}


async def test_nobody_goes_whose_address_nobody_else_could_take_over(
    app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    ben = await Person.objects().where(Person.email_key == cast.ben.email).first()
    assert ben is not None
    await Membership.insert(
        Membership(
            id=new_id(),
            person=ben.id,
            affiliate=cast.ada.id,
            role=Role.OWNER,
            began_at=clock(),
            opened_at=clock(),
        )
    )
    with pytest.raises(Refused, match="Invite an owner with an address of its own first"):
        await teams.leave(cast.ada.id, await person_of(cast.ada), clock())
    assert await owners_of(cast.ada.id) == 2


async def test_a_letter_tells_of_another_role_and_of_the_end(
    app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    rita = await joins(cast.ada, "Rita Holm", RITAS_ADDRESS, Role.READER, clock())
    ada, place = await person_of(cast.ada), await place_of(rita)
    await teams.change_role(cast.ada.id, place, Role.MEMBER, ada, clock())
    await teams.remove(cast.ada.id, place, ada, clock())
    letters = [letter for letter in await sent_letters(app, clock()) if letter["To"] == rita.email]
    assert [letter["Subject"] for letter in letters] == [
        "You are a member of Ada Lindqvist now",
        "You are not on Ada Lindqvist any more",
    ]
    assert "Ada Lindqvist has taken you off" in text_of(letters[1])


async def test_somebody_elses_team_is_not_there(app: Litestar, cast: Cast, clock: FrozenClock) -> None:
    ada, bens_place = await person_of(cast.ada), await place_of(cast.ben)
    with pytest.raises(NotYours):
        await teams.remove(cast.ada.id, bens_place, ada, clock())
    assert await owners_of(cast.ben.id) == 1
    assert await Session.count().where(Session.affiliate == cast.ben.id) > 0
