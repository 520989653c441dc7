"""Visits are counted without knowing anybody, and managers see how far people come."""

from collections import Counter
from datetime import date, timedelta

import httpx
from litestar import Litestar

from portal.insights.queries import funnel_page
from portal.insights.rules import MORE, Counts
from portal.insights.tables import PageVisits
from portal.insights.visits import MOST_OF_A_NETWORK, MOST_SOURCES, Visit, Visits, record_visits
from tests.cast import Cast
from tests.conftest import STRIPE_SECRET, FrozenClock, People
from tests.pages import filled_in
from tests.sales import BROWSER, click_on, sell

DOCUMENT = {"User-Agent": BROWSER, "Sec-Fetch-Dest": "document"}


async def stored(app: Litestar) -> dict[str, int]:
    await app.state.visits.settled()
    rows = await PageVisits.select(PageVisits.source, PageVisits.visits)
    return {row["source"]: row["visits"] for row in rows}


async def test_a_visitor_counts_once_a_day_by_where_it_came_from(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await visitor.get("/?utm_source=Newsletter&utm_medium=email", headers=DOCUMENT)
    await visitor.get("/", headers=DOCUMENT)
    await visitor.get("/p/kartra?via=ada", headers=DOCUMENT)
    assert await stored(app) == {"utm:newsletter": 1}
    clock.forward(days=1)
    await visitor.get("/p/kartra?via=ada", headers=DOCUMENT)
    assert await stored(app) == {"utm:newsletter": 1, "via:ada": 1}
    assert {cookie.name for cookie in visitor.cookies.jar} == set()


async def test_bots_prefetching_and_our_own_people_do_not_count(
    app: Litestar, visitor: httpx.AsyncClient, mira: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    await visitor.get("/", headers={"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"})
    await visitor.get("/", headers={**DOCUMENT, "Sec-Purpose": "prefetch"})
    await visitor.get("/", headers={**DOCUMENT, "Sec-Fetch-Dest": "image"})
    await visitor.get("/", headers={**DOCUMENT, "HX-Request": "true"})
    for known in (mira, ada):
        await known.get("/", headers=DOCUMENT)
    assert await stored(app) == {}


async def test_counts_are_added_to_what_is_stored(app: Litestar, cast: Cast) -> None:
    counted = Counter({(cast.program, date(2026, 3, 2), "utm:a"): 2})
    await record_visits(counted)
    await record_visits(counted)
    assert await stored(app) == {"utm:a": 4}


async def test_a_thousand_invented_sources_become_one_row(app: Litestar, cast: Cast) -> None:
    counted = Counter({(cast.program, date(2026, 3, 2), f"utm:{number}"): 1 for number in range(1_000)})
    await record_visits(counted)
    rows = await stored(app)
    assert len(rows) == MOST_SOURCES + 1
    assert rows[MORE] == 1_000 - MOST_SOURCES


def test_one_network_cannot_make_a_crowd(cast: Cast) -> None:
    visits = Visits()
    for number in range(MOST_OF_A_NETWORK * 2):
        visits.add(Visit(cast.program, date(2026, 3, 2), "", "203.0.113.7", f"browser {number}"))
    assert visits.waiting == MOST_OF_A_NETWORK


async def begins(people: People, clock: FrozenClock, query: str = "") -> httpx.AsyncClient:
    """Somebody opens the program page and types a name into the form."""
    someone = await people.visitor()
    await someone.get(f"/{query}", headers={**DOCUMENT, "User-Agent": f"{BROWSER} {id(someone)}"})
    form = filled_in(await someone.get(f"/p/kartra/apply{query}"))
    clock.forward(minutes=1)
    await someone.post("/p/kartra/apply/draft", data={**form, "name": "Edda"})
    return someone


async def test_each_step_counts_who_took_it(
    app: Litestar, people: People, mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    await begins(people, clock, "?utm_source=newsletter")
    token = await click_on(await people.visitor(), cast.ada.slug)
    await app.state.clicks.settled()
    await sell(await people.visitor(), token, STRIPE_SECRET, clock.forward(minutes=5))
    await app.state.visits.settled()

    # The cast applied without drafts: Ada, Ben, Cleo and Dora sent, three were approved, one had a click.
    page = await funnel_page(cast.program, cast.terms, 30, clock())
    assert page.counts == Counts(visited=1, started=5, sent=4, approved=3, clicked=1, sold=1)
    assert {row.source: row.counts for row in page.sources} == {
        "utm:newsletter": Counts(1, 1),
        "": Counts(0, 4, 4, 3, 1, 1),
    }
    (cohort,) = page.cohorts
    assert (cohort.month, cohort.counts, cohort.young) == (date(2026, 3, 1), page.counts, True)

    shown = (await mira.get("/manage/funnel")).text
    assert "their later steps may still come" in shown
    assert "newsletter" in shown


async def test_a_period_forgets_nobody_who_is_in_it_and_a_cohort_stays(
    app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    week = await funnel_page(cast.program, cast.terms, 7, clock() + timedelta(days=6))
    later = await funnel_page(cast.program, cast.terms, 7, clock() + timedelta(days=7))
    assert (week.counts.sent, later.counts.sent) == (4, 0)
    much_later = await funnel_page(cast.program, cast.terms, 7, clock() + timedelta(days=100))
    assert [(one.month, one.counts.sent, one.young) for one in much_later.cohorts] == [
        (date(2026, 3, 1), 4, False)
    ]


async def test_a_new_program_reads_what_will_be_here(app: Litestar, cast: Cast, clock: FrozenClock) -> None:
    page = await funnel_page(cast.program, cast.terms, 30, clock() + timedelta(days=400))
    assert (page.ever, page.counts, page.cohorts, page.sources) == (False, Counts(), (), ())


async def test_the_csv_holds_no_formulas(
    app: Litestar, visitor: httpx.AsyncClient, mira: httpx.AsyncClient
) -> None:
    await visitor.get("/", params={"utm_source": "=cmd|' /C calc'!A0"}, headers=DOCUMENT)
    await app.state.visits.settled()
    answer = await mira.get("/manage/funnel/sources.csv?days=7")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = answer.text.splitlines()
    assert rows[0] == "from,to,source,visited,started,sent,approved,first click,first sale"
    assert any(",'=cmd|" in row for row in rows)


async def test_any_period_that_nobody_offers_is_thirty_days(mira: httpx.AsyncClient) -> None:
    for days in ("30", "-1", "x" * 500, "100000"):
        assert "1 February to 2 March" in (
            await mira.get("/manage/funnel", params={"days": days})
        ).text.replace("\u00a0", " ")
