"""Whose customer is it? Decided once, when the subscription begins (domain.md, rule 2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class NotCounted(StrEnum):
    """Why a visit through a link is no click. Each of them is redirected all the same."""

    HEAD = "head"
    PREFETCH = "prefetch"
    BOT = "bot"
    REPEAT = "repeat"
    NOT_A_VISIT = "not_a_visit"


# A repeat is the same person again: not counted twice, but a visit that a sale can come from.
CREDITABLE = frozenset({"", NotCounted.REPEAT})


class CreditedBy(StrEnum):
    CLICK = "click"
    CODE = "code"
    MANAGER = "manager"  # tied by hand, with a reason


class NoCredit(StrEnum):
    NOBODY = "no_referral"
    CLICK_TOO_OLD = "click_too_old"
    NOT_NEW = "not_new_customer"
    SELF = "self_referral"


@dataclass(frozen=True, slots=True)
class Visit:
    """A click as far as it matters here."""

    token: str
    enrollment: UUID
    at: datetime
    placement: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A discount code of the program, by the affiliate's enrollment that gives it to its audience."""

    code: str
    enrollment: UUID
    percent_bps: int


@dataclass(frozen=True, slots=True)
class Credit:
    """Who is credited with a subscription. With `why_not`, `enrollment` is the one that came closest."""

    enrollment: UUID | None
    by: CreditedBy | None = None
    visit: Visit | None = None
    code: Code | None = None
    why_not: NoCredit | None = None

    @property
    def counts(self) -> bool:
        return self.why_not is None


def credited(
    *,
    visits: Iterable[Visit],
    codes: Sequence[Code],
    began_at: datetime,
    window_days: int,
    is_new: bool,
    buyer_addresses: Iterable[str],
    own_addresses: Mapping[UUID, frozenset[str]],
) -> Credit:
    """Who referred the buyer of a subscription that began at `began_at`.

    Addresses are `person_key`s. A refusal does not pass the sale on to the next affiliate: the newest
    click stays the newest even if it was the buyer's own.
    """
    found = _claim(visits, codes, began_at, window_days)
    if found.enrollment is None or not found.counts:
        return found
    if not is_new:
        return _refused(found, NoCredit.NOT_NEW)
    if own_addresses.get(found.enrollment, frozenset()) & frozenset(buyer_addresses):
        return _refused(found, NoCredit.SELF)
    return found


def _claim(visits: Iterable[Visit], codes: Sequence[Code], began_at: datetime, window_days: int) -> Credit:
    # A code typed at checkout is a deliberate choice, so it beats a newer click.
    if codes:
        code = min(codes, key=lambda code: code.code)
        return Credit(code.enrollment, CreditedBy.CODE, code=code)
    before = [visit for visit in visits if second_of(visit.at) <= began_at]
    if not before:
        return Credit(None, why_not=NoCredit.NOBODY)
    newest = max(before, key=lambda visit: (visit.at, visit.token))
    credit = Credit(newest.enrollment, CreditedBy.CLICK, visit=newest)
    in_window = began_at - second_of(newest.at) <= timedelta(days=window_days)
    return credit if in_window else _refused(credit, NoCredit.CLICK_TOO_OLD)


def _refused(credit: Credit, why: NoCredit) -> Credit:
    return Credit(credit.enrollment, credit.by, credit.visit, credit.code, why)


def second_of(moment: datetime) -> datetime:
    """Billing systems count whole seconds. A click in the second of the checkout came before it."""
    return moment.replace(microsecond=0)


def code_key(text: str) -> str:
    """Codes are compared without regard to case and the spaces around them."""
    return text.strip().casefold()
