"""Books deliveries in processes that die at one statement each.

Every statement of a delivery, BEGIN and COMMIT included, gets a process that dies just before it and one
that dies just after it. Then the delivery comes again, as a billing system sends again what was not answered.
Prints at how many places it killed. `python -m tests.earnings.killing URL [plant]`
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import aiosqlite
import asyncpg

from portal import db
from portal.earnings import actions, samples
from portal.earnings.actions import Delivery, receive, receive_each
from portal.earnings.samples import Bill
from portal.earnings.sources import STRIPE
from portal.earnings.store import store_events
from portal.enrollments.tables import Link
from portal.programs.queries import all_programs
from portal.referrals.tables import Click
from tests.earnings.books import GROWTH, NOW, at, delivery

KILLED = 9
MOST, ENOUGH = 1_000, 20  # deaths; a planted mistake shows early
STATEMENTS = {"execute", "executemany", "commit", "rollback"}


class Reaper:
    """Counts the moments before and after each statement, and dies at the one it was told."""

    def __init__(self, dies_at: int) -> None:
        self.dies_at, self.moments = dies_at, 0

    def watch(self, owner: type[Any], *methods: str) -> None:
        for name in methods:
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def watched(*arguments: Any, **more: Any) -> Any:
            # aiosqlite sends everything through one door, also what only reads an answer.
            if method.__name__ == "_execute" and arguments[1].__name__ not in STATEMENTS:
                return await method(*arguments, **more)
            self._pass()
            answer = await method(*arguments, **more)
            self._pass()
            return answer

        return watched

    def _pass(self) -> None:
        self.moments += 1
        if self.moments == self.dies_at:
            os._exit(KILLED)


async def non_atomic(
    program: UUID, deliveries: Sequence[Delivery], now: datetime, source: str = STRIPE
) -> list[actions.Receipt]:
    """The mistake that the harness must notice: stored first, booked in a second transaction."""
    async with db.transaction():
        fresh = await store_events(program, source, deliveries, now)
    async with db.transaction():
        await actions._book(program, fresh, now)
    return []


def bodies(number: int) -> tuple[bytes, list[bytes]]:
    """A checkout, and what is delivered together when the process dies."""
    who, began = f"{number:04}", at("2 Jan") + timedelta(minutes=number)
    customer, subscription = f"cus_{who}", f"sub_{who}"
    bill = Bill(
        f"in_{who}", began, customer, subscription, "price_growth_monthly", GROWTH, code="ADA20", first=True
    )
    checkout = samples.checkout_completed(began, customer, subscription, click=f"click{who}")
    return checkout, [
        samples.charge_refunded(bill, began + timedelta(days=3), total=1_900),
        samples.invoice_paid(bill),
        samples.dispute(bill, began + timedelta(days=5)),
        samples.subscription_said(
            "deleted",
            began + timedelta(days=9),
            customer,
            subscription,
            began_at=began,
            price="price_growth_monthly",
            amount=GROWTH,
            ended_at=began + timedelta(days=9),
        ),
    ]


async def life(url: str, number: int, dies_at: int, plant: str) -> int:
    """One process: what happened before it, and, at `dies_at`, its end."""
    book = non_atomic if plant == "non_atomic" else receive_each
    async with db.connected(url):
        (program,) = await all_programs()
        checkout, told = bodies(number)
        deliveries = [delivery(body) for body in told]
        if not dies_at:
            await receive_each(program.id, deliveries, NOW)
            return 0
        link = (await Link.select(Link.id, Link.enrollment).order_by(Link.id).limit(1))[0]
        await Click.insert(
            Click(token=f"click{number:04}", link=link["id"], enrollment=link["enrollment"], at=at("1 Jan"))
        )
        await receive(program.id, delivery(checkout), NOW)
        reaper = Reaper(dies_at)
        reaper.watch(aiosqlite.Connection, "_execute")
        reaper.watch(asyncpg.Connection, "execute", "fetch", "copy_records_to_table")
        await book(program.id, deliveries, NOW)
    return 0


def in_a_process(url: str, number: int, dies_at: int, plant: str) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = asyncio.run(life(url, number, dies_at, plant))
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(url: str, plant: str) -> None:
    for dies_at in range(1, ENOUGH if plant else MOST):
        ended = in_a_process(url, dies_at, dies_at, plant)
        if ended == 0:
            break
        if ended != KILLED or in_a_process(url, dies_at, 0, plant) != 0:
            sys.exit(f"At {dies_at} something else went wrong.")
    print(dies_at - 1)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
