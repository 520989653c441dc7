"""What a program promises: plans, tiers, dates and words, as one dated version of its terms.

A rule never changes in place: a new version starts at a date. Every number here is a setting of the
program; the defaults are those of domain.md.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portal.money import Money
from portal.programs.questions import Question
from portal.programs.texts import NO_TEXTS, Texts

# The marks that assets_gen can draw, named here so that reading a file needs no picture library.
DRAWINGS = ("leaves",)
# Words of so many letters fit every design in every size, if no word is longer than the last number. Signs of
# Chinese and Japanese are twice as wide, and a line may end between them.
HEADLINE_MOST, SAVING_MOST, WORD_MOST = 60, 40, 25
CODE_MOST = 24  # that pictures can hold
ANNOUNCED_DAYS = 14
# The languages that its pictures speak.
LANGUAGES = ("en", "de", "ar", "ja")


def picture_words_problem(text: str, most: int) -> str:
    """Why pictures cannot say this; empty where they can."""
    wide = [2 if ord(sign) >= 0x2E80 else 1 for sign in text]
    if sum(wide) > most:
        return f"takes at most {most} letters, this has {sum(wide)}"
    narrow = "".join(sign if width == 1 else " " for sign, width in zip(text, wide, strict=True))
    if any(len(word) > WORD_MOST for word in narrow.split()):
        return f"has a word of more than {WORD_MOST} letters, which pictures cannot hold"
    return ""


class Period(StrEnum):
    MONTH = "month"
    YEAR = "year"


class Existing(StrEnum):
    """What a new version does to subscriptions that began before it."""

    KEEP = "keep"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True)
class Trial:
    days: int
    price: Money


@dataclass(frozen=True, slots=True)
class Plan:
    key: str
    name: str
    price: Money
    period: Period
    trial: Trial | None = None
    stripe_prices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    key: str
    name: str
    rate_bps: int
    from_customers: int
    benefits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brand:
    """How the program looks on the portal. The mark is one or two letters, or a drawing of assets_gen."""

    accent: str
    mark: str
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to promote that the application form offers."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Faq:
    """A question of the program's own, before those that every program answers."""

    ask: str
    answer: str


@dataclass(frozen=True, slots=True)
class Words:
    """What the program says about itself, in its own words."""

    headline: str
    summary: str
    partner_program: str
    audiences: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    benefits: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    disclosure: str = ""
    joining: str = ""  # what joining costs and asks, in short sentences
    fits: str = ""  # whose audience is right here, in a sentence
    faq: tuple[Faq, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """A page of the vendor that links may lead to."""

    key: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """A dated offer of the program. What its codes take off is a discount that the program gave."""

    key: str
    name: str
    codes: tuple[str, ...]
    starts_on: date
    ends_on: date
    tier: str | None = None  # whose customers may use it; None: everybody's
    announced_days: int = ANNOUNCED_DAYS  # before it begins, affiliates find its creatives
    percent: int = 0  # off, as its pictures say it, with its first code; 0: they name no saving of its own
    headlines: tuple[tuple[str, str], ...] = ()  # by language, what pictures say while it runs
    savings: tuple[tuple[str, str], ...] = ()  # by language, what follows the percentage

    @property
    def speaks(self) -> bool:
        """Whether the pictures of every design change with it."""
        return bool(self.headlines or self.percent)

    def headline(self, language: str) -> str:
        """Empty where pictures in that language keep their own."""
        return dict(self.headlines).get(language, "")

    def saving(self, language: str) -> str:
        return dict(self.savings).get(language, "")

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    def is_shown_on(self, day: date) -> bool:
        """To affiliates, who get ready for it before it begins."""
        return self.starts_on - timedelta(days=self.announced_days) <= day <= self.ends_on

    def reaches(self, tier: str) -> bool:
        return self.tier in (None, tier)

    def covers(self, code: str, days: Iterable[date], tier: str) -> bool:
        """Whether the code is this offer's, on one of these days, for customers of that tier's affiliates."""
        known = {name.strip().casefold() for name in self.codes}
        return code.strip().casefold() in known and self.reaches(tier) and any(map(self.runs_on, days))


# What applicants may say they are, by its key.
APPLICANTS = ("publisher", "creator", "reviewer", "educator", "other")


@dataclass(frozen=True)
class AutoApproval:
    """When an application is approved without a manager: never while something found has to be looked at."""

    kinds: tuple[str, ...] = APPLICANTS
    own_domain: bool = True  # the confirmed mail address belongs to the site
    at_most_a_day: int = 20


@dataclass(frozen=True)
class ProgramTerms:
    name: str
    slug: str
    vendor: str
    category: str
    contact: str
    website: str
    timezone: str
    currency: str
    plans: tuple[Plan, ...]
    tiers: tuple[Tier, ...]
    brand: Brand
    words: Words
    destinations: tuple[Destination, ...]
    allowed_hosts: tuple[str, ...]
    starts_on: date
    hold_days: int = 45
    link_window_days: int = 30
    pay_from_day: int = 15
    pay_to_day: int = 20
    months_paid: int | None = None
    existing_subscriptions: Existing = Existing.KEEP
    second_tier_bps: int = 0
    tiers_fall: bool = False
    promotions: tuple[Promotion, ...] = ()
    second_manager: bool = True
    claim_days: int = 60
    show_customers: bool = False  # to affiliates: the vendor's whole id instead of its last characters
    answer_days: int = 2  # working days until an application is answered
    code_percent: int = 0
    code_pattern: str = "{NAME}{PERCENT}"
    auto_approval: AutoApproval | None = None  # off: managers decide
    reviews_kits: bool = False  # a changed brand kit is public once a manager has approved it
    languages: tuple[str, ...] = ("en",)  # of the pictures; the first where nobody asks for another
    texts: Texts = NO_TEXTS  # what affiliates copy
    questions: tuple[Question, ...] = ()  # as the file has them; managers may have changed the form since
    # Known only once the version is stored.
    version: int = 1
    terms_id: UUID | None = None
    starts_at: datetime | None = None

    @property
    def first_tier(self) -> Tier:
        return self.tiers[0]

    def plan_for(self, price: Money, stripe_price: str | None = None) -> Plan | None:
        """The plan that Stripe's price names, else the one whose list price this is."""
        named = (plan for plan in self.plans if stripe_price in plan.stripe_prices)
        listed = (plan for plan in self.plans if plan.price == price)
        return next(named, None) or next(listed, None)

    def plan(self, key: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.key == key), None)

    def knows(self, tier: str) -> bool:
        return any(one.key == tier for one in self.tiers)

    def tier(self, key: str) -> Tier:
        """The tier of that key. One that this version no longer has counts as the first tier."""
        return next((tier for tier in self.tiers if tier.key == key), self.first_tier)

    def tier_for(self, customers: int) -> Tier:
        """The best tier that so many active paying customers reach."""
        return [tier for tier in self.tiers if tier.from_customers <= customers][-1]

    def higher(self, one: Tier, other: Tier) -> Tier:
        return max(one, other, key=lambda tier: tier.from_customers)

    def tier_after(self, tier: Tier) -> Tier | None:
        """The next better tier, or None at the top."""
        better = [other for other in self.tiers if other.from_customers > tier.from_customers]
        return better[0] if better else None

    def trial_price(self, amount: Money) -> Plan | None:
        """The plan whose paid trial costs exactly this."""
        return next((plan for plan in self.plans if plan.trial and plan.trial.price == amount), None)

    @property
    def usual_plan(self) -> Plan:
        """What examples are given with: the first plan with a trial, else the first plan."""
        return next((plan for plan in self.plans if plan.trial), self.plans[0])

    @property
    def first_destination(self) -> Destination:
        return self.destinations[0]


@dataclass(frozen=True, slots=True)
class TermsHistory:
    """All versions of one program, oldest first. Before the first one starts, the first one counts."""

    versions: tuple[ProgramTerms, ...]
    _starts: tuple[datetime, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.versions:
            raise ValueError("a program has at least one version of its terms")
        starts = tuple(version.starts_at for version in self.versions if version.starts_at)
        if len(starts) != len(self.versions):
            raise ValueError("only stored versions, which have a start, make a history")
        object.__setattr__(self, "_starts", starts)

    @classmethod
    def of(cls, versions: Sequence[ProgramTerms]) -> "TermsHistory":
        return cls(tuple(versions))

    @property
    def timezone(self) -> str:
        return self.versions[-1].timezone

    @property
    def offers_to_tiers(self) -> bool:
        """Whether a promotion is for one tier only, so that what counts depends on tiers."""
        return any(offer.tier for version in self.versions for offer in version.promotions)

    def at(self, moment: datetime) -> ProgramTerms:
        """The version in force at that moment."""
        return self.versions[max(bisect_right(self._starts, moment) - 1, 0)]

    def kits_reviewed_since(self, moment: datetime) -> datetime | None:
        """Since when managers approve changed brand kits; None while they don't."""
        since = None
        for version, start in zip(self.versions, self._starts, strict=True):
            if start <= moment or version is self.versions[0]:
                since = (since or start) if version.reviews_kits else None
        return since

    def governing(self, began_at: datetime, moment: datetime) -> ProgramTerms:
        """The version that a subscription is under at that moment (domain.md, rule 6).

        It stays under the one in force when it began; a later one takes it over only if that one says so.
        """
        current = self.at(began_at)
        for version, start in zip(self.versions, self._starts, strict=True):
            follows = version.existing_subscriptions is Existing.FOLLOW
            if began_at < start <= moment and follows:
                current = version
        return current
