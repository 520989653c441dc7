"""Ada looks at her earnings; Ben must not see them."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from portal.audit.actions import Actor
from portal.earnings import samples
from portal.earnings.facts import AdjustmentKind
from portal.earnings.figures import home_figures
from portal.earnings.rulings import adjust
from portal.earnings.samples import Bill
from portal.earnings.totals import coming_payouts
from portal.enrollments.tables import Enrollment
from portal.ids import new_id
from portal.money import Money
from portal.programs.tables import Terms
from tests.cast import KARTRA, Cast
from tests.conftest import FrozenClock
from tests.earnings.books import GROWTH, Desk

LINK = re.compile(r"/earnings/[0-9a-f-]{36}")


@pytest.fixture
async def sold(cast: Cast, clock: FrozenClock, visitor: httpx.AsyncClient, anyio_backend: str) -> Bill:
    """Eve came from Ada's newsletter, tried for $1 and stayed; the app has the database open."""
    desk = Desk(cast)
    click = await desk.click(cast.ada, clock.forward(days=1), "newsletter")
    began = clock.forward(hours=1)
    rebill = began + timedelta(days=30)
    trial = Bill("in_0", began, "cus_eve4821", "sub_eve", "price_trial", Money(100, "USD"), first=True)
    bill = Bill("in_1", rebill, "cus_eve4821", "sub_eve", "price_growth_monthly", GROWTH, country="AU")
    await desk.tell(
        samples.checkout_completed(began, "cus_eve4821", "sub_eve", click=click),
        samples.subscription_said(
            "created",
            began,
            "cus_eve4821",
            "sub_eve",
            began_at=began,
            price="price_growth_monthly",
            amount=GROWTH,
            trial_end=rebill,
        ),
        samples.invoice_paid(trial),
        samples.invoice_paid(bill),
    )
    clock.at = rebill + timedelta(days=18)
    return bill


async def test_ada_sees_the_amount_its_state_and_the_reason_of_what_did_not_count(
    sold: Bill, ada: httpx.AsyncClient
) -> None:
    page = (await ada.get("/earnings")).text
    assert "Kartra Growth, first payment" in page
    assert "$35.70" in page
    assert "until 17\xa0May" in page
    assert "Customer 4821 · Australia" in page
    assert "Kartra Growth, trial" in page
    assert "Not counted" in page
    assert "eve4821" not in page, "customers are masked"


async def test_the_page_of_a_sale_tells_its_way_its_arithmetic_and_why(
    sold: Bill, ada: httpx.AsyncClient
) -> None:
    sale = await _address(ada, "?state=held")
    page = (await ada.get(sale)).text
    for words in (
        "Customer 4821 paid for Kartra Growth on 2\xa0April.",
        "15 and 20\xa0June.",
        "on your link, from newsletter",
        "Trial, $1.00",
        "Today, day 18 of 45",
        "Base: paid for the plan, without tax",
        "Your rate that day, Starter",
        "It was active when this was paid.",
    ):
        assert words in page, words


async def test_the_page_of_a_trial_tells_that_it_does_not_count(sold: Bill, ada: httpx.AsyncClient) -> None:
    trial = await _address(ada, "?state=not_counted")
    page = (await ada.get(trial)).text
    assert "It was a trial" in page
    assert "A trial, free or paid, is not a sale." in page
    assert "The first full-price payment counts." in page


async def test_a_part_refund_stands_under_its_sale(
    sold: Bill, ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    await Desk(cast).tell(samples.charge_refunded(sold, clock.at - timedelta(days=3), total=1_900))
    page = (await ada.get("/earnings")).text
    assert "Part refund" in page
    assert "−$5.70" in page
    sale = (await ada.get(await _address(ada, "?state=held"))).text
    assert "Part refund, −$5.70" in sale
    assert "$30.00 due − $35.70 booked before" in sale


async def test_somebody_elses_sale_is_not_found(
    sold: Bill, ada: httpx.AsyncClient, ben: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    sale = await _address(ada)
    assert (await ben.get(sale)).status_code == 404
    assert (await ada.get(f"/earnings/{uuid4()}")).status_code == 404
    assert (await ada.get("/earnings/not-a-sale")).status_code == 404
    assert (await visitor.get(sale)).status_code == 303
    assert "$35.70" not in (await ben.get("/earnings")).text


async def test_filters_and_pages_change_only_the_list(sold: Bill, ada: httpx.AsyncClient) -> None:
    part = await ada.get("/earnings?state=held", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert part.text.strip().startswith('<section class="card" id="ledger"')
    assert "Kartra Growth, trial" not in part.text
    assert "No line fits what you asked for" in (await ada.get("/earnings?state=paid")).text


@pytest.mark.parametrize(
    "query", ["?state=nonsense", "?page=0", "?page=-1", "?page=x", "?page=999999999", "?currency=XYZ"]
)
async def test_odd_addresses_show_the_page_all_the_same(
    sold: Bill, ada: httpx.AsyncClient, query: str
) -> None:
    assert (await ada.get(f"/earnings{query}")).status_code == 200


async def test_a_page_without_sales_says_how_to_get_them(ada: httpx.AsyncClient) -> None:
    page = await ada.get("/earnings")
    assert page.status_code == 200
    assert "No sales yet" in page.text


async def test_home_tells_the_next_payout_and_what_it_is_made_of(
    sold: Bill, cast: Cast, clock: FrozenClock
) -> None:
    figures = await home_figures(cast.ada.enrollment, clock.at)
    assert figures.next
    assert figures.next.amount == Money(3_570, "USD")
    assert (figures.next.paid_from.month, figures.next.paid_from.day, figures.next.paid_to.day) == (6, 15, 20)
    assert [(part.state, part.lines) for part in figures.next.parts] == [("held", 1)]
    assert (figures.customers, figures.sales, sum(figures.earned_per_day)) == (1, 1, 3_570)
    assert [row.title for row in figures.latest] == ["Kartra Growth, first payment", "Kartra Growth, trial"]
    nothing = await home_figures(cast.ben.enrollment, clock.at)
    assert (nothing.next, nothing.customers, nothing.latest) == (None, 0, ())


async def test_a_disputed_sale_promises_ada_neither_a_day_nor_an_amount(
    sold: Bill, ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    await Desk(cast).tell(samples.dispute(sold, clock.at - timedelta(days=3)))
    page = (await ada.get(await _address(ada, "?state=disputed"))).text
    assert "The bank decides" in page
    assert "Disputed, in no payout yet" in page
    for promise in ("certain from here on", "June run", "Due to you"):
        assert promise not in page, promise


async def test_the_lines_of_a_sale_that_was_taken_back_wait_for_no_day(
    sold: Bill, ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    await Desk(cast).tell(samples.charge_refunded(sold, clock.at - timedelta(days=3), total=11_900))
    page = (await ada.get(await _address(ada, "?state=reversed"))).text
    assert page.count('cell-end struck">') == 2
    assert "badge is-reversed" in page
    assert "badge is-held" not in page


async def test_home_counts_sales_and_neither_their_corrections_nor_what_came_to_nothing(
    sold: Bill, cast: Cast, clock: FrozenClock
) -> None:
    desk = Desk(cast)
    await desk.tell(samples.charge_refunded(sold, clock.at - timedelta(days=3), total=1_900))
    click = await desk.click(cast.ada, clock.forward(minutes=1))
    kim, lou = (desk.bill(clock.forward(minutes=1), who) for who in ("kim", "lou"))
    await desk.tell(desk.checkout(kim.at, "kim", click=click), desk.paid(kim))
    await desk.tell(desk.checkout(lou.at, "lou", click=click), desk.paid(lou))
    await desk.tell(desk.refunded(lou, clock.forward(minutes=1), total=11_900))
    payouts = await coming_payouts(cast.ada.enrollment, "USD", clock.at.date(), cast.terms)
    assert [
        (payout.run.first_day.month, [(part.state, part.lines) for part in payout.parts])
        for payout in payouts
    ] == [(6, [("held", 1)]), (7, [("held", 1)])]


async def test_a_payment_in_another_currency_that_did_not_count_is_found_in_earnings(
    sold: Bill, ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    desk = Desk(cast)
    click = await desk.click(cast.ada, clock.forward(minutes=1))
    bill = desk.bill(clock.forward(minutes=1), "ines", amount=Money(777, "EUR"))
    await desk.tell(desk.checkout(bill.at, "ines", click=click), desk.paid(bill))
    assert "?currency=EUR" in (await ada.get("/earnings")).text
    assert "price of no plan" in (await ada.get("/earnings?currency=EUR")).text
    figures = await home_figures(cast.ada.enrollment, clock.at)
    for row in figures.latest:
        shown = (await ada.get(f"/earnings?currency={row.amount.currency}")).text
        assert f"/earnings/{row.sale}" in shown


async def test_a_customer_is_spelled_alike_everywhere(
    ada: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    desk = Desk(cast)
    bill = desk.bill(clock.forward(hours=1), "c")
    await desk.tell(
        desk.checkout(clock.at, "c", click=await desk.click(cast.ada, clock.at - timedelta(minutes=1))),
        desk.paid(bill),
        desk.refunded(bill, clock.forward(hours=1), total=1_900),
    )
    for address in ("/home", "/earnings", await _address(ada)):
        page = (await ada.get(address)).text
        assert "US_C" in page
        assert "us_c" not in page.replace("cus_c", ""), address


async def _address(ada: httpx.AsyncClient, query: str = "") -> str:
    found = LINK.search((await ada.get(f"/earnings{query}")).text)
    assert found
    return found[0]


async def test_the_page_of_a_sale_leads_to_its_terms_and_to_its_other_payments(
    sold: Bill, ada: httpx.AsyncClient
) -> None:
    page = (await ada.get(await _address(ada, "?state=held"))).text
    assert 'href="/p/kartra/terms/1"' in page
    assert "Other payments of this subscription" in page
    assert "Kartra Growth, trial" in page


async def test_a_bonus_has_a_page_with_its_reason_and_ben_does_not_find_it(
    sold: Bill, ada: httpx.AsyncClient, ben: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    mira = Actor("manager", str(cast.mira.id))
    await adjust(
        cast.ada.enrollment,
        AdjustmentKind.BONUS,
        Money(5_000, "USD"),
        reason="Thank you for the webinar.",
        by=mira,
        now=clock(),
    )
    address = await _address(ada, "?state=released")
    page = (await ada.get(address)).text
    assert "Thank you for the webinar." in page
    assert "A manager gave you this" in page
    assert (await ben.get(address)).status_code == 404


async def test_a_share_of_a_partners_sale_tells_nothing_of_its_way(
    cast: Cast, clock: FrozenClock, ada: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    """Ada recruited Ben, and gets 5 % of what he earns from; his readers and his rate are his own."""
    await Enrollment.update({Enrollment.recruited_by: cast.ada.enrollment}).where(
        Enrollment.id == cast.ben.enrollment
    )
    document = KARTRA.read_text().replace("second_tier_bps = 0 ", "second_tier_bps = 500 ")
    await Terms.insert(
        Terms(
            id=new_id(),
            program=cast.program,
            version=2,
            starts_at=clock(),
            document=document,
            digest="second",
            loaded_at=clock(),
        )
    )
    desk, at = Desk(cast), clock.forward(days=1)
    click = await desk.click(cast.ben, at - timedelta(minutes=1), "bens-podcast")
    bill = desk.bill(at, "zoe")
    await desk.tell(desk.checkout(at, "zoe", click=click), desk.paid(bill))
    listed = (await ada.get("/earnings")).text
    page = (await ada.get(await _address(ada))).text
    assert "Second tier: Kartra Growth" in listed
    assert "$5.95" in page
    assert "A partner you recruited" in page
    for private in ("bens-podcast", "30 %", "$35.70", "Click"):
        assert private not in page, private
    assert "bens-podcast" not in listed
    assert "bens-podcast" in (await ben.get("/earnings")).text
