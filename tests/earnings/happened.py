"""What can happen in a program, as the tests' own words for it. They share no code with the portal."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

LIST = {"growth": 11_900, "essentials": 5_900, "scale-yearly": 226_800}


@dataclass(frozen=True)
class Refund:
    at: datetime
    total: int  # all that went back so far


@dataclass(frozen=True)
class Quarrel:
    opened: datetime
    closed: datetime | None
    lost: bool


@dataclass(frozen=True)
class Ruling:
    """A manager's word about a payment: it counts, or it does not."""

    at: datetime
    counts: bool


@dataclass(frozen=True)
class Move:
    """A manager ties a subscription to somebody, for what is paid from `since` on; None: for all of it."""

    at: datetime
    to: str
    since: datetime | None


@dataclass(frozen=True)
class Paid:
    name: str
    at: datetime
    plan: str
    kind: str  # list, own, offer, foreign, unknown, zero
    tax: int = 0
    refunds: tuple[Refund, ...] = ()
    quarrel: Quarrel | None = None
    rulings: tuple[Ruling, ...] = ()  # oldest first

    @property
    def off(self) -> int:
        whole = LIST[self.plan]
        return {"own": whole // 5, "offer": whole // 4, "foreign": 1_000, "zero": whole}.get(self.kind, 0)

    @property
    def price(self) -> int:
        return 7_700 if self.kind == "unknown" else LIST[self.plan]

    @property
    def base(self) -> int:
        return self.price - self.off

    @property
    def charged(self) -> int:
        return self.base + self.tax


@dataclass(frozen=True)
class Sub:
    name: str
    customer: str
    began: datetime
    click: tuple[str, datetime] | None  # whose, and when
    code: str | None  # whose
    trial_ends: datetime | None
    ended: datetime | None
    payments: tuple[Paid, ...]
    moves: tuple[Move, ...] = ()  # oldest first


@dataclass(frozen=True)
class Offer:
    """A promotion: its code takes a quarter off."""

    first: date
    last: date
    tier: int | None = None  # for customers of affiliates of that tier; None: of all


@dataclass(frozen=True)
class Version:
    """What a version of the terms says, from the first moment of its day."""

    starts: date = date(2026, 12, 2)
    rates: tuple[int, ...] = (3_000, 3_500, 4_000)
    thresholds: tuple[int, ...] = (0, 2, 3)
    hold: int = 45
    second: int = 0
    follow: bool = False
    falls: bool = False
    offers: tuple[Offer, ...] = ()

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.starts, time(), UTC)


@dataclass(frozen=True)
class House:
    """A program: its terms, oldest first, and who recruited whom."""

    versions: tuple[Version, ...] = (Version(),)
    recruiter: tuple[tuple[str, str], ...] = ()

    def at(self, moment: datetime) -> Version:
        return [self.versions[0], *(one for one in self.versions[1:] if one.begins <= moment)][-1]

    def governing(self, began: datetime, moment: datetime) -> Version:
        took_over = [one for one in self.versions if began < one.begins <= moment and one.follow]
        return [self.at(began), *took_over][-1]


PLAIN = House()


@dataclass(frozen=True)
class History:
    subs: tuple[Sub, ...]
    house: House = PLAIN
