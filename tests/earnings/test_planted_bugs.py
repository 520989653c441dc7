"""The second opinion is only worth something if it notices mistakes: each of these must be caught."""

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.cast import Cast
from tests.earnings import planted, planted_rules
from tests.earnings.happened import History
from tests.earnings.histories import histories
from tests.earnings.named_histories import NAMED, three_loyal_customers
from tests.earnings.planted import Plant
from tests.earnings.test_any_order import check
from tests.earnings.test_ten_thousand import check as check_in_memory

HISTORIES = 60
BUGS = [*planted.BUGS, *planted_rules.BUGS]


@pytest.fixture(scope="module")
def some_histories() -> list[History]:
    found: list[History] = []

    @settings(
        max_examples=HISTORIES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def collect(one: History) -> None:
        found.append(one)

    collect()
    found.sort(key=lambda one: -sum(len(sub.payments) for sub in one.subs))
    return [*[three_loyal_customers()] * 4, *NAMED.values(), *found]


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
async def test_a_planted_bug_is_caught(
    low_tiers: Cast, some_histories: list[History], plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        await _check_all(low_tiers, some_histories)


def test_there_are_enough_of_them() -> None:
    assert len(set(BUGS)) >= 20


def test_without_a_bug_nothing_is_found(some_histories: list[History]) -> None:
    for number, one in enumerate(some_histories):
        check_in_memory(one, random.Random(number), since_2025=bool(number % 2))  # noqa: S311


async def _check_all(cast: Cast, some: list[History]) -> None:
    """First without a database, which is quicker and misses what only storing can do wrong."""
    for number, one in enumerate(some):
        check_in_memory(one, random.Random(number), since_2025=bool(number % 2))  # noqa: S311
    for number, one in enumerate(some):
        await check(cast, one, random.Random(number), since_2025=bool(number % 2))  # noqa: S311
