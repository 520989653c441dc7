"""What living addresses answered a moment ago: a page with many readers asks for one picture again and again.

What changes shows some seconds later there, as it does for minutes where browsers and proxies keep a
picture.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.creatives.rules import Wanted

ROOM = 64_000_000  # bytes of pictures


@dataclass(frozen=True)
class Address:
    """What tells one picture from another in a living address, as it was typed."""

    kit: str
    design: str
    file: str
    lang: str


@dataclass(frozen=True)
class Answer:
    """`design` is the one that answered. `name` is what the file is called when it is saved."""

    enrollment: UUID
    design: str
    wanted: Wanted
    version: str
    name: str
    content: bytes


class Remembered:
    def __init__(self, seconds: float, room: int = ROOM) -> None:
        self._for, self._room, self._size = timedelta(seconds=seconds), room, 0
        self._kept: OrderedDict[Address, tuple[datetime, Answer]] = OrderedDict()

    def get(self, address: Address, version: str, now: datetime) -> Answer | None:
        """Only what begins with `version`: whoever names a newer one has seen a change."""
        if address not in self._kept:
            return None
        since, answer = self._kept[address]
        if now - since >= self._for:
            self._forget(address)
            return None
        return answer if answer.version.startswith(version) else None

    def keep(self, address: Address, answer: Answer, now: datetime) -> None:
        if not self._for:
            return
        if address in self._kept:
            self._forget(address)
        self._kept[address] = now, answer
        self._size += len(answer.content)
        while self._size > self._room:
            self._forget(next(iter(self._kept)))

    def _forget(self, address: Address) -> None:
        _, answer = self._kept.pop(address)
        self._size -= len(answer.content)
