"""A program lives on, step by step, whatever happens next; every invariant holds after every step."""

import asyncio
import contextlib
import random
from collections.abc import Coroutine
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from portal import db
from portal.audit.actions import Actor
from portal.earnings import samples
from portal.earnings.actions import receive, receive_many
from portal.earnings.books import books_on
from portal.earnings.facts import AdjustmentKind
from portal.earnings.record import rebook
from portal.earnings.rulings import adjust, move_subscription, overrule
from portal.earnings.samples import Bill
from portal.earnings.tables import BillingEvent, Commission, Decision, PayoutLine, Subscription, Transaction
from portal.earnings.timeline import LineState, Month
from portal.earnings.verify import book_problems
from portal.errors import Refused
from portal.money import Money
from portal.payouts.actions import approve, mark_paid, prepare_run
from portal.referrals.tables import Click, Customer
from tests.cast import Cast, Partner
from tests.conftest import Stage
from tests.earnings.books import GROWTH, at, delivery, main_link
from tests.earnings.effort import examples
from tests.earnings.happened import PLAIN
from tests.earnings.histories import OFFER, a_house
from tests.earnings.houses import open_house

Answer = TypeVar("Answer")
PLANS = {"price_growth_monthly": GROWTH, "price_essentials_monthly": Money(5_900, "USD")}


class Undo(Exception):
    """Not an error: each life begins with the same books."""


@dataclass
class Life:
    """What happened so far, for the next step to refer to."""

    now: datetime = field(default_factory=lambda: at("1 Jan"))
    subscriptions: list[tuple[str, datetime]] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    refunded: dict[str, int] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)
    bodies: list[bytes] = field(default_factory=list)
    held_back: list[bytes] = field(default_factory=list)
    paid_out: set[Month] = field(default_factory=set)


class Program(RuleBasedStateMachine):
    """One transaction for each life, rolled back at its end."""

    stage: ClassVar[Stage]

    def __init__(self) -> None:
        super().__init__()
        self.cast: Cast = self.stage.cast
        self.life = Life()
        self.runner, self.context = asyncio.Runner(), Context()
        self.connected = db.connected(self.stage.settings.database_url)
        self.do(self.connected.__aenter__())
        self.whole = db.transaction()
        self.do(self.whole.__aenter__())

    def do(self, step: Coroutine[Any, Any, Answer]) -> Answer:
        """All steps in one context: the open transaction lives in it."""
        return self.runner.run(step, context=self.context)

    def teardown(self) -> None:
        with contextlib.suppress(Undo):
            self.do(self.whole.__aexit__(Undo, Undo(), None))
        self.do(self.connected.__aexit__(None, None, None))
        self.runner.close()

    def tell(self, body: bytes, *, late: bool) -> None:
        self.life.bodies.append(body)
        if late:
            self.life.held_back.append(body)
        else:
            self.do(receive(self.cast.program, delivery(body), self.life.now))

    @initialize(hours=st.integers(0, 23), luck=st.randoms(use_true_random=False))
    def begin(self, hours: int, luck: random.Random) -> None:
        """Terms that change meanwhile, offers, tiers that fall, and perhaps somebody who recruited Ben."""
        self.life.now += timedelta(hours=hours)
        self.do(open_house(self.cast, a_house(luck) if luck.randint(0, 1) else PLAIN))

    @rule(days=st.integers(0, 40), hours=st.integers(0, 23))
    def time_passes(self, days: int, hours: int) -> None:
        self.life.now += timedelta(days=days, hours=hours)

    @rule(
        who=st.sampled_from(["ada", "ben", "cleo", None]),
        code=st.sampled_from([None, None, "ada"]),
        again=st.booleans(),
        late=st.booleans(),
    )
    def somebody_subscribes(self, who: str | None, code: str | None, again: bool, late: bool) -> None:
        number, life = len(self.life.subscriptions), self.life
        name = f"{number:03}"
        customer = "cus_000" if again else f"cus_{name}"
        click = None
        if who:
            partner: Partner = getattr(self.cast, who)
            click = f"click_{name}"
            self.do(_clicked(partner, click, life.now - timedelta(days=number % 40)))
        typed = getattr(self.cast, code).code if code else None
        life.subscriptions.append((customer, life.now))
        self.tell(
            samples.checkout_completed(life.now, customer, f"sub_{name}", click=click, code=typed),
            late=late,
        )

    @precondition(lambda self: self.life.subscriptions)
    @rule(
        which=st.randoms(use_true_random=False),
        price=st.sampled_from([*PLANS, "price_of_nobody"]),
        off=st.sampled_from([0, 0, 0, 500, 2_000]),
        offered=st.booleans(),
        tax=st.sampled_from([0, 0, 777]),
        late=st.booleans(),
    )
    def somebody_pays(
        self, which: random.Random, price: str, off: int, offered: bool, tax: int, late: bool
    ) -> None:
        life = self.life
        number = which.randrange(len(life.subscriptions))
        customer, _ = life.subscriptions[number]
        bill = Bill(
            f"in_{len(life.bills):03}",
            life.now,
            customer,
            f"sub_{number:03}",
            price,
            PLANS.get(price, Money(7_700, "USD")),
            taken_off=off,
            code=OFFER if off and offered else None,
            coupon="GOODWILL" if off else None,
            tax=tax,
        )
        life.bills.append(bill)
        self.tell(samples.invoice_paid(bill), late=late)

    @precondition(lambda self: self.life.bills)
    @rule(which=st.randoms(use_true_random=False), whole=st.booleans(), late=st.booleans())
    def money_goes_back(self, which: random.Random, whole: bool, late: bool) -> None:
        life = self.life
        bill = which.choice(life.bills)
        before = life.refunded.get(bill.id, 0)
        if before < bill.total:
            total = bill.total if whole else which.randint(before + 1, bill.total)
            life.refunded[bill.id] = total
            self.tell(samples.charge_refunded(bill, life.now, total=total, before=before), late=late)

    @precondition(lambda self: self.life.bills)
    @rule(which=st.randoms(use_true_random=False), late=st.booleans())
    def a_bank_asks(self, which: random.Random, late: bool) -> None:
        bill = which.choice(self.life.bills)
        if bill.id not in self.life.disputed:
            self.life.disputed.add(bill.id)
            self.tell(samples.dispute(bill, self.life.now), late=late)

    @precondition(lambda self: self.life.disputed)
    @rule(which=st.randoms(use_true_random=False), won=st.booleans(), late=st.booleans())
    def a_bank_decides(self, which: random.Random, won: bool, late: bool) -> None:
        name = which.choice(sorted(self.life.disputed))
        bill = next(bill for bill in self.life.bills if bill.id == name)
        self.tell(samples.dispute(bill, self.life.now, "won" if won else "lost"), late=late)

    @precondition(lambda self: self.life.subscriptions)
    @rule(which=st.randoms(use_true_random=False), late=st.booleans())
    def somebody_leaves(self, which: random.Random, late: bool) -> None:
        number = which.randrange(len(self.life.subscriptions))
        customer, began = self.life.subscriptions[number]
        self.tell(
            samples.subscription_said(
                "deleted",
                self.life.now,
                customer,
                f"sub_{number:03}",
                began_at=began,
                price="price_growth_monthly",
                amount=GROWTH,
                ended_at=self.life.now,
            ),
            late=late,
        )

    @precondition(lambda self: self.life.held_back)
    @rule(which=st.randoms(use_true_random=False))
    def what_was_late_arrives(self, which: random.Random) -> None:
        waiting, self.life.held_back = self.life.held_back, []
        which.shuffle(waiting)
        told = [delivery(body) for body in waiting]
        self.do(receive_many(self.cast.program, told, self.life.now))

    @precondition(lambda self: self.life.bodies)
    @rule(which=st.randoms(use_true_random=False))
    def something_is_told_again(self, which: random.Random) -> None:
        body = which.choice(self.life.bodies)
        if body not in self.life.held_back:
            before = self.do(_counts())
            self.do(receive(self.cast.program, delivery(body), self.life.now))
            assert self.do(_counts()) == before

    @rule(second=st.booleans(), paid=st.booleans())
    def a_month_is_paid_out(self, second: bool, paid: bool) -> None:
        month = Month.of(self.life.now.date())
        if month not in self.life.paid_out:
            self.life.paid_out.add(month)
            self.do(_pay_out(self.cast, self.life.now, approved=second or paid, paid=paid))

    @precondition(lambda self: self.life.bills)
    @rule(which=st.randoms(use_true_random=False), counts=st.booleans())
    def a_manager_overrules(self, which: random.Random, counts: bool) -> None:
        self.do(_overrule(self.cast, which.choice(self.life.bills).id, counts, self.life.now))

    @precondition(lambda self: self.life.subscriptions)
    @rule(
        which=st.randoms(use_true_random=False),
        to=st.sampled_from(["ada", "ben"]),
        all_of_it=st.booleans(),
    )
    def a_subscription_moves(self, which: random.Random, to: str, all_of_it: bool) -> None:
        name = f"sub_{which.randrange(len(self.life.subscriptions)):03}"
        since = None if all_of_it else self.life.now
        self.do(_move(self.cast, name, getattr(self.cast, to), self.life.now, since))

    @rule(minor=st.integers(-5_000, 5_000))
    def a_manager_corrects(self, minor: int) -> None:
        if minor:
            self.do(_adjust(self.cast, minor, self.life.now))

    @invariant()
    def the_books_add_up(self) -> None:
        assert self.do(book_problems(self.life.now)) == []

    @invariant()
    def every_line_is_in_one_state_on_every_day(self) -> None:
        today = self.life.now.date()
        for day in (today - timedelta(days=30), today, today + timedelta(days=60)):
            lines = self.do(books_on(day))
            by_state = {state: sum(one.minor for one in lines if one.state is state) for state in LineState}
            assert sum(by_state.values()) == sum(one.minor for one in lines)

    @invariant()
    def what_is_paid_stays_paid(self) -> None:
        lines = self.do(PayoutLine.count().run())
        assert lines == len({row["commission"] for row in self.do(PayoutLine.select().run())})

    @invariant()
    def working_it_out_again_changes_nothing(self) -> None:
        before = self.do(_counts())
        self.do(_rebook(self.cast, self.life.now))
        assert self.do(_counts()) == before


async def _clicked(partner: Partner, token: str, at: datetime) -> None:
    link = await main_link(partner)
    await Click.insert(Click(token=token, link=link, enrollment=partner.enrollment, at=at))


async def _counts() -> tuple[int, ...]:
    return tuple([await table.count() for table in (BillingEvent, Transaction, Decision, Commission)])


async def _rebook(cast: Cast, now: datetime) -> None:
    rows = await Customer.select(Customer.id)
    await rebook(cast.program, {UUID(str(row["id"])) for row in rows}, now)


async def _pay_out(cast: Cast, now: datetime, *, approved: bool, paid: bool) -> None:
    with contextlib.suppress(Refused):
        run = await prepare_run(cast.program, Month.of(now.date()), cast.mira.id, now)
        if approved:
            await approve(run, cast.noor.id, now)
        if paid:
            await mark_paid(run, cast.mira.id, now)


async def _overrule(cast: Cast, bill: str, counts: bool, now: datetime) -> None:
    rows = await Transaction.select(Transaction.id).where(Transaction.external_id == bill)
    with contextlib.suppress(Refused):
        for row in rows:
            await _apart(overrule(row["id"], counts=counts, reason="It was so.", by=_by(cast), now=now))


async def _move(cast: Cast, name: str, to: Partner, now: datetime, since: datetime | None) -> None:
    rows = await Subscription.select(Subscription.id).where(Subscription.external_id == name)
    with contextlib.suppress(Refused):
        for row in rows:
            step = move_subscription(
                row["id"], to.enrollment, reason="It was so.", by=_by(cast), now=now, since=since
            )
            await _apart(step)


async def _adjust(cast: Cast, minor: int, now: datetime) -> None:
    amount, kind = Money(minor, "USD"), AdjustmentKind.CORRECTION
    await adjust(cast.ada.enrollment, kind, amount, reason="It was so.", by=_by(cast), now=now)


async def _apart(step: Coroutine[Any, Any, None]) -> None:
    """A refusal ends its own transaction only; here all are one, which a refusal must not spoil."""
    opened = db._open.get()
    assert opened is not None
    try:
        await step
    except Refused:
        opened.failed = False
        raise


def _by(cast: Cast) -> Actor:
    return Actor("manager", str(cast.mira.id))


@pytest.mark.slow
async def test_every_invariant_holds_after_every_step(stage: Stage) -> None:
    wanted = settings(
        max_examples=examples(12),
        stateful_step_count=25,
        deadline=None,
        phases=[Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    # A loop of its own: its steps are plain calls, and this test's loop runs already.
    await asyncio.to_thread(run_machine, type("OnThisStage", (Program,), {"stage": stage}), settings=wanted)
