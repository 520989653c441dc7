"""What the program page promises is what the books would hold, to the cent."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.clock import local_date
from portal.earnings.actions import Delivery, receive_many
from portal.earnings.rules import LineKind
from portal.earnings.samples import Bill, checkout_completed, invoice_paid, subscription_said
from portal.earnings.stripe import read
from portal.earnings.tables import Commission, TierStep
from portal.earnings.timeline import months_later
from portal.enrollments.tables import Link
from portal.home.calculator import MOST_CUSTOMERS, MOST_LEAVING, Wish, Year, moment, played, year_of
from portal.home.chart import NARROW, WIDE, chart_of
from portal.home.forms import parse_wish
from portal.ids import new_id
from portal.money import Money
from portal.programs.program_file import parse_program
from portal.programs.queries import terms_history
from portal.programs.rules import Plan, ProgramTerms, TermsHistory
from portal.referrals.tables import Click
from tests.cast import BEGINNING, KARTRA, Cast, gather_cast

DOCUMENT = tomllib.loads(KARTRA.read_text(encoding="utf-8"))


def stored(terms: ProgramTerms) -> TermsHistory:
    return TermsHistory.of(
        [replace(terms, terms_id=UUID(int=7), version=1, starts_at=datetime(2025, 1, 1, tzinfo=UTC))]
    )


TERMS = parse_program(DOCUMENT)
HISTORY = stored(TERMS)
PICTURE_DAY = date(2026, 11, 22)


def plan(key: str) -> Plan:
    found = TERMS.plan(key)
    assert found
    return found


def year(key: str = "growth", customers: int = 4, *, trial: bool = True, leaving: int = 0) -> Year:
    return year_of(HISTORY, Wish(plan(key), customers, trial, leaving), PICTURE_DAY)


def dollars(text: str) -> Money:
    return Money.from_decimal_text(text, "USD")


def test_four_customers_a_month_on_growth_bring_what_the_design_says() -> None:
    shown = year()
    assert (shown.earned, shown.paid, shown.to_come) == (
        dollars("12054.70"),
        dollars("7389.90"),
        dollars("4664.80"),
    )
    assert shown.first_payout
    assert (shown.first_payout.first, shown.first_payout.last) == (date(2027, 3, 15), date(2027, 3, 20))
    assert (shown.first_amount, shown.first_payments) == (dollars("142.80"), 4)
    assert shown.next_tier
    assert (shown.next_tier.tier.key, shown.next_tier.on) == ("partner", date(2027, 2, 21))


def test_a_yearly_plan_is_one_sale_a_customer() -> None:
    shown = year("growth-yearly", 1)
    assert len(shown.lines) == 12
    assert {line.rate_bps for line in shown.lines} == {3_000, 3_500}


def test_of_twenty_renewals_one_does_not_come_at_five_per_cent() -> None:
    events = played(Wish(plan("growth"), 4, True, 5), PICTURE_DAY, "UTC")
    renewals = [event for event in events if event.number > 1]
    gone = [at for at, event in enumerate(renewals, 1) if event.leaves]
    assert gone == list(range(20, len(renewals) + 1, 20))
    for event in renewals:
        if event.leaves:
            later = [one for one in events if one.customer == event.customer and one.at > event.at]
            assert later == []


wishes = st.builds(
    Wish,
    st.sampled_from(TERMS.plans),
    st.integers(1, MOST_CUSTOMERS),
    st.booleans(),
    st.integers(0, MOST_LEAVING),
)


@settings(deadline=None, max_examples=60)
@given(wishes, st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_any_year_adds_up(wish: Wish, today: date) -> None:
    shown = year_of(HISTORY, wish, today)
    inside = [line for line in shown.lines if today <= line.booked_on < shown.end]
    assert inside == list(shown.lines)
    assert shown.earned.minor == sum(line.amount.minor for line in shown.lines)
    assert shown.earned.minor == sum(month.earned.minor for month in shown.months)
    assert shown.paid.minor == sum(month.paid.minor for month in shown.months)
    assert 0 <= shown.paid.minor <= shown.earned.minor
    assert shown.to_come == shown.earned - shown.paid
    so_far = [month.earned_so_far.minor for month in shown.months]
    assert so_far == sorted(so_far)
    rates = [line.rate_bps for line in shown.lines]
    assert rates == sorted(rates)  # up, and never down again
    assert all(line.amount == wish.plan.price.portion(line.rate_bps) for line in shown.lines)
    assert shown.customers + shown.left <= 12 * wish.customers


@settings(deadline=None, max_examples=60)
@given(wishes)
def test_who_leaves_takes_something_away_and_adds_nothing(wish: Wish) -> None:
    everybody = year_of(HISTORY, replace(wish, leaving=0), PICTURE_DAY)
    some = year_of(HISTORY, wish, PICTURE_DAY)
    assert some.earned <= everybody.earned
    assert some.left == 0 or some.earned < everybody.earned
    assert len(some.lines) + some.left <= len(everybody.lines)


@settings(deadline=None, max_examples=60)
@given(wishes, st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_the_picture_stays_in_its_frame(wish: Wish, today: date) -> None:
    for frame in (WIDE, NARROW):
        chart = chart_of(year_of(HISTORY, wish, today), frame)
        for path in (chart.earned, chart.paid):
            points = [tuple(map(int, pair.split())) for pair in path.removeprefix("M").split(" L")]
            assert all(0 <= x <= chart.right and frame.top <= y <= chart.floor for x, y in points)
            assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert all(0 <= tick.at <= chart.right for tick in chart.months)


# What the page says, and what would be booked


@pytest.mark.parametrize(
    ("key", "customers", "trial", "leaving"),
    [
        ("growth", 4, True, 0),
        ("growth", 5, True, 10),
        ("essentials", 2, False, 33),
        ("growth-yearly", 6, False, 0),
        ("scale", 1, False, 50),
    ],
)
async def test_the_books_would_hold_the_same_lines(
    database: str, key: str, customers: int, trial: bool, leaving: int
) -> None:
    """The customers of the calculator really come: each click, trial, payment and end, told by Stripe."""
    cast = await gather_cast(BEGINNING)
    chosen, today = plan(key), local_date(BEGINNING + timedelta(days=1), TERMS.timezone)
    wish = Wish(chosen, customers, trial and chosen.trial is not None, leaving)
    await receive_many(cast.program, await told(cast, wish, today), BEGINNING + timedelta(days=800))
    promised = year_of(await terms_history(cast.program), wish, today)
    rows = await Commission.select().where(
        (Commission.enrollment == cast.ada.enrollment) & (Commission.booked_on < promised.end)
    )
    assert {row["kind"] for row in rows} == {LineKind.SALE}
    booked = sorted((row["booked_on"], row["rate_bps"], row["minor"], row["released_on"]) for row in rows)
    assert booked == sorted(
        (
            line.booked_on,
            line.rate_bps,
            line.amount.minor,
            line.booked_on + timedelta(days=TERMS.hold_days),
        )
        for line in promised.lines
    )
    steps = (
        await TierStep.select()
        .where(TierStep.enrollment == cast.ada.enrollment)
        .order_by(TierStep.reached_at)
    )
    first = local_date(steps[0]["reached_at"], TERMS.timezone) if steps else None
    assert promised.next_tier
    assert promised.next_tier.on == first


async def told(cast: Cast, wish: Wish, today: date) -> list[Delivery]:
    rows = await Link.select(Link.id).where(Link.enrollment == cast.ada.enrollment)
    bodies: list[bytes] = []
    price = wish.plan.stripe_prices[0]
    for event in played(wish, today, TERMS.timezone):
        who = f"{event.customer:03}"
        customer, subscription = f"cus_{who}", f"sub_{who}"
        began = moment(event.began_on, event.customer, TERMS.timezone)
        if event.number == 1:
            click = f"click{new_id().hex[-20:]}"
            await Click.insert(
                Click(token=click, link=rows[0]["id"], enrollment=cast.ada.enrollment, at=began)
            )
            bodies.append(checkout_completed(began, customer, subscription, click=click))
            if wish.trial and wish.plan.trial:
                ends = began + timedelta(days=wish.plan.trial.days)
                bodies.append(
                    subscription_said(
                        "created",
                        began,
                        customer,
                        subscription,
                        began_at=began,
                        price=price,
                        amount=wish.plan.price,
                        trial_end=ends,
                    )
                )
                trial = wish.plan.trial.price
                bodies.append(
                    invoice_paid(
                        Bill(f"in_{who}_0", began, customer, subscription, amount=trial, price=price)
                    )
                )
        if event.leaves:
            bodies.append(
                subscription_said(
                    "deleted",
                    event.at,
                    customer,
                    subscription,
                    began_at=began,
                    price=price,
                    amount=wish.plan.price,
                    ended_at=event.at,
                )
            )
            continue
        bill = Bill(
            f"in_{who}_{event.number}", event.at, customer, subscription, amount=wish.plan.price, price=price
        )
        bodies.append(invoice_paid(bill))
    return [Delivery(read(body), body) for body in bodies]


# What stands in an address


@pytest.mark.parametrize(
    ("said", "customers", "leaving", "note"),
    [
        ({}, 4, 0, ""),
        ({"customers": "7", "leaving": "12"}, 7, 12, ""),
        ({"customers": "900"}, 20, 0, "Only 1 to 20"),
        ({"customers": "-3"}, 1, 0, "Only 1 to 20"),
        ({"customers": "0"}, 1, 0, "Only 1 to 20"),
        ({"customers": "many"}, 4, 0, "“many” is no whole number"),
        ({"customers": "4.5"}, 4, 0, "no whole number"),
        ({"customers": "٣"}, 4, 0, "no whole number"),
        ({"customers": "9" * 5_000}, 4, 0, "no whole number"),
        ({"leaving": "99"}, 4, 50, "Only 0 to 50"),
        ({"customers": " ", "leaving": ""}, 4, 0, ""),
    ],
)
def test_an_address_can_say_anything(said: dict[str, str], customers: int, leaving: int, note: str) -> None:
    asked = parse_wish(said, TERMS)
    assert (asked.wish.customers, asked.wish.leaving) == (customers, leaving)
    assert " ".join(asked.notes).startswith(note) if not note else note in " ".join(asked.notes)
    assert bool(asked.notes) == bool(note)


def test_a_plan_that_is_gone_gives_way_to_the_usual_one_and_says_so() -> None:
    asked = parse_wish({"plan": "platinum"}, TERMS)
    assert asked.wish.plan.key == "growth"
    assert asked.notes == ("There is no such plan any more: shown is Growth.",)


def test_only_a_plan_with_a_trial_starts_with_one() -> None:
    assert not parse_wish({"plan": "essentials", "trial": "yes"}, TERMS).wish.trial
    assert not parse_wish({"plan": "scale", "trial": "no"}, TERMS).wish.trial
    assert parse_wish({"plan": "scale"}, TERMS).wish.trial


def test_new_terms_count_from_their_day_for_those_who_come_after_it() -> None:
    """As in the books: who began before stays under the version of then."""
    old = HISTORY.versions[0]
    dearer = replace(
        old,
        version=2,
        terms_id=UUID(int=8),
        starts_at=datetime(2027, 6, 1, tzinfo=UTC),
        tiers=(replace(old.tiers[0], rate_bps=2_000), *old.tiers[1:]),
    )
    wish = Wish(plan("growth"), 1, False, 0)
    shown = year_of(TermsHistory.of([old, dearer]), wish, PICTURE_DAY)
    rates = [(line.booked_on, line.rate_bps) for line in shown.lines]
    assert (date(2027, 6, 22), 2_000) in rates
    assert (date(2027, 6, 22), 3_000) in rates
    assert all(rate == 3_000 for day, rate in rates if day < date(2027, 6, 1))
    assert months_later(PICTURE_DAY, 12) == shown.end
