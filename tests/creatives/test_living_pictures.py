"""The address that Ada pastes into her pages, and the room she takes it from."""

import asyncio
import html
import io
import re

import httpx
import pytest
from litestar import Litestar
from PIL import Image
from pypdf import PdfReader

from assets_gen import Brand, Design, Offer
from assets_gen.design import names
from assets_gen.lint import decoded
from portal.creatives.jobs import Declined, Done, DrawBanner, Job
from portal.creatives.renderers import Renderers, TookTooLong
from portal.errors import Busy
from tests.cast import Cast
from tests.conftest import Stage

SIZES = ((1200, 630), (300, 250), (728, 90))


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """Pictures are the same whatever database stands behind them; the brand kit's own tests use both."""
    return sqlite_stage


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["png", "jpg", "webp"])
async def test_everybody_sees_the_picture_and_its_code_reads(
    visitor: httpx.AsyncClient, size: tuple[int, int], form: str
) -> None:
    answer = await visitor.get(f"/c/ada/spotlight/{size[0]}x{size[1]}.{form}")
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size == size
    assert decoded(answer.content) == "http://127.0.0.1:8000/r/ada"


async def test_the_one_pager_holds_code_and_link_as_text(visitor: httpx.AsyncClient, cast: Cast) -> None:
    answer = await visitor.get("/c/ada/spotlight/a4.pdf?download=1")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kartra-ada-a4.pdf"'
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert cast.ada.code in text
    assert "http://127.0.0.1:8000/r/ada" in text


async def test_it_is_for_any_page_of_anybody_and_can_be_kept_for_a_while(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/c/ada/spotlight/300x250.png")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    again = await visitor.get(
        "/c/ada/spotlight/300x250.png", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_head_tells_the_same_without_the_picture(visitor: httpx.AsyncClient) -> None:
    whole = await visitor.get("/c/ada/spotlight/300x250.png")
    head = await visitor.head("/c/ada/spotlight/300x250.png")
    assert head.status_code == 200
    assert head.content == b""
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == whole.headers[name], name


async def test_a_design_that_ended_gives_way_to_the_evergreen_one(visitor: httpx.AsyncClient) -> None:
    current = await visitor.get("/c/ada/spotlight/728x90.png")
    assert (await visitor.get("/c/ada/summer-2024/728x90.png")).content == current.content


@pytest.mark.parametrize(
    "file", ["999x999.png", "300x250.gif", "300x250@3x.png", "a4@2x.png", "b5.pdf", "..%2Fx.png", "x"]
)
async def test_what_there_is_none_of_is_a_404_with_the_list(visitor: httpx.AsyncClient, file: str) -> None:
    answer = await visitor.get(f"/c/ada/spotlight/{file}")
    assert answer.status_code == 404
    if "%2F" not in file:
        assert "1200x630, 300x250, 728x90, 1080x1080" in answer.text


async def test_nobodys_picture_is_a_404(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/c/nobody/spotlight/300x250.png")).status_code == 404


async def test_the_gallery_shows_true_previews_and_offers_every_file(
    ada: httpx.AsyncClient, cast: Cast
) -> None:
    page = await ada.get("/creatives")
    sources = [html.unescape(source) for source in re.findall(r'src="(/c/[^"]+)"', page.text)]
    # Three sizes stand for a design, one paper for each kind of sheet.
    assert len(sources) == 3 * len(names()) + len(Design.load("spotlight").previews)
    for source in sources:
        seen = await ada.get(source)
        assert seen.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "/c/ada/spotlight/letter.pdf?download=1" in page.text
    for href in re.findall(r'href="(/c/[^"]+download=1)"', page.text)[::3]:
        got = await ada.get(html.unescape(href))
        assert got.status_code == 200
        assert got.headers["Content-Disposition"].startswith('attachment; filename="kartra-ada-')
    split = await ada.get("/creatives?only=split")
    assert len(set(re.findall(r'href="(/creatives/split/[^"]+)"', split.text))) == 17
    one = await ada.get("/creatives/split/1080x1920")
    assert 'width="1080" height="1920"' in one.text
    assert "one-pager" not in one.text
    filtered = await ada.get("/creatives?only=paper", headers={"HX-Request": "true"})
    assert "one-pager" in filtered.text
    assert "300 × 250" not in filtered.text


async def test_what_is_copied_works_where_it_is_pasted(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    page = html.unescape((await ada.get("/creatives/spotlight/300x250")).text)
    pasted = re.search(r'<pre class="snippet"[^>]*aria-label="HTML">(.*?)</pre>', page, re.DOTALL)
    assert pasted
    link = re.search(r'<a href="http://127.0.0.1:8000([^"]+)" rel="sponsored">', pasted[1])
    image = re.search(r'src="http://127.0.0.1:8000([^"]+)"', pasted[1])
    assert link
    assert image
    assert link[1] == "/r/ada?p=spotlight-300x250"
    assert 'width="300" height="250"' in pasted[1]
    assert "ADA20" in pasted[1]
    assert (await visitor.get(link[1])).status_code == 302
    assert (await visitor.get(image[1])).status_code == 200
    assert (await visitor.get(image[1].replace(".jpg", "@2x.jpg"))).status_code == 200


async def test_two_who_ask_at_once_get_one_drawing(
    app: Litestar, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Job] = []
    renderers: Renderers = app.state.renderers
    answer_to = renderers.answer_to

    async def counted(job: Job) -> Done | Declined:
        drawn.append(job)
        return await answer_to(job)

    monkeypatch.setattr(renderers, "answer_to", counted)
    answers = await asyncio.gather(*(visitor.get("/c/ben/spotlight/300x250.jpg") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(drawn) == 1
    await visitor.get("/c/ben/spotlight/300x250.jpg")
    assert len(drawn) == 1


async def test_a_full_line_is_told_when_to_come_back(
    app: Litestar, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state.renderers, "_waiting", 0)
    answer = await visitor.get("/c/cleo/spotlight/300x250.webp")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_process_that_hangs_is_ended_and_the_next_picture_comes(cast: Cast) -> None:
    job = DrawBanner("spotlight", "300x250", "png", Brand("Ada"), Brand("Kartra"), Offer())
    hurried = Renderers(1, seconds=0.001)
    with pytest.raises(TookTooLong):
        await hurried.answer_to(job)
    hurried._seconds = 30
    assert isinstance(await hurried.answer_to(job), Done)
    await hurried.close()


async def test_what_cannot_be_drawn_is_declined_and_the_process_lives_on() -> None:
    renderers = Renderers(1)
    wrong = DrawBanner("nosuch", "300x250", "png", Brand("Ada"), Brand("K"), Offer())
    answer = await renderers.answer_to(wrong)
    assert isinstance(answer, Declined)
    assert "no design" in answer.sentence
    assert len(renderers._idle) == 1
    with pytest.raises(Busy):
        await Renderers(1, waiting=0).answer_to(wrong)
    await renderers.close()


async def test_a_picture_in_german_lives_at_an_address_of_its_own(
    visitor: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    page = (await ada.get("/creatives/ticket/300x250?lang=de")).text
    (address, *_) = re.findall(r"http://127.0.0.1:8000(/c/ada/ticket/300x250[.]\w+[?]lang=de)", page)
    assert "Rabatt auf die erste Zahlung mit dem Code" in page
    assert 'lang="de"' in page
    english = await visitor.get(address.removesuffix("?lang=de"))
    german = await visitor.get(address)
    assert german.status_code == 200
    assert german.content != english.content
    saved = await visitor.get(f"{address}&download=1")
    assert 'filename="kartra-ada-de-300x250.' in saved.headers["Content-Disposition"]


async def test_a_language_that_no_picture_speaks_gives_way_to_the_programs_own(
    visitor: httpx.AsyncClient,
) -> None:
    usual = await visitor.get("/c/ada/spotlight/728x90.png")
    for other in ("fr", "en", "../de", ""):
        answer = await visitor.get("/c/ada/spotlight/728x90.png", params={"lang": other})
        assert answer.headers["ETag"] == usual.headers["ETag"], other


async def test_the_gallery_keeps_its_language_from_page_to_page(ada: httpx.AsyncClient) -> None:
    page = html.unescape((await ada.get("/creatives?lang=ar")).text)
    hrefs = [href for href in re.findall(r'href="(/creatives/[^"]+)"', page) if "download" not in href]
    assert hrefs
    assert all(href.endswith("?lang=ar") for href in hrefs)
    assert 'href="/creatives?design=split&lang=ar"' in page
    assert 'href="/creatives?lang=ja"' in page
