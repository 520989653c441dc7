"""The one-pager: read by people, by screen readers and by machines."""

import io
import math
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject
from weasyprint.urls import FatalURLFetchingError

from assets_gen import AssetError, Brand, Design, Offer, Plan, render_sheet
from assets_gen.kits import PROGRAM, kits
from assets_gen.papers import PAPERS
from assets_gen.sheets.lint import sheet_findings
from assets_gen.sheets.onepager import headline_clear_of_disc
from assets_gen.sheets.press import memory
from assets_gen.sweep import paper_sample, swept
from assets_gen.text import shape

SPOTLIGHT = Design.load("spotlight")


def read(data: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(data))
    return reader, " ".join(reader.pages[0].extract_text().split())


def test_a_reader_can_select_and_hear_everything_that_matters() -> None:
    brand, offer = kits()["mark and two lines"]
    reader, text = read(render_sheet(SPOTLIGHT, "a4", brand, PROGRAM, offer))
    assert len(reader.pages) == 1
    for words in (
        offer.code,
        offer.link,
        "Kartra",
        "Run your whole business from one place",
        "Ad · affiliate link",
    ):
        assert words in text.replace("\u00a0", " ")
    assert "Growth Kitchen receives a commission" in text
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Kartra with Growth Kitchen: Run your whole business from one place"
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()


def test_without_a_code_a_sheet_says_what_to_do_and_promises_nothing() -> None:
    brand, offer = kits()["no code"]
    for paper in ("a4", "comparison-a4", "mediakit-a4"):
        reader, _ = read(render_sheet(SPOTLIGHT, paper, brand, PROGRAM, offer))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        assert "Scan to start your trial" in text.replace("\u00a0", " "), paper
        for promise in ("%", "with the code", "first full payment"):
            assert promise not in text, (paper, promise)


def test_pictures_have_alternative_texts_and_headings_are_headings() -> None:
    brand, offer = kits()["mark and two lines"]
    reader, _ = read(render_sheet(SPOTLIGHT, "a4", brand, PROGRAM, offer))
    kinds, alternatives = _tags(reader)
    assert {"/H1", "/H2", "/P", "/Figure", "/Link"} <= kinds
    assert "Growth Kitchen" in alternatives
    assert any(offer.link in text for text in alternatives)


def test_all_fonts_are_embedded() -> None:
    brand, offer = kits()["Arabic"]
    reader, _ = read(render_sheet(SPOTLIGHT, "a4", brand, PROGRAM, offer))
    fonts: Any = reader.pages[0]["/Resources"]
    files = [_descriptor(font) for font in fonts["/Font"].values()]
    assert files
    assert all("/FontFile2" in d or "/FontFile3" in d for d in files)


@pytest.mark.parametrize(
    ("paper", "width", "height"), [("a4", 210, 297), ("letter", 215.9, 279.4), ("flyer", 148, 210)]
)
def test_a_sheet_has_the_size_of_its_paper(paper: str, width: float, height: float) -> None:
    brand, offer = kits()["no logo at all"]
    reader, text = read(render_sheet(SPOTLIGHT, paper, brand, PROGRAM, offer))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert [round(float(side) / 72 * 25.4, 1) for side in (box.width, box.height)] == [width, height]
    assert offer.code in text


@pytest.mark.parametrize(
    ("language", "kit"), [("de", "60-character name"), ("ar", "Arabic"), ("ja", "Japanese")]
)
def test_a_sheet_speaks_the_language_of_its_offer(language: str, kit: str) -> None:
    brand, offer = kits()[kit]
    spoken = replace(offer, language=language, headline="", discount="")
    reader, text = read(render_sheet(SPOTLIGHT, "letter", brand, PROGRAM, spoken))
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == language
    assert offer.code in text
    assert reader.metadata is not None
    assert "\u200b" not in (reader.metadata.title or "")
    fonts: Any = reader.pages[0]["/Resources"]
    names = " ".join(str(font.get_object()["/BaseFont"]) for font in fonts["/Font"].values())
    assert {"de": "Bricolage", "ar": "Alexandria", "ja": "Zen"}[language] in names


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize(
    "text",
    [
        "ビジネスの\u200bすべてを、\u200bひとつの\u200b場所で",
        "Dein ganzes Business an\u00a0einem\u00a0Ort",
        kits()["headline of 90 characters"][1].headline,
    ],
)
def test_no_headline_lies_on_the_disc(paper: str, text: str) -> None:
    sheet, face = PAPERS[paper], SPOTLIGHT.faces["headline"]
    lines, size, leading = headline_clear_of_disc(text, face, sheet)
    across, down, radius = sheet.width - 0.282 * sheet.hero, 0.702 * sheet.hero, 0.271 * sheet.hero
    for number, line in enumerate(lines, start=1):
        right = 15 + (sheet.width - 210) / 2 + shape(line, face).width * size
        foot = 31.6 + (number * leading - 0.2) * size
        assert math.dist((min(right, across), foot), (across, down)) > radius


def test_every_kit_is_printed_whole_and_proved() -> None:
    """A sample; `python -m assets_gen check --papers` looks at every sheet."""
    assert [(sheet, said) for sheet, said in swept(paper_sample("spotlight"), processes=1) if said] == []


def test_ten_plans_with_long_names_and_prices_fit_and_eleven_are_refused() -> None:
    brand, offer = kits()["mark and two lines"]
    long = Plan(
        "Gesch\u00e4ftskunden Professional", "1.234.567,00\u00a0KWD", "987.654,32\u00a0KWD", trial_days=365
    )
    plans = (long, *(Plan(f"Plan {number}", "$6", "$5", "$60", "$5", "$50") for number in range(9)))
    full = replace(offer, plans=plans)
    assert sheet_findings(SPOTLIGHT, "comparison-letter", brand, PROGRAM, full) == []
    with pytest.raises(AssetError, match="room for 10 plans, not for 11"):
        render_sheet(SPOTLIGHT, "comparison-a4", brand, PROGRAM, replace(offer, plans=(*plans, long)))
    with pytest.raises(AssetError, match="needs the program's plans"):
        render_sheet(SPOTLIGHT, "comparison-a4", brand, PROGRAM, replace(offer, plans=()))


def test_markup_in_a_name_is_words_and_reaches_no_file() -> None:
    name = '<img src="file:///etc/passwd">'
    _, text = read(render_sheet(SPOTLIGHT, "a4", Brand(name), PROGRAM, Offer(code="<b>X</b>")))
    assert "file:///etc/passwd" in text
    assert "<b>X</b>" in text


def test_the_fetcher_answers_its_own_names_and_nothing_else() -> None:
    fetcher = memory({"logo": ("image/png", b"x")})
    assert fetcher.fetch("asset:logo").read() == b"x"
    for address in ("asset:other", "file:///etc/passwd", "http://127.0.0.1/", "asset:/logo", "data:,x"):
        with pytest.raises(FatalURLFetchingError, match="was not given"):
            fetcher.fetch(address)


def test_an_unknown_paper_is_refused_with_those_that_exist() -> None:
    with pytest.raises(AssetError, match=r"comes on a4, letter, .*, not on 'b5'"):
        render_sheet(SPOTLIGHT, "b5", Brand("Ada"), PROGRAM, Offer())


def _descriptor(font: IndirectObject) -> Any:
    whole: Any = font.get_object()
    inner = whole["/DescendantFonts"][0].get_object() if "/DescendantFonts" in whole else whole
    return inner["/FontDescriptor"]


def _tags(reader: PdfReader) -> tuple[set[str], list[str]]:
    kinds: set[str] = set()
    alternatives: list[str] = []
    root: Any = reader.trailer["/Root"]
    waiting = [root["/StructTreeRoot"]["/K"]]
    while waiting:
        node: Any = waiting.pop()
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, DictionaryObject):
            kinds.add(str(node.get("/S")))
            if "/Alt" in node:
                alternatives.append(str(node["/Alt"]))
            if "/K" in node:
                waiting.append(node["/K"])
    return kinds, alternatives
