"""The rules of type and colour, by themselves."""

import hashlib
import tomllib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets_gen import fonts
from assets_gen.brand import drawable
from assets_gen.breaking import Fit, broken, fitted
from assets_gen.colour import Colour, contrast, readable
from assets_gen.design import Design
from assets_gen.kits import PROGRAM, kits
from assets_gen.palette import palette_of
from assets_gen.relight import for_ground
from assets_gen.size import Shape, Size
from assets_gen.text import Face, leading_for, shape

HEADLINE = "Run your whole business from one\u00a0place"
DISPLAY = Face("display", -0.038)
CHANNEL = st.integers(0, 255)


def test_lines_break_evenly_and_never_inside_one_place() -> None:
    assert broken(HEADLINE, 3, DISPLAY, "first") == ("Run your", "whole business", "from one\u00a0place")
    assert broken(HEADLINE, 3, DISPLAY, "last") == ("Run your whole", "business from", "one\u00a0place")
    assert broken("One two", 3, DISPLAY) is None


def test_a_short_word_is_not_left_alone() -> None:
    lines = broken("Everything that a small team needs to do", 2, DISPLAY)
    assert lines is not None
    assert " " in lines[-1]


def test_lines_whose_letters_collide_are_set_wider() -> None:
    assert leading_for(("gypsy", "hilly"), DISPLAY, 0.8) > leading_for(("nose", "nose"), DISPLAY, 0.8)


def test_a_text_is_set_as_large_as_fits_and_no_larger() -> None:
    setting = fitted(HEADLINE, DISPLAY, Fit(80, 20, (3,), 0.95), 300, 400)
    assert setting is not None
    assert 299 <= setting.width <= 300
    assert fitted(HEADLINE, DISPLAY, Fit(80, 60, (1,)), 300, 400) is None


def test_letters_are_kerned() -> None:
    plain = Face("display")
    assert shape("AV", plain).width < shape("A", plain).width + shape("V", plain).width


def test_a_name_in_two_scripts_takes_each_from_the_font_that_has_it() -> None:
    files = {font for font, _, _ in shape("Growth مطبخ", Face("name")).pieces}
    assert files == {"BricolageGrotesque-SemiBold.ttf", "Alexandria-ExtraBold.ttf"}
    assert fonts.missing("Growth مطبخ ไทย हिन्दी", "name") == ""


def test_an_emoji_in_a_name_is_left_out_and_a_name_of_nothing_else_stays() -> None:
    assert fonts.without_missing("Growth 🌱 Kitchen", "name") == "Growth Kitchen"
    assert fonts.without_missing("🌱", "name") == "🌱"


def test_what_is_drawn_holds_no_towers_of_marks_and_no_controls() -> None:
    assert drawable("Z" + "\u0335" * 40 + "algo", 60) == "Z" + "\u0335" * 3 + "algo"
    assert drawable("a\u202eb\x00c\n d", 60) == "abc d"


@given(ground=st.tuples(CHANNEL, CHANNEL, CHANNEL), ink=st.tuples(CHANNEL, CHANNEL, CHANNEL))
def test_any_ink_becomes_readable_on_any_ground(
    ground: tuple[int, int, int], ink: tuple[int, int, int]
) -> None:
    assert contrast(readable(Colour.of_rgb(ink), ground, 4.5).rgb, ground) >= 4.5


@given(main=st.tuples(CHANNEL, CHANNEL, CHANNEL), second=st.tuples(CHANNEL, CHANNEL, CHANNEL))
def test_any_two_brand_colours_give_readable_text_and_buttons(
    main: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    from assets_gen import Brand

    brand = Brand("Ada", colours=(Colour.of_rgb(main).hex, Colour.of_rgb(second).hex))
    palette = palette_of(Design.load("spotlight"), brand, PROGRAM)
    assert contrast(palette["text"].rgb, palette["near"].rgb) >= 7
    assert contrast(palette["action_ink"].rgb, palette["action"].rgb) >= 4.9
    assert contrast(palette["paper_ink"].rgb, palette["paper"].rgb) >= 7


def test_a_black_logo_turns_white_on_a_dark_ground_and_a_white_one_stays() -> None:
    dark = (20, 10, 30)
    for kit in ("black on transparent", "near-black", "white on transparent"):
        logo = kits()[kit][0].logo
        assert logo is not None
        picture = for_ground(logo, dark).picture
        pixels = np.asarray(picture)
        assert pixels[pixels[..., 3] > 250][:, :3].min() > 190


def test_shape_classes_follow_the_proportions() -> None:
    shapes = {str(size): size.shape for size in map(Size.parse, ["320x50", "728x90", "1200x630", "300x250"])}
    assert list(shapes.values()) == [Shape.STRIP, Shape.LEADERBOARD, Shape.WIDE, Shape.BOX]
    assert Size.parse("1080x1920").shape is Shape.TALL
    assert Size.parse("160x600").shape is Shape.TOWER


def test_the_fonts_are_the_ones_that_were_licensed() -> None:
    listed = tomllib.loads((fonts.HERE / "fonts.toml").read_text("utf-8"))["font"]
    assert {entry["file"] for entry in listed} == {file.name for file in fonts.HERE.glob("*.ttf")}
    for entry in listed:
        assert hashlib.sha256((fonts.HERE / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert "SIL OPEN FONT LICENSE" in (fonts.HERE / entry["licence"]).read_text("utf-8").upper()


def test_words_of_two_directions_keep_the_space_between_them() -> None:
    pieces = shape("Growth סטודיו Nine", Face("name")).pieces
    hebrew = next(number for number, piece in enumerate(pieces) if piece[1].startswith("ס"))
    assert pieces[hebrew][1] == "סטודיו"
    alone = shape("סטודיו", Face("name")).width
    assert pieces[hebrew + 1][2] - pieces[hebrew][2] > alone + 0.15
