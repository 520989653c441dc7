"""Somebody's own words in a design: they are shown everywhere, and what does not fit is found beforehand."""

import pytest

from assets_gen import Brand, Design, Offer, Size
from assets_gen.design import names
from assets_gen.fingerprint import fingerprint
from assets_gen.kits import PROGRAM, kits
from assets_gen.layout import arranged
from assets_gen.scene import Scene
from assets_gen.wording import TEXTS, findings_in, problem_with, texts_of

SPLIT, SPOTLIGHT = Design.load("split"), Design.load("spotlight")
MINE = {"headline": "Teach and earn", "action": "Begin today"}


def words_in(scene: Scene) -> str:
    said = []
    for element in scene.elements:
        said.append(element.text or "")
        inner = getattr(element.content, "scene", None)
        if inner is not None:
            said.append(words_in(inner))
    return " ".join(said).replace("\u00a0", " ")


@pytest.mark.parametrize("name", names())
def test_own_words_take_the_place_of_the_designs_in_every_size(name: str) -> None:
    design = Design.load(name).saying("en", MINE)
    brand, offer = kits()["neon"]
    for size in design.sizes:
        said = words_in(arranged(design, size, brand, PROGRAM, offer)[0])
        assert "Teach" in said, size
        assert "business" not in said, size


def test_nobody_elses_pictures_change() -> None:
    brand, offer = kits()["neon"]
    own = SPLIT.saying("en", MINE)
    assert SPLIT.saying("en", {}) is SPLIT
    assert own.words("de") == SPLIT.words("de")
    prints = {
        fingerprint(one, "300x250", "png", brand, PROGRAM, offer)
        for one in (SPLIT, own, SPLIT.saying("en", {"headline": "Earn and teach"}))
    }
    assert len(prints) == 3


def test_hidden_signs_are_dropped_and_long_words_may_part() -> None:
    own = SPLIT.saying("de", {"headline": "Zahlungs\u200berinnerungen \u202eund mehr"})
    assert own.own["headline"] == "Zahlungserinnerungen und mehr"
    assert "\u00ad" in own.words("de")["headline"]


@pytest.mark.parametrize("language", ["en", "de", "ar", "ja"])
def test_what_the_designs_say_themselves_passes(language: str) -> None:
    assert findings_in(SPLIT, "300x250", language) == []
    assert findings_in(SPOTLIGHT, "comparison-a4", language) == []


def test_a_text_that_is_too_long_is_named_with_a_way_out() -> None:
    long = SPLIT.saying("en", {"action": "Begin now and pay us nothing at all"})
    (found,) = (one for one in findings_in(long, "320x50", "en") if one.slot == "action")
    assert found.what == "Call to action is too long"
    assert found.shapes == ("320x50",)
    assert found.way_out == "Shorten it, or say it in fewer words for small sizes."
    assert len(found.kits) == len(kits())


def test_characters_without_a_font_and_sheets_without_room_are_found() -> None:
    odd = SPLIT.saying("en", {"headline": "Sell \U00013080 now", "headline_short": "Sell"})
    assert "No font has some of its characters" in [one.what for one in findings_in(odd, "1200x630", "en")]
    wide = SPOTLIGHT.saying("en", {"first": "x" * 100})
    assert [one.what for one in findings_in(wide, "a4", "en")] == ["A sheet has no room for it"]


def test_it_is_checked_in_the_programs_own_brand() -> None:
    long = Brand("A program whose name is really much longer than Kartra", colours=("#2433F0",))
    assert isinstance(findings_in(SPLIT, "320x50", "en", long), list)
    assert findings_in(SPLIT, "1080x1080", "en", long) == []


def test_a_promotions_headline_stands_also_where_short_words_do() -> None:
    brand = kits()["neon"][0]
    for size in map(Size.parse, ("320x50", "320x100", "300x250")):
        for design in map(Design.load, names()):
            scene, _ = arranged(design, size, brand, PROGRAM, Offer(headline="Half price", figure="50 %"))
            assert "Half" in words_in(scene), (design.name, size)


@pytest.mark.parametrize(
    ("slot", "text", "said"),
    [
        ("headline", "x" * 91, "Shorten it to 90 characters; it has 91."),
        ("headline", "x" * 90, ""),
        ("action", "Go {name}", "{name} is not known here. Write what it should say."),
        ("action", "Go {", "A brace stands alone in it. Write { and } in pairs, or not at all."),
        ("action", "Go {{", "A brace stands alone in it. Write { and } in pairs, or not at all."),
        (
            "sentence",
            "{program.__class__} is it",
            "{program.__class__} is not known here. There is {program}.",
        ),
        (
            "sentence",
            "{program!r} is it",
            "A brace stands alone in it. Write { and } in pairs, or not at all.",
        ),
        ("sentence", "It is {program}.", ""),
    ],
)
def test_a_text_may_hold_what_the_designs_own_holds(slot: str, text: str, said: str) -> None:
    assert problem_with(slot, text, texts_of(SPOTLIGHT, "en")[slot]) == said


def test_what_is_saved_and_the_code_stay_in_the_sentence_about_it() -> None:
    line = texts_of(Design.load("voice"), "en")["offer_line"]
    assert problem_with("offer_line", "{figure} less with {code}", line) == ""
    assert "have to stand in it" in problem_with("offer_line", "{figure} less", line)


def test_every_text_is_offered_by_a_design_and_no_longer_than_it_may_be() -> None:
    offered = [(slot, text) for name in names() for slot, text in texts_of(Design.load(name), "en").items()]
    assert {slot for slot, _ in offered} == set(TEXTS)
    assert all(len(text) <= TEXTS[slot].most for slot, text in offered)
