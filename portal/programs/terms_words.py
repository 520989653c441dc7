"""A version of the terms as people read it, and what another version changes. Same sentences, same order."""

from dataclasses import dataclass

from portal.programs.rules import Existing, Period, ProgramTerms
from portal.templating import money, rate


@dataclass(frozen=True)
class Rule:
    """One rule: what it is about, and what it says, in one or more sentences."""

    about: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What a rule said and says; empty where it is new or gone."""

    about: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def rules_of(terms: ProgramTerms) -> tuple[Rule, ...]:
    rules = (
        Rule("What you earn", _tiers(terms)),
        Rule("For how long", (_how_long(terms),)),
        Rule(
            "What is a sale",
            (
                "A payment of the full price, or of that less a discount which the program gave. "
                "Trials, and payments lowered by other discounts, earn nothing.",
                "Only people who have not paid for it before count, and never you yourself.",
            ),
        ),
        Rule("Plans and prices", _plans(terms)),
        Rule(
            "Whose sale it is",
            (
                "The code that was used at the checkout. Without a code, the last link clicked in the "
                f"{_days(terms.link_window_days)} before.",
            ),
        ),
        Rule("Your code", (_code(terms),)),
        Rule("Hold", (f"Each commission is held for {_days(terms.hold_days)} from its payment.",)),
        Rule(
            "Pay day",
            (
                f"Between the {_nth(terms.pay_from_day)} and the {_nth(terms.pay_to_day)}, for everything "
                "released by the end of the month before. There is no minimum.",
            ),
        ),
        Rule(
            "Refunds and disputes",
            (
                "A refund takes back its share. What was paid already comes off the next payout, which never "
                "goes below zero.",
                "A disputed payment waits until the dispute is decided.",
            ),
        ),
        Rule("People you bring", (_second_tier(terms),)),
        Rule(
            "Missing sales",
            (f"You can claim a missing sale for {_days(terms.claim_days)} after the payment.",),
        ),
        Rule("Customers you have already", (_existing(terms),)),
        Rule("What we ask of you", tuple(f"{rule}." for rule in terms.words.restrictions)),
        Rule("What you say openly", (terms.words.disclosure,) if terms.words.disclosure else ()),
    )
    return tuple(rule for rule in rules if rule.says)


def changes(old: ProgramTerms, new: ProgramTerms) -> tuple[Change, ...]:
    """Rule by rule, only those that differ. Words, brand and pages of the vendor are not rules."""
    before = {rule.about: rule.says for rule in rules_of(old)}
    after = {rule.about: rule.says for rule in rules_of(new)}
    return tuple(
        Change(about, before.get(about, ()), after.get(about, ()))
        for about in dict.fromkeys((*after, *before))
        if before.get(about) != after.get(about)
    )


def _tiers(terms: ProgramTerms) -> tuple[str, ...]:
    return tuple(
        f"{tier.name}: {rate(tier.rate_bps)} of each payment"
        + (f", from {tier.from_customers} active paying customers." if tier.from_customers else ".")
        for tier in terms.tiers
    )


def _how_long(terms: ProgramTerms) -> str:
    if terms.months_paid is None:
        return "For as long as the subscription is active."
    return f"For the first {terms.months_paid} months of a subscription."


def _plans(terms: ProgramTerms) -> tuple[str, ...]:
    return tuple(
        f"{plan.name}: {money(plan.price)} a {'month' if plan.period is Period.MONTH else 'year'}"
        + (f", after {plan.trial.days} days of trial for {money(plan.trial.price)}." if plan.trial else ".")
        for plan in terms.plans
    )


def _code(terms: ProgramTerms) -> str:
    if not terms.code_percent:
        return "It tells us who sent a customer. It takes nothing off the price."
    return f"It takes {terms.code_percent} % off the first full-price payment."


def _second_tier(terms: ProgramTerms) -> str:
    if not terms.second_tier_bps:
        return "Bringing other partners earns nothing."
    return f"You earn {rate(terms.second_tier_bps)} of what partners sell whom you brought."


def _existing(terms: ProgramTerms) -> str:
    if terms.existing_subscriptions is Existing.KEEP:
        return "Subscriptions that began before this version stay under the one in force then."
    return "These rules hold for payments of earlier subscriptions too, from the day on which they start."


def _days(number: int) -> str:
    return "one day" if number == 1 else f"{number} days"


def _nth(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th") if day not in (11, 12, 13) else "th"
    return f"{day}{ending}"
