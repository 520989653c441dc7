"""Mira says it in her own words in the designs that come along, and every affiliate's pictures follow."""

import csv
import html
import io
import re

import httpx
import pytest

from assets_gen import Design
from assets_gen.design import names
from assets_gen.languages import languages
from assets_gen.wording import texts_of
from portal.audit.tables import AuditEntry
from portal.creatives.tables import WordingRevision
from tests.conftest import Stage
from tests.creatives.finished import banner

SPLIT = "/manage/designs/split/words"
GOOD = {"headline": "Teach what you know", "headline_short": "Teach and earn"}
LONG = {"action": "Begin now and pay us nothing", "action_short": "Begin now and pay us"}


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """What is drawn is the same on both engines, and checking it over all samples takes seconds."""
    return sqlite_stage


async def says(
    client: httpx.AsyncClient, words: dict[str, str], where: str = SPLIT, **more: str
) -> httpx.Response:
    """With the number of changes that the page shows, as a browser does."""
    page = (await client.get(where, params={"lang": more.get("lang", "en")})).text
    changes = re.search(r'name="changes" value="(\d+)"', page)
    assert changes
    return await client.post(where, data={"changes": changes[1], **words, **more})


async def publishes(client: httpx.AsyncClient, where: str = SPLIT, lang: str = "en") -> httpx.Response:
    return await client.post(f"{where}/publish", data={"lang": lang})


async def test_every_picture_follows_what_mira_publishes(
    mira: httpx.AsyncClient, ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    before, others = await banner(visitor, design="split"), await banner(visitor, design="grid")
    assert (await says(mira, GOOD)).status_code == 303
    page = html.unescape((await mira.get(SPLIT)).text)
    assert 'value="Teach what you know"' in page
    assert "Nothing found" in page
    assert await banner(visitor, design="split") == before
    assert "/words" in (await publishes(mira)).headers["Location"]
    assert await banner(visitor, design="split") != before
    assert await banner(visitor, design="grid") == others
    assert await banner(visitor, design="split", file="300x250.png?lang=de") != before
    page = html.unescape((await ada.get("/creatives/split/300x250")).text)
    assert 'alt="Kartra: Teach what you know. ' in page
    assert "your words in English" in (await mira.get("/manage/designs")).text
    entry = await AuditEntry.objects().where(AuditEntry.verb == "words_published").first()
    assert entry is not None
    assert (await says(mira, {}, again="0")).status_code == 303
    await publishes(mira)
    assert await banner(visitor, design="split") == before
    with pytest.raises(Exception, match="only ever added"):
        await WordingRevision.update({WordingRevision.words: "{}"}, force=True)


async def test_words_that_do_not_fit_are_named_and_wait(
    mira: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    before = await banner(visitor, design="split")
    await says(mira, LONG, shape="320x50")
    page = html.unescape((await mira.get(SPLIT, params={"shape": "320x50"})).text)
    assert "Call to action is too long" in page
    assert "Shorten it, or its short form." in page
    assert 'class="is-failed"' in page
    refused = await publishes(mira)
    assert refused.status_code == 409
    assert re.search(r"The check has \d finding", refused.text)
    assert await WordingRevision.count() == 0
    assert await banner(visitor, design="split") == before
    sample = await mira.get(f"{SPLIT}/320x50/kits/3?lang=en")
    assert sample.headers["content-type"] == "image/webp"


async def test_the_evergreen_words_are_those_to_copy_and_on_paper(
    mira: httpx.AsyncClient, ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    where = SPLIT.replace("split", "spotlight")
    sheet = (await visitor.get("/c/ada/spotlight/a4.pdf")).content
    page = await visitor.get("/p/kartra?design=spotlight")
    await says(mira, {"headline": "Sell what you can do", "first_title": "Begin"}, where)
    await publishes(mira, where)
    assert (await visitor.get("/c/ada/spotlight/a4.pdf")).content != sheet
    assert "Sell what you can do" in (await ada.get("/creatives/words")).text
    assert drawn(page.text)
    assert drawn((await visitor.get("/p/kartra?design=spotlight")).text) != drawn(page.text)


def drawn(page: str) -> list[str]:
    """The versions of the banners on a program's public page."""
    return re.findall(r"/try/spotlight/[^\"]+v=(\w+)", page)


async def test_each_language_has_words_of_its_own(
    mira: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    english = await banner(visitor, design="split")
    german = await banner(visitor, design="split", file="300x250.png?lang=de")
    await says(
        mira, {"headline": "Lehre, was du kannst", "headline_short": "Lehre, was du kannst"}, lang="de"
    )
    await publishes(mira, lang="de")
    assert await banner(visitor, design="split") == english
    assert await banner(visitor, design="split", file="300x250.png?lang=de") != german


@pytest.mark.parametrize("name", names())
def test_every_language_offers_the_texts_that_a_design_shows(name: str) -> None:
    design = Design.load(name)
    offered = [list(texts_of(design, code)) for code in languages()]
    assert all(texts == offered[0] for texts in offered)
    assert ("paragraph" in offered[0]) == bool(design.papers)


async def test_a_translator_fills_in_a_table(mira: httpx.AsyncClient) -> None:
    table = (await mira.get(f"{SPLIT}/file")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    built_in = Design.load("split").words("de")["headline"]
    assert ("headline", "de", built_in) in [(row["text"], row["language"], row["built-in"]) for row in rows]
    for row in rows:
        if (row["text"], row["language"]) == ("headline", "ar"):
            row["yours"] = "علّم ما تعرفه"
        if (row["text"], row["language"]) == ("action", "de"):
            row["yours"] = "Jetzt loslegen"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    answer = await sends(mira, out.getvalue().encode("utf-8-sig"))
    assert answer.status_code == 303, answer.text
    assert 'value="Jetzt loslegen"' in (await mira.get(SPLIT, params={"lang": "de"})).text
    assert "علّم ما تعرفه" in (await mira.get(SPLIT, params={"lang": "ar"})).text


async def sends(client: httpx.AsyncClient, content: bytes) -> httpx.Response:
    files = {"table": ("words.csv", content, "text/csv")}
    return await client.post(f"{SPLIT}/file", data={"lang": "en"}, files=files)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose the file first."),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"a,b\n1,2\n", "The column “text” is missing."),
        (b"text,language,yours\n", "There is no text in this file."),
        (b"text,language,yours\nheadline,fr,Bonjour\n", "Line 2: “fr” is none of the program’s languages."),
        (b"text,language,yours\nslogan,en,Hello\n", "Line 2: “slogan” is no text of Split."),
        (
            b"text,language,yours\nheadline,en,A\nheadline,en,B\n",
            "Line 3: “headline” stands here a second time",
        ),
        (
            b"text,language,yours\naction,en," + b"x" * 37 + b"\n",
            "Line 2: Shorten it to 36 characters; it has 37.",
        ),
        (b"text,language,yours\nheadline,en,Hi {name}\n", "Line 2: {name} is not known here."),
        (b"text,language,yours\n" + b"headline,en,x\n" * 20_000, "larger than 200 kB"),
    ],
)
async def test_a_table_that_cannot_be_taken_says_why(
    mira: httpx.AsyncClient, content: bytes, sentence: str
) -> None:
    answer = await sends(mira, content)
    assert answer.status_code in (413, 422)
    assert sentence in html.unescape(answer.text)
    assert 'value="Hello"' not in (await mira.get(SPLIT)).text


async def test_what_is_typed_comes_back_with_what_is_wrong(mira: httpx.AsyncClient) -> None:
    wrong = {"headline": "x" * 91, "action": "Go {now}", "subline": "An open { brace"}
    answer = await says(mira, wrong)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    for words in (
        "Shorten it to 90 characters; it has 91.",
        "{now} is not known here.",
        "A brace stands alone",
    ):
        assert words in page
    assert 'value="Go {now}"' in page
    voice = SPLIT.replace("split", "voice")
    answer = await says(mira, {"offer_line": "Save a lot"}, voice)
    assert "{figure} and {code} have to stand in it" in html.unescape(answer.text)


async def test_two_who_write_at_once_do_not_overwrite_each_other(mira: httpx.AsyncClient) -> None:
    assert (await mira.post(SPLIT, data={"changes": "0", **GOOD})).status_code == 303
    second = await mira.post(SPLIT, data={"changes": "0", "headline": "Mine"})
    assert second.status_code == 409
    page = html.unescape(second.text)
    assert "Somebody else changed these words meanwhile" in page
    assert 'value="Mine"' in page
    assert 'value="Teach what you know"' in (await mira.get(SPLIT)).text


async def test_a_promotion_goes_before_what_mira_wrote(stage: Stage) -> None:
    """Its headline is shown where it fits, also in the strips that have short words of their own."""
    from assets_gen import Offer, Size
    from assets_gen.kits import PROGRAM, kits
    from assets_gen.layout import arranged

    brand = kits()["neon"][0]
    design = Design.load("ticket").saying("en", {"headline": "Mine", "headline_short": "Mine"})
    for size in map(Size.parse, ("320x50", "300x250", "1200x630")):
        scene, _ = arranged(design, size, brand, PROGRAM, Offer(headline="Half price", figure="50 %"))
        said = [element.text for element in scene.elements if element.text]
        inner = [
            other.text
            for element in scene.elements
            if (slip := getattr(element.content, "scene", None))
            for other in slip.elements
        ]
        assert any("Half price" in text for text in (*said, *filter(None, inner))), size


async def test_no_such_design_size_or_kit(mira: httpx.AsyncClient) -> None:
    for path in ("/manage/designs/nope/words", f"{SPLIT}/31x31/kits/0", f"{SPLIT}/a4/kits/0"):
        assert (await mira.get(path)).status_code == 404
