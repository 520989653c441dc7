"""What Ada is told of payments to come holds by the rules of today."""

from dataclasses import replace
from datetime import date, timedelta

import httpx

from portal.audit.actions import Actor
from portal.earnings import samples
from portal.earnings.figures import home_figures
from portal.earnings.forecast import earns_on, expected_by_run
from portal.earnings.sale import SalePage, sale_page
from portal.enrollments.actions import set_state
from portal.enrollments.rules import EnrollmentState
from portal.money import Money
from portal.programs.queries import terms_history
from portal.programs.rules import TermsHistory
from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.earnings.books import GROWTH, Desk
from tests.earnings.pure import PROGRAM


async def test_ada_reads_the_same_of_a_renewal_on_the_page_of_the_sale_and_in_the_calendar(
    cast: Cast, clock: FrozenClock, visitor: httpx.AsyncClient
) -> None:
    await _eve_pays_with_adas_code(cast, clock)
    renewal = (await _newest(cast, clock)).renewal
    expected = await expected_by_run(cast.ada.enrollment, "USD", clock.at.date(), await _history(cast))
    assert renewal
    assert renewal.earns == Money(3_570, "USD"), "the code was for the first payment"
    assert set(expected.values()) == {renewal.earns}


async def test_nothing_is_promised_to_ada_for_her_own_purchase(
    cast: Cast, clock: FrozenClock, visitor: httpx.AsyncClient
) -> None:
    desk = Desk(cast)
    bill = desk.bill(clock.forward(hours=1), "ada", email=cast.ada.email)
    click = await desk.click(cast.ada, bill.at - timedelta(minutes=1))
    await desk.tell(desk.checkout(bill.at, "ada", click=click, email=cast.ada.email), desk.paid(bill))
    page = await _newest(cast, clock)
    assert not page.counts
    assert page.renewal is None
    assert "Next payment" not in [stop.name for stop in page.stops]


async def test_nothing_is_promised_to_ada_once_she_has_left(
    cast: Cast, clock: FrozenClock, visitor: httpx.AsyncClient
) -> None:
    await _eve_pays_with_adas_code(cast, clock)
    mira = Actor("manager", str(cast.mira.id))
    await set_state(cast.ada.enrollment, EnrollmentState.ENDED, "she left", mira, clock.forward(days=1))
    assert (await _newest(cast, clock)).renewal is None
    assert await expected_by_run(cast.ada.enrollment, "USD", clock.at.date(), await _history(cast)) == {}


async def _eve_pays_with_adas_code(cast: Cast, clock: FrozenClock) -> None:
    desk = Desk(cast)
    bill = desk.bill(clock.forward(hours=1), "eve", taken_off=2_380, code=cast.ada.code, first=True)
    began = samples.subscription_said(
        "created",
        bill.at,
        "cus_eve",
        "sub_eve",
        began_at=bill.at,
        price="price_growth_monthly",
        amount=GROWTH,
    )
    await desk.tell(desk.checkout(bill.at, "eve", code=cast.ada.code), began, desk.paid(bill))


async def _history(cast: Cast) -> TermsHistory:
    return await terms_history(cast.program)


async def _newest(cast: Cast, clock: FrozenClock) -> SalePage:
    row = (await home_figures(cast.ada.enrollment, clock.at)).latest[0]
    return await sale_page(cast.ada.enrollment, row.sale, clock.at)


def test_a_program_of_twelve_paid_months_promises_the_twelfth_and_not_the_thirteenth() -> None:
    terms = replace(PROGRAM, months_paid=12)
    assert earns_on(date(2027, 12, 2), date(2027, 1, 2), terms)
    assert not earns_on(date(2028, 1, 2), date(2027, 1, 2), terms)
    assert earns_on(date(2028, 1, 2), date(2027, 1, 2), PROGRAM)
