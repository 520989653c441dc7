"""How links and codes are worded, and what a decision may do."""

from itertools import islice

import pytest

from portal.enrollments.rules import ApplicationState, Verdict, after
from portal.enrollments.wording import code_problem, code_proposals, slug_problem, slug_proposals, twin_key
from portal.errors import Refused

PATTERN = "{NAME}{PERCENT}"


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Ada Lindqvist", ["ada", "ada-lindqvist", "ada-2"]),
        ("Jürgen Groß", ["jurgen", "jurgen-gross", "jurgen-2"]),
        ("北風レビュー", ["partner-2", "partner-3", "partner-4"]),
        ("Kartra", ["partner-2", "partner-3", "partner-4"]),
        ("Shit Happens", ["partner-2", "partner-3", "partner-4"]),
        ("X", ["x-2", "x-3", "x-4"]),
    ],
)
def test_links_are_short_and_decent(name: str, slugs: list[str]) -> None:
    assert list(islice(slug_proposals(name), 3)) == slugs


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Ada Lindqvist", ["ADA20", "ADALINDQVIST20", "ADAA20", "ADAC20"]),
        ("Jo", ["JO20", "JOA20", "JOC20"]),
        ("سارة منصور", ["PARTNERA20", "PARTNERC20"]),
        ("X", ["X20", "XA20"]),
    ],
)
def test_codes_follow_the_programs_pattern_and_can_be_read_aloud(name: str, codes: list[str]) -> None:
    assert list(islice(code_proposals(name, 20, PATTERN), len(codes))) == codes


@pytest.mark.parametrize(
    "slug", ["", "Ada", "ada lindqvist", "-ada", "ada-", "a/b", "äda", "a" * 41, "signin", "kartra"]
)
def test_a_link_that_cannot_be_has_a_reason(slug: str) -> None:
    assert slug_problem(slug)


@pytest.mark.parametrize(
    "code", ["", "AD", "ada20", "-ADA20", "A" * 25, "FUCK20", "ADMIN", "SH1T20", "MERDE20", "GO-5H1T"]
)
def test_a_code_that_cannot_be_has_a_reason(code: str) -> None:
    assert code_problem(code)


@pytest.mark.parametrize(
    "name",
    "Larsen Arsenal Parsec Marseille Draper Grape Trapero Nazir Scraper Yoshitaka Hancock Dickens".split(),
)
def test_ordinary_names_are_not_taken_for_bad_words(name: str) -> None:
    assert next(slug_proposals(name)) == name.lower()
    assert next(code_proposals(name, 20, PATTERN)) == f"{name.upper()}20"


def test_codes_may_be_worded_with_a_hyphen() -> None:
    assert next(code_proposals("Ada", 20, "{NAME}-{PERCENT}")) == "ADA-20"


def test_a_name_too_short_for_a_code_gets_one_that_is_long_enough() -> None:
    assert next(code_proposals("Al", 0, PATTERN)) == "ALA"


def test_ordinary_links_and_codes_are_fine() -> None:
    assert slug_problem("ada-lindqvist") is None
    assert code_problem("ADA20") is None


def test_only_what_is_in_review_can_be_decided() -> None:
    assert after(ApplicationState.IN_REVIEW, Verdict.APPROVE) is ApplicationState.APPROVED
    assert after(ApplicationState.IN_REVIEW, Verdict.DECLINE) is ApplicationState.DECLINED
    assert after(ApplicationState.IN_REVIEW, Verdict.ASK) is ApplicationState.ASKED
    for state in set(ApplicationState) - {ApplicationState.IN_REVIEW, ApplicationState.ASKED}:
        for verdict in Verdict:
            with pytest.raises(Refused):
                after(state, verdict)


def test_an_applicant_who_was_asked_can_be_decided_but_not_asked_twice() -> None:
    assert after(ApplicationState.ASKED, Verdict.APPROVE) is ApplicationState.APPROVED
    assert after(ApplicationState.ASKED, Verdict.DECLINE) is ApplicationState.DECLINED
    with pytest.raises(Refused, match="waits for its answer"):
        after(ApplicationState.ASKED, Verdict.ASK)


def test_codes_that_are_taken_for_each_other_are_twins() -> None:
    assert twin_key("OLGA20") == twin_key("0lga2O") == twin_key("01GA20")
    assert twin_key("OLGA20") != twin_key("OLGA25")
