"""Sources, shares and times as managers read them."""

import pytest

from portal.insights.rules import (
    Counts,
    Stage,
    funnel,
    median_minutes,
    percent,
    source_of,
    source_words,
    spoken,
)


@pytest.mark.parametrize(
    ("said", "source", "words"),
    [
        ({}, "", "Typed in, or not told"),
        ({"referrer": "www.youtube.com"}, "host:youtube.com", "youtube.com"),
        ({"referrer": "kartra.com", "utm_source": " News  Letter "}, "utm:news letter", "news letter"),
        ({"utm_source": "newsletter", "via": "Ada"}, "via:ada", "ada, an affiliate"),
        ({"utm_source": "=1+1"}, "utm:=1+1", "=1+1"),
        ({"utm_source": "x" * 500}, f"utm:{'x' * 116}", "x" * 116),
    ],
)
def test_a_source_is_what_says_most(said: dict[str, str], source: str, words: str) -> None:
    assert source_of(**said) == source
    assert source_words(source) == words


def test_shares_are_of_the_step_before_and_never_above_a_hundred() -> None:
    steps = funnel(Counts(200, 40, 10, 10, 0, 0), {Stage.SENT: "2 minutes"})
    assert [step.percent for step in steps] == [None, 20, 25, 100, 0, None]
    assert [step.width for step in steps] == [100, 20, 5, 5, 0, 0]
    assert steps[2].took == "2 minutes"
    # Drafts are older than the counting of visits.
    assert percent(5, 3) is None


def test_an_empty_way_has_no_bars() -> None:
    assert {(step.people, step.width) for step in funnel(Counts(), {})} == {(0, 0.0)}


@pytest.mark.parametrize(
    ("spans", "middle"),
    [([], None), ([(5, 1)], 5), ([(1, 1), (9, 1)], 9), ([(1, 2), (9, 1)], 1), ([(-30, 3)], 0)],
)
def test_the_middle_is_the_later_of_two(spans: list[tuple[int, int]], middle: int | None) -> None:
    assert median_minutes(spans) == middle


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, ""),
        (0, "less than a minute"),
        (1, "1 minute"),
        (119, "119 minutes"),
        (120, "2 hours"),
        (2_879, "48 hours"),
        (2_880, "2 days"),
    ],
)
def test_times_are_spoken(minutes: int | None, words: str) -> None:
    assert spoken(minutes) == words
