"""German, Arabic and Japanese as their readers expect them."""

import unicodedata

import pytest

from assets_gen import Brand, Design, Offer, Size, fonts
from assets_gen.banner import compose
from assets_gen.breaking import Fit, broken, fitted, variants
from assets_gen.design import names
from assets_gen.fingerprint import fingerprint
from assets_gen.kits import PROGRAM, kits, said_in
from assets_gen.languages import language, languages
from assets_gen.layout import arranged
from assets_gen.lint import check
from assets_gen.scene import Placed, Scene, Type
from assets_gen.scripts import TURNS, hyphenable, turned, visual
from assets_gen.text import Face, shape

DISPLAY = Face("display", -0.038)
SPOTLIGHT = Design.load("spotlight")
OTHERS = [code for code in languages() if code != "en"]


def scene_in(code: str, design: str = "spotlight", size: str = "1200x630") -> Scene:
    brand, offer = kits()["mark and two lines"]
    scene, _ = arranged(Design.load(design), Size.parse(size), brand, PROGRAM, said_in(offer, code))
    return scene


def named(scene: Scene, name: str) -> Placed:
    return next(element for element in scene.elements if element.name == name)


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("design", names())
def test_every_word_of_every_design_is_said_in_every_language(design: str, code: str) -> None:
    told = language(code).words(design).keys() | Design.load(design).copy.get(code, {}).keys()
    assert Design.load(design).copy["en"].keys() - told == set()


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("stack", ["display", "text", "serif_large", "reading"])
def test_every_letter_of_a_language_has_a_font_that_comes_along(code: str, stack: str) -> None:
    spoken = language(code)
    told = [*spoken.every.values(), *(text for own in spoken.own.values() for text in own.values())]
    letters = {c for text in told for c in text if not unicodedata.category(c).startswith("C")}
    ours = {ord(c) for c in letters if any(ord(c) in fonts.covered(face) for face in fonts.STACKS[stack])}
    assert {c for c in letters if ord(c) not in ours} == set()


def test_a_language_that_nobody_wrote_is_english_and_a_country_s_is_its_language_s() -> None:
    assert language("sw").code == "en"
    assert language("de-AT").name == "Deutsch"
    assert Design.load("grid").words("de-AT")["first_label"] == "Seiten"


def test_numbers_take_the_form_of_the_language() -> None:
    assert [language(code).figure(12.5) for code in ("en", "de", "ja")] == [
        "12.5\u202f%",
        "12,5\u202f%",
        "12.5%",
    ]


def test_arabic_is_composed_in_a_mirror() -> None:
    english, arabic = scene_in("en"), scene_in("ar")
    for name in ("window", "disc", "tile", "qr"):
        one, other = named(english, name).box, named(arabic, name).box
        assert (other.left, other.right) == (1200 - one.right, 1200 - one.left), name
    headline = named(arabic, "headline")
    assert isinstance(headline.content, Type)
    assert headline.content.align == "right"
    assert headline.box.right == pytest.approx(1200 - named(english, "headline").box.left, abs=6)
    assert named(arabic, "code").box.right < named(arabic, "code.label").box.left


def test_what_has_an_order_of_its_own_is_not_mirrored() -> None:
    english, arabic = scene_in("en", "grid"), scene_in("ar", "grid")
    for scene in (english, arabic):
        assert named(scene, "lockup.mark").box.right < named(scene, "lockup.program").box.left
        assert named(scene, "figure.number").box.right < named(scene, "figure").box.left
    assert named(arabic, "lockup.program").box.left > named(arabic, "lockup.affiliate").box.right


def test_words_of_both_directions_stand_in_the_order_of_their_readers() -> None:
    assert visual("خصم 20% على Kartra اليوم") == [
        (" اليوم", True),
        ("Kartra", False),
        ("% على ", True),
        ("20", False),
        ("خصم ", True),
    ]
    assert [part for part, _ in visual(turned("خصم 20% الآن"))] == [" الآن", "20%", "خصم "]
    assert [part for part, _ in visual("Ask חנה (12) now")] == ["Ask ", ")", "12", "חנה (", " now"]


def test_a_line_that_begins_with_a_foreign_name_is_still_read_from_the_right() -> None:
    pieces = shape(turned("Kartra تجمع أعمالك"), DISPLAY).pieces
    latin = [x for font, text, x in pieces if text.isascii()]
    assert min(latin) > max(x for font, text, x in pieces if not text.isascii())


def test_japanese_breaks_between_phrases_and_keeps_signs_with_their_words() -> None:
    by_kana = broken("毎日の仕事をひとつの場所で", 3, DISPLAY)
    assert by_kana == ("毎日の", "仕事をひとつの", "場所で")
    as_written = broken("ビジネスの\u200bすべてを、\u200bひとつの\u200b場所で", 4, DISPLAY)
    assert as_written == ("ビジネスの", "すべてを、", "ひとつの", "場所で")
    for units in variants("「売上」、ページとメール（初回）。"):
        assert [u.text for u in units if u.text[0] in "、。」）ー" or u.text[-1] in "「（"] == []


def test_a_long_german_word_is_parted_only_when_the_line_gains_by_it() -> None:
    text = hyphenable("Geschäftskundenverwaltung", "de")
    wide = fitted(text, DISPLAY, Fit(40, 8, (1, 2), 1.0), 900, 200)
    assert wide is not None
    assert "-" not in "".join(wide.lines)
    narrow = fitted(text, DISPLAY, Fit(40, 8, (1, 2, 3), 1.0), 160, 200)
    assert narrow is not None
    assert all(line.endswith("-") for line in narrow.lines[:-1])
    assert hyphenable("Business und Ort", "de") == "Business und Ort"


@pytest.mark.parametrize("code", languages())
def test_a_word_that_is_told_too_long_gives_way_to_its_short_form(code: str) -> None:
    for design in names():
        for size in ("320x50", "728x90"):
            assert [e.name for e in scene_in(code, design, size).elements if e.cut] == [], (design, size)


def test_a_kanji_without_a_font_leaves_the_picture_whole_and_is_named() -> None:
    offer = Offer(headline="北風\U00020089屋の一年", language="ja")
    picture, scene, palette = compose(SPOTLIGHT, Size(300, 250), Brand("北風\U00020089屋"), PROGRAM, offer)
    assert picture.size == (300, 250)
    assert named(scene, "lockup.affiliate").text == "北風屋"
    assert check(scene, palette) == ["No font has the characters '\U00020089'."]


def test_a_picture_in_another_language_is_another_picture() -> None:
    brand, offer = kits()["neon"]
    versions = {
        fingerprint(SPOTLIGHT, "300x250", "png", brand, PROGRAM, said_in(offer, code)) for code in languages()
    }
    assert len(versions) == len(languages())


_THREE = ["أدر أعمالك", "كلها من", "مكان\u00a0واحد"]
# Split's claim stands across its fields: as many lines as keep the preposition with its word.
_FIVE = ["أدر", "أعمالك", "كلها", "من\u00a0مكان", "واحد"]


@pytest.mark.parametrize("design", ["spotlight", "editorial", "split", "ticket", "grid"])
def test_no_preposition_stands_alone_between_two_lines(design: str) -> None:
    headline = next(e for e in scene_in("ar", design, "160x600").elements if e.name.startswith("headline"))
    assert isinstance(headline.content, Type)
    lines = [line.strip(TURNS) for line in headline.content.setting.lines]
    assert lines == (_FIVE if design == "split" else _THREE)


def test_kanji_cross_a_seam_by_their_middle_and_not_by_that_of_latin_letters() -> None:
    upper = named(scene_in("ja", "split", "1080x1080"), "headline")
    assert isinstance(upper.content, Type)
    setting = upper.content.setting
    baseline = upper.content.y + setting.leading * setting.size
    assert upper.box.bottom == pytest.approx(baseline - 0.38 * setting.size, abs=1)
