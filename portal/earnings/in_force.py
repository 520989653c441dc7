"""Which version of the terms decided about a payment and why, and where its tier came from, in words."""

from datetime import date, datetime

from portal.clock import local_date
from portal.earnings.facts import Place
from portal.earnings.tiers import NEW_TERMS, EnrollmentHistory, Step
from portal.programs.rules import Existing, ProgramTerms, TermsHistory
from portal.templating import day, nth, rate


def version_words(
    history: TermsHistory, terms: ProgramTerms, began_at: datetime, paid_at: datetime, today: date
) -> str:
    """Why it was this version: in force all along, kept from the beginning, or taken along since (rule 6)."""
    began = day(local_date(began_at, history.timezone), today)
    name, since = f"Version {terms.version}", day(terms.starts_on, today)
    first, then = history.at(began_at), history.at(paid_at)
    if terms.starts_at and began_at < terms.starts_at and terms.version == then.version == first.version:
        said = f"{name} of the terms, the first one that there was."
    elif terms.version == then.version == first.version:
        said = f"{name} of the terms, in force since {since}, before this subscription began."
    elif terms.version == first.version:
        said = (
            f"{name} was in force when this subscription began on {began}, and its subscriptions keep it: "
            f"version {then.version}, since {day(then.starts_on, today)}, is for those that began later."
        )
    else:
        said = (
            f"This subscription began on {began} under version {first.version}. {name}, since {since}, took "
            "earlier subscriptions along."
        )
    return " ".join(filter(None, (said, _later_words(history, paid_at, today))))


def _later_words(history: TermsHistory, paid_at: datetime, today: date) -> str:
    """What a version that came after the payment means for what the subscription pays since."""
    later = [one for one in history.versions if one.starts_at and one.starts_at > paid_at]
    if not later:
        return ""
    last = later[-1]
    follows = [one for one in later if one.existing_subscriptions is Existing.FOLLOW]
    if not follows:
        return f"Version {last.version}, from {day(last.starts_on, today)}, leaves it as it is."
    taking = follows[-1]
    return (
        f"What it pays from {day(taking.starts_on, today)} on comes under version {taking.version}; "
        "this payment doesn’t change."
    )


def tier_words(stood: EnrollmentHistory, place: Place, terms: ProgramTerms, today: date) -> str:
    """How that tier was reached, and that what was reached later changes later sales only."""
    known = [step for step in stood.steps if terms.knows(step.tier)]
    before = [step for step in known if step.reached < place]
    after = [step for step in known if step.reached >= place]
    said = _reached(stood, before, place, terms, today)
    return " ".join(filter(None, (said, _since(after, place, terms, today))))


def _reached(
    stood: EnrollmentHistory, before: list[Step], place: Place, terms: ProgramTerms, today: date
) -> str:
    tier = terms.tier(stood.standing(place, terms).tier)
    if before and before[-1].tier == tier.key:
        step = before[-1]
        customers = f"{step.customers} active paying customer{'' if step.customers == 1 else 's'}"
        if step.reached.turn == NEW_TERMS:
            return f"It is yours since new terms began on {_day(step, terms, today)}: you had {customers}."
        fell = len(before) > 1 and terms.tier(before[-2].tier).rate_bps > tier.rate_bps
        verb = "It fell to that" if fell else "You reached it"
        return f"{verb} on {_day(step, terms, today)}, with {customers}."
    given = [change for change in stood.changes if change.at <= place.at and change.tier == tier.key]
    if given and tier.key != terms.first_tier.key:
        return f"A manager had given it to you by {day(local_date(given[0].at, terms.timezone), today)}."
    return ""


def _since(after: list[Step], place: Place, terms: ProgramTerms, today: date) -> str:
    if not after:
        return "A later tier changes later sales only."
    step = after[0]
    tier = terms.tier(step.tier)
    if step.reached == place:
        return (
            f"This payment brought your {nth(step.customers)} active paying customer, so you are {tier.name} "
            f"from the next one on: {rate(tier.rate_bps)}."
        )
    ahead = local_date(step.reached.at, terms.timezone) > today
    said = f"will be {tier.name} from" if ahead else f"are {tier.name} since"
    return f"You {said} {_day(step, terms, today)}, which changes later sales only."


def _day(step: Step, terms: ProgramTerms, today: date) -> str:
    return day(local_date(step.reached.at, terms.timezone), today)
