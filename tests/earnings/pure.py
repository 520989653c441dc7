"""What the rules need when there is no database: one program, one affiliate, one customer."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from portal.earnings.facts import Checkout, Discount, Payment, PaymentLine, SubscriptionChange
from portal.earnings.history import Judged, Known, judged, subscriptions_of
from portal.earnings.tiers import Change, EnrollmentHistory
from portal.enrollments.rules import EnrollmentState
from portal.money import Money
from portal.programs.program_file import parse_program
from portal.programs.rules import ProgramTerms, TermsHistory
from portal.referrals.rules import Code, Visit, code_key

KARTRA = Path(__file__).parents[2] / "portal" / "demo" / "kartra.toml"
PROGRAM = parse_program(tomllib.loads(KARTRA.read_text()))
ADA, BEN = UUID(int=1), UUID(int=2)
START = datetime(2027, 1, 1, tzinfo=UTC)
BEGAN = datetime(2027, 1, 2, 12, tzinfo=UTC)


def version(terms: ProgramTerms = PROGRAM, number: int = 1, starts_at: datetime = START) -> ProgramTerms:
    return replace(terms, version=number, terms_id=UUID(int=1_000 + number), starts_at=starts_at)


def a_code(code: str, percent_bps: int = 2_000, enrollment: UUID = ADA) -> Code:
    return Code(code, enrollment, percent_bps)


def a_payment(
    *,
    charged: int = 11_900,
    price: Money | None = None,
    discount: int = 0,
    code: str | None = None,
    tax: int = 0,
    at: datetime = BEGAN,
    number: int = 1,
    currency: str = "USD",
    stripe_price: str | None = None,
    proration: bool = False,
    subscription: str | None = "sub_eve",
    lines: tuple[PaymentLine, ...] | None = None,
) -> Payment:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    listed = price or money(charged - tax + discount)
    line = PaymentLine(listed, listed, stripe_price, proration=proration)
    return Payment(
        at=at,
        external_id=f"in_{number}",
        customer="cus_eve",
        subscription=subscription,
        charged=money(charged),
        base=money(charged - tax),
        tax=money(tax),
        price_paid=money(charged - tax),
        lines=(line,) if lines is None else lines,
        discounts=(Discount(money(discount), (code,) if code else ()),) if discount else (),
        at_checkout=number == 1,
    )


def known(
    *,
    versions: Sequence[ProgramTerms] = (),
    codes: Sequence[Code] = (),
    visits: Sequence[Visit] | None = None,
    changes: Sequence[Change] | None = None,
    addresses: frozenset[str] = frozenset(),
) -> Known:
    active = Change(START - timedelta(days=300), EnrollmentState.ACTIVE, "starter")
    ada = EnrollmentHistory(tuple(changes) if changes is not None else (active,))
    first = Visit("click", ADA, BEGAN - timedelta(days=1))
    return Known(
        terms=TermsHistory.of(versions or [version()]),
        visits={visit.token: visit for visit in (visits if visits is not None else [first])},
        codes={code_key(code.code): code for code in codes},
        enrollments={ADA: ada, BEN: EnrollmentHistory((active,))},
        own_addresses={ADA: addresses},
    )


def a_checkout(**more: object) -> Checkout:
    return replace(Checkout(BEGAN, "cus_eve", "sub_eve", clicks=("click",)), **more)  # type: ignore[arg-type]


def a_change(at: datetime = BEGAN, **more: object) -> SubscriptionChange:
    plain = SubscriptionChange(at, f"evt_{at:%m%d%H%M%S}", "cus_eve", "sub_eve", BEGAN)
    return replace(plain, **more)  # type: ignore[arg-type]


def judged_all(
    payments: Sequence[Payment], facts: Sequence[Checkout | SubscriptionChange], about: Known
) -> list[Judged]:
    return judged(payments, subscriptions_of(facts, payments, about), about)


def judged_alone(
    payment: Payment, *, listed: Money | None = None, codes: Sequence[Code] = ()
) -> tuple[Judged, Known]:
    """One payment of one customer who came through Ada's click, under a program with that list price."""
    plans = PROGRAM.plans
    if listed:
        plans = (replace(PROGRAM.plans[0], price=listed), *PROGRAM.plans[1:])
    about = known(versions=[version(replace(PROGRAM, plans=plans))], codes=codes)
    (found,) = judged_all([payment], [a_checkout()], about)
    return found, about
