"""Ada copies words: true ones, with her own link in them, and nothing that is not there."""

import io
from dataclasses import replace
from datetime import date
from uuid import uuid4
from zipfile import ZipFile

import httpx
import pytest

from portal.creatives.disclosures import channels, countries, disclosure
from portal.creatives.downloads import weighing
from portal.creatives.kits import Holder
from portal.creatives.spoken import spoken
from portal.creatives.words import USES, Teller, Text, texts_of, values_of, x_length
from portal.enrollments.codes import CodeState
from portal.enrollments.tables import DiscountCode
from portal.programs.program_file import parse_program
from portal.programs.rules import LANGUAGES, ProgramTerms, Promotion
from portal.programs.texts import PLACEHOLDERS, TEXTS, OwnText, text_problem
from tests.cast import Cast
from tests.conftest import Stage
from tests.programs.test_program_file import KARTRA

TODAY = date(2026, 3, 10)
SPRING = Promotion("spring", "30 % off three months", ("SPRING30",), date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """No table is asked that other rooms don't ask."""
    return sqlite_stage


def ada_says(
    language: str = "en", *, works: bool = True, country: str = "general", **terms: object
) -> Teller:
    promised: ProgramTerms = replace(parse_program(KARTRA), **terms)  # type: ignore[arg-type]
    who = Holder(uuid4(), uuid4(), uuid4(), "Ada <Lind> & [Co]", "ada", "ADA20", 2000, "starter").speaking(
        language, promised
    )
    return Teller(who, promised, "starter", works, "https://go.example", country, TODAY)


def text(teller: Teller, key: str) -> Text:
    return next(one for one in texts_of(teller) if one.key == key)


def pieces(teller: Teller, key: str) -> dict[str, str]:
    return {piece.name: piece.text for piece in text(teller, key).pieces}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_discloses_first_and_leads_where_it_is_counted(language: str) -> None:
    teller = ada_says(language)
    for one in texts_of(teller):
        whole = "\n".join(one.files.values())
        plain = one.files.get("txt") or one.files["md"]
        told = disclosure(one.use.channel, "general", language).text
        assert one.disclosure.text == told
        body = plain.split("\n\n", 1)[1] if one.key == "email" else plain
        assert body.startswith(told.replace("[", "\\["))
        assert "ADA20" in whole
        assert f"https://go.example/r/ada?p=words-{one.key}" in whole or one.key in ("caption", "spoken")
        assert not any(sign in plain for sign in ("{", "}", "\u200b", "\u00ad"))
        assert not any(piece.too_long for piece in one.pieces)
    assert {one.key for one in texts_of(teller)} == set(TEXTS) == set(USES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_portals_own_texts_keep_the_rules_that_programs_have_to_keep(language: str) -> None:
    said = spoken(language)
    assert list(said.texts) == list(TEXTS)
    assert list(said.disclosures) == list(channels())
    for key, pattern in said.texts.items():
        assert text_problem(OwnText(key, language, pattern.text)) is None
    teller = ada_says(language)
    assert set(values_of(teller, "post", disclosure("social", "us", language))) == set(PLACEHOLDERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_that_the_checkout_does_not_take_is_promised_nowhere(language: str) -> None:
    teller = ada_says(language, works=False)
    for one in texts_of(teller):
        whole = "\n".join(piece.text for piece in one.pieces)
        assert "ADA20" not in whole
        assert "\n\n\n" not in whole


def test_an_offer_is_told_while_it_runs_and_with_its_last_day() -> None:
    assert (
        "30 % off three months. Until 31 March, with the code SPRING30."
        in pieces(ada_says(promotions=(SPRING,)), "post")["Text"]
    )
    over = replace(SPRING, ends_on=date(2026, 3, 9))
    others = replace(SPRING, tier="elite")
    assert "SPRING30" not in pieces(ada_says(promotions=(over, others)), "post")["Text"]


def test_a_trial_is_told_as_it_is_and_left_out_where_there_is_none() -> None:
    assert "Growth, 30 days for $1.00." in pieces(ada_says(), "post")["Text"]
    assert "Growth, 30 Tage für 1,00\u00a0$." in pieces(ada_says("de"), "post")["Text"].replace(
        " $", "\u00a0$"
    )
    assert "30 يومًا مقابل $1.00 في خطة Growth." in pieces(ada_says("ar"), "post")["Text"]
    plans = tuple(replace(plan, trial=None) for plan in parse_program(KARTRA).plans)
    assert "try it" not in pieces(ada_says(plans=plans), "post")["Text"]


def test_what_a_name_holds_is_letters_and_no_sign() -> None:
    mail = pieces(ada_says(), "email")
    assert mail["Text"].endswith("Ada <Lind> & [Co]")
    assert "<p>Ada &lt;Lind&gt; &amp; [Co]</p>" in mail["HTML"]
    assert '<img src="https://go.example/c/ada/spotlight/600x200@2x.jpg?p=words-email"' in mail["HTML"]
    assert 'dir="rtl"' in pieces(ada_says("ar"), "blog")["HTML"]
    assert "[Kartra](https://go.example/r/ada?p=words-blog)" in pieces(ada_says(), "blog")["Markdown"]


def test_x_counts_links_as_23_and_japanese_twice() -> None:
    assert x_length("ab https://go.example/r/ada", "https://go.example/r/ada") == 3 + 23
    assert x_length("広告", "-") == 4


@pytest.mark.parametrize(
    ("country", "language", "label"),
    [
        ("us", "en", "Ad:"),
        ("de", "de", "Anzeige:"),
        ("at", "de", "Werbung:"),
        ("de", "en", "Anzeige (Ad):"),
        ("de", "ar", "إعلان (Anzeige):"),
        ("jp", "ja", "【広告】"),
        ("jp", "en", "広告 (Ad):"),
        ("nowhere", "ar", "إعلان:"),
    ],
)
def test_readers_see_the_word_of_their_country(country: str, language: str, label: str) -> None:
    assert disclosure("social", country, language).text.startswith(label)


def test_every_country_names_who_asks_for_it() -> None:
    for country in list(countries().values())[1:]:
        assert country.sources
        assert all(source.href.startswith("https://") for source in country.sources)
        assert set(country.also) <= set(channels())


def test_a_program_writes_its_own_and_switches_others_off() -> None:
    document = {
        **KARTRA,
        "texts": {
            "off": ["spoken"],
            "own": [
                {"key": "short", "language": "de", "text": "{disclosure}\n\nHallo, <{program}>! [{code}]"}
            ],
        },
    }
    terms = parse_program(document)
    assert "spoken" not in [one.key for one in texts_of(ada_says(texts=terms.texts))]
    said = pieces(ada_says("de", texts=terms.texts), "short")["Text"]
    assert said.endswith("Hallo, Kartra: https://go.example/r/ada?p=words-short! ADA20")
    assert "Hallo" not in pieces(ada_says("en", texts=terms.texts), "short")["Text"]


async def test_ada_reads_words_for_germany_and_takes_one_home(
    ada: httpx.AsyncClient, cast: Cast, stage: Stage
) -> None:
    page = await ada.get("/creatives/words?country=de&lang=de")
    assert page.status_code == 200
    assert "Anzeige: Wenn du über meinen Link kaufst" in page.text
    assert "§ 5a UWG" in page.text
    assert "/creatives/words/short.txt?lang=de&amp;country=de" in page.text
    assert "3,000" not in page.text.replace("of 3,000 on LinkedIn", "")  # no rate and no sum of hers
    assert "30 %" not in page.text
    part = await ada.get("/creatives/words?country=jp", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="words"')
    file = await ada.get("/creatives/words/blog.html?lang=ar")
    assert file.headers["Content-Disposition"] == 'attachment; filename="kartra-ada-ar-blog.html"'
    assert 'dir="rtl"' in file.text
    assert (await ada.get("/creatives/words/blog.exe")).status_code == 404
    await DiscountCode.update({DiscountCode.at_checkout: CodeState.WAITING}).where(
        DiscountCode.code == cast.ada.code
    )
    waiting = await ada.get("/creatives/words")
    assert "Your code is not in yet" in waiting.text


async def test_words_go_into_the_zip(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/creatives/zip?kind=words&lang=ja")
    archive = ZipFile(io.BytesIO(answer.content))
    assert "kartra-ada/words/email.html" in archive.namelist()
    assert "kartra-ada/words/blog.md" in archive.namelist()
    assert "広告" in archive.read("kartra-ada/words/short.txt").decode("utf-8-sig")
    assert not [name for name in archive.namelist() if name.endswith((".png", ".jpg", ".pdf"))]


async def test_a_creatives_page_has_every_file_its_weight_and_the_sentence_for_its_place(
    ada: httpx.AsyncClient,
) -> None:
    drawn = await ada.get("/c/ada/split/320x50.png")
    page = (await ada.get("/creatives/split/320x50?country=gb&channel=email")).text
    for form in ("jpg", "png", "webp"):
        assert f"/c/ada/split/320x50.{form}?download=1" in page
        assert f"/c/ada/split/320x50@2x.{form}?download=1" in page
    assert page.count(" kB</span>") == 1  # only what was drawn is known
    assert weighing(len(drawn.content)) in page
    assert "Ad networks take 50 kB" in page
    assert "Ad: this e-mail contains affiliate links." in page
    assert "CMA: Social media endorsements" in page
    part = await ada.get("/creatives/split/320x50?country=de", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<section class="card" id="told"')


def test_weights_are_said_as_people_say_them() -> None:
    assert [weighing(size) for size in (1, 83_600, 999_400, 1_240_000)] == [
        "1 kB",
        "84 kB",
        "999 kB",
        "1.2 MB",
    ]
