"""A program's TOML file in, its terms out, or every problem in one go."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.money import BASIS_POINTS, Money, NotMoney, exponent
from portal.programs.questions import (
    TEXT_MOST,
    Question,
    QuestionKind,
    question_problems,
    questions_problem,
)
from portal.programs.rules import (
    APPLICANTS,
    DRAWINGS,
    AutoApproval,
    Brand,
    Destination,
    Existing,
    Faq,
    Period,
    Plan,
    ProgramTerms,
    Promotion,
    Tier,
    Trial,
    Way,
    Words,
)

Harmless = TypeVar("Harmless")

KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
PLACEHOLDERS = re.compile(r"(?:[A-Z0-9-]|\{NAME\}|\{PERCENT\})*\{NAME\}(?:[A-Z0-9-]|\{NAME\}|\{PERCENT\})*")


class BadProgram(ValueError):
    """A program file that cannot be used. Its text names every key that is wrong, one sentence a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def parse_program(document: Mapping[str, Any]) -> ProgramTerms:
    """The terms that a parsed TOML document describes. Raises `BadProgram`."""
    problems: list[str] = []
    root = _Table(document, "", problems)
    terms = _terms(root)
    root.refuse_the_rest()
    if not problems:
        problems.extend(_contradictions(terms))
    if problems:
        raise BadProgram(problems)
    return terms


def _terms(root: "_Table") -> ProgramTerms:
    program, rules, code = root.table("program"), root.table("rules"), root.table("code")
    currency = program.currency("currency")
    links = root.table("links")
    terms = ProgramTerms(
        name=program.text("name"),
        slug=program.matching("slug", KEY, "lower-case letters, digits and hyphens"),
        vendor=program.text("vendor"),
        category=program.short("category", 60),
        contact=program.text("contact"),
        website=program.address("website"),
        timezone=program.timezone("timezone"),
        currency=currency,
        starts_on=program.day("starts_on"),
        plans=tuple(_plan(table, currency) for table in root.tables("plans")),
        tiers=tuple(_tier(table) for table in root.tables("tiers")),
        brand=_brand(root.table("brand")),
        words=_words(root.table("words")),
        allowed_hosts=links.texts("allowed_hosts", needed=True),
        destinations=tuple(_destination(table) for table in links.tables("destinations")),
        questions=tuple(_question(table) for table in root.tables("questions", needed=False)),
        hold_days=rules.whole("hold_days", 45, 0, 366),
        link_window_days=links.whole("window_days", 30, 1, 3_650),
        pay_from_day=rules.whole("pay_from_day", 15, 1, 28),
        pay_to_day=rules.whole("pay_to_day", 20, 1, 28),
        months_paid=rules.whole("months_paid", 0, 0, 1_200) or None,
        existing_subscriptions=Existing(rules.one_of("existing_subscriptions", Existing, Existing.KEEP)),
        second_tier_bps=rules.whole("second_tier_bps", 0, 0, BASIS_POINTS),
        tiers_fall=rules.yes("tiers_fall", default=False),
        promotions=tuple(_promotion(table) for table in root.tables("promotions", needed=False)),
        second_manager=rules.yes("second_manager", default=True),
        claim_days=rules.whole("claim_days", 60, 0, 366),
        show_customers=rules.yes("show_customers", default=False),
        answer_days=rules.whole("answer_days", 2, 1, 60),
        auto_approval=_auto_approval(root.table("auto_approval", needed=False)),
        code_percent=code.whole("percent", 0, 0, 100),
        code_pattern=code.matching(
            "pattern", PLACEHOLDERS, "capitals, digits, {NAME} and {PERCENT}, with {NAME} in it"
        ),
    )
    for table in (program, rules, code, links):
        table.refuse_the_rest()
    return terms


def _plan(table: "_Table", currency: str) -> Plan:
    trial = table.table("trial", needed=False)
    plan = Plan(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        name=table.text("name"),
        price=table.money("price", currency),
        period=Period(table.one_of("period", Period, Period.MONTH)),
        trial=Trial(trial.whole("days", 30, 1, 366), trial.money("price", currency)) if trial.given else None,
        stripe_prices=table.texts("stripe_prices"),
    )
    table.refuse_the_rest()
    trial.refuse_the_rest()
    return plan


def _auto_approval(table: "_Table") -> AutoApproval | None:
    if not table.given:
        return None
    kinds = table.texts("kinds")
    if unknown := [kind for kind in kinds if kind not in APPLICANTS]:
        table.note("kinds", f"may hold {', '.join(APPLICANTS)}, not {', '.join(unknown)}")
    rule = AutoApproval(
        kinds=kinds or APPLICANTS,
        own_domain=table.yes("own_domain", default=True),
        at_most_a_day=table.whole("at_most_a_day", 20, 1, 10_000),
    )
    on = table.yes("on", default=False)
    table.refuse_the_rest()
    return rule if on else None


def _promotion(table: "_Table") -> Promotion:
    offer = Promotion(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        name=table.text("name"),
        codes=table.texts("codes", needed=True),
        starts_on=table.day("starts_on"),
        ends_on=table.day("ends_on"),
        tier=table.text("tier") if table.has("tier") else None,
    )
    table.refuse_the_rest()
    return offer


def _tier(table: "_Table") -> Tier:
    tier = Tier(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        name=table.text("name"),
        rate_bps=table.whole("rate_bps", None, 0, BASIS_POINTS),
        from_customers=table.whole("from_customers", None, 0, 10**9),
        benefits=table.texts("benefits"),
    )
    table.refuse_the_rest()
    return tier


def _brand(table: "_Table") -> Brand:
    brand = Brand(
        accent=table.matching("accent", COLOUR, "a colour such as #4A47E0"),
        mark=table.text("mark", longest=2),
        drawing=table.one_word("drawing", DRAWINGS),
    )
    table.refuse_the_rest()
    return brand


def _destination(table: "_Table") -> Destination:
    page = Destination(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        name=table.text("name"),
        url=table.address("url"),
    )
    table.refuse_the_rest()
    return page


def _words(table: "_Table") -> Words:
    ways = tuple(
        Way(way.matching("key", KEY, "lower-case letters, digits and hyphens"), way.text("name"))
        for way in table.tables("ways")
    )
    words = Words(
        headline=table.text("headline"),
        summary=table.text("summary"),
        partner_program=table.text("partner_program"),
        audiences=table.texts("audiences"),
        ways=ways,
        benefits=table.texts("benefits"),
        restrictions=table.texts("restrictions"),
        disclosure=table.text("disclosure"),
        joining=table.short("joining", 200),
        fits=table.short("fits", 300),
        faq=tuple(_faq(one) for one in table.tables("faq", needed=False)),
    )
    table.refuse_the_rest()
    return words


def _question(table: "_Table") -> Question:
    question = Question(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        label=table.text("label"),
        kind=QuestionKind(table.one_of("kind", QuestionKind, QuestionKind.SHORT_TEXT)),
        help=table.words("help"),
        required=table.yes("required", default=False),
        options=table.texts("options"),
        most=table.whole("most", 0, 0, TEXT_MOST),
    )
    table.refuse_the_rest()
    for key, problem in question_problems(question).items():
        table.note(key, problem)
    return question


def _faq(table: "_Table") -> Faq:
    faq = Faq(ask=table.text("ask", 150), answer=table.text("answer", 1_000))
    table.refuse_the_rest()
    return faq


def _contradictions(terms: ProgramTerms) -> list[str]:
    found = []
    for name, keys in (
        ("plans", [plan.key for plan in terms.plans]),
        ("tiers", [tier.key for tier in terms.tiers]),
        ("links.destinations", [page.key for page in terms.destinations]),
        ("promotions", [offer.key for offer in terms.promotions]),
        ("plans.stripe_prices", [price for plan in terms.plans for price in plan.stripe_prices]),
    ):
        found += [f"{name}: {key!r} is there twice." for key in sorted(set(keys)) if keys.count(key) > 1]
    if problem := questions_problem(terms.questions):
        found.append(f"questions: {problem}")
    tiers = {tier.key for tier in terms.tiers}
    for offer in terms.promotions:
        if offer.ends_on < offer.starts_on:
            found.append(f"promotions: {offer.key!r} ends before it starts.")
        if offer.tier is not None and offer.tier not in tiers:
            found.append(f"promotions: {offer.key!r} is for a tier that is not there.")
    if terms.pay_from_day > terms.pay_to_day:
        found.append("rules.pay_to_day must not be before rules.pay_from_day.")
    if terms.tiers[0].from_customers != 0:
        found.append("tiers: the first tier must begin at from_customers = 0.")
    steps = [(tier.from_customers, tier.rate_bps) for tier in terms.tiers]
    if any(low[0] >= high[0] or low[1] > high[1] for low, high in pairwise(steps)):
        found.append("tiers must rise: each from_customers above the one before it, no rate below it.")
    if any(plan.price.minor <= 0 for plan in terms.plans):
        found.append("plans: a price must be more than zero.")
    strangers = [
        page.url for page in terms.destinations if urlsplit(page.url).hostname not in terms.allowed_hosts
    ]
    found += [f"links.destinations: the host of {url} is not in links.allowed_hosts." for url in strangers]
    return found


class _Table:
    """One TOML table: hands out its values, notes what is wrong, goes on with something harmless."""

    def __init__(self, values: Mapping[str, Any], path: str, problems: list[str]) -> None:
        self._values, self._path, self._problems = values, path, problems
        self._asked: set[str] = set()
        self.given = bool(values)

    def text(self, key: str, longest: int = 2_000) -> str:
        value = self._get(key)
        if isinstance(value, str) and 0 < len(value.strip()) <= longest:
            return value.strip()
        return self._wrong(key, f"must be a text of 1 to {longest} characters", "?")

    def short(self, key: str, longest: int) -> str:
        """A text that may be missing."""
        return self.text(key, longest) if key in self._values else self._nothing(key)

    def one_word(self, key: str, words: Collection[str]) -> str:
        """One of these words, or nothing."""
        value = self._get(key, "")
        if value == "" or value in words:
            return str(value)
        return self._wrong(key, "must be one of: " + ", ".join(sorted(words)), "")

    def _nothing(self, key: str) -> str:
        self._asked.add(key)
        return ""

    def matching(self, key: str, pattern: re.Pattern[str], of: str) -> str:
        value = self._get(key)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        return self._wrong(key, f"must be {of}", "x")

    def address(self, key: str) -> str:
        value = self.text(key)
        if urlsplit(value).scheme == "https" and urlsplit(value).hostname:
            return value
        return self._wrong(key, "must be an address that begins with https://", value)

    def texts(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        value = self._get(key, [])
        if (
            isinstance(value, list)
            and all(isinstance(item, str) and item for item in value)
            and (value or not needed)
        ):
            return tuple(value)
        return self._wrong(key, "must be a list of texts", ())

    def whole(self, key: str, default: int | None, lowest: int, highest: int) -> int:
        value = self._get(key, default)
        if type(value) is int and lowest <= value <= highest:
            return value
        return self._wrong(key, f"must be a whole number from {lowest} to {highest}", lowest)

    def has(self, key: str) -> bool:
        return key in self._values

    def yes(self, key: str, *, default: bool) -> bool:
        value = self._get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, "must be true or false", default)

    def day(self, key: str) -> date:
        value = self._get(key)
        return (
            value if type(value) is date else self._wrong(key, "must be a date such as 2026-01-31", date.min)
        )

    def words(self, key: str) -> str:
        """A text that may be missing."""
        value = self._get(key, "")
        return value.strip() if isinstance(value, str) else self._wrong(key, "must be a text", "")

    def one_of(self, key: str, choices: type[StrEnum], default: str) -> str:
        value = self._get(key, str(default))
        if value in list(choices):
            return str(value)
        return self._wrong(key, "must be one of: " + ", ".join(choices), str(default))

    def currency(self, key: str) -> str:
        value = self.text(key)
        try:
            exponent(value)
        except NotMoney:
            return self._wrong(key, "must be an ISO 4217 code such as USD", "USD")
        return value

    def money(self, key: str, currency: str) -> Money:
        value = self._get(key)
        try:
            # A TOML float has already lost digits, so prices are written as texts.
            return Money.from_decimal_text(value if isinstance(value, str) else "", currency)
        except NotMoney:
            return self._wrong(
                key, f'must be an amount in {currency} in quotes, such as "119.00"', Money(1, currency)
            )

    def timezone(self, key: str) -> str:
        value = self.text(key)
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            return self._wrong(key, "must be a time zone such as UTC or Europe/Berlin", "UTC")
        return value

    def table(self, key: str, *, needed: bool = True) -> "_Table":
        value = self._get(key, None if needed else {})
        if not isinstance(value, Mapping):
            value = self._wrong(key, "must be a table", {})
        return _Table(value, f"{self._path}{key}.", self._problems)

    def tables(self, key: str, *, needed: bool = True) -> list["_Table"]:
        value = self._get(key)
        if value is None and not needed:
            return []
        if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) for item in value):
            self._wrong(key, "must be a list of tables with at least one entry", None)
            return []
        return [_Table(item, f"{self._path}{key}[{at}].", self._problems) for at, item in enumerate(value, 1)]

    def note(self, key: str, problem: str) -> None:
        """What is wrong with a value that has the right type."""
        self._problems.append(f"{self._path}{key}: {problem}")

    def refuse_the_rest(self) -> None:
        for key in self._values.keys() - self._asked:
            self._problems.append(f"{self._path}{key} is not a key that the portal knows.")

    def _get(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self._values.get(key, default)

    def _wrong(self, key: str, must: str, instead: Harmless) -> Harmless:
        there = key in self._values
        self._problems.append(
            f"{self._path}{key} {must}." if there else f"{self._path}{key} is missing; it {must}."
        )
        return instead
