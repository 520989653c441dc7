"""What was promised stays: which terms may follow which."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from portal.programs.rules import ProgramTerms


def start_of(terms: ProgramTerms) -> datetime:
    """The first moment of their first day."""
    return datetime.combine(terms.starts_on, time(), ZoneInfo(terms.timezone)).astimezone(UTC)


def why_not_after(old: ProgramTerms, began_at: datetime, new: ProgramTerms, now: datetime) -> str | None:
    """Why these cannot follow the newest version; None where they can.

    Rules about money change from a day to come; words, brand and destinations may change at once.
    """
    starts_at = start_of(new)
    if starts_at < began_at:
        return (
            f"These terms start on {new.starts_on}, before the newest version that is there already "
            f"({began_at.astimezone(ZoneInfo(old.timezone)).date()}). Choose that day or a later date."
        )
    if starts_at <= now and money_rules(old) != money_rules(new):
        return (
            f"Rules about money would change from {new.starts_on} on, which has come already. "
            "What was promised stays: give the new rules a later date."
        )
    return None


def money_rules(terms: ProgramTerms) -> tuple[Any, ...]:
    return (
        terms.timezone,
        terms.currency,
        terms.plans,
        tuple((tier.key, tier.rate_bps, tier.from_customers) for tier in terms.tiers),
        terms.hold_days,
        terms.link_window_days,
        terms.pay_from_day,
        terms.pay_to_day,
        terms.months_paid,
        terms.existing_subscriptions,
        terms.second_tier_bps,
        terms.tiers_fall,
        terms.claim_days,
    )
