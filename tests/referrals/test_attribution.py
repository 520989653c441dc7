"""Who is credited, from nothing but clicks, codes and addresses."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portal.accounts.rules import person_key
from portal.referrals.rules import Code, Credit, CreditedBy, NoCredit, Visit, code_key, credited

ADA, BEN = UUID(int=1), UUID(int=2)
BEGAN = datetime(2027, 3, 4, tzinfo=UTC)


def credit(
    *visits: Visit, codes: tuple[Code, ...] = (), new: bool = True, buyer: str = "eve@x.example"
) -> Credit:
    return credited(
        visits=visits,
        codes=codes,
        began_at=BEGAN,
        window_days=30,
        is_new=new,
        buyer_addresses=[buyer],
        own_addresses={ADA: frozenset({"ada@northbound.example"})},
    )


def visit(owner: UUID, days: int) -> Visit:
    return Visit(f"click{days}", owner, BEGAN - timedelta(days=days))


def test_the_newest_click_in_the_window_wins() -> None:
    found = credit(visit(ADA, 3), visit(BEN, 1))
    assert (found.enrollment, found.by, found.counts) == (BEN, CreditedBy.CLICK, True)


def test_a_code_is_a_deliberate_choice_and_beats_a_newer_click() -> None:
    found = credit(visit(BEN, 1), codes=(Code("ADA20", ADA, 2_000),))
    assert (found.enrollment, found.by) == (ADA, CreditedBy.CODE)


def test_an_old_click_names_who_came_closest() -> None:
    found = credit(visit(ADA, 31))
    assert (found.enrollment, found.why_not, found.counts) == (ADA, NoCredit.CLICK_TOO_OLD, False)


def test_without_click_and_code_it_is_nobodys() -> None:
    assert credit() == Credit(None, why_not=NoCredit.NOBODY)


def test_a_known_customer_is_not_new() -> None:
    assert credit(visit(ADA, 1), new=False).why_not is NoCredit.NOT_NEW


def test_ones_own_purchase_does_not_fall_to_the_one_before() -> None:
    found = credit(visit(BEN, 2), visit(ADA, 1), buyer="ada@northbound.example")
    assert (found.enrollment, found.why_not) == (ADA, NoCredit.SELF)


@pytest.mark.parametrize(
    "address", ["Ada@Northbound.example", "a.d.a@northbound.example", " ada+shop@northbound.example"]
)
def test_case_dots_and_tags_make_no_new_person(address: str) -> None:
    assert person_key(address) == "ada@northbound.example"


def test_other_hosts_are_other_people() -> None:
    assert person_key("ada@north.bound.example") != person_key("ada@northbound.example")


def test_codes_are_read_without_case() -> None:
    assert code_key(" ada20 ") == code_key("ADA20")
