"""The comparison sheet says what the program's file says, and what a code leaves of it."""

import tomllib
from dataclasses import replace
from pathlib import Path

from assets_gen import Plan
from portal.creatives.kits import Holder
from portal.creatives.price_list import price_list
from portal.ids import new_id
from portal.money import Money
from portal.programs.program_file import parse_program
from portal.programs.rules import Period, Trial
from portal.programs.rules import Plan as Sold

KARTRA = parse_program(tomllib.loads((Path(__file__).parents[2] / "portal/demo/kartra.toml").read_text()))
ADA = Holder(new_id(), new_id(), new_id(), "Ada", "ada", "ADA20", 2_000, "starter")


def test_a_plan_by_month_and_by_year_is_one_line() -> None:
    assert price_list(KARTRA, ADA) == (
        Plan("Essentials", "$59", "$47.20", "$588", "$49", "$470.40"),
        Plan("Growth", "$119", "$95.20", "$1,188", "$99", "$950.40", 30, "$1"),
        Plan("Scale", "$229", "$183.20", "$2,268", "$189", "$1,814.40", 30, "$1"),
    )


def test_a_code_that_takes_nothing_off_promises_nothing() -> None:
    for nobody in (replace(ADA, percent_bps=0), replace(ADA, code="")):
        assert {line.first_monthly + line.first_yearly for line in price_list(KARTRA, nobody)} == {""}


def test_prices_are_written_in_the_language_of_the_sheet() -> None:
    german = price_list(KARTRA, replace(ADA, language="de"))
    assert (german[1].yearly, german[1].first_monthly) == ("1.188\u00a0$", "95,20\u00a0$")


def test_amounts_keep_what_their_currency_has() -> None:
    def sold(
        name: str, minor: int, currency: str, period: Period = Period.MONTH, trial: int | None = None
    ) -> Sold:
        given = None if trial is None else Trial(14, Money(trial, currency))
        return Sold(name, name, Money(minor, currency), period, given)

    odd = replace(
        KARTRA,
        plans=(
            sold("Yen", 1_000, "JPY"),
            sold("Dinar", 1_000_000, "KWD"),
            sold("Thirds", 10_000, "USD", Period.YEAR),
            sold("Free at first", 2_950, "EUR", trial=0),
            sold("Free at first", 3_950, "EUR"),
        ),
    )
    assert price_list(odd, replace(ADA, percent_bps=0)) == (
        Plan("Yen", "¥1,000"),
        Plan("Dinar", "KWD1,000"),
        Plan("Thirds", yearly="$100", yearly_a_month="$8.33"),
        Plan("Free at first", "€29.50", trial_days=14),
        Plan("Free at first", "€39.50"),
    )
