"""A portal that booked before its lists and sums were kept finds them filled after an upgrade."""

from datetime import timedelta
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db
from portal.audit.actions import Actor
from portal.earnings.actions import receive
from portal.earnings.rulings import move_subscription, overrule
from portal.earnings.tables import Subscription, Transaction
from portal.earnings.timeline import Month
from portal.earnings.verify import book_problems
from portal.migrations import portal_2026_11_22_ledger as lists
from portal.migrations import portal_2026_11_23_measured as measured
from portal.migrations import portal_2026_11_23_origins as origins
from portal.payouts.actions import approve, mark_paid, prepare_run
from tests.cast import Cast
from tests.earnings.books import NOW, Desk, at, delivery

KEPT = {
    "ledger_entry": lists.COLUMNS,
    "ledger_sum": "enrollment, currency, look, run, booked_on, released_on, minor, lines, sales",
    # One that pays nothing next is kept as a row without an enrollment, which an upgrade leaves out.
    "renewal": "id, enrollment, currency, base, months, paid_on, first_on, began_at",
}
TRIGGERS = {
    "commission": ("commission_listed",),
    "decision": ("decision_listed",),
    "payout_line": ("payout_line_listed", "payout_line_left"),
}


async def booked(cast: Cast) -> None:
    """Two months of five customers: paid out, given back before and after it, moved, overruled."""
    desk = Desk(cast)
    for who in ("eve", "finn", "gus", "hal", "ida"):
        click = await desk.click(cast.ada, at("1 Jan"), placement="blog" if who == "eve" else "")
        code = cast.ada.code if who == "finn" else None
        off: dict[str, Any] = {"taken_off": 2_380, "code": code} if code else {}
        off = off or ({"taken_off": 500, "coupon": "GOODWILL"} if who in {"gus", "ida"} else {})
        first = desk.bill(at("2 Jan"), who, first=True, price="price_growth_monthly", **off)
        await desk.tell(desk.checkout(at("2 Jan", 11), who, click=click, code=code), desk.paid(first))
        await desk.tell(desk.paid(desk.bill(at("1 Feb"), who, 2, price="price_growth_monthly")))
    hal = desk.bill(at("2 Jan"), "hal", first=True)
    await desk.tell(
        desk.refunded(hal, at("9 Jan"), total=hal.total), desk.ended(at("3 Feb"), "hal", at("2 Jan", 11))
    )
    by = Actor("manager", str(cast.mira.id))
    ida, gus = await _row(Transaction, "in_ida_1"), await _row(Subscription, "sub_gus")
    await overrule(ida, counts=True, reason="Agreed.", by=by, now=at("5 Feb"))
    ben, since = cast.ben.enrollment, at("1 Feb")
    await move_subscription(gus, ben, reason="His.", by=by, now=at("6 Feb"), since=since)
    run = await prepare_run(cast.program, Month(2027, 3), cast.mira.id, at("3 Mar"))
    await approve(run, cast.noor.id, at("4 Mar"))
    await mark_paid(run, cast.mira.id, at("16 Mar"))
    eve = desk.bill(at("2 Jan"), "eve", first=True)
    await receive(cast.program, delivery(desk.refunded(eve, at("1 Apr"), total=eve.total)), at("1 Apr"))


async def _row(table: Any, name: str) -> Any:
    return (await table.select(table.id).where(table.external_id == name))[0]["id"]


async def kept() -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for table, columns in KEPT.items():
        rows = await db.engine().run_ddl(f"SELECT {columns} FROM {table} WHERE enrollment IS NOT NULL")  # noqa: S608
        found[table] = sorted(tuple(map(str, row.values())) for row in rows)
    return found


async def forget() -> None:
    """The database as the version before the lists left it."""
    await db.run_each(tuple(f"DROP TABLE {table}" for table in KEPT))
    on = {"sqlite": "", "postgres": " ON {}"}[db.dialect()]
    triggers = ((name, table) for table, names in TRIGGERS.items() for name in names)
    await db.run_each(tuple(f"DROP TRIGGER {name}{on.format(table)}" for name, table in triggers))


async def test_what_was_booked_before_is_listed_after_the_upgrade(cast: Cast, bound: None) -> None:
    await booked(cast)
    before = await kept()
    assert {row[10] for row in before["ledger_entry"]} == {"", "reversed", "taken_back", "not_counted"}
    assert all(before.values())
    async with db.transaction():
        await forget()
        for migration in (lists, measured, origins):
            manager = await migration.forwards()
            assert isinstance(manager, MigrationManager)
            await manager.run()
    after = await kept()
    assert {table: set(rows) ^ set(before[table]) for table, rows in after.items()} == {
        table: set() for table in KEPT
    }
    assert await book_problems(NOW) == []
    # What is booked next finds its place among them.
    desk = Desk(cast)
    await desk.tell(desk.paid(desk.bill(at("2 Jan") + timedelta(days=90), "finn", 3)))
    assert await book_problems(NOW) == []
