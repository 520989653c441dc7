"""Ada does not work alone: somebody who may change things, somebody who reads along, one invitation."""

from datetime import datetime, timedelta
from uuid import UUID

from portal.accounts.rules import Role
from portal.accounts.tables import Membership, Person
from portal.accounts.teams import invite
from portal.demo.people import ADA, COLLEAGUES, INVITED, email_of
from portal.ids import new_id


async def bring_colleagues(now: datetime) -> None:
    owner, account = await _place_of(email_of(ADA))
    for colleague in COLLEAGUES:
        began = now - timedelta(days=colleague.days)
        person = Person(
            id=new_id(),
            email=colleague.email,
            email_key=colleague.email,
            name=colleague.name,
            email_verified_at=began,
            created_at=began,
        )
        await Person.insert(person)
        await _join(person.id, account, colleague.role, owner, began, opened_at=now)
        if colleague.also_reads is not None:
            theirs, other = await _place_of(email_of(colleague.also_reads))
            yesterday = now - timedelta(days=1)
            await _join(person.id, other, Role.READER, theirs, yesterday, opened_at=yesterday)
    email, role = INVITED
    await invite(account, email, role, owner, now - timedelta(days=2))


async def _place_of(email: str) -> tuple[UUID, UUID]:
    """A person and the account that they own."""
    rows = await Membership.raw(
        "SELECT m.person, m.affiliate FROM membership m JOIN person p ON p.id = m.person "
        "WHERE p.email_key = {}",
        email,
    )
    return UUID(str(rows[0]["person"])), UUID(str(rows[0]["affiliate"]))


async def _join(
    person: UUID, account: UUID, role: Role, owner: UUID, at: datetime, *, opened_at: datetime
) -> None:
    await Membership.insert(
        Membership(
            id=new_id(),
            person=person,
            affiliate=account,
            role=role,
            invited_by=owner,
            began_at=at,
            opened_at=opened_at,
        )
    )
