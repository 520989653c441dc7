"""A desk for the tests: things happen on it the way billing systems tell them, and the books can be read."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from portal.earnings import samples, stripe
from portal.earnings.actions import Delivery, Receipt, receive, receive_many
from portal.earnings.books import books_on
from portal.earnings.samples import Bill
from portal.ids import new_id
from portal.money import Money
from portal.referrals.tables import Click
from tests.cast import Cast, Partner

GROWTH = Money(11_900, "USD")


def at(text: str, hour: int = 12) -> datetime:
    """`"5 Jan"` of 2027, at noon unless told otherwise; the cast begins in March 2026."""
    return datetime.strptime(f"{text} 2027 {hour:02}", "%d %b %Y %H").replace(tzinfo=UTC)


@dataclass
class Desk:
    cast: Cast
    since_2025: bool = True
    bodies: list[bytes] = field(default_factory=list)

    async def tell(self, *bodies: bytes) -> list[Receipt]:
        self.bodies += bodies
        return [await receive(self.cast.program, delivery(body), NOW) for body in bodies]

    async def tell_all(self, bodies: list[bytes]) -> int:
        self.bodies += bodies
        return await receive_many(self.cast.program, [delivery(body) for body in bodies], NOW)

    async def click(self, partner: Partner, at: datetime, placement: str = "") -> str:
        token = f"click{new_id().hex[-20:]}"
        link = await main_link(partner)
        await Click.insert(
            Click(token=token, link=link, enrollment=partner.enrollment, at=at, placement=placement)
        )
        return token

    def checkout(self, at: datetime, who: str, **more: Any) -> bytes:
        return samples.checkout_completed(at, f"cus_{who}", f"sub_{who}", **more)

    def bill(self, at: datetime, who: str, number: int = 1, amount: Money = GROWTH, **more: Any) -> Bill:
        more.setdefault("price", "price_of_nobody")
        return Bill(f"in_{who}_{number}", at, f"cus_{who}", f"sub_{who}", amount=amount, **more)

    def paid(self, bill: Bill) -> bytes:
        return samples.invoice_paid(bill, since_2025=self.since_2025)

    def refunded(self, bill: Bill, at: datetime, total: int, before: int = 0) -> bytes:
        return samples.charge_refunded(bill, at, total=total, before=before, since_2025=self.since_2025)

    def ended(self, at: datetime, who: str, began_at: datetime) -> bytes:
        return samples.subscription_said(
            "deleted",
            at,
            f"cus_{who}",
            f"sub_{who}",
            began_at=began_at,
            price="price_growth_monthly",
            amount=GROWTH,
            ended_at=at,
        )

    async def lines(
        self, on: date | str = date(2029, 1, 1), of: Partner | None = None
    ) -> list[tuple[Any, ...]]:
        """(transaction, kind, minor units, state on that day, released on), in the order of the books."""
        on = at(on).date() if isinstance(on, str) else on
        return [
            (line.transaction, line.kind, line.minor, line.state, f"{line.released_on:%-d %b}")
            for line in await books_on(on)
            if of is None or line.enrollment == of.enrollment
        ]

    async def decisions(self) -> dict[str, str]:
        """The outcome that counts, by transaction."""
        from portal.earnings.tables import Decision

        rows = await Decision.select(Decision.transaction.external_id, Decision.outcome).order_by(
            Decision.seq
        )
        return {row["transaction.external_id"]: row["outcome"] for row in rows}


NOW = datetime(2028, 12, 31, tzinfo=UTC)


def delivery(body: bytes) -> Delivery:
    return Delivery(stripe.read(body), body)


async def main_link(partner: Partner) -> UUID:
    from portal.enrollments.tables import Link

    rows = await Link.select(Link.id).where((Link.enrollment == partner.enrollment) & Link.main.eq(True))
    return UUID(str(rows[0]["id"]))


def months(first: datetime, count: int) -> list[datetime]:
    return [first + timedelta(days=30 * number) for number in range(count)]
