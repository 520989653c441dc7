"""Which version of the terms decides about a subscription, which tier it pays, and how the page says it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import tomlkit
from litestar import Litestar

from portal.earnings.books import books_on
from portal.earnings.facts import Place
from portal.earnings.in_force import tier_words, version_words
from portal.earnings.tables import Transaction
from portal.earnings.tiers import Change, EnrollmentHistory, Step
from portal.enrollments.rules import EnrollmentState
from portal.programs.actions import publish
from portal.programs.rules import Existing, TermsHistory, Tier
from tests.cast import KARTRA, Cast
from tests.conftest import FrozenClock, People
from tests.earnings.books import Desk
from tests.earnings.pure import BEGAN, PROGRAM, START, a_payment, version

DAY = timedelta(days=1)
TODAY = date(2027, 6, 1)
STARTER, PARTNER, ELITE = PROGRAM.tiers


def history(*existing: Existing) -> TermsHistory:
    """The first version, and others, 20 days after each other, from ten days after Eve's beginning on."""
    later = [
        version(
            replace(PROGRAM, existing_subscriptions=one, starts_on=(BEGAN + (10 + 20 * number) * DAY).date()),
            number + 2,
            BEGAN + (10 + 20 * number) * DAY,
        )
        for number, one in enumerate(existing)
    ]
    return TermsHistory.of([version(replace(PROGRAM, starts_on=START.date())), *later])


@pytest.mark.parametrize(
    ("existing", "days", "number", "said"),
    [
        ((), 30, 1, "Version 1 of the terms, in force since 1 January, before this subscription began."),
        (
            (Existing.KEEP,),
            15,
            1,
            "Version 1 was in force when this subscription began on 2 January, and its subscriptions keep "
            "it: version 2, since 12 January, is for those that began later.",
        ),
        (
            (Existing.FOLLOW,),
            15,
            2,
            "This subscription began on 2 January under version 1. Version 2, since 12 January, took earlier "
            "subscriptions along.",
        ),
        (
            (Existing.FOLLOW,),
            5,
            1,
            "Version 1 of the terms, in force since 1 January, before this subscription began. What it pays "
            "from 12 January on comes under version 2; this payment doesn’t change.",
        ),
        (
            (Existing.KEEP,),
            5,
            1,
            "Version 1 of the terms, in force since 1 January, before this subscription began. Version 2, "
            "from 12 January, leaves it as it is.",
        ),
        (
            (Existing.FOLLOW, Existing.KEEP),
            40,
            2,
            "This subscription began on 2 January under version 1. Version 2, since 12 January, took earlier "
            "subscriptions along.",
        ),
    ],
)
def test_the_page_says_which_version_and_why(
    existing: Sequence[Existing], days: int, number: int, said: str
) -> None:
    versions = history(*existing)
    terms = versions.governing(BEGAN, BEGAN + days * DAY)
    assert terms.version == number
    assert version_words(versions, terms, BEGAN, BEGAN + days * DAY, TODAY).replace("\u00a0", " ") == said


def stood(*steps: tuple[str, datetime, int], given: str = "starter") -> EnrollmentHistory:
    made = tuple(Step(tier, a_payment(at=at, number=9).place, customers) for tier, at, customers in steps)
    changes = [Change(START - 300 * DAY, EnrollmentState.ACTIVE, "starter")]
    if given != "starter":
        changes.append(Change(BEGAN - DAY, EnrollmentState.ACTIVE, given))
    return EnrollmentHistory(tuple(changes), made)


def tier_said(about: EnrollmentHistory, at: datetime, number: int = 1) -> str:
    return tier_words(about, a_payment(at=at, number=number).place, PROGRAM, TODAY).replace("\u00a0", " ")


def test_the_page_says_how_a_tier_was_reached() -> None:
    partner = ("partner", BEGAN, 10)
    elite = ("elite", BEGAN + 30 * DAY, 50)
    assert tier_said(stood(), BEGAN) == "A later tier changes later sales only."
    assert tier_said(stood(partner), BEGAN + DAY) == (
        "You reached it on 2 January, with 10 active paying customers. A later tier changes later sales only."
    )
    assert tier_said(stood(partner, elite), BEGAN + DAY) == (
        "You reached it on 2 January, with 10 active paying customers. "
        "You are Elite since 1 February, which changes later sales only."
    )
    assert tier_said(stood(given="elite"), BEGAN) == (
        "A manager had given it to you by 1 January. A later tier changes later sales only."
    )
    ahead = stood(partner, elite, ("partner", BEGAN + 200 * DAY, 12))
    assert "You are Elite since 1 February" in tier_said(ahead, BEGAN + DAY)
    assert "You will be Partner from" in tier_said(ahead, BEGAN + 40 * DAY)
    fallen = stood(partner, elite, ("partner", BEGAN + 60 * DAY, 12))
    assert tier_said(fallen, BEGAN + 61 * DAY).startswith("It fell to that on 3 March, with 12 active")


def test_example_9_the_payment_that_reaches_a_tier_says_so() -> None:
    reached = stood(("partner", BEGAN, 10))
    assert tier_said(reached, BEGAN, 9) == (
        "This payment brought your 10th active paying customer, so you are Partner from the next one on: "
        "35 %."
    )


def test_a_tier_of_later_terms_lowers_nothing_under_the_earlier_ones() -> None:
    """Stars came with version 2. Who rose from Elite to it still earns 40 % under a kept version 1."""
    stars = version(replace(PROGRAM, tiers=(*PROGRAM.tiers, Tier("stars", "Stars", 5_000, 60))), 2)
    about = stood(("elite", BEGAN, 50), ("stars", BEGAN + DAY, 60))
    later = Place(BEGAN + 2 * DAY, "2:x")
    assert about.standing(later, PROGRAM).tier == ELITE.key
    assert about.standing(later, stars).tier == "stars"
    by_hand = replace(
        about,
        changes=(
            Change(START - 300 * DAY, EnrollmentState.ACTIVE, "partner"),
            Change(BEGAN - DAY, EnrollmentState.ACTIVE, "stars"),
        ),
        steps=(),
    )
    assert by_hand.standing(later, PROGRAM).tier == PARTNER.key
    assert by_hand.standing(later, stars).tier == "stars"


@pytest.mark.parametrize(
    ("existing", "earned", "said"),
    [
        ("keep", [3_570, 3_570], "its subscriptions keep it"),
        ("follow", [3_570, 2_975], "took earlier subscriptions along"),
    ],
)
async def test_a_renewal_after_new_terms_says_what_became_of_it(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock, existing: str, earned: list[int], said: str
) -> None:
    """$119.00 at 30 %, then, from April on, at 25 % for whom the new terms hold."""
    document: Any = tomlkit.parse(KARTRA.read_text())
    document["program"]["starts_on"] = date(2026, 4, 1)
    document["rules"]["existing_subscriptions"] = existing
    document["tiers"][0]["rate_bps"] = 2_500
    await publish(cast.program, tomlkit.dumps(document), 1, cast.mira.id, clock())
    desk, began = Desk(cast), clock.forward(days=10)
    click = await desk.click(cast.ada, began - DAY)
    bills = [desk.bill(began + 31 * n * DAY, "eve", n + 1, first=n == 0) for n in range(2)]
    await desk.tell(desk.checkout(began, "eve", click=click), *map(desk.paid, bills))
    clock.forward(days=32)
    lines = await books_on(clock().date())
    assert [line.minor for line in lines] == earned
    (row,) = await Transaction.select(Transaction.id).where(Transaction.external_id == "in_eve_2")
    ada = await people.signed_in(cast.ada)
    page = (await ada.get(f"/earnings/{row['id']}")).text
    assert said in page.replace("\n", " ")
