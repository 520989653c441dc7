"""What pages add up and list is what stands in the books, whatever happened and in which order."""

from collections import Counter
from datetime import date, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import db
from portal.earnings import samples
from portal.earnings.books import books_on
from portal.earnings.forms import Filter
from portal.earnings.queries import earnings_page, ledger, shelf_of
from portal.earnings.record import drop_claims
from portal.earnings.rows import all_rows, count_chips
from portal.earnings.tables import DaySum, Entry, PayoutLine
from portal.earnings.timeline import LineState, Month
from portal.earnings.verify import book_problems
from portal.money import Money
from portal.payouts.actions import approve, mark_paid, prepare_run
from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.earnings.books import Desk


@pytest.fixture
async def year(cast: Cast, clock: FrozenClock, visitor: httpx.AsyncClient, anyio_backend: str) -> Desk:
    """Ada's customers of some months: sales, refunds before and after they were paid, disputes, discounts."""
    desk, told = Desk(cast), list[bytes]()
    for number in range(14):
        who, begun = f"c{number:02}", clock.at + timedelta(days=9 * number, hours=1)
        click = await desk.click(cast.ada, begun - timedelta(hours=2), ("blog", "newsletter", "")[number % 3])
        code = cast.ada.code if number == 5 else None
        first = desk.bill(begun, who, taken_off=2_380 if code else 0, first=True, code=code)
        told += [desk.checkout(begun, who, click=click, code=code), desk.paid(first)]
        second = desk.bill(begun + timedelta(days=30), who, 2, taken_off=4_000 if number == 3 else 0)
        told.append(desk.paid(second))
        if number in {0, 1, 6}:
            back = begun + timedelta(days={0: 125, 1: 4, 6: 60}[number])
            told.append(desk.refunded(first, back, total=11_900))
        if number == 2:
            told.append(desk.refunded(first, begun + timedelta(days=3), total=1_900))
    await desk.tell_all(told)
    for month in (5, 6):
        await pay(cast, clock, Month(clock.at.year, month))
    clock.at = clock.at.replace(month=7, day=9)
    await desk.tell(samples.dispute(desk.bill(clock.at, "c12"), clock.at - timedelta(days=1)))
    return desk


async def pay(cast: Cast, clock: FrozenClock, month: Month) -> None:
    moment = clock.at.replace(year=month.year, month=month.month, day=2)
    run = await prepare_run(cast.program, month, cast.mira.id, moment)
    await approve(run, cast.noor.id, moment + timedelta(days=1))
    await mark_paid(run, cast.noor.id, moment + timedelta(days=14))


async def test_the_books_of_a_year_verify_with_their_lists_and_sums(year: Desk, clock: FrozenClock) -> None:
    assert await book_problems(clock.at) == []


async def test_a_sum_that_is_off_by_a_cent_and_a_line_that_is_not_listed_are_named(
    year: Desk, clock: FrozenClock
) -> None:
    await DaySum.update({DaySum.minor: DaySum.minor + 1}, force=True)
    problems = await book_problems(clock.at)
    assert any("is not that of its lines" in problem for problem in problems)
    entry = await Entry.select().where(Entry.kind == "sale").first()
    assert entry
    await Entry.delete().where(Entry.id == entry["id"])
    assert any("is not listed" in problem for problem in await book_problems(clock.at))


async def test_a_line_that_is_listed_as_from_somewhere_else_is_named(year: Desk, clock: FrozenClock) -> None:
    await Entry.update({Entry.origin: "at:nowhere"}).where(Entry.kind == "sale")
    assert any("from somewhere else" in problem for problem in await book_problems(clock.at))


async def test_every_state_of_the_page_is_the_sum_of_its_lines(
    year: Desk, cast: Cast, clock: FrozenClock
) -> None:
    today = clock.at.date()
    page = await earnings_page(cast.ada.enrollment, clock.at, Filter())
    lines = [line for line in await books_on(today) if line.enrollment == cast.ada.enrollment]
    for state in LineState:
        own = [line for line in lines if line.state is state]
        part = next(part for part in page.equation.parts if part.state is state)
        assert (part.amount.minor, part.lines) == (sum(line.minor for line in own), len(own)), state
    assert page.equation.booked == Money(sum(line.minor for line in lines), "USD")
    assert len({part.state for part in page.equation.parts if part.lines}) >= 4, "the year has all of them"


@pytest.mark.parametrize("state", ["all", "held", "released", "paid", "disputed", "reversed", "not_counted"])
async def test_what_a_filter_counts_is_what_it_lists(
    year: Desk, cast: Cast, clock: FrozenClock, state: str
) -> None:
    shelf, wanted = await shelf_of(cast.ada.enrollment, clock.at, Filter(state=state))
    rows = [row async for rows in all_rows(shelf, wanted) for row in rows]
    shown = (await earnings_page(cast.ada.enrollment, clock.at, Filter(state=state))).ledger
    assert (shown.total, shown.amount.minor) == (len(rows), sum(row.amount.minor for row in rows))
    assert rows, "the year has one of each"
    assert state == "all" or {row.state for row in rows} == {state}


async def test_counting_rows_one_by_one_gives_what_the_daily_sums_give(
    year: Desk, cast: Cast, clock: FrozenClock
) -> None:
    shelf, wanted = await shelf_of(cast.ada.enrollment, clock.at, Filter())
    listed = Counter([row.state async for rows in all_rows(shelf, wanted) for row in rows])
    page = await earnings_page(cast.ada.enrollment, clock.at, Filter())
    assert {chip.key: chip.count for chip in page.ledger.chips[1:]} == listed
    counted = await count_chips(shelf, wanted)
    assert {key: tally.lines for key, tally in counted.items()} == listed


async def test_pages_follow_each_other_without_a_gap_or_a_repetition(
    year: Desk, cast: Cast, clock: FrozenClock
) -> None:
    shelf, wanted = await shelf_of(cast.ada.enrollment, clock.at, Filter())
    whole = [row.entry.id async for rows in all_rows(shelf, wanted) for row in rows]
    page = await ledger(shelf, wanted, "/earnings")
    seen = [row.entry.id for month in page.months for row in month.rows]
    while page.older:
        page = await ledger(shelf, Filter(currency="USD", cursor=page.older), "/earnings")
        seen += [row.entry.id for month in page.months for row in month.rows]
    assert seen == whole
    assert page.newer
    before = await ledger(shelf, Filter(currency="USD", cursor=page.newer), "/earnings")
    last = [row.entry.id for month in before.months for row in month.rows]
    assert whole[-page.shown - len(last) : -page.shown] == last


async def test_a_refund_of_a_paid_sale_is_no_longer_struck_and_waits_for_its_payout(
    year: Desk, cast: Cast, clock: FrozenClock
) -> None:
    shelf, wanted = await shelf_of(cast.ada.enrollment, clock.at, Filter(state="reversed"))
    rows = [row async for rows in all_rows(shelf, wanted) for row in rows]
    taken = [row for row in rows if not row.struck]
    assert [(row.amount.minor, row.stands, row.taken_in) for row in taken] == [
        (-3_570, LineState.RELEASED, Month(clock.at.year, 8))
    ]
    struck = [row for row in rows if row.struck]
    assert sum(row.amount.minor for row in struck) == 0


DAYS = st.dates(date(2026, 2, 20), date(2026, 7, 20))


async def test_any_span_of_days_from_anywhere_adds_up(year: Desk, cast: Cast, clock: FrozenClock) -> None:
    shelf, plain = await shelf_of(cast.ada.enrollment, clock.at, Filter())
    every = [row async for rows in all_rows(shelf, plain) for row in rows]
    origins = {row.entry.id: "" for row in every}
    for row in await Entry.select(Entry.id, Entry.origin):
        origins[row["id"]] = row["origin"]

    async def check(first: date, last: date, origin: str, state: str) -> None:
        wanted = plain.with_(first=min(first, last), last=max(first, last), origin=origin, state=state)
        fitting = [
            row
            for row in every
            if wanted.first
            and wanted.last
            and wanted.first <= row.on <= wanted.last
            and (not origin or origins[row.entry.id] == origin)
            and state in ("all", row.state)
        ]
        shown = await ledger(shelf, wanted, "/earnings")
        assert shown.total == len(fitting)
        assert shown.amount.minor == sum(row.amount.minor for row in fitting)

    cases: list[tuple[date, date, str, str]] = []

    @settings(max_examples=25, suppress_health_check=list(HealthCheck), database=None, deadline=None)
    @given(
        DAYS,
        DAYS,
        st.sampled_from(["", "at:blog", "at:newsletter", "link", f"code:{cast.ada.code}"]),
        st.sampled_from(["all", "held", "paid", "reversed", "not_counted"]),
    )
    def draw(first: date, last: date, origin: str, state: str) -> None:
        cases.append((first, last, origin, state))

    draw()
    for case in cases:
        await check(*case)


async def test_an_order_is_found_by_its_invoice_and_by_its_refund(
    year: Desk, cast: Cast, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    found = (await ada.get("/earnings?q=in_c02_1")).text
    assert "Part refund" in found
    assert "2 of 2" in found
    assert "No payment has this number" in (await ada.get("/earnings?q=in_nothing")).text
    assert "No payment has this number" in (await ben.get("/earnings?q=in_c02_1")).text


async def test_a_run_that_lets_go_of_lines_leaves_their_sums_as_they_were(
    year: Desk, cast: Cast, clock: FrozenClock
) -> None:
    before = {tuple(row.values())[1:] for row in await DaySum.select().order_by(DaySum.id)}
    async with db.transaction():
        await prepare_run(cast.program, Month(clock.at.year, 7), cast.mira.id, clock.at)
        claimed = {tuple(row.values())[1:] for row in await DaySum.select()}
        assert claimed != before
        assert await book_problems(clock.at) == []
        await drop_claims(PayoutLine.payout.run_month == "2026-07")
    assert {tuple(row.values())[1:] for row in await DaySum.select()} == before
    assert await book_problems(clock.at) == []
