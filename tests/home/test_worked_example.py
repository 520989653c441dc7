"""The promise on the public page is worked out by the rules of the books."""

import tomllib
from datetime import date

from portal.home.program_page import worked_example
from portal.money import Money
from portal.programs.program_file import parse_program
from tests.cast import KARTRA

TERMS = parse_program(tomllib.loads(KARTRA.read_text(encoding="utf-8")))


def test_one_customer_who_starts_today_pays_as_the_rules_say() -> None:
    example = worked_example(TERMS, date(2026, 3, 1))
    assert example.trial_on == date(2026, 3, 1)
    assert example.sale_on == date(2026, 3, 31)
    assert example.commission == Money(3_570, "USD")
    assert example.released_on == date(2026, 5, 15)
    assert (example.window.first, example.window.last) == (date(2026, 6, 15), date(2026, 6, 20))


def test_the_payment_after_the_first_one_has_its_own_hold_and_payout() -> None:
    example = worked_example(TERMS, date(2026, 11, 22))
    assert example.sale_on == date(2026, 12, 22)
    assert example.next_on == date(2027, 1, 22)
    assert (example.next_window.first, example.next_window.last) == (date(2027, 4, 15), date(2027, 4, 20))
