"""What managers decide with a reason: it counts after all, it belongs to somebody else, a bonus."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from portal import db
from portal.audit.actions import Actor
from portal.audit.tables import AuditEntry
from portal.earnings import samples
from portal.earnings.actions import receive
from portal.earnings.books import books_on
from portal.earnings.facts import AdjustmentKind
from portal.earnings.rulings import accept_claim, adjust, move_subscription, overrule
from portal.earnings.sources import read
from portal.earnings.store import Delivery
from portal.earnings.tables import BillingEvent, Subscription, Transaction
from portal.earnings.verify import book_problems
from portal.enrollments.tables import Enrollment
from portal.errors import Refused
from portal.money import Money
from portal.programs.actions import load_program
from portal.replay import replay
from tests.cast import KARTRA, Cast, Partner
from tests.conftest import FrozenClock, Stage
from tests.earnings.books import GROWTH, NOW, Desk, at, delivery

END = date(2029, 1, 1)


@pytest.fixture
def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


def by(cast: Cast) -> Actor:
    return Actor("manager", str(cast.mira.id))


async def sums(of: Partner | None = None) -> dict[str, int]:
    """What came of each transaction."""
    found: dict[str, int] = {}
    for line in await books_on(END):
        if of is None or line.enrollment == of.enrollment:
            found[line.transaction] = found.get(line.transaction, 0) + line.minor
    return {name: minor for name, minor in found.items() if minor}


async def payment_of(name: str) -> Any:
    return (await Transaction.select(Transaction.id).where(Transaction.external_id == name))[0]["id"]


async def subscription_of(who: str) -> Any:
    rows = await Subscription.select(Subscription.id).where(Subscription.external_id == f"sub_{who}")
    return rows[0]["id"]


async def rules(desk: Desk, payment: str, on: str, *, counts: bool, reason: str) -> None:
    await overrule(await payment_of(payment), counts=counts, reason=reason, by=by(desk.cast), now=at(on))


async def moves(desk: Desk, to: Partner, on: str, *, reason: str, since: datetime | None) -> None:
    """Eve's subscription."""
    await move_subscription(
        await subscription_of("eve"), to.enrollment, reason=reason, by=by(desk.cast), now=at(on), since=since
    )


async def two_months(desk: Desk, who: str = "eve", **more: Any) -> None:
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    first = desk.bill(at("2 Jan"), who, 1, first=True, **more)
    second = desk.bill(at("1 Feb"), who, 2)
    await desk.tell(desk.checkout(at("2 Jan", 11), who, click=click), desk.paid(first), desk.paid(second))


async def test_a_manager_lets_a_discounted_payment_count(desk: Desk) -> None:
    await two_months(desk, taken_off=1_000, coupon="GOODWILL")
    assert await sums() == {"in_eve_2": 3_570}
    await rules(desk, "in_eve_1", "9 Feb", counts=True, reason="We agreed.")
    assert await sums() == {"in_eve_1": 3_270, "in_eve_2": 3_570}
    assert (await desk.decisions())["in_eve_1"] == "sale"
    first = (await desk.lines())[0]
    assert first[1:] == ("sale", 3_270, "released", "16 Feb")
    assert await book_problems(NOW) == []
    rows = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.verb == "overruled")
    assert len(rows) == 1


async def test_what_was_overruled_can_be_overruled_again(desk: Desk) -> None:
    await two_months(desk)
    await rules(desk, "in_eve_2", "9 Feb", counts=False, reason="Paid by the vendor.")
    assert await sums() == {"in_eve_1": 3_570}
    assert (await desk.decisions())["in_eve_2"] == "ruled_out"
    with pytest.raises(Refused, match="earns nothing already"):
        await rules(desk, "in_eve_2", "10 Feb", counts=False, reason="Again.")
    assert await book_problems(NOW) == []


async def test_a_payment_of_nobody_cannot_be_overruled(desk: Desk) -> None:
    await desk.tell(desk.paid(desk.bill(at("2 Jan"), "eve")))
    with pytest.raises(Refused, match="did not fail for its price"):
        await rules(desk, "in_eve_1", "9 Feb", counts=True, reason="Why not.")
    assert await BillingEvent.count() == 1


async def test_a_free_trial_cannot_be_made_a_sale(desk: Desk) -> None:
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    free = desk.bill(at("2 Jan"), "eve", 1, taken_off=11_900, coupon="TRIAL", first=True)
    trial = samples.subscription_said(
        "created",
        at("2 Jan", 11),
        "cus_eve",
        "sub_eve",
        began_at=at("2 Jan", 11),
        price="price_growth_monthly",
        amount=GROWTH,
        trial_end=at("1 Feb"),
    )
    await desk.tell(desk.checkout(at("2 Jan", 11), "eve", click=click), trial, desk.paid(free))
    with pytest.raises(Refused, match="Nothing was paid"):
        await rules(desk, "in_eve_1", "9 Feb", counts=True, reason="Why not.")
    assert await desk.decisions() == {"in_eve_1": "trial"}


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501])
async def test_every_ruling_needs_a_reason_that_can_be_read(desk: Desk, reason: str) -> None:
    await two_months(desk)
    with pytest.raises(Refused):
        await rules(desk, "in_eve_1", "9 Feb", counts=False, reason=reason)


async def test_a_ruling_and_what_it_is_about_come_in_any_order(desk: Desk) -> None:
    class Undo(Exception):
        pass

    click = await desk.click(desk.cast.ada, at("1 Jan"))
    bill = desk.bill(at("2 Jan"), "eve", 1, first=True, taken_off=1_000, coupon="GOODWILL")
    bodies = [desk.checkout(at("2 Jan", 11), "eve", click=click), desk.paid(bill)]
    bodies.append(desk.refunded(bill, at("9 Jan"), total=5_450))
    rulings: list[bytes] = []
    try:
        async with db.transaction():
            await desk.tell(*bodies)
            await rules(desk, "in_eve_1", "9 Feb", counts=True, reason="Agreed.")
            await moves(desk, desk.cast.ben, "10 Feb", reason="Ben advised her.", since=None)
            rows = await BillingEvent.select(BillingEvent.body).where(BillingEvent.source == "manager")
            rulings = [row["body"].encode() for row in rows]
            raise Undo  # noqa: TRY301
    except Undo:
        pass
    told = [
        *(delivery(body) for body in bodies),
        *(Delivery(read("manager", body), body) for body in rulings),
    ]
    for order in list(permutations(told))[::7]:
        try:
            async with db.transaction():
                for one in order:
                    source = "manager" if one.event.kind.startswith("ruling") else "stripe"
                    await receive(desk.cast.program, one, NOW, source)
                assert await sums(desk.cast.ben) == {"in_eve_1": 3_270, "ch_in_eve_1:5450": -1_635}
                assert await sums(desk.cast.ada) == {}
                assert await book_problems(NOW) == []
                raise Undo  # noqa: TRY301
        except Undo:
            continue


async def test_a_subscription_is_moved_from_a_day_on(desk: Desk) -> None:
    await two_months(desk)
    await moves(desk, desk.cast.ben, "20 Jan", reason="Ben looks after her now.", since=at("20 Jan"))
    assert await sums(desk.cast.ada) == {"in_eve_1": 3_570}
    assert await sums(desk.cast.ben) == {"in_eve_2": 3_570}
    (kept,) = await Subscription.select(Subscription.enrollment, Subscription.credited_by)
    assert (str(kept["enrollment"]), kept["credited_by"]) == (str(desk.cast.ben.enrollment), "manager")
    assert await book_problems(NOW) == []


async def test_a_subscription_is_not_tied_to_somebody_who_is_paused(desk: Desk) -> None:
    await two_months(desk)
    with pytest.raises(Refused, match="not active"):
        await moves(desk, desk.cast.cleo, "9 Feb", reason="A mistake.", since=None)


@pytest.mark.parametrize(
    ("on", "earned"),
    [("3 Mar", {"in_eve_1": 3_570, "in_eve_2": 3_570}), ("4 Mar", {})],
    ids=["within 60 days", "later"],
)
async def test_a_claim_in_time_credits_the_sale_and_a_late_one_only_what_comes(
    desk: Desk, on: str, earned: dict[str, int]
) -> None:
    bills = [desk.bill(at(day), "eve", number) for number, day in enumerate(("2 Jan", "1 Feb", "1 Apr"), 1)]
    await desk.tell(desk.paid(bills[0]), desk.paid(bills[1]))
    since = await accept_claim(
        await payment_of("in_eve_1"),
        desk.cast.ben.enrollment,
        reason="The click was lost.",
        by=by(desk.cast),
        now=at(on),
    )
    assert await sums(desk.cast.ben) == earned
    assert since == (at("2 Jan") if earned else at(on))
    await desk.tell(desk.paid(bills[2]))
    assert (await sums(desk.cast.ben))["in_eve_3"] == 3_570
    assert await book_problems(NOW) == []


async def test_a_bonus_and_a_correction_are_lines_of_their_own(
    ada: httpx.AsyncClient, clock: FrozenClock, cast: Cast
) -> None:
    bonus, wrong = Money(5_000, "USD"), Money(-1_250, "USD")
    await adjust(
        cast.ada.enrollment,
        AdjustmentKind.BONUS,
        bonus,
        reason="Best review of May",
        by=by(cast),
        now=clock.at,
    )
    await adjust(
        cast.ada.enrollment,
        AdjustmentKind.CORRECTION,
        wrong,
        reason="Counted twice",
        by=by(cast),
        now=clock.at,
    )
    lines = await books_on(clock.at.date())
    assert [(line.kind, line.minor, str(line.state)) for line in lines] == [
        ("adjustment", 5_000, "released"),
        ("adjustment", -1_250, "released"),
    ]
    assert await book_problems(clock.at) == []
    shown = (await ada.get("/earnings")).text
    assert "Bonus: Best review of May" in shown
    assert "Correction: Counted twice" in shown


@pytest.mark.parametrize(
    ("kind", "minor"),
    [(AdjustmentKind.BONUS, -1), (AdjustmentKind.BONUS, 0), (AdjustmentKind.CORRECTION, 10**13)],
)
async def test_an_adjustment_of_nothing_or_too_much_is_refused(
    desk: Desk, kind: AdjustmentKind, minor: int
) -> None:
    with pytest.raises(Refused):
        await adjust(
            desk.cast.ada.enrollment, kind, Money(minor, "USD"), reason="Slip", by=by(desk.cast), now=NOW
        )
    assert await BillingEvent.count() == 0


async def test_rulings_are_replayed_with_everything_else(desk: Desk, stage: Stage, tmp_path: Path) -> None:
    await two_months(desk, taken_off=1_000, coupon="GOODWILL")
    await rules(desk, "in_eve_1", "9 Feb", counts=True, reason="Agreed.")
    await moves(desk, desk.cast.ben, "20 Jan", reason="Moved.", since=at("20 Jan"))
    await adjust(
        desk.cast.ben.enrollment,
        AdjustmentKind.BONUS,
        Money(100, "USD"),
        reason="Thanks",
        by=by(desk.cast),
        now=at("1 Mar"),
    )
    told = await replay(stage.settings.database_url, f"sqlite:///{tmp_path / 'again.sqlite'}", NOW)
    assert (told.events, told.difference) == (6, None)


# Rules that a program chooses

Edit = Callable[[str], str]


async def reload(tmp_path: Path, edit: Edit) -> None:
    file = tmp_path / "kartra.toml"
    file.write_text(edit(KARTRA.read_text()).replace("2025-01-01", "2026-12-01"))
    await load_program(file, at("1 Jan") - timedelta(days=300))


async def test_whoever_recruited_an_affiliate_earns_a_share_of_its_sales(desk: Desk, tmp_path: Path) -> None:
    await reload(tmp_path, lambda text: text.replace("second_tier_bps = 0", "second_tier_bps = 500"))
    await Enrollment.update({Enrollment.recruited_by: desk.cast.ben.enrollment}).where(
        Enrollment.id == desk.cast.ada.enrollment
    )
    await two_months(desk)
    bill = desk.bill(at("2 Jan"), "eve", 1, first=True)
    await desk.tell(desk.refunded(bill, at("9 Jan"), total=1_900))
    await desk.tell(desk.refunded(bill, at("12 Jan"), total=11_900, before=1_900))
    assert await sums(desk.cast.ada) == {
        "in_eve_1": 3_570,
        "ch_in_eve_1:1900": -570,
        "ch_in_eve_1:11900": -3_000,
        "in_eve_2": 3_570,
    }
    assert await sums(desk.cast.ben) == {
        "in_eve_1": 595,
        "ch_in_eve_1:1900": -95,
        "ch_in_eve_1:11900": -500,
        "in_eve_2": 595,
    }
    kinds = [(line[1], line[4]) for line in await desk.lines(of=desk.cast.ben)]
    assert kinds[0] == ("second_tier", "16 Feb")
    assert await book_problems(NOW) == []


async def test_a_recruiter_who_is_paused_earns_no_share(desk: Desk, tmp_path: Path) -> None:
    await reload(tmp_path, lambda text: text.replace("second_tier_bps = 0", "second_tier_bps = 500"))
    await Enrollment.update({Enrollment.recruited_by: desk.cast.cleo.enrollment}).where(
        Enrollment.id == desk.cast.ada.enrollment
    )
    await two_months(desk)
    assert await sums(desk.cast.cleo) == {}
    assert sum((await sums(desk.cast.ada)).values()) == 7_140


PROMOTION = """
[[promotions]]
key = "spring"
name = "Spring"
codes = ["Spring30"]
starts_on = 2027-01-01
ends_on = 2027-01-20

[code]"""


@pytest.mark.parametrize(("day", "outcome"), [("20 Jan", "sale"), ("21 Jan", "discounted_outside_program")])
async def test_what_a_promotion_takes_off_keeps_a_sale_a_sale_while_it_runs(
    desk: Desk, tmp_path: Path, day: str, outcome: str
) -> None:
    await reload(tmp_path, lambda text: text.replace("\n[code]", PROMOTION))
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    bill = desk.bill(at(day), "eve", 1, first=True, taken_off=3_570, coupon="spring30")
    await desk.tell(desk.checkout(at(day, 11), "eve", click=click), desk.paid(bill))
    assert await desk.decisions() == {"in_eve_1": outcome}


async def test_nobody_refers_a_member_of_the_own_team(desk: Desk) -> None:
    from portal.accounts.tables import Membership, Person
    from portal.ids import new_id

    person = new_id()
    await Person.insert(
        Person(
            id=person,
            email="Zoe.Lind+shop@northbound.example",
            email_key="zoe.lind+shop@northbound.example",
            name="Zoe Lind",
            email_verified_at=at("1 Jan"),
            created_at=at("1 Jan"),
        )
    )
    await Membership.insert(
        Membership(
            id=new_id(),
            person=person,
            affiliate=desk.cast.ada.id,
            role="reader",
            began_at=at("1 Jan"),
            opened_at=at("1 Jan"),
        )
    )
    click = await desk.click(desk.cast.ada, at("1 Jan"))
    checkout = samples.checkout_completed(
        at("2 Jan", 11), "cus_eve", "sub_eve", click=click, email="zoelind@northbound.example"
    )
    await desk.tell(checkout, desk.paid(desk.bill(at("2 Jan"), "eve", 1, first=True, amount=GROWTH)))
    assert await desk.decisions() == {"in_eve_1": "self_referral"}
