"""Promotions as creatives show them: whose words pictures carry today, and what affiliates get ready for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from assets_gen.languages import language
from portal.clock import local_date
from portal.creatives.kits import Holder
from portal.programs.rules import ProgramTerms, Promotion


def running(promotions: Sequence[Promotion], tier: str, today: date) -> Promotion | None:
    """The one that pictures speak of today: a tier's own first, then the one that began last."""
    found = [one for one in promotions if one.speaks and one.runs_on(today) and one.reaches(tier)]
    return max(found, key=lambda one: (one.tier is not None, one.starts_on), default=None)


def announced(promotions: Sequence[Promotion], tier: str, today: date) -> tuple[Promotion, ...]:
    """What an affiliate of that tier can get ready for or use today, the first to begin first."""
    found = [one for one in promotions if one.is_shown_on(today) and one.reaches(tier)]
    return tuple(sorted(found, key=lambda one: (one.starts_on, one.key)))


@dataclass(frozen=True)
class Said:
    """Empty words leave the design its own; without a figure nothing is said to be saved."""

    headline: str
    code: str
    figure: str
    discount: str


def said_by(who: Holder) -> Said:
    """What the holder's pictures say: a promotion goes before what the affiliate's own code saves."""
    spoken, offer = language(who.language), who.promotion
    headline = offer.headline(who.language) if offer else ""
    if offer and offer.percent:
        discount = offer.saving(who.language) or spoken.discount
        return Said(headline, offer.codes[0], spoken.figure(offer.percent), discount)
    if who.code and who.percent_bps:
        return Said(headline, who.code, spoken.figure(who.percent_bps / 100), spoken.discount)
    return Said(headline, who.code, "", "")


@dataclass(frozen=True)
class LookedAt:
    """The promotion whose creatives a page shows."""

    key: str
    name: str
    starts_on: date
    ends_on: date
    has_begun: bool
    is_ahead: bool  # the addresses show something else today


def looked_at(who: Holder, today: date) -> LookedAt | None:
    offer = who.promotion if who.chosen_promotion else None
    if offer is None:
        return None
    begun = offer.starts_on <= today
    return LookedAt(offer.key, offer.name, offer.starts_on, offer.ends_on, begun, who.is_ahead)


def carrying(who: Holder, terms: ProgramTerms, now: datetime, asked: str = "") -> Holder:
    """With the promotion that its pictures speak of: today's, or the announced one that is asked for."""
    today = local_date(now, terms.timezone)
    todays = running(terms.promotions, who.tier, today)
    chosen = next((one for one in announced(terms.promotions, who.tier, today) if one.key == asked), None)
    if chosen is None:
        return replace(who, promotion=todays)
    return replace(
        who,
        promotion=chosen,
        chosen_promotion=chosen.key,
        is_ahead=chosen.starts_on > today or (chosen.speaks and chosen != todays),
    )
