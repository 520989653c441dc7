"""Who is asking: a visitor, somebody on an affiliate account, a manager."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from portal.errors import NotSignedIn


@dataclass(frozen=True)
class Account:
    """An affiliate account that a person is on."""

    id: UUID
    name: str
    role: str  # "owner", "member" or "reader"


@dataclass(frozen=True)
class Who:
    """Who is asking. A manager whose second factor is still missing is `half` and opens only its pages.

    For affiliates `id` is the account that they look at, `person` who they are; managers have only an `id`.
    """

    kind: Literal["visitor", "affiliate", "half", "manager"]
    id: UUID | None = None
    session_id: UUID | None = None
    name: str = ""
    email: str = ""
    person: UUID | None = None
    role: str = ""
    account: str = ""
    others: tuple[Account, ...] = ()
    proved_at: datetime | None = None
    program: UUID | None = None  # the one that was opened last, where one is in several

    @property
    def known(self) -> UUID:
        """The account's id. Only for handlers behind a guard."""
        if self.id is None:
            raise NotSignedIn
        return self.id

    @property
    def may_change(self) -> bool:
        """Whether they change things of the account; readers only look."""
        return self.kind == "manager" or self.role in ("owner", "member")

    @property
    def is_owner(self) -> bool:
        return self.role == "owner"


VISITOR = Who("visitor")
