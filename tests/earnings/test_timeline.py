"""Dates alone tell where a commission stands."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.earnings.timeline import (
    Claim,
    DisputeSpan,
    LineState,
    Month,
    correction_released_on,
    months_later,
    next_run,
    pay_window,
    released_on,
    run_month,
    state_on,
)
from tests.earnings.pure import PROGRAM

PAID = date(2027, 1, 2)
RELEASE = date(2027, 2, 16)
DAY = timedelta(days=1)


def state(on: date, *disputes: DisputeSpan, claim: Claim | None = None) -> LineState | None:
    return state_on(on, booked_on=PAID, released_on=RELEASE, disputes=disputes, claim=claim)


def test_a_sale_is_held_for_45_days_and_released_from_the_next_midnight_on() -> None:
    assert released_on(PAID, 45) == RELEASE
    assert [state(on) for on in (PAID - DAY, PAID, RELEASE - DAY, RELEASE)] == [
        None,
        "held",
        "held",
        "released",
    ]


def test_a_payout_goes_from_claimed_to_paid() -> None:
    claim = Claim(date(2027, 3, 1), date(2027, 3, 10), date(2027, 3, 16))
    days = [date(2027, 2, 28), date(2027, 3, 1), date(2027, 3, 15), date(2027, 3, 16)]
    assert [state(on, claim=claim) for on in days] == ["released", "in_payout", "in_payout", "paid"]


def test_a_dispute_lifts_a_line_out_of_a_run_only_until_it_is_approved() -> None:
    dispute = DisputeSpan(date(2027, 3, 2))
    claimed = Claim(date(2027, 3, 1))
    assert state(date(2027, 3, 2), dispute, claim=claimed) is LineState.DISPUTED
    approved = replace(claimed, approved_on=date(2027, 3, 2))
    assert state(date(2027, 3, 2), dispute, claim=approved) is LineState.IN_PAYOUT
    paid = replace(approved, paid_on=date(2027, 3, 16))
    assert state(date(2027, 3, 20), dispute, claim=paid) is LineState.PAID


@pytest.mark.parametrize(
    ("released", "run"),
    [
        (date(2027, 5, 15), "2027-06"),
        (date(2027, 5, 31), "2027-06"),
        (date(2027, 6, 1), "2027-07"),
        (date(2027, 12, 1), "2028-01"),
    ],
)
def test_a_run_takes_what_was_released_until_the_end_of_the_month_before(released: date, run: str) -> None:
    month = run_month(released)
    assert str(month) == run
    assert released <= month.cut_off < pay_window(month, PROGRAM).first


def test_what_came_late_waits_for_the_next_window() -> None:
    october = date(2026, 10, 3)
    assert str(next_run(october, date(2026, 11, 20), PROGRAM)) == "2026-11"
    assert str(next_run(october, date(2026, 11, 21), PROGRAM)) == "2026-12"


def test_a_correction_is_released_with_its_line_or_at_once() -> None:
    assert correction_released_on(RELEASE, RELEASE - DAY) == RELEASE
    assert correction_released_on(RELEASE, RELEASE + DAY) == RELEASE + DAY


def test_months_end_where_they_end() -> None:
    assert months_later(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert months_later(date(2027, 11, 30), 15) == date(2029, 2, 28)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-500, 500))
def test_going_back_as_many_months_leads_home(day: date, months: int) -> None:
    month = Month.of(day)
    assert month.plus(months).plus(-months) == month
    assert Month.parse(str(month)) == month
    assert month.plus(1).first_day - month.last_day == DAY
