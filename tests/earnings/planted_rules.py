"""Mistakes in what programs choose and managers say. test_planted_bugs.py plants each of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from portal.earnings import facts, history, judge, ledger, record, rules, tiers
from portal.earnings.facts import Place
from portal.programs.rules import ProgramTerms, Promotion, TermsHistory
from tests.earnings import in_memory
from tests.earnings.planted import Plant


def a_promotion_counts_after_its_end(patch: pytest.MonkeyPatch) -> None:
    covers = Promotion.covers
    patch.setattr(Promotion, "covers", lambda offer, *told: covers(replace(offer, ends_on=date.max), *told))


def a_promotion_for_one_tier_is_for_all(patch: pytest.MonkeyPatch) -> None:
    covers = Promotion.covers
    patch.setattr(Promotion, "covers", lambda offer, *told: covers(replace(offer, tier=None), *told))


def a_promotion_lifts_nobody_further(patch: pytest.MonkeyPatch) -> None:
    """What counts only since an affiliate rose would not lift it itself."""
    patch.setattr(TermsHistory, "offers_to_tiers", False)


def a_tier_is_kept_after_falling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tiers, "_month_ends", lambda *_: [])


def a_tier_falls_without_notice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tiers, "TOLD_BEFORE", timedelta(0))


def falls_end_with_the_last_customer(patch: pytest.MonkeyPatch) -> None:
    """Later terms that let tiers fall would let nobody fall where nothing else happens any more."""
    ends = tiers._month_ends

    def soon(places: Any, counts: Any, known: TermsHistory) -> Any:
        return [end for end in ends(places, counts, known) if end[0].at < places[-1].at + timedelta(days=62)]

    patch.setattr(tiers, "_month_ends", soon)


def new_terms_lift_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tiers, "_new_terms", lambda *_: [])


def a_tier_without_a_better_rate_is_none(patch: pytest.MonkeyPatch) -> None:
    def tier_for(terms: ProgramTerms, customers: int) -> Any:
        reached = [tier for tier in terms.tiers if tier.from_customers <= customers]
        return next(tier for tier in reached if tier.rate_bps == reached[-1].rate_bps)

    patch.setattr(ProgramTerms, "tier_for", tier_for)


def new_terms_take_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TermsHistory, "governing", lambda known, _, moment: known.at(moment))


def new_terms_take_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TermsHistory, "governing", lambda known, began_at, _: known.at(began_at))


def second_tier_on_an_uncounted_sale(patch: pytest.MonkeyPatch) -> None:
    shares = ledger._Accountant._shares

    def always(self: Any, known: history.Known) -> Any:
        found = list(shares(self, known))
        recruiter = known.recruiters.get(self.judged.enrollment)
        if not found and recruiter and self.terms.second_tier_bps:
            found.append((recruiter, self.terms.second_tier_bps, rules.LineKind.SECOND_TIER))
        return found

    patch.setattr(ledger._Accountant, "_shares", always)


def second_tier_is_never_corrected(patch: pytest.MonkeyPatch) -> None:
    """Whoever recruited keeps the share of what was given back."""
    due = ledger._Accountant._become_due

    def once(self: Any, transaction: str, place: Place, kind: rules.LineKind) -> Any:
        if kind is not rules.LineKind.SALE:
            self.shares = self.shares[:1]
        return due(self, transaction, place, kind)

    patch.setattr(ledger._Accountant, "_become_due", once)


def second_tier_comes_out_of_the_first(patch: pytest.MonkeyPatch) -> None:
    shares = ledger._Accountant._shares

    def divided(self: Any, known: history.Known) -> Any:
        found = list(shares(self, known))
        (mine, rate, kind), rest = found[0], found[1:] if found else []
        return [(mine, rate - sum(one[1] for one in rest), kind), *rest]

    patch.setattr(
        ledger._Accountant, "_shares", lambda self, known: divided(self, known) if self.counts else []
    )


def a_moved_subscription_pays_both(patch: pytest.MonkeyPatch) -> None:
    """What the one earned stays with it when the other one gets it too."""
    patch.setattr(ledger, "_taken_back", lambda _: [])


def a_moved_customer_counts_for_both(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules.Subscription, "left_after", lambda *_: None)


def a_move_takes_what_was_paid_before(patch: pytest.MonkeyPatch) -> None:
    credit_at = rules.Subscription.credit_at
    patch.setattr(rules.Subscription, "credit_at", lambda sub, _: credit_at(sub, None))


def a_managers_first_word_holds(patch: pytest.MonkeyPatch) -> None:
    def first(payments: Any, subscriptions: Any, known: Any, said: Any = ()) -> Any:
        kept = {one.payment: one for one in sorted(_overrules(said), key=lambda one: one.at, reverse=True)}
        return history.judged(payments, subscriptions, known, list(kept.values()))

    for place in (record, in_memory):
        patch.setattr(place, "judged", first)


def _overrules(said: Iterable[Any]) -> list[facts.Overrule]:
    return [one for one in said if isinstance(one, facts.Overrule)]


def what_a_manager_lets_count_is_booked_that_day(patch: pytest.MonkeyPatch) -> None:
    day = ledger._Accountant._day

    def decided(self: Any, place: Place) -> date:
        ruled_at = self.judged.verdict.because.ruled_at
        return day(self, Place(max(place.at, ruled_at or place.at), place.turn))

    patch.setattr(ledger._Accountant, "_day", decided)


def a_manager_makes_sales_of_strangers(patch: pytest.MonkeyPatch) -> None:
    """Whose customer it is would be a manager's word about a price."""
    patch.setattr(judge, "OVERRULABLE", frozenset(rules.Outcome))


BUGS: tuple[Plant, ...] = (
    a_promotion_counts_after_its_end,
    a_promotion_for_one_tier_is_for_all,
    a_promotion_lifts_nobody_further,
    a_tier_is_kept_after_falling,
    a_tier_falls_without_notice,
    falls_end_with_the_last_customer,
    new_terms_lift_nobody,
    a_tier_without_a_better_rate_is_none,
    new_terms_take_everybody,
    new_terms_take_nobody,
    second_tier_on_an_uncounted_sale,
    second_tier_is_never_corrected,
    second_tier_comes_out_of_the_first,
    a_moved_subscription_pays_both,
    a_moved_customer_counts_for_both,
    a_move_takes_what_was_paid_before,
    a_managers_first_word_holds,
    what_a_manager_lets_count_is_booked_that_day,
    a_manager_makes_sales_of_strangers,
)
