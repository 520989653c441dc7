"""A logo never sinks into its ground, and still looks like itself."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from assets_gen import Brand, Design, Offer, Size
from assets_gen.colour import Colour, Rgb, contrast
from assets_gen.fingerprint import fingerprint
from assets_gen.kits import PROGRAM
from assets_gen.layout import arranged
from assets_gen.lint import check
from assets_gen.logo import logo_of
from assets_gen.relight import MARK, WORD, for_ground
from assets_gen.scene import Picture
from assets_gen.text import Face, Setting, ink
from portal.demo.kits import northbound

SPOTLIGHT = Design.load("spotlight")
OFFER = Offer(link="https://partners.kartra.example/r/ada-lindqvist", code="ADA20")


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def word(colour: str, text: str = "Harbour") -> Image.Image:
    drawn = ink(Setting((text,), Face("name"), 120, 1.2)).mask
    picture = Image.new("RGBA", (drawn.width + 340, 200))
    picture.paste(Colour.parse(colour).rgb, (310, 40), drawn)
    return picture


def dots(*colours: str) -> Image.Image:
    """A row of discs, and after it a word in the first colour."""
    picture = word(colours[0])
    for number, colour in enumerate(colours):
        ImageDraw.Draw(picture).ellipse((number * 75, 60, number * 75 + 60, 120), fill=colour)
    return picture


DARK: dict[str, Callable[[], bytes]] = {
    "the demo's two greens": northbound,
    "near-black": lambda: png(word("#0C0C10")),
    "navy": lambda: png(word("#101C4A")),
    "dark red": lambda: png(word("#5A0A12")),
    "four colours, two of them dark": lambda: png(dots("#1B2A4A", "#E5484D", "#F5A623", "#144628")),
}


@pytest.mark.parametrize("size", [str(size) for size in SPOTLIGHT.sizes])
@pytest.mark.parametrize("logo", DARK)
@pytest.mark.parametrize("own", ["#14574A", "#0B0B0F", "#101C4A", "#5A0A12"])
def test_a_dark_logo_reads_on_its_dark_ground(logo: str, size: str, own: str) -> None:
    brand = Brand("Ada", DARK[logo](), (own,))
    assert check(*arranged(SPOTLIGHT, Size.parse(size), brand, PROGRAM, OFFER)) == []


@pytest.mark.parametrize("logo", DARK)
def test_the_lint_sees_a_logo_that_was_left_as_it_came(logo: str) -> None:
    data = DARK[logo]()
    scene, palette = arranged(SPOTLIGHT, Size(1200, 630), Brand("Ada", data), PROGRAM, OFFER)
    raw = tuple(
        replace(element, content=Picture(logo_of(data))) if element.kind == "logo" else element
        for element in scene.elements
    )
    found = " ".join(check(replace(scene, elements=raw), palette))
    assert "lockup.affiliate has a contrast of" in found
    assert "4.5 is needed" in found


def test_the_two_greens_of_a_mark_are_still_two_and_still_green() -> None:
    ground: Rgb = (0, 40, 33)
    picture = for_ground(northbound(), ground).picture
    left, right = (_at(picture, x, 125) for x in (50, 100))
    letters = np.asarray(picture)[:, 210:].reshape(-1, 4)
    values, counts = np.unique(letters[letters[:, 3] == 255, :3], axis=0, return_counts=True)
    red, green, blue = map(int, values[counts.argmax()])
    name = (red, green, blue)
    assert np.abs(np.subtract(right, name)).max() <= 2
    assert contrast(name, ground) >= WORD
    assert contrast(left, ground) >= MARK
    assert contrast(left, right) > 1.5
    for colour in (left, right):
        assert abs(Colour.of_rgb(colour).hue - Colour.parse("#14574A").hue) < 12


def test_light_colours_of_a_logo_stay_as_they_are() -> None:
    data = png(dots("#1B2A4A", "#E5484D", "#F5A623", "#144628"))
    before, after = logo_of(data).picture, for_ground(data, (12, 20, 50)).picture
    for x in (105, 180):
        assert np.abs(np.subtract(_at(before, x, 50), _at(after, x, 50))).max() <= 4
    for x in (30, 255):
        assert _at(before, x, 50) != _at(after, x, 50)


def test_a_dark_shape_inside_a_light_one_is_a_hole_and_stays_dark() -> None:
    picture = Image.new("RGBA", (300, 300))
    ImageDraw.Draw(picture).ellipse((10, 10, 290, 290), fill="#FF7A2F")
    ImageDraw.Draw(picture).rectangle((110, 110, 190, 190), fill="#101010")
    data = png(picture)
    assert for_ground(data, (10, 10, 14)) is logo_of(data)


def test_the_colours_of_a_logo_on_white_paper_are_cut_out_solid() -> None:
    paper = Image.new("RGB", (900, 200), "white")
    sheet = dots("#101014", "#E5484D", "#F5A623", "#3E63DD")
    paper.paste(sheet, (0, 0), sheet)
    buffer = io.BytesIO()
    paper.save(buffer, "JPEG", quality=88)
    picture = logo_of(buffer.getvalue()).picture
    for x, colour in ((105, "#E5484D"), (180, "#F5A623"), (255, "#3E63DD")):
        pixel = picture.getpixel((x, picture.height // 2))
        assert isinstance(pixel, tuple)
        assert pixel[3] > 250
        assert np.abs(np.subtract(pixel[:3], Colour.parse(colour).rgb)).max() < 12


def test_a_pale_logo_darkens_on_paper() -> None:
    picture = for_ground(png(word("#FFF3AA")), (250, 247, 240)).picture
    pixels = np.asarray(picture)
    inks = {tuple(map(int, pixel[:3])) for pixel in pixels[pixels[..., 3] == 255]}
    assert min(contrast((r, g, b), (250, 247, 240)) for r, g, b in inks) >= WORD


def _at(picture: Image.Image, x: float, y: float) -> Rgb:
    pixel = picture.getpixel((round(x), round(y)))
    assert isinstance(pixel, tuple)
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


@pytest.mark.parametrize(
    ("design", "own", "is_taken"),
    [("spotlight", "#14574A", True), ("editorial", "#14574A", False), ("voice", "#14574A", False)],
)
def test_the_logo_for_dark_grounds_stands_on_dark_grounds_only(design: str, own: str, is_taken: bool) -> None:
    chosen, wide, light = Design.load(design), Size.parse("1200x630"), png(word("#FFFFFF", "Own white"))
    plain = Brand("Ada", png(word("#14574A")), (own,))
    both = replace(plain, dark_logo=light)
    scenes = [arranged(chosen, wide, brand, PROGRAM, OFFER) for brand in (plain, both)]
    assert [check(scene, palette) for scene, palette in scenes] == [[], []]
    one, other = (
        next(e.content.logo for e in scene.elements if isinstance(e.content, Picture)) for scene, _ in scenes
    )
    assert (one.picture.size != other.picture.size) is is_taken
    if is_taken:
        assert other.picture.size == logo_of(light).picture.size


def test_a_logo_for_dark_grounds_that_is_dark_itself_is_lit() -> None:
    brand = Brand("Ada", png(word("#14574A")), ("#14574A",), dark_logo=png(word("#101C4A", "Own")))
    scene, palette = arranged(SPOTLIGHT, SPOTLIGHT.sizes[0], brand, PROGRAM, OFFER)
    assert check(scene, palette) == []


def test_a_logo_for_dark_grounds_is_part_of_what_a_picture_is_called() -> None:
    brand = Brand("Ada", png(word("#14574A")))
    names = {
        fingerprint(SPOTLIGHT, "300x250", "png", one, PROGRAM, OFFER)
        for one in (brand, replace(brand, dark_logo=png(word("#FFFFFF"))))
    }
    assert len(names) == 2
