"""The promise on the public page is worked out by the rules of the books."""

import tomllib
from datetime import date

from portal.home.queries import first_steps, worked_example
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
    assert (example.paid_from, example.paid_to) == (date(2026, 6, 15), date(2026, 6, 20))
    assert (example.payments, example.year) == (12, Money(12 * 3_570, "USD"))


def test_a_trial_of_a_month_leaves_eleven_payments_in_a_year() -> None:
    example = worked_example(TERMS, date(2026, 11, 22))
    assert example.sale_on == date(2026, 12, 22)
    assert (example.payments, example.year) == (11, Money(11 * 3_570, "USD"))


def test_the_checklist_goes_once_all_of_it_is_done() -> None:
    assert [step.done for step in first_steps(has_kit=True, has_click=False)] == [True, False, False]
    assert first_steps(has_kit=True, has_click=True) == ()
