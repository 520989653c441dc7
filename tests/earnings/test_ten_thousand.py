"""Ten thousand histories, permuted, repeated and split, against the second opinion (rule 14)."""

import random

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from portal.money import Money
from tests.earnings.effort import examples
from tests.earnings.happened import History
from tests.earnings.histories import histories
from tests.earnings.in_memory import OWNERS, books_from, events_of, in_two_parts, shuffled
from tests.earnings.model import books_of
from tests.earnings.named_histories import NAMED

HISTORIES, PARTS = 10_000, 4
NAMES = {owner: name for name, owner in OWNERS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_histories_end_as_the_second_opinion_says(part: int) -> None:
    seen = 0

    @seed(part)
    @settings(
        max_examples=examples(HISTORIES // PARTS),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(history=histories(shrinking=False), luck=st.integers(0, 2**32), since_2025=st.booleans())
    def every_one(history: History, luck: int, since_2025: bool) -> None:
        nonlocal seen
        seen += 1
        check(history, random.Random(luck), since_2025=since_2025)  # noqa: S311

    every_one()
    assert seen >= examples(HISTORIES // PARTS)


@pytest.mark.parametrize("name", NAMED)
def test_a_history_with_a_name_ends_as_the_second_opinion_says(name: str) -> None:
    for number in range(10):
        check(NAMED[name], random.Random(number), since_2025=bool(number % 2))  # noqa: S311


def check(history: History, luck: random.Random, *, since_2025: bool) -> None:
    wanted = books_of(history)
    events = shuffled(events_of(history, since_2025=since_2025), luck)
    accounts = books_from(history, events)
    decided = {_plain(one.transaction): str(one.outcome) for account in accounts for one in account.decisions}
    assert decided == wanted.outcomes
    early = books_from(history, events[: luck.randint(0, len(events))])
    lines = in_two_parts(early, accounts)
    dated: dict[tuple[object, ...], int] = {}
    for line in lines:
        key = _plain(line.transaction), NAMES[line.enrollment], line.booked_on, line.released_on
        dated[key] = dated.get(key, 0) + line.amount.minor
    theirs: dict[tuple[object, ...], int] = {}
    for of, whose, minor, booked, released in wanted.lines:
        key = of, whose, booked, released
        theirs[key] = theirs.get(key, 0) + minor
    assert _told(dated) == _told(theirs)
    for account in accounts:
        for one in account.decisions:
            if one.outcome in ("refunded_in_full", "dispute_lost"):
                left = Money.total((due.amount for due in account.dues), "USD")
                assert left.is_zero


def _told(sums: dict[tuple[object, ...], int]) -> dict[tuple[object, ...], int]:
    return {key: minor for key, minor in sums.items() if minor}


def _plain(external_id: str) -> str:
    """`ch_in_c0s0_1:500` and `dp_in_c0s0_1:lost` as the second opinion names them."""
    name, _, step = external_id.partition(":")
    return f"{name[3:]}/{step}" if step else name
