import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from assets_gen.languages import languages
from portal.money import Money
from portal.programs.program_file import BadProgram, parse_program
from portal.programs.rules import LANGUAGES, Existing, Period

KARTRA = tomllib.loads((Path(__file__).parents[2] / "portal/demo/kartra.toml").read_text())


def test_the_demo_program_says_what_kartra_promises() -> None:
    terms = parse_program(KARTRA)
    assert (terms.name, terms.vendor, terms.contact) == (
        "Kartra",
        "Genesis Digital",
        "affiliates@genesisdigital.co",
    )
    assert (terms.hold_days, terms.pay_from_day, terms.pay_to_day, terms.months_paid) == (45, 15, 20, None)
    assert terms.existing_subscriptions is Existing.KEEP
    assert [(tier.rate_bps, tier.from_customers) for tier in terms.tiers] == [
        (3000, 0),
        (3500, 10),
        (4000, 50),
    ]
    growth = terms.plan_for(Money(11_900, "USD"))
    assert growth
    assert (growth.key, growth.period) == ("growth", Period.MONTH)
    assert growth.trial
    assert terms.plan_for(Money(1, "USD"), "price_scale_yearly") == terms.plan("scale-yearly")


@pytest.mark.parametrize(
    ("table", "key", "value", "sentence"),
    [
        ("program", "name", "", "program.name must be a text"),
        ("program", "languages", ["en", "tlh"], "program.languages: may hold en, de, ar, ja, not tlh"),
        ("program", "currency", "DOLLAR", "program.currency must be an ISO 4217 code"),
        ("program", "timezone", "Mars/Olympus", "program.timezone must be a time zone"),
        ("program", "starts_on", "soon", "program.starts_on must be a date"),
        ("program", "website", "http://kartra.com", "program.website must be an address"),
        ("program", "colour", "red", "program.colour is not a key"),
        ("rules", "hold_days", -1, "rules.hold_days must be a whole number"),
        ("rules", "hold_days", True, "rules.hold_days must be a whole number"),
        (
            "rules",
            "existing_subscriptions",
            "maybe",
            "rules.existing_subscriptions must be one of: keep, follow",
        ),
        ("rules", "pay_to_day", 10, "rules.pay_to_day must not be before"),
        ("rules", "second_manager", "yes", "rules.second_manager must be true or false"),
        ("rules", "reviews_kits", "yes", "rules.reviews_kits must be true or false"),
        ("code", "pattern", "SAVE{PERCENT}", "code.pattern must be"),
        ("brand", "accent", "blue", "brand.accent must be a colour"),
        ("links", "allowed_hosts", [], "links.allowed_hosts must be a list of texts"),
        ("links", "allowed_hosts", ["example.com"], "is not in links.allowed_hosts"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(table: str, key: str, value: object, sentence: str) -> None:
    document = copy.deepcopy(KARTRA)
    document[table][key] = value
    with pytest.raises(BadProgram, match=sentence.replace("[", r"\[")):
        parse_program(document)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"price": 119.0}, "must be an amount in USD in quotes"),
        ({"price": "119.005"}, "must be an amount in USD in quotes"),
        ({"price": "0.00"}, "a price must be more than zero"),
        ({"period": "week"}, "must be one of: month, year"),
        ({"key": "growth"}, "'growth' is there twice"),
        ({"stripe_prices": ["price_growth_monthly"]}, "'price_growth_monthly' is there twice"),
        ({"trial": {"days": 0, "price": "1.00"}}, r"plans\[1\].trial.days must be a whole number"),
    ],
)
def test_a_wrong_plan_is_refused(change: dict[str, Any], sentence: str) -> None:
    document = copy.deepcopy(KARTRA)
    document["plans"][0].update(change)
    with pytest.raises(BadProgram, match=sentence):
        parse_program(document)


@pytest.mark.parametrize(
    ("tier", "change", "sentence"),
    [
        (0, {"from_customers": 1}, "must begin at from_customers = 0"),
        (1, {"from_customers": 0}, "tiers must rise"),
        (2, {"rate_bps": 2000}, "tiers must rise"),
        (2, {"rate_bps": 10_001}, r"tiers\[3\].rate_bps must be a whole number from 0 to 10000"),
    ],
)
def test_tiers_that_do_not_rise_are_refused(tier: int, change: dict[str, Any], sentence: str) -> None:
    document = copy.deepcopy(KARTRA)
    document["tiers"][tier].update(change)
    with pytest.raises(BadProgram, match=sentence):
        parse_program(document)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"text": "{disclosure} {link} {prize}"},
            r"own\[1\].text: knows no {prize}; it may hold",
        ),
        ({"text": "{link}"}, "must hold {disclosure}, outside"),
        ({"text": "{disclosure} [{link}]"}, "must hold {link} or <words"),
        ({"text": "{disclosure} <{link}"}, "has a < without its partner"),
        ({"text": "{disclosure} {link} [a [b]]"}, "without its partner, or one bracket inside another"),
        ({"language": "tlh"}, r"texts.own\[1\].language must be one of: ar, de, en, ja"),
        ({"key": "poem"}, r"texts.own\[1\].key must be one of"),
        ({"subject": "Hello"}, r"texts.own\[1\].subject is not a key"),
        ({"key": "email"}, r"texts.own\[1\].subject is missing"),
    ],
)
def test_a_text_that_cannot_be_copied_is_refused(change: dict[str, str], sentence: str) -> None:
    own = {"key": "short", "language": "en", "text": "{disclosure} {link}"}
    parse_program({**KARTRA, "texts": {"own": [own]}})
    with pytest.raises(BadProgram, match=sentence):
        parse_program({**KARTRA, "texts": {"own": [{**own, **change}]}})
    with pytest.raises(BadProgram, match=r"texts.own: 'short in en' is there twice"):
        parse_program({**KARTRA, "texts": {"own": [own, own]}})
    with pytest.raises(BadProgram, match=r"texts.off: may hold email, .* not poem"):
        parse_program({**KARTRA, "texts": {"off": ["poem"]}})


def test_an_empty_file_lists_everything_that_is_missing_at_once() -> None:
    with pytest.raises(BadProgram) as bad:
        parse_program({})
    assert "program.name is missing; it must be a text of 1 to 2000 characters." in bad.value.problems
    assert len(bad.value.problems) > 15


def test_a_program_may_offer_every_language_that_pictures_speak() -> None:
    assert set(LANGUAGES) == set(languages())
    assert parse_program(KARTRA).languages == LANGUAGES
    silent = copy.deepcopy(KARTRA)
    del silent["program"]["languages"]
    assert parse_program(silent).languages == ("en",)
