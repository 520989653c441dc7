"""A program's TOML file in, its terms out, or every problem in one go."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from portal.money import BASIS_POINTS
from portal.programs.file_table import FileTable
from portal.programs.questions import (
    TEXT_MOST,
    Question,
    QuestionKind,
    question_problems,
    questions_problem,
)
from portal.programs.rules import (
    ANNOUNCED_DAYS,
    APPLICANTS,
    CODE_MOST,
    DRAWINGS,
    HEADLINE_MOST,
    LANGUAGES,
    SAVING_MOST,
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
    picture_words_problem,
)
from portal.programs.texts import SUBJECT_MOST, TEXTS, OwnText, Texts, pattern_problem, text_problem
from portal.programs.texts import TEXT_MOST as OWN_TEXT_MOST

KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
OFFER_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
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
    root = FileTable(document, "", problems)
    terms = _terms(root)
    root.refuse_the_rest()
    if not problems:
        problems.extend(_contradictions(terms))
    if problems:
        raise BadProgram(problems)
    return terms


def _terms(root: FileTable) -> ProgramTerms:
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
        languages=_languages(program),
        texts=_texts(root.table("texts", needed=False)),
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
        reviews_kits=rules.yes("reviews_kits", default=False),
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


def _languages(program: FileTable) -> tuple[str, ...]:
    said = program.texts("languages") or LANGUAGES[:1]
    if unknown := [code for code in said if code not in LANGUAGES]:
        program.note("languages", f"may hold {', '.join(LANGUAGES)}, not {', '.join(unknown)}")
    return tuple(dict.fromkeys(said))


def _plan(table: FileTable, currency: str) -> Plan:
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


def _auto_approval(table: FileTable) -> AutoApproval | None:
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


def _promotion(table: FileTable) -> Promotion:
    offer = Promotion(
        key=table.matching("key", OFFER_KEY, "at most 60 lower-case letters, digits and hyphens"),
        name=table.text("name"),
        codes=table.texts("codes", needed=True),
        starts_on=table.day("starts_on"),
        ends_on=table.day("ends_on"),
        tier=table.text("tier") if table.has("tier") else None,
        announced_days=table.whole("announced_days", ANNOUNCED_DAYS, 0, 366),
        percent=table.whole("percent", 0, 0, 100),
        headlines=_said_in(table.table("headline", needed=False), HEADLINE_MOST),
        savings=_said_in(table.table("saving", needed=False), SAVING_MOST),
    )
    table.refuse_the_rest()
    return offer


def _said_in(table: FileTable, most: int) -> tuple[tuple[str, str], ...]:
    """What pictures say, by language."""
    found = tuple((code, " ".join(table.text(code).split())) for code in LANGUAGES if table.has(code))
    for code, text in found:
        if problem := picture_words_problem(text, most):
            table.note(code, problem)
    table.refuse_the_rest()
    return found


def _tier(table: FileTable) -> Tier:
    tier = Tier(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        name=table.text("name"),
        rate_bps=table.whole("rate_bps", None, 0, BASIS_POINTS),
        from_customers=table.whole("from_customers", None, 0, 10**9),
        benefits=table.texts("benefits"),
    )
    table.refuse_the_rest()
    return tier


def _brand(table: FileTable) -> Brand:
    brand = Brand(
        accent=table.matching("accent", COLOUR, "a colour such as #4A47E0"),
        mark=table.text("mark", longest=2),
        drawing=table.one_word("drawing", DRAWINGS),
    )
    table.refuse_the_rest()
    return brand


def _destination(table: FileTable) -> Destination:
    page = Destination(
        key=table.matching("key", KEY, "lower-case letters, digits and hyphens"),
        name=table.text("name"),
        url=table.address("url"),
    )
    table.refuse_the_rest()
    return page


def _words(table: FileTable) -> Words:
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


def _texts(table: FileTable) -> Texts:
    off = table.texts("off")
    if unknown := [key for key in off if key not in TEXTS]:
        table.note("off", f"may hold {', '.join(TEXTS)}, not {', '.join(unknown)}")
    texts = Texts(off, tuple(_own_text(own) for own in table.tables("own", needed=False)))
    table.refuse_the_rest()
    return texts


def _own_text(table: FileTable) -> OwnText:
    said = {key: table.one_word(key, known) for key, known in (("key", TEXTS), ("language", LANGUAGES))}
    for key in said:
        if not table.has(key):
            table.note(key, "is missing")
    is_mail = said["key"] == "email"
    own = OwnText(
        key=said["key"],
        language=said["language"],
        text=table.text("text", OWN_TEXT_MOST),
        subject=table.text("subject", SUBJECT_MOST) if is_mail else "",
        preview=table.short("preview", SUBJECT_MOST) if is_mail else "",
    )
    table.refuse_the_rest()
    for key, problem in (
        ("text", text_problem(own)),
        ("subject", pattern_problem(own.subject)),
        ("preview", pattern_problem(own.preview)),
    ):
        if problem:
            table.note(key, problem)
    return own


def _question(table: FileTable) -> Question:
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


def _faq(table: FileTable) -> Faq:
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
        ("texts.own", [f"{text.key} in {text.language}" for text in terms.texts.own]),
        ("plans.stripe_prices", [price for plan in terms.plans for price in plan.stripe_prices]),
    ):
        found += [f"{name}: {key!r} is there twice." for key in sorted(set(keys)) if keys.count(key) > 1]
    if problem := questions_problem(terms.questions):
        found.append(f"questions: {problem}")
    found += _wrong_offers(terms)
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


def _wrong_offers(terms: ProgramTerms) -> Iterator[str]:
    for offer in terms.promotions:
        if offer.ends_on < offer.starts_on:
            yield f"promotions: {offer.key!r} ends before it starts."
        if offer.tier is not None and not terms.knows(offer.tier):
            yield f"promotions: {offer.key!r} is for a tier that is not there."
        if offer.percent and any(len(code) > CODE_MOST for code in offer.codes[:1]):
            yield f"promotions: the first code of {offer.key!r} has more than {CODE_MOST} characters."
