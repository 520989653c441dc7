"""What applicants and managers type, good and bad."""

from datetime import date

import pytest

from portal.accounts.forms import NAME_MOST
from portal.enrollments.forms import AUDIENCE_MOST, parse_application, parse_decision
from portal.enrollments.rules import Verdict

TODAY = date(2026, 11, 22)
WAYS = {"blog": "Blog", "email": "E-mail", "other": "Other"}
GOOD = {
    "name": "Lena Hoffmann",
    "email": "lena@kurswerkstatt.example",
    "web_address": "kurswerkstatt.example",
    "kind": "educator",
    "audience": "1,800 trainers who build their first course.",
    "consent": "yes",
}


def test_a_good_application_has_no_errors_and_a_whole_address() -> None:
    draft = parse_application(GOOD, ["blog", "email"], WAYS)
    assert draft.errors == {}
    assert draft.web_address == "https://kurswerkstatt.example"
    assert draft.ways == ("blog", "email")


def test_an_empty_form_says_of_every_field_what_is_missing() -> None:
    draft = parse_application({}, [], WAYS)
    assert set(draft.errors) == {"name", "email", "web_address", "kind", "ways", "audience", "consent"}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "n" * (NAME_MOST + 1)),
        ("name", "!!!"),
        ("name", "Lena\x00"),
        ("name", "Z" + "\u0335" * 8),
        ("name", "Lena \u202eecivreS artraK"),
        ("email", "lena"),
        ("email", "lena@kurswerkstatt"),
        ("email", "lena@@kurswerkstatt.example"),
        ("email", "le na@kurswerkstatt.example"),
        ("email", "lena@kurs\r\nBcc: all@world.example"),
        ("web_address", "kurswerkstatt"),
        ("web_address", "@kurswerkstatt"),
        ("web_address", "javascript:alert(1)"),
        ("web_address", "https://user:pass@kurswerkstatt.example"),
        ("web_address", "https://[broken"),
        ("kind", "hacker"),
        ("audience", "a" * (AUDIENCE_MOST + 1)),
        ("audience", "a" * 10_000),
        ("consent", "no"),
    ],
)
def test_a_bad_field_is_named_and_everything_typed_comes_back(field: str, typed: str) -> None:
    draft = parse_application({**GOOD, field: typed}, ["blog"], WAYS)
    assert set(draft.errors) == {field}
    if field in {"audience", "name"} and "\x00" not in typed:
        assert getattr(draft, field) == typed
    assert draft.ways == ("blog",)


@pytest.mark.parametrize(
    "typed",
    [
        "kurswerkstatt.example",
        "https://youtube.com/@lena",
        "http://bücher.example/pfad?x=1",
        "WWW.EXAMPLE.COM",
    ],
)
def test_web_addresses_may_be_written_as_people_write_them(typed: str) -> None:
    assert "web_address" not in parse_application({**GOOD, "web_address": typed}, ["blog"], WAYS).errors


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien",
        "北風レビュー",
        "سارة منصور",
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE affiliate;--",
        "👩‍🍳 Bäcker",
    ],
)
def test_unusual_names_are_names(name: str) -> None:
    assert parse_application({**GOOD, "name": name}, ["blog"], WAYS).errors == {}


def test_other_ways_need_words() -> None:
    assert "other_way" in parse_application(GOOD, ["other"], WAYS).errors
    assert parse_application({**GOOD, "other_way": "Radio"}, ["other"], WAYS).errors == {}


def test_ways_that_nobody_offered_are_left_out() -> None:
    assert parse_application(GOOD, ["blog", "spam"], WAYS).ways == ("blog",)


def test_an_approval_needs_tier_link_and_code() -> None:
    draft = parse_decision(
        {"verdict": "approve", "tier": "gold", "slug": "A b", "code": ""}, ["starter"], TODAY
    )
    assert set(draft.errors) == {"tier", "slug", "code"}


def test_a_refusal_needs_a_reason_that_can_be_read() -> None:
    assert set(parse_decision({"verdict": "decline", "reason": "no"}, ["starter"], TODAY).errors) == {
        "reason"
    }
    cats = {"verdict": "decline", "reason": "Your site is about cats."}
    good = parse_decision(cats, ["starter"], TODAY)
    assert (good.verdict, good.errors) == (Verdict.DECLINE, {})


@pytest.mark.parametrize("again", ["2026-11-22", "2020-01-01", "2031-01-01", "soon", "2027-02-30"])
def test_the_day_to_come_back_lies_ahead_and_is_a_day(again: str) -> None:
    said = {"verdict": "decline", "reason": "Your site is about cats.", "again_from": again}
    assert set(parse_decision(said, ["starter"], TODAY).errors) == {"again_from"}
    assert not parse_decision({**said, "again_from": "2027-02-20"}, ["starter"], TODAY).errors


def test_a_question_is_a_whole_sentence() -> None:
    assert set(parse_decision({"verdict": "ask", "question": "Why?"}, [], TODAY).errors) == {"question"}
    assert not parse_decision({"verdict": "ask", "question": "Which lists do you mail?"}, [], TODAY).errors


def test_a_decision_is_one_of_three() -> None:
    assert "verdict" in parse_decision({"verdict": "maybe"}, ["starter"], TODAY).errors
