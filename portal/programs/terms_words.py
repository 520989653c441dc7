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


FALLING = (
    "A tier falls again at a month’s end when fewer customers are left than it takes. "
    "You are told 30 days before."
)


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


@dataclass(frozen=True)
class Pair:
    """A rule beside what it would become, for managers who draft other terms."""

    about: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.before != self.after


def side_by_side(old: ProgramTerms, new: ProgramTerms) -> tuple[Pair, ...]:
    """Every rule, and the promotions, which are offers to customers and need nobody's agreement."""
    before = {rule.about: rule.says for rule in rules_of(old)} | {"Promotions": _offers(old)}
    after = {rule.about: rule.says for rule in rules_of(new)} | {"Promotions": _offers(new)}
    return tuple(
        Pair(about, before.get(about, ()), after.get(about, ()))
        for about in dict.fromkeys((*before, *after))
        if before.get(about) or after.get(about)
    )


def headline(old: ProgramTerms, new: ProgramTerms) -> str:
    """The change itself, as long as it fits a heading: "Partner from 8 customers instead of 10"."""
    found = [*_tier_changes(old, new)]
    if old.hold_days != new.hold_days:
        found.append(f"Held for {_days(new.hold_days)} instead of {old.hold_days}")
    if old.months_paid != new.months_paid:
        found.append(f"Paid for {_months(new)} instead of {_months(old)}")
    if old.second_tier_bps != new.second_tier_bps:
        found.append(f"Second tier {rate(new.second_tier_bps)} instead of {rate(old.second_tier_bps)}")
    if old.link_window_days != new.link_window_days:
        found.append(f"Clicks count for {_days(new.link_window_days)} instead of {old.link_window_days}")
    if old.existing_subscriptions is not new.existing_subscriptions:
        follow = new.existing_subscriptions is Existing.FOLLOW
        found.append(f"Running subscriptions {'follow' if follow else 'keep their terms'}")
    changed = [pair.about for pair in side_by_side(old, new) if pair.changes]
    if not changed:
        return "No rule changes"
    if found and len(found) <= 2 and len(changed) <= len(found):
        return ", ".join([found[0], *(_lower(one) for one in found[1:])])
    named = ", ".join([changed[0], *(_lower(one) for one in changed[1:3])])
    return named + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _tier_changes(old: ProgramTerms, new: ProgramTerms) -> tuple[str, ...]:
    found = []
    before = {tier.key: tier for tier in old.tiers}
    for tier in new.tiers:
        if (was := before.get(tier.key)) is None:
            found.append(f"{tier.name}, a new tier of {rate(tier.rate_bps)}")
            continue
        if was.rate_bps != tier.rate_bps:
            found.append(f"{tier.name} {rate(tier.rate_bps)} instead of {rate(was.rate_bps)}")
        if was.from_customers != tier.from_customers:
            found.append(f"{tier.name} from {tier.from_customers} customers instead of {was.from_customers}")
    kept = {tier.key for tier in new.tiers}
    found += [f"No {tier.name} any more" for tier in old.tiers if tier.key not in kept]
    return tuple(found)


def _months(terms: ProgramTerms) -> str:
    return f"{terms.months_paid} months" if terms.months_paid else "as long as they stay"


def _offers(terms: ProgramTerms) -> tuple[str, ...]:
    return tuple(
        f"{offer.name}: {', '.join(offer.codes)}, {offer.starts_on:%-d %B %Y} to {offer.ends_on:%-d %B %Y}"
        + (f", {offer.percent} % off in pictures" if offer.percent else "")
        + (f", for {terms.tier(offer.tier).name} only." if offer.tier else ".")
        for offer in terms.promotions
    )


def _tiers(terms: ProgramTerms) -> tuple[str, ...]:
    return tuple(
        f"{tier.name}: {rate(tier.rate_bps)} of each payment"
        + (f", from {tier.from_customers} active paying customers." if tier.from_customers else ".")
        for tier in terms.tiers
    ) + ((FALLING,) if terms.tiers_fall else ())


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
