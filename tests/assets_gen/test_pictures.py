"""Affiliates, as different as people send them, in every size of the design."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assets_gen import AssetError, Brand, Design, Format, Offer, Size, render_banner
from assets_gen.banner import compose
from assets_gen.design import names
from assets_gen.encode import png
from assets_gen.fingerprint import fingerprint
from assets_gen.kits import PROGRAM, kits
from assets_gen.languages import languages
from assets_gen.layout import arranged
from assets_gen.lint import check, decoded, findings
from assets_gen.scene import Box, Slip, Tile, Type
from assets_gen.sweep import sample, swept
from assets_gen.text import ink
from tests.assets_gen import signed

SPOTLIGHT = Design.load("spotlight")
SIZES = [str(size) for size in SPOTLIGHT.sizes[:3]]


@pytest.mark.parametrize("design", names())
def test_nothing_overlaps_is_cut_or_too_faint_for_any_kit(design: str) -> None:
    """A sample; `python -m assets_gen check --all` looks at every picture."""
    assert [(picture, said) for picture, said in swept(sample(design), processes=1) if said] == []


def test_what_the_full_check_once_found_stays_mended() -> None:
    # Italics that leaned out, a light under tall words, a deep letter over a button, words into the light.
    once = [
        ("editorial", "1080x1080", "headline of 90 characters", "en"),
        ("spotlight", "1080x1920", "tall mark", "de"),
        ("spotlight", "1280x720", "large transparent border", "ar"),
        ("spotlight", "600x300", "headline of 90 characters", "en"),
    ]
    assert [(picture, said) for picture, said in swept(once, processes=1) if said] == []


def test_the_sample_meets_every_size_kit_and_language() -> None:
    seen = [picture for design in names() for picture in sample(design)]
    assert {kit for _, _, kit, _ in seen} == set(kits())
    assert {size for _, size, _, _ in seen} == {str(size) for size in SPOTLIGHT.sizes}
    assert {(name, spoken) for name, _, _, spoken in seen} == {(n, s) for n in names() for s in languages()}


@pytest.mark.parametrize("size", SIZES)
def test_a_sharp_screen_gets_the_same_layout_with_twice_the_pixels(size: str) -> None:
    brand, offer = kits()["mark and two lines"]
    sharp = Size.parse(f"{size}@2x")
    assert findings(SPOTLIGHT, sharp, brand, PROGRAM, offer) == []
    picture = Image.open(io.BytesIO(render_banner(SPOTLIGHT, sharp, brand, PROGRAM, offer).data))
    assert picture.size == (sharp.width * 2, sharp.height * 2)
    plain, _ = arranged(SPOTLIGHT, Size.parse(size), brand, PROGRAM, offer)
    twice, _ = arranged(SPOTLIGHT, sharp, brand, PROGRAM, offer)
    for one, two in zip(plain.elements, twice.elements, strict=True):
        assert two.box.left == pytest.approx(one.box.left * 2, abs=5), one.name
        assert two.box.top == pytest.approx(one.box.top * 2, abs=5), one.name


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", Format)
def test_the_qr_code_reads_as_exactly_the_affiliates_link(size: str, form: Format) -> None:
    offer = Offer(link="https://partners.kartra.example/r/ada-lindqvist", code="ADA20")
    banner = render_banner(SPOTLIGHT, Size.parse(size), Brand("Ada Lindqvist"), PROGRAM, offer, form)
    assert decoded(banner.data) == offer.link


@pytest.mark.parametrize("size", SIZES)
def test_without_link_and_code_the_picture_closes_the_gap(size: str) -> None:
    assert findings(SPOTLIGHT, Size.parse(size), Brand("Ada"), PROGRAM, Offer()) == []
    scene, _ = arranged(SPOTLIGHT, Size.parse(size), Brand("Ada"), PROGRAM, Offer())
    assert {"qr", "code"} <= set(scene.dropped)


@pytest.mark.parametrize("size", signed.SHAPES)
@pytest.mark.parametrize("name", names())
def test_pictures_look_as_they_did_when_somebody_signed_them(name: str, size: str) -> None:
    """A hundredth of a mean difference or one visible spot fails; look at it before you renew the file."""
    with Image.open(signed.HERE / f"{name}-{size}.jpg") as file:
        before = file.convert("RGB")
    seen = signed.kept(signed.drawn(name, size))
    apart = np.abs(np.asarray(seen, dtype=float) - np.asarray(before, dtype=float))
    spots = np.asarray(Image.fromarray(apart.max(axis=2).astype(np.uint8)).reduce(8))
    assert apart.mean() < 2.5
    assert spots.max() < 32


def test_the_lint_sees_planted_faults() -> None:
    brand, offer = kits()["wide wordmark"]
    scene, palette = arranged(SPOTLIGHT, Size(300, 250), brand, PROGRAM, offer)
    by_name = {element.name: element for element in scene.elements}
    button, headline, qr = by_name["button"], by_name["headline"], by_name["qr"]
    assert isinstance(qr.content, Tile)

    def said(old: object, new: object) -> str:
        elements = tuple(new if element is old else element for element in scene.elements)
        return " ".join(check(replace(scene, elements=elements), palette))  # type: ignore[arg-type]

    assert check(scene, palette) == []
    assert "px apart" in said(button, button.moved(0, -60))
    assert "outside the margin" in said(headline, headline.moved(-14, 0))
    assert "contrast" in said(headline, replace(headline, ink=palette["near"].rgb))
    assert "module" in said(qr, replace(qr, content=Tile(qr.content.qr, 1)))
    assert "is cut" in said(headline, replace(headline, cut=True))
    assert "outside" in said(qr, replace(qr, box=Box(240, 180, 306, 246)))


def test_the_lint_looks_into_a_turned_ticket_and_at_its_real_edges() -> None:
    brand, offer = kits()["mark and two lines"]
    size = Size(1080, 1080)
    picture, scene, palette = compose(Design.load("ticket"), size, brand, PROGRAM, offer)
    assert decoded(png(picture)) == offer.link
    body = next(element for element in scene.elements if element.name == "body")
    assert isinstance(body.content, Slip)
    inner = body.content.scene
    saving = next(element for element in inner.elements if element.name == "saving")
    faint = tuple(replace(e, ink=palette["paper"].rgb) if e is saving else e for e in inner.elements)
    slip = replace(body, content=replace(body.content, scene=replace(inner, elements=faint)))
    elements = tuple(slip if element is body else element for element in scene.elements)
    assert check(scene, palette) == []
    assert "body: saving has a contrast" in " ".join(check(replace(scene, elements=elements), palette))
    lower = tuple(e.moved(0, 60) if e.name == "body" else e for e in scene.elements)
    assert "body and headline are" in " ".join(check(replace(scene, elements=lower), palette))


def test_a_photo_takes_the_brands_tones_and_its_face_stays_in_the_field() -> None:
    grey = np.full((900, 1400), 90, dtype=np.uint8)
    grey[300:380, 1000:1080] = 255
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    brand, offer = kits()["mark and two lines"]
    ada = replace(brand, photo=buffer.getvalue(), focus=(1040 / 1400, 340 / 900))
    size, voice = Size(1080, 1080), Design.load("voice")
    assert findings(voice, size, ada, PROGRAM, offer) == []
    picture, scene, palette = compose(voice, size, ada, PROGRAM, offer)
    left, top, right, bottom = next(e.box for e in scene.elements if e.kind == "portrait").pixels
    field = np.asarray(picture, dtype=float)[top:bottom, left:right]
    bright = np.argwhere(np.abs(field - palette["photo_light"].rgb).max(axis=2) < 24)
    assert np.abs(bright.mean(axis=0) / field.shape[:2] - (0.40, 0.5)).max() < 0.05
    for other in voice.sizes:
        assert check(*arranged(voice, other, ada, PROGRAM, offer)) == [], other
    shape = "1080x1080", "jpg"
    assert fingerprint(voice, *shape, ada, PROGRAM, offer) != fingerprint(
        voice, *shape, brand, PROGRAM, offer
    )


def test_a_claim_changes_its_ink_exactly_at_the_seam() -> None:
    brand, offer = kits()["mark and two lines"]
    scene, palette = arranged(Design.load("split"), Size(1200, 630), brand, PROGRAM, offer)
    left, right = (element for element in scene.elements if element.name == "headline")
    fields = {element.name: element.box for element in scene.elements if element.kind == "plate"}
    assert left.box.right == right.box.left == fields["field_a"].right == fields["field_p"].left
    assert (left.ink, right.ink) == (palette["ink_a"].rgb, palette["ink_p"].rgb)


def test_a_seam_across_runs_through_the_middle_of_small_letters() -> None:
    brand, offer = kits()["mark and two lines"]
    scene, _ = arranged(Design.load("split"), Size(1080, 1080), brand, PROGRAM, offer)
    upper = next(element for element in scene.elements if element.name == "headline")
    assert isinstance(upper.content, Type)
    setting = upper.content.setting
    baseline = upper.content.y + setting.leading * setting.size
    assert upper.box.bottom == pytest.approx(baseline - setting.face.x_height * setting.size / 2, abs=1)


def test_in_a_small_picture_the_seam_runs_between_two_lines() -> None:
    brand, offer = kits()["mark and two lines"]
    scene, _ = arranged(Design.load("split"), Size(300, 250), brand, PROGRAM, offer)
    upper = next(element for element in scene.elements if element.name == "headline")
    assert isinstance(upper.content, Type)
    setting = upper.content.setting
    capitals = upper.content.y + setting.leading * setting.size - setting.rise
    assert upper.box.bottom == pytest.approx((upper.content.y + capitals) / 2, abs=1)


def test_a_qr_code_that_is_painted_over_does_not_read() -> None:
    brand, offer = kits()["near-black"]
    picture, scene, _ = compose(SPOTLIGHT, Size(300, 250), brand, PROGRAM, offer)
    left, top, right, bottom = next(e for e in scene.elements if e.name == "qr").box.pixels
    picture.paste((255, 255, 255), (left, top, (left + right) // 2, bottom))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    assert decoded(buffer.getvalue()) is None


def test_a_script_without_a_font_is_named_and_never_a_crash() -> None:
    scene, palette = arranged(SPOTLIGHT, Size(300, 250), Brand("ᠮᠣᠩᠭᠣᠯ"), PROGRAM, Offer())
    assert any(sentence.startswith("No font has the characters") for sentence in check(scene, palette))


@pytest.mark.parametrize("kit", ["tall mark", "photo on white"])
def test_a_lone_mark_stands_about_twice_as_high_as_the_wordmark(kit: str) -> None:
    brand, offer = kits()[kit]
    for size in map(Size.parse, SIZES):
        scene, _ = arranged(SPOTLIGHT, size, brand, PROGRAM, offer)
        heights = {element.name: element.box.height for element in scene.elements}
        assert 1.9 < heights["lockup.affiliate"] / heights["lockup.mark"] < 2.6


def test_lines_that_read_from_the_right_share_their_right_edge() -> None:
    name = "בית העסקים הקטנים והבינוניים של ישראל"
    scene, _ = arranged(SPOTLIGHT, Size(300, 250), Brand(name), PROGRAM, Offer())
    content = next(e.content for e in scene.elements if e.name == "lockup.affiliate")
    assert isinstance(content, Type)
    assert len(content.setting.lines) > 1
    drawn = np.asarray(ink(content.setting, content.align).mask) > 60
    half = drawn.shape[0] // 2
    ends = [int(np.flatnonzero(rows.any(axis=0))[-1]) for rows in (drawn[:half], drawn[half + 2 :])]
    assert abs(ends[0] - ends[1]) <= 2


def test_a_headline_of_ninety_characters_still_keeps_clear_of_everything() -> None:
    long = "Donaudampfschifffahrtsgesellschaft and every other quite unreasonably long word in one line"[:90]
    for size in map(Size.parse, SIZES):
        offer = Offer(link="http://127.0.0.1:8000/r/ada", code="ADA20", headline=long)
        found = findings(SPOTLIGHT, size, Brand("Ada"), PROGRAM, offer)
        assert [sentence for sentence in found if "apart" in sentence or "outside" in sentence] == []


def test_weights_stay_within_the_networks_limits_as_jpeg() -> None:
    for kit, (brand, offer) in kits().items():
        for size in (Size(300, 250), Size(728, 90)):
            banner = render_banner(SPOTLIGHT, size, brand, PROGRAM, offer, Format.JPEG)
            assert len(banner.data) <= 150_000, kit


def test_files_carry_no_metadata_and_open_as_what_they_are() -> None:
    brand, offer = kits()["mark and two lines"]
    for form, name in ((Format.PNG, "PNG"), (Format.JPEG, "JPEG"), (Format.WEBP, "WEBP")):
        banner = render_banner(SPOTLIGHT, Size(728, 90), brand, PROGRAM, offer, form)
        with Image.open(io.BytesIO(banner.data)) as picture:
            picture.load()
            assert (picture.format, picture.size) == (name, (728, 90))
            assert not set(picture.info) & {"exif", "icc_profile", "comment", "xmp"}
            assert banner.media_type == picture.get_format_mimetype()


def test_the_same_picture_has_the_same_bytes_and_fingerprint() -> None:
    brand, offer = kits()["tall mark"]
    first, again = (render_banner(SPOTLIGHT, Size(300, 250), brand, PROGRAM, offer).data for _ in range(2))
    assert first == again
    one = fingerprint(SPOTLIGHT, "300x250", "png", brand, PROGRAM, offer)
    assert one == fingerprint(SPOTLIGHT, "300x250", "png", brand, PROGRAM, offer)
    assert one != fingerprint(SPOTLIGHT, "300x250", "png", brand, PROGRAM, replace(offer, code="OTHER"))
    assert one != fingerprint(SPOTLIGHT, "300x250", "png", replace(brand, logo=None), PROGRAM, offer)


def test_what_cannot_be_drawn_is_refused_with_a_sentence() -> None:
    there = ", ".join(names())
    with pytest.raises(AssetError, match=f"no design 'nosuch'. There are: {there}."):
        Design.load("nosuch")
    with pytest.raises(AssetError, match="has no composition for 90x600"):
        render_banner(replace(SPOTLIGHT, compositions={}), Size(90, 600), Brand("Ada"), PROGRAM, Offer())
    with pytest.raises(AssetError, match="png, jpg, webp, not as 'gif'"):
        render_banner(SPOTLIGHT, Size(300, 250), Brand("Ada"), PROGRAM, Offer(), "gif")
    with pytest.raises(AssetError, match="cannot be read"):
        render_banner(SPOTLIGHT, Size(300, 250), Brand("Ada", b"no picture"), PROGRAM, Offer())
    with pytest.raises(AssetError, match="needs a name"):
        Brand(" \u200b ")


def test_assets_gen_stands_alone_and_starts_light() -> None:
    script = (
        "import sys, assets_gen, assets_gen.__main__\n"
        "heavy = {'portal', 'weasyprint', 'litestar', 'piccolo'}\n"
        "print([m for m in sys.modules if m.split('.')[0] in heavy])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_draws_a_banner_and_a_one_pager(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    kitchen = kits()["mark and two lines"][0].logo
    assert kitchen is not None
    logo.write_bytes(kitchen)
    base = [
        sys.executable,
        "-m",
        "assets_gen",
        "render",
        "--brand-name",
        "Growth Kitchen",
        "--logo",
        str(logo),
    ]
    for name, start in (("a.png", b"\x89PNG"), ("a.jpg", b"\xff\xd8\xff"), ("a.pdf", b"%PDF")):
        subprocess.run([*base, "--out", str(tmp_path / name)], capture_output=True, check=True)
        assert (tmp_path / name).read_bytes().startswith(start)
    wrong = subprocess.run(
        [*base, "--size", "1x1", "--out", str(tmp_path / "b.png")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 2
    assert "is not a size" in wrong.stderr
