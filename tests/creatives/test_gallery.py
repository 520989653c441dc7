"""Ada finds in the gallery what she is after, and sees what is new to her and what she uses."""

import html
import re
from collections import Counter
from datetime import UTC, date, datetime

import httpx
import pytest

from assets_gen import Design
from portal.creatives.filters import NOTHING, USE_NAMES, Filter, everything, facets, found, use_of
from portal.creatives.hits import Hit, record_hits
from portal.creatives.marks import WORDS, Change, History, _histories, news_of, with_words
from portal.creatives.queries import built_in
from portal.creatives.rules import Place
from portal.creatives.wording_rules import Wording
from tests.cast import Cast
from tests.conftest import FrozenClock, People

SHELF = built_in()


def test_filters_work_together_and_count_what_each_would_leave() -> None:
    chosen = Filter.read({"use": "banner", "design": "split"}, SHELF)
    shown = found(chosen, SHELF)
    assert {design.name for design, _ in shown} == {"split"}
    assert {use_of(shape) for _, shape in shown} == {"banner"}
    for chips in (facets(chosen, SHELF, "").uses, facets(chosen, SHELF, "").designs):
        assert [chip[3] for chip in chips].count(True) == 1
        for href, _, count, _ in chips:
            said = dict(re.findall(r"(\w+)=([\w-]+)", href))
            assert count == sum(map(Filter.read(said, SHELF).wants, everything(SHELF)))
    assert sum(len(found(Filter(use=use), SHELF)) for use in USE_NAMES) == len(everything(SHELF))


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"only": "split"}, Filter(design="split")),
        ({"only": "paper"}, Filter(use="paper")),
        ({"only": "all"}, NOTHING),
        ({"use": "poster", "size": "1x1", "design": "../x"}, NOTHING),
        ({"only": "split", "design": "grid"}, Filter(design="grid")),
    ],
)
def test_addresses_of_old_still_work_and_wrong_words_filter_nothing(
    said: dict[str, str], means: Filter
) -> None:
    assert Filter.read(said, SHELF) == means


async def test_a_filtered_gallery_can_be_shared_and_an_empty_one_leads_back(ada: httpx.AsyncClient) -> None:
    page = html.unescape((await ada.get("/creatives?use=story&lang=de")).text)
    assert len(set(re.findall(r'href="/creatives/(\w+)/1080x1920\?lang=de"', page))) == len(SHELF)
    assert 'href="/creatives?use=story&design=grid&lang=de"' in page
    assert '<input type="hidden" name="use" value="story">' in page
    nothing = html.unescape((await ada.get("/creatives?use=paper&design=split")).text)
    assert "No creative is like this" in nothing
    assert 'href="/creatives?use=paper">Show it in every design, not only Split' in nothing
    assert 'href="/creatives?design=split">Show it for every use, not only PDF' in nothing


def test_words_that_a_program_wrote_anew_are_a_change() -> None:
    history = {"split": History(date(2026, 5, 1)), "grid": History(date(2026, 5, 1))}
    written = Wording(
        "en", {"split": {"headline": "Mine"}}, {"split": datetime(2026, 11, 18, 23, 30, tzinfo=UTC)}
    )
    histories = with_words(history, written, "Europe/Berlin")
    news = news_of(histories, date(2026, 6, 1), date(2026, 11, 23))
    assert {name: (mark.on, mark.is_new) for name, mark in news.items()} == {
        "split": (date(2026, 11, 19), False)
    }


def test_what_came_or_changed_lately_is_marked_for_those_who_were_there_before() -> None:
    histories = {
        "old": History(date(2026, 1, 1), (Change(date(2026, 11, 14), "Larger code."),)),
        "quiet": History(date(2026, 1, 1), (Change(date(2026, 9, 1), "Too long ago."),)),
        "young": History(date(2026, 11, 10)),
        "coming": History(date(2026, 12, 1)),
    }
    today = date(2026, 11, 20)
    news = news_of(histories, date(2026, 5, 1), today, date(2026, 1, 1))
    assert {name: (mark.on.day, mark.is_new) for name, mark in news.items()} == {
        "old": (14, False),
        "young": (10, True),
    }
    assert news["old"].what == "Larger code."
    assert news_of(histories, today, today) == {}
    assert news_of({"first": History(date(2026, 11, 19))}, date(2026, 1, 1), today, date(2026, 11, 19)) == {}


def test_every_design_that_ships_has_its_history() -> None:
    assert set(_histories()) == {*(design.name for design in SHELF), WORDS}
    assert {change.of for history in _histories().values() for change in history.changes} <= {"", *USE_NAMES}


async def test_ada_sees_what_is_new_to_her_and_what_stands_on_her_pages(
    people: People, cast: Cast, clock: FrozenClock
) -> None:
    clock.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    ada, ben = await people.signed_in(cast.ada), await people.signed_in(cast.ben)
    hit = Hit(cast.ada.enrollment, clock.at.date(), "voice", "300x250", Place("blog.example", "/"), "")
    await record_hits(Counter({hit: 3}))
    page = (await ada.get("/creatives?design=voice")).text
    assert page.count("on your pages") == 1
    assert page.count('class="fresh is-new">New<') == len(Design.load("voice").sizes) + 1  # and the words
    assert "on your pages" not in (await ben.get("/creatives?design=voice")).text
    assert "Updated 23\u00a0Nov" in (await ada.get("/creatives?design=spotlight&use=paper")).text
    mails = (await ada.get("/creatives?design=spotlight&use=email")).text
    assert "Updated" not in mails  # only its papers changed
    assert 'Words <span class="fresh is-new">New</span>' in mails
    changed = (await ada.get("/creatives/spotlight/600x200")).text
    assert "23\u00a0November: Also as an A5 flyer" in changed
    assert 'class="fresh' not in (await ada.get("/creatives/split/600x200")).text
