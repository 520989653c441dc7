"""The second opinion is only worth something if it notices mistakes: each of these must be caught."""

import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from portal.earnings import books, facts, history, judge, ledger, record, rules, tiers, timeline
from portal.earnings.facts import Payment, Place
from portal.money import Money
from portal.programs.rules import ProgramTerms
from portal.referrals import rules as referrals
from tests.cast import Cast
from tests.earnings import in_memory
from tests.earnings.histories import FIRST, histories, one_who_got_it_all_back
from tests.earnings.model import Paid, Refund, Sub
from tests.earnings.test_any_order import check
from tests.earnings.test_ten_thousand import check as check_in_memory

Plant = Callable[[pytest.MonkeyPatch], None]
HISTORIES = 60


def per_refund_rounding(patch: pytest.MonkeyPatch) -> None:
    def due(base: Money, rate_bps: int, charged: Money, refunded: Money) -> Money:
        return base.portion(rate_bps) - base.share(refunded.minor, charged.minor).portion(rate_bps)

    patch.setattr(ledger, "commission_due", due)


def floats(patch: pytest.MonkeyPatch) -> None:
    def due(base: Money, rate_bps: int, charged: Money, refunded: Money) -> Money:
        kept = base.minor * (1 - refunded.minor / charged.minor)
        return Money(round(kept * rate_bps / 10_000), base.currency)

    patch.setattr(ledger, "commission_due", due)


def refunds_added_up(patch: pytest.MonkeyPatch) -> None:
    """A total that is heard out of turn would be added to itself."""

    def after(so_far: Money, refund: facts.Refund, payment: Payment) -> Money:
        return min(so_far + (refund.total or refund.amount), payment.charged)

    patch.setattr(ledger, "_refunded_after", after)


def released_a_day_late(patch: pytest.MonkeyPatch) -> None:
    def state(day: date, **line: Any) -> Any:
        return timeline.state_on(day, **{**line, "released_on": line["released_on"] + timedelta(days=1)})

    patch.setattr(books, "state_on", state)


def disputed_on_the_day_of_the_verdict(patch: pytest.MonkeyPatch) -> None:
    def covers(self: timeline.DisputeSpan, day: date) -> bool:
        return self.opened_on <= day and (self.closed_on is None or day <= self.closed_on)

    patch.setattr(timeline.DisputeSpan, "covers", covers)


def window_without_its_last_day(patch: pytest.MonkeyPatch) -> None:
    credited = referrals.credited
    patch.setattr(
        history, "credited", lambda **told: credited(**{**told, "window_days": told["window_days"] - 1})
    )


def newer_click_beats_the_code(patch: pytest.MonkeyPatch) -> None:
    credited = referrals.credited
    patch.setattr(
        history,
        "credited",
        lambda **told: credited(**{**told, "codes": () if told["visits"] else told["codes"]}),
    )


def everybody_is_new(patch: pytest.MonkeyPatch) -> None:
    credited = referrals.credited
    patch.setattr(history, "credited", lambda **told: credited(**{**told, "is_new": True}))


def any_discount_will_do(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge.Judge, "given", lambda *told: told[1].discount)


def trials_are_sales(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "in_trial", lambda *_: False)


def own_payment_lifts_itself(patch: pytest.MonkeyPatch) -> None:
    standing = tiers.EnrollmentHistory.standing

    def early(self: tiers.EnrollmentHistory, place: Place, terms: ProgramTerms) -> Any:
        return standing(self, Place(place.at, place.turn + "~"), terms)

    patch.setattr(tiers.EnrollmentHistory, "standing", early)


def tiers_forget_late_events(patch: pytest.MonkeyPatch) -> None:
    """Sales to other customers stay at the rate that was right when they were heard of."""

    async def nobody(enrollments: Collection[UUID]) -> set[UUID]:
        return set()

    patch.setattr(record, "customers_of", nobody)


def lines_instead_of_differences(patch: pytest.MonkeyPatch) -> None:
    """Everything that is due is booked again whenever something is heard."""
    patch.setattr(record, "missing_lines", lambda *told: list(told[1]))


def late_corrections_lost(patch: pytest.MonkeyPatch) -> None:
    def once(booked: Iterable[ledger.Booked], dues: Iterable[ledger.Due]) -> list[ledger.Due]:
        done = {line.transaction for line in booked}
        return [due for due in dues if due.transaction not in done]

    patch.setattr(record, "missing_lines", once)


def ends_are_ignored(patch: pytest.MonkeyPatch) -> None:
    subscriptions_of = history.subscriptions_of

    def endless(*told: Any) -> dict[str, Any]:
        return {name: replace(one, ended=None) for name, one in subscriptions_of(*told).items()}

    patch.setattr(record, "subscriptions_of", endless)


def tax_earns_too(patch: pytest.MonkeyPatch) -> None:
    def due(base: Money, rate_bps: int, charged: Money, refunded: Money) -> Money:
        return (charged - refunded).portion(rate_bps)

    patch.setattr(ledger, "commission_due", due)


def local_time(patch: pytest.MonkeyPatch) -> None:
    """Days of where the server stands, not of the program."""
    patch.setattr(ledger, "local_date", lambda at, _: (at + timedelta(hours=10)).date())


def held_from_the_day_after(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "released_on", lambda day, hold: day + timedelta(days=hold + 1))


def corrections_are_released_before_they_happen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "correction_released_on", lambda corrected, _: corrected)


def won_or_lost_is_all_the_same(patch: pytest.MonkeyPatch) -> None:
    taken = ledger._Accountant._dispute

    def kept(self: Any, dispute: facts.Dispute) -> None:
        step = facts.DisputeStep.WON if dispute.step is facts.DisputeStep.LOST else dispute.step
        taken(self, replace(dispute, step=step))

    patch.setattr(ledger._Accountant, "_dispute", kept)


def refunded_customers_still_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(record, "taken_back_at", lambda *_: None)


def a_lost_dispute_forgets_the_refund(patch: pytest.MonkeyPatch) -> None:
    """Who got everything back and then disputes it would count until the dispute is lost."""

    def lost_at(payment: Payment, corrections: list[ledger.Correction]) -> Place | None:
        steps = [one for one in corrections if isinstance(one, facts.Dispute)]
        lost = [one.place for one in steps if one.step is facts.DisputeStep.LOST]
        return min(lost) if lost else ledger.taken_back_at(payment, corrections)

    for place in (record, in_memory):
        patch.setattr(place, "taken_back_at", lost_at)


def more_than_instead_of_at_least(patch: pytest.MonkeyPatch) -> None:
    def tier_for(self: ProgramTerms, customers: int) -> Any:
        return [tier for tier in self.tiers if tier.from_customers < max(customers, 1)][-1]

    patch.setattr(ProgramTerms, "tier_for", tier_for)


def halves_to_even(patch: pytest.MonkeyPatch) -> None:
    def divided(numerator: int, denominator: int) -> int:
        quotient, rest = divmod(abs(numerator), denominator)
        up = 2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1)
        return (quotient + up) * (1 if numerator >= 0 else -1)

    patch.setattr("portal.money.divided", divided)


def a_trial_makes_an_old_customer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(history, "is_trial", lambda *_: False)


def full_price_in_a_trial_is_a_trial(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "is_trial", judge.in_trial)


def list_price_instead_of_what_was_paid(patch: pytest.MonkeyPatch) -> None:
    def due(base: Money, rate_bps: int, charged: Money, refunded: Money) -> Money:
        return rules.commission_due(base + Money(base.minor // 4, base.currency), rate_bps, charged, refunded)

    patch.setattr(ledger, "commission_due", due)


def the_first_click_wins(patch: pytest.MonkeyPatch) -> None:
    """Where a customer comes back, its first click takes the second subscription too."""
    credited = referrals.credited
    patch.setattr(
        history,
        "credited",
        lambda **told: credited(**{**told, "began_at": told["began_at"] - timedelta(days=30)}),
    )


def refunds_before_their_payment_are_lost(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        return None

    patch.setattr("portal.earnings.gather._add_corrections", nothing)


BUGS: list[Plant] = [
    local_time,
    held_from_the_day_after,
    corrections_are_released_before_they_happen,
    won_or_lost_is_all_the_same,
    refunded_customers_still_count,
    a_lost_dispute_forgets_the_refund,
    more_than_instead_of_at_least,
    halves_to_even,
    a_trial_makes_an_old_customer,
    full_price_in_a_trial_is_a_trial,
    list_price_instead_of_what_was_paid,
    the_first_click_wins,
    refunds_before_their_payment_are_lost,
    per_refund_rounding,
    floats,
    refunds_added_up,
    released_a_day_late,
    disputed_on_the_day_of_the_verdict,
    window_without_its_last_day,
    newer_click_beats_the_code,
    everybody_is_new,
    any_discount_will_do,
    trials_are_sales,
    own_payment_lifts_itself,
    tiers_forget_late_events,
    lines_instead_of_differences,
    late_corrections_lost,
    ends_are_ignored,
    tax_earns_too,
]


@pytest.fixture(scope="module")
def some_histories() -> list[list[Sub]]:
    found: list[list[Sub]] = []

    @settings(
        max_examples=HISTORIES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def collect(one: list[Sub]) -> None:
        found.append(one)

    collect()
    found.sort(key=lambda one: -sum(len(sub.payments) for sub in one))
    all_back = [one_who_got_it_all_back(), one_who_got_it_all_back(and_disputed=True)]
    return [*[three_loyal_customers()] * 5, half_a_cent_back(), *all_back, *found]


def half_a_cent_back() -> list[Sub]:
    """Each of these refunds leaves a commission that ends in half a cent."""
    refunds = tuple(Refund(FIRST + timedelta(days=total), total) for total in (5, 15, 25))
    paid = Paid("in_c0s0_0", FIRST, "growth", "list", refunds=refunds)
    return [Sub("c0s0", "c0", FIRST, ("ada", FIRST), None, None, None, (paid,))]


def three_loyal_customers() -> list[Sub]:
    """They lift Ada to the top tier; the first sale of each matters to the others."""
    subs = []
    for number in range(3):
        began = FIRST + timedelta(days=number)
        paid = [
            Paid(f"in_c{number}s0_{n}", began + timedelta(days=30 * n), "growth", "list") for n in range(3)
        ]
        subs.append(Sub(f"c{number}s0", f"c{number}", began, ("ada", began), None, None, None, tuple(paid)))
    return subs


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
async def test_a_planted_bug_is_caught(
    low_tiers: Cast, some_histories: list[list[Sub]], plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        await _check_all(low_tiers, some_histories)


def test_there_are_enough_of_them() -> None:
    assert len(set(BUGS)) >= 20


def test_without_a_bug_nothing_is_found(some_histories: list[list[Sub]]) -> None:
    for number, one in enumerate(some_histories):
        check_in_memory(one, random.Random(number), since_2025=bool(number % 2))  # noqa: S311


async def _check_all(cast: Cast, some: list[list[Sub]]) -> None:
    """First without a database, which is quicker and misses what only storing can do wrong."""
    for number, one in enumerate(some):
        check_in_memory(one, random.Random(number), since_2025=bool(number % 2))  # noqa: S311
    for number, one in enumerate(some):
        await check(cast, one, random.Random(number), since_2025=bool(number % 2))  # noqa: S311
