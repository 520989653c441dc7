"""Ada dresses the program's pictures in her brand."""

import io
import re

import httpx
import pytest
from PIL import Image, ImageDraw

from assets_gen.kits import kits
from assets_gen.lint import decoded
from portal.creatives.forms import parse_kit
from portal.creatives.kit_queries import reading
from portal.creatives.tables import BrandKit
from portal.storage import Storage
from tests.cast import Cast
from tests.conftest import Stage

KITCHEN = kits()["mark and two lines"][0].logo or b""
FORM = {"name": "Northbound", "web_address": "northbound.example", "tagline": "", "main": "", "second": ""}


async def upload(client: httpx.AsyncClient, data: bytes, **more: str) -> httpx.Response:
    return await client.post("/brand", data={**FORM, **more}, files={"logo": ("logo.png", data, "image/png")})


async def picture_of(client: httpx.AsyncClient, slug: str = "ada") -> bytes:
    answer = await client.get(f"/c/{slug}/spotlight/300x250.png")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_a_logo_is_in_every_picture_as_soon_as_it_is_saved(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    before = await picture_of(visitor)
    answer = await upload(ada, KITCHEN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/brand")
    after = await picture_of(visitor)
    assert after != before
    assert decoded(after) == "http://127.0.0.1:8000/r/ada"
    page = await ada.get("/brand")
    assert "Your brand kit is saved" in page.text
    assert 'value="Northbound"' in page.text
    assert "Found in your logo" in page.text


async def test_the_upload_is_cleaned_and_the_original_forgotten(ada: httpx.AsyncClient, stage: Stage) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Ada's phone"
    buffer = io.BytesIO()
    Image.new("RGB", (400, 200), "#14574A").save(buffer, "JPEG", exif=exif)
    await upload(ada, buffer.getvalue())
    kit = await BrandKit.objects().first()
    assert kit is not None
    assert kit.logo_key is not None
    kept = await Storage(stage.settings.storage_url).get(kit.logo_key)
    assert kept is not None
    assert b"phone" not in kept
    files = [path for path in stage.settings.data_dir.rglob("*") if path.is_file()]
    assert not any(buffer.getvalue() == path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Export the logo as a PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 5_100_000, "up to 5 MB"),
        (b"hello", "not a PNG, JPEG or WebP"),
    ],
)
async def test_a_file_that_is_no_logo_gets_a_sentence_and_loses_nothing(
    ada: httpx.AsyncClient, data: bytes, sentence: str
) -> None:
    answer = await upload(ada, data, name="North & Bound", tagline="Courses that find their people")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="North &amp; Bound"' in answer.text
    assert "Courses that find their people" in answer.text
    assert await BrandKit.count() == 0


async def test_a_body_beyond_every_limit_is_answered_in_the_houses_own_page(ada: httpx.AsyncClient) -> None:
    answer = await upload(ada, b"\x89PNG\r\n\x1a\n" + b"x" * 17_000_000)
    assert answer.status_code == 413
    assert "larger than 5 MB" in answer.text
    assert await BrandKit.count() == 0


async def test_every_change_is_a_new_revision_and_saving_again_is_none(ada: httpx.AsyncClient) -> None:
    for name in ("Northbound", "Northbound", "North"):
        await ada.post("/brand", data={**FORM, "name": name})
    revisions = await BrandKit.select(BrandKit.revision, BrandKit.name).order_by(BrandKit.revision)
    assert [(row["revision"], row["name"]) for row in revisions] == [(1, "Northbound"), (2, "North")]


async def test_a_removed_logo_leaves_the_name(ada: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
    named = await ada.post("/brand", data=FORM)
    assert named.status_code == 303
    before = await picture_of(visitor)
    await upload(ada, KITCHEN)
    assert await picture_of(visitor) != before
    await ada.post("/brand", data={**FORM, "remove": "logo"})
    assert await picture_of(visitor) == before
    assert (await ada.get("/brand/logo")).status_code == 404


async def test_wrong_fields_come_back_with_what_was_typed(ada: httpx.AsyncClient) -> None:
    answer = await ada.post(
        "/brand", data={**FORM, "name": " ", "main": "orange", "web_address": "not a site"}
    )
    assert answer.status_code == 422
    for words in ("3 answers need another look", "Write the name", 'value="orange"', 'value="not a site"'):
        assert words in answer.text


async def test_the_preview_follows_what_is_typed_and_saves_nothing(ada: httpx.AsyncClient) -> None:
    query = {**FORM, "name": "Typed", "main": "#14574a"}
    panel = await ada.get("/brand/preview", params=query, headers={"HX-Request": "true"})
    assert "<html" not in panel.text
    sources = re.findall(r'src="(/brand/preview/[^"]+)"', panel.text)
    assert len(sources) == 3
    drawn = await ada.get(sources[1].replace("&amp;", "&"))
    assert drawn.headers["Content-Type"] == "image/jpeg"
    assert drawn.headers["Cache-Control"].startswith("private")
    assert await BrandKit.count() == 0


async def test_a_name_that_nobody_can_see_is_refused_and_one_without_a_font_is_told(
    ada: httpx.AsyncClient,
) -> None:
    assert (await ada.post("/brand", data={**FORM, "name": "\u200b\u202e"})).status_code == 422
    assert (await ada.post("/brand", data={**FORM, "name": "Growth 🌱 Kitchen"})).status_code == 303
    page = await ada.get("/brand")
    assert "Not all of your name can be set" in page.text
    assert "🌱" in page.text


async def test_ben_never_sees_adas_logo(ada: httpx.AsyncClient, ben: httpx.AsyncClient, cast: Cast) -> None:
    await upload(ada, KITCHEN)
    assert (await ada.get("/brand/logo")).status_code == 200
    assert (await ben.get("/brand/logo")).status_code == 404
    assert "Northbound" not in (await ben.get("/brand")).text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("northbound.example", "https://northbound.example"),
        ("HTTP://Northbound.example/blog/", "http://Northbound.example/blog"),
        ("", ""),
    ],
)
def test_web_addresses_are_taken_as_people_write_them(typed: str, kept: str) -> None:
    draft = parse_kit({"name": "Ada", "web_address": typed})
    assert draft.errors == {}
    assert draft.web_address == kept


@pytest.mark.parametrize(
    "typed", ["javascript:alert(1)", "https://user@host.example", "localhost", "a b.example"]
)
def test_what_is_no_web_address_is_said(typed: str) -> None:
    assert "web_address" in parse_kit({"name": "Ada", "web_address": typed}).errors


def test_colours_are_taken_in_every_common_spelling() -> None:
    draft = parse_kit({"name": "Ada", "main": "14574a", "second": "#fc0"})
    assert draft.colours == ("#14574A", "#FFCC00")


async def test_enter_saves_and_does_not_remove(ada: httpx.AsyncClient) -> None:
    """Browsers press a form's first button on Enter."""
    await upload(ada, KITCHEN)
    form = (await ada.get("/brand")).text.partition('id="kit"')[2]
    first = re.search(r"<button[^>]*>", form)
    assert first is not None
    assert "name=" not in first.group()


async def test_removing_the_logo_keeps_what_was_typed_beside_it(ada: httpx.AsyncClient) -> None:
    await upload(ada, KITCHEN)
    await ada.post("/brand", data={**FORM, "name": "Southbound", "remove": "logo"})
    page = (await ada.get("/brand")).text
    assert 'value="Southbound"' in page
    assert "/brand/logo" not in page


async def test_an_empty_file_is_told(ada: httpx.AsyncClient) -> None:
    answer = await upload(ada, b"")
    assert answer.status_code == 422
    assert "This file is empty" in answer.text


@pytest.mark.parametrize("typed", ["https://[::1", "https://a.example:99999/", "https://a.example:port/"])
def test_a_web_address_that_cannot_be_read_is_told(typed: str) -> None:
    assert "web_address" in parse_kit({**FORM, "web_address": typed}).errors


async def test_what_nobody_can_type_is_left_out(ada: httpx.AsyncClient) -> None:
    await ada.post("/brand", data={**FORM, "name": "North\0bound"})
    assert 'value="Northbound"' in (await ada.get("/brand")).text


@pytest.mark.parametrize(
    ("colour", "words"),
    [
        ("#14574A", "reads well on white: 8.4 : 1"),
        ("#2F8F78", "large words read on white: 3.9 : 1. We set small ones in ink"),
        ("#F0C77E", "too pale for text: 1.5 : 1 on white. We set text in ink"),
        ("#777777", "large words read on white: 4.4 : 1. We set small ones in ink"),  # 4.48 is not 4.5
    ],
)
def test_each_colour_says_how_words_in_it_read(colour: str, words: str) -> None:
    assert reading(colour) == words


async def test_the_words_about_colours_follow_what_is_typed(ada: httpx.AsyncClient) -> None:
    query = {**FORM, "main": "#14574a", "second": "#FFF"}
    panel = await ada.get("/brand/preview", params=query, headers={"HX-Request": "true"})
    beside = panel.text.partition('id="colours-read"')[2].partition("</ul>")[0]
    assert "#14574A</code> reads well on white: 8.4 : 1" in beside
    assert "too pale for text: 1.0 : 1" in beside
    wrong = await ada.get("/brand/preview", params={**FORM, "main": "orange"}, headers={"HX-Request": "true"})
    assert "<li>" not in wrong.text.partition('id="colours-read"')[2].partition("</ul>")[0]


async def send(client: httpx.AsyncClient, **files: bytes) -> httpx.Response:
    return await client.post(
        "/brand", data=FORM, files={name: (f"{name}.png", data, "image/png") for name, data in files.items()}
    )


async def test_a_logo_for_dark_backgrounds_is_in_the_pictures_and_on_the_page(
    ada: httpx.AsyncClient, ben: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    await send(ada, logo=KITCHEN)
    plain, lit = await picture_of(visitor), (await ada.get("/brand/logo?on=dark")).content
    assert (await send(ada, dark_logo=kits()["white on transparent"][0].logo or b"")).status_code == 303
    assert await picture_of(visitor) != plain
    shown = await ada.get("/brand/logo?on=dark")
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.content != lit
    assert (await ben.get("/brand/logo?on=dark")).status_code == 404
    await ada.post("/brand", data={**FORM, "remove": "dark_logo"})
    assert await picture_of(visitor) == plain
    assert "New logo for dark backgrounds" in (await ada.get("/brand")).text
    # Without the logo there is nothing that it could stand in for.
    await ada.post("/brand/kits/2/again")
    await ada.post("/brand", data={**FORM, "remove": "logo"})
    assert (await ada.get("/brand/logo?on=dark")).status_code == 404


async def test_a_logo_for_dark_backgrounds_alone_is_asked_for_the_other_one(ada: httpx.AsyncClient) -> None:
    answer = await send(ada, dark_logo=KITCHEN)
    assert answer.status_code == 422
    assert "Send that one too" in answer.text
    assert (await send(ada, logo=KITCHEN, dark_logo=b"hello")).status_code == 422
    assert await BrandKit.count() == 0
    assert (await send(ada, logo=KITCHEN, dark_logo=KITCHEN)).status_code == 303


def portrait(*, at: tuple[int, int] = (900, 300), form: str = "JPEG") -> bytes:
    """A bright face on a dark wall, far to the right, as a camera gives it away with where it was taken."""
    picture = Image.new("RGB", (1200, 800), "#222")
    ImageDraw.Draw(picture).ellipse((at[0] - 90, at[1] - 120, at[0] + 90, at[1] + 120), fill="#f4e4d4")
    exif = Image.Exif()
    exif[0x010F] = "Ada's phone"
    file = io.BytesIO()
    picture.save(file, form, exif=exif)
    return file.getvalue()


async def test_a_photo_stands_in_voice_with_its_face_in_sight_and_in_no_other_design(
    ada: httpx.AsyncClient, ben: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    async def voice() -> bytes:
        return (await visitor.get("/c/ada/voice/300x250.png")).content

    await ada.post("/brand", data=FORM)
    without, spotlight = await voice(), await picture_of(visitor)
    assert (await send(ada, photo=portrait())).status_code == 303
    kept = (await ada.get("/brand/photo")).content
    assert Image.open(io.BytesIO(kept)).size == (1200, 800)
    assert b"phone" not in kept
    unaimed = await voice()
    assert unaimed != without
    assert await picture_of(visitor) == spotlight
    assert 'cx="50%"' in (await ada.get("/brand")).text
    # Where the face is, by two numbers.
    aimed = {**FORM, "focus_x": "75", "focus_y": "38"}
    shown = await ada.get("/brand/preview/voice/300x250.png", params=aimed)
    await ada.post("/brand", data=aimed)
    assert await voice() == shown.content
    assert light(shown.content) > light(unaimed) + 1000
    assert (await ada.post("/brand", data={**aimed, "focus_x": "101"})).status_code == 422
    assert (await ben.get("/brand/photo")).status_code == 404
    # Another photo has its face elsewhere.
    await ada.post("/brand", data=aimed, files={"photo": ("a.png", portrait(at=(300, 300)), "image/png")})
    assert 'cx="50%"' in (await ada.get("/brand")).text
    await ada.post("/brand", data={**FORM, "remove": "photo"})
    assert await voice() == without
    assert (await ada.get("/brand/photo")).status_code == 404


def light(data: bytes) -> int:
    """How many pixels of the photo's field are bright."""
    field = Image.open(io.BytesIO(data)).convert("L").crop((195, 0, 300, 250))
    return sum(field.histogram()[190:])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"<svg/>", "Send the photo as a JPEG"), (b"hello", "not a PNG"), (KITCHEN[:900], "damaged")],
)
async def test_what_is_no_photo_is_told(ada: httpx.AsyncClient, data: bytes, sentence: str) -> None:
    answer = await send(ada, photo=data)
    assert answer.status_code == 422
    assert sentence in answer.text
