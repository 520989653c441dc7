"""Mistakes in how things that happened become books. test_planted_bugs.py plants each of them."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal.earnings import books, facts, history, judge, ledger, record, rules, tiers, timeline
from portal.earnings.facts import Payment, Place
from portal.money import Money
from portal.programs.rules import ProgramTerms
from portal.referrals import rules as referrals
from tests.earnings import in_memory

Plant = Callable[[pytest.MonkeyPatch], None]


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

    async def nobody(enrollments: Collection[UUID], **_: object) -> set[UUID]:
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
    patch.setattr(judge, "_is_trial", lambda *told: judge.in_trial(*told[:3]))


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


BUGS: tuple[Plant, ...] = (
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
)
