"""How hard to look: `pytest --hypothesis-profile=long` looks twenty times as long."""

from hypothesis import settings

USUAL = 100


def examples(number: int) -> int:
    return number * settings().max_examples // USUAL
