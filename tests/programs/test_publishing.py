"""A manager publishes a version; the file that stays in its folder as it was does not undo it."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from portal.audit.tables import AuditEntry
from portal.errors import Refused
from portal.programs.actions import load_program, publish
from portal.programs.forms import OFFER_PARTS, TermsDraft, parse_terms, parse_upload
from portal.programs.program_file import BadProgram, parse_program
from portal.programs.queries import terms_history
from portal.programs.terms_words import headline
from tests.cast import BEGINNING, KARTRA, Cast

SPRING = {
    "offer_0_name": "Spring",
    "offer_0_codes": "MAY",
    "offer_0_starts_on": "2027-03-01",
    "offer_0_ends_on": "2027-03-31",
}
TEXT = KARTRA.read_text(encoding="utf-8")


def later(**rules: Any) -> str:
    document: Any = tomlkit.parse(TEXT)
    document["program"]["starts_on"] = date(2026, 6, 1)
    document["rules"].update(rules)
    return tomlkit.dumps(document)


async def test_a_draft_becomes_the_next_version_by_name(cast: Cast, bound: None) -> None:
    assert await publish(cast.program, later(hold_days=30), 1, cast.mira.id, BEGINNING) == 2
    newest = (await terms_history(cast.program)).versions[-1]
    assert (newest.version, newest.hold_days, newest.starts_on) == (2, 30, date(2026, 6, 1))
    entry = await AuditEntry.objects().where(AuditEntry.verb == "published").first()
    assert entry is not None
    assert (entry.actor, entry.subject) == (str(cast.mira.id), "kartra 2")


async def test_the_file_that_stayed_as_it_was_undoes_nothing(cast: Cast, bound: None) -> None:
    await publish(cast.program, later(hold_days=30), 1, cast.mira.id, BEGINNING)
    assert not await load_program(KARTRA, BEGINNING)
    assert len((await terms_history(cast.program)).versions) == 2


async def test_a_file_that_would_undo_it_is_refused_and_says_where_the_new_one_is(
    cast: Cast, bound: None, tmp_path: Path
) -> None:
    await publish(cast.program, later(hold_days=30), 1, cast.mira.id, BEGINNING)
    file = tmp_path / "kartra.toml"
    file.write_text(TEXT.replace("Send someone to Kartra", "Do send someone to Kartra"))
    with pytest.raises(BadProgram, match=r"kartra\.toml: .*download its file there"):
        await load_program(file, BEGINNING)


async def test_nobody_publishes_over_a_version_that_they_have_not_seen(cast: Cast, bound: None) -> None:
    await publish(cast.program, later(hold_days=30), 1, cast.mira.id, BEGINNING)
    with pytest.raises(Refused, match="Version 2 of the terms was published after this dry run"):
        await publish(cast.program, later(hold_days=20), 1, cast.noor.id, BEGINNING)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TEXT, "says what the terms say already"),
        (TEXT.replace("hold_days = 45", "hold_days = 30"), "has come already"),
        (later().replace('slug = "kartra"', 'slug = "bloom"'), "for the program 'bloom'"),
        (later().replace("2026-06-01", "2024-12-31"), "before the newest version"),
    ],
)
async def test_what_cannot_follow_is_refused(cast: Cast, bound: None, text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        await publish(cast.program, text, 1, cast.mira.id, BEGINNING)
    assert len((await terms_history(cast.program)).versions) == 1


def said_of(draft: TermsDraft, **changes: str) -> dict[str, str]:
    said = {
        name: getattr(draft, name)
        for name in ("starts_on", "existing", "months", "hold", "window", "second_tier", "claim_days")
    }
    for number, tier in enumerate(draft.tiers):
        row = (tier.key, tier.name, tier.rate, tier.from_customers)
        said |= {
            f"tier_{number}_{part}": text
            for part, text in zip(("key", "name", "rate", "from"), row, strict=True)
        }
    return said | changes


def test_a_draft_that_changes_nothing_but_its_day_changes_only_that_line(cast_terms: TermsDraft) -> None:
    text, terms, draft = parse_terms(said_of(cast_terms), TEXT)
    assert not draft.errors
    changed = [(old, new) for old, new in zip(TEXT.split("\n"), text.split("\n"), strict=True) if old != new]
    assert [new for _, new in changed] == ["starts_on = 2027-01-01    # assumption"]
    assert terms is not None


def test_the_form_makes_tiers_rates_and_promotions(cast_terms: TermsDraft) -> None:
    said = said_of(
        cast_terms,
        hold="30",
        second_tier="2,5",
        tier_1_rate="36.5",
        tier_1_from="8",
        tier_2_name="",
        tier_2_rate="",
        tier_2_from="",
        tier_3_name="Friends",
        tier_3_rate="50",
        tier_3_from="20",
        offer_0_name="Spring",
        offer_0_codes="SPRING30, MAY",
        offer_0_starts_on="2027-03-01",
        offer_0_ends_on="2027-03-31",
        offer_0_tier="friends",
        offer_0_announced="7",
        offer_0_percent="30",
        offer_0_headline="Spring cleaning for your tools",
    )
    text, terms, draft = parse_terms(said, TEXT)
    assert not draft.errors
    assert terms is not None
    assert [(tier.key, tier.rate_bps, tier.from_customers) for tier in terms.tiers] == [
        ("starter", 3_000, 0),
        ("partner", 3_650, 8),
        ("friends", 5_000, 20),
    ]
    assert terms.tiers[1].benefits[0] == "Exclusive promotions"
    assert (terms.hold_days, terms.second_tier_bps) == (30, 250)
    assert terms.promotions[0].codes == ("SPRING30", "MAY")
    assert (terms.promotions[0].announced_days, terms.promotions[0].percent) == (7, 30)
    assert terms.promotions[0].headline("en") == "Spring cleaning for your tools"
    assert 'headline = {en = "Spring cleaning for your tools"}' in text


def test_what_pictures_say_in_other_languages_outlives_the_form(cast_terms: TermsDraft) -> None:
    document: Any = tomlkit.parse(TEXT)
    spring = {"key": "spring", "name": "Spring", "codes": ["MAY"]}
    days = {"starts_on": date(2027, 3, 1), "ends_on": date(2027, 3, 31)}
    document["promotions"] = [spring | days | {"headline": {"en": "Tidy up", "de": "Frühjahrsputz"}}]
    text = tomlkit.dumps(document)
    draft = TermsDraft.of(parse_program(tomllib.loads(text)), date(2027, 1, 1))
    said = said_of(draft)
    said |= {f"offer_0_{part}": getattr(draft.offers[0], part) for part in OFFER_PARTS}
    _, terms, draft = parse_terms(said | {"offer_0_headline": "Clean up"}, text)
    assert not draft.errors
    assert terms is not None
    assert terms.promotions[0].headlines == (("en", "Clean up"), ("de", "Frühjahrsputz"))
    _, terms, _ = parse_terms(said | {"offer_0_headline": ""}, text)
    assert terms is not None
    assert terms.promotions[0].headlines == (("de", "Frühjahrsputz"),)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"hold": "-3"}, "hold", "whole number from 0 to 366"),
        ({"months": "x"}, "months", "whole number"),
        ({"starts_on": "soon"}, "starts_on", "Choose the day"),
        ({"tier_1_rate": "a third"}, "tier_1_rate", "such as 30 or 32.5"),
        ({"tier_1_rate": "20"}, "tiers", "Tiers must rise"),
        ({"tier_0_from": "3"}, "tiers", "from 0 customers"),
        ({"tier_1_name": ""}, "tier_1_name", "Give this tier a name"),
        ({"existing": "perhaps"}, "existing", "Choose what becomes"),
        ({"offer_0_name": "Spring"}, "offer_0_codes", "Name the codes"),
        ({**SPRING, "offer_0_headline": "x" * 61}, "offer_0_headline", "at most 60 letters, this has 61"),
        ({**SPRING, "offer_0_headline": "春" * 31}, "offer_0_headline", "this has 62"),
        ({**SPRING, "offer_0_headline": "x" * 26}, "offer_0_headline", "word of more than 25 letters"),
        ({**SPRING, "offer_0_percent": "101"}, "offer_0_percent", "whole number from 0 to 100"),
        ({**SPRING, "offer_0_codes": "X" * 25, "offer_0_percent": "5"}, "offers", "more than 24 characters"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    cast_terms: TermsDraft, changes: dict[str, str], field: str, sentence: str
) -> None:
    text, terms, draft = parse_terms(said_of(cast_terms, **changes), TEXT)
    assert (text, terms) == ("", None)
    assert sentence in draft.errors[field]


@pytest.fixture
def cast_terms() -> TermsDraft:
    return TermsDraft.of(parse_upload(TEXT.encode())[1], date(2027, 1, 1))


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[program", b"", b"x = 1"])
def test_a_file_that_is_none_is_told_what_is_wrong(body: bytes) -> None:
    with pytest.raises(BadProgram):
        parse_upload(body)


def test_a_heading_says_the_change_itself() -> None:
    old = parse_upload(TEXT.encode())[1]
    for text, words in (
        (TEXT.replace("from_customers = 10", "from_customers = 8"), "Partner from 8 customers instead of 10"),
        (later(hold_days=30), "Held for 30 days instead of 45"),
        (later(), "No rule changes"),
        (later(months_paid=12, claim_days=30), "For how long, missing sales"),
    ):
        assert headline(old, parse_upload(text.encode())[1]) == words
