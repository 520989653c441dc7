"""Whose own things: a person's or a manager's. Both have a password, passkeys, sessions and letters."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from piccolo.columns.combination import Where

from portal.accounts.tables import LetterToken, Manager, Passkey, Person, Session
from portal.asking import Who
from portal.audit.actions import Actor
from portal.errors import NotFound, NotSignedIn

Kept = type[Session] | type[LetterToken] | type[Passkey]


@dataclass(frozen=True)
class Whose:
    """Exactly one of the two is set."""

    person: UUID | None = None
    manager: UUID | None = None

    @classmethod
    def of(cls, row: Session | LetterToken | Passkey) -> "Whose":
        if row.manager is not None:
            return cls(manager=UUID(str(row.manager)))
        return cls(person=UUID(str(row.person)))

    @classmethod
    def asking(cls, who: Who) -> "Whose":
        """The one who is signed in, also with half a session."""
        if who.kind == "affiliate" and who.person is not None:
            return cls(person=who.person)
        if who.kind in ("half", "manager"):
            return cls(manager=who.known)
        raise NotSignedIn

    @property
    def id(self) -> UUID:
        found = self.manager or self.person
        if found is None:
            raise LookupError("nobody's")
        return found

    @property
    def kind(self) -> Literal["person", "manager"]:
        return "manager" if self.manager else "person"

    @property
    def actor(self) -> Actor:
        return Actor(self.kind, str(self.id))

    @property
    def table(self) -> type[Manager] | type[Person]:
        return Manager if self.manager else Person

    def has(self, table: Kept) -> Where:
        """The condition for rows that are theirs."""
        return (table.manager == self.manager) if self.manager else (table.person == self.person)

    async def row(self) -> Manager | Person:
        found = await self.table.objects().where(self.table.id == self.id).first()
        if found is None:
            raise NotFound
        return found

    async def update(self, **values: Any) -> None:
        changes = {getattr(self.table, name): value for name, value in values.items()}
        await self.table.update(changes).where(self.table.id == self.id)
