"""A draft of new terms: what managers typed, laid over the newest version's program file."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from portal.programs.program_file import BadProgram, parse_program
from portal.programs.rules import (
    ANNOUNCED_DAYS,
    HEADLINE_MOST,
    SAVING_MOST,
    Existing,
    ProgramTerms,
    Promotion,
    Tier,
    picture_words_problem,
)

TIERS_MOST, PROMOTIONS_MOST = 8, 20
OFFER_PARTS = (
    *("key", "name", "codes", "starts_on", "ends_on", "tier"),
    *("announced", "percent", "headline", "saving"),
)
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")
NAME_MOST = 80


@dataclass(frozen=True)
class TierDraft:
    key: str = ""
    name: str = ""
    rate: str = ""
    from_customers: str = ""


@dataclass(frozen=True)
class OfferDraft:
    key: str = ""
    name: str = ""
    codes: str = ""
    starts_on: str = ""
    ends_on: str = ""
    tier: str = ""
    announced: str = ""
    percent: str = ""
    headline: str = ""  # in the program's first language, as is the saving
    saving: str = ""


@dataclass(frozen=True)
class TermsDraft:
    """As it was typed. `errors` maps a field to its sentence and is empty for a good one."""

    starts_on: str = ""
    existing: str = Existing.KEEP
    months: str = ""  # empty: for as long as the subscription is active
    hold: str = ""
    window: str = ""
    second_tier: str = ""
    claim_days: str = ""
    falls: bool = False
    tiers: tuple[TierDraft, ...] = ()
    offers: tuple[OfferDraft, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, terms: ProgramTerms, starts_on: date) -> "TermsDraft":
        return cls(
            starts_on=starts_on.isoformat(),
            existing=terms.existing_subscriptions,
            months=str(terms.months_paid or ""),
            hold=str(terms.hold_days),
            window=str(terms.link_window_days),
            second_tier=_percent(terms.second_tier_bps) if terms.second_tier_bps else "",
            claim_days=str(terms.claim_days),
            falls=terms.tiers_fall,
            tiers=_with_room(tuple(map(_tier_draft, terms.tiers)), TierDraft(), TIERS_MOST),
            offers=_with_room(
                tuple(_offer_draft(offer, terms.languages[0]) for offer in terms.promotions),
                OfferDraft(),
                PROMOTIONS_MOST,
            ),
        )


def parse_terms(said: Mapping[str, str], base: str) -> tuple[str, ProgramTerms | None, TermsDraft]:
    """The draft as a program file and read; nothing where it has errors. `base` is the file it changes."""
    errors: dict[str, str] = {}
    draft = _typed(said, errors)
    document, stood = tomlkit.parse(base), parse_program(tomllib.loads(base))
    read = _Reader(said, errors)
    starts_on = read.day("starts_on", "Choose the day on which these terms start.")
    months, hold = read.whole("months", 0, 1_200, empty=0), read.whole("hold", 0, 366)
    second_tier, claim_days = read.percent("second_tier", empty=0), read.whole("claim_days", 0, 366)
    window = read.whole("window", 1, 3_650)
    tiers, offers = _tiers(draft, read), _offers(draft, read, stood)
    if errors:
        return "", None, replace(draft, errors=errors)
    parts: Any = document  # its sections are there, or it would be no program file
    parts["program"]["starts_on"] = starts_on
    # Only what differs is written, so that what a file leaves out for its usual value stays out of it.
    for key, value, was in (
        ("months_paid", months, stood.months_paid or 0),
        ("hold_days", hold, stood.hold_days),
        ("second_tier_bps", second_tier, stood.second_tier_bps),
        ("claim_days", claim_days, stood.claim_days),
        ("existing_subscriptions", draft.existing, str(stood.existing_subscriptions)),
        ("tiers_fall", draft.falls, stood.tiers_fall),
    ):
        if value != was:
            parts["rules"][key] = value
    if window != stood.link_window_days:
        parts["links"]["window_days"] = window
    _rewrite(document, "tiers", tiers)
    _rewrite(document, "promotions", offers)
    text = tomlkit.dumps(document)
    try:
        return text, parse_program(tomllib.loads(text)), draft
    except BadProgram as bad:
        return "", None, replace(draft, errors=_by_field(bad.problems))


def parse_upload(body: bytes) -> tuple[str, ProgramTerms]:
    """A program file that somebody sent. Raises BadProgram with every problem."""
    try:
        text = body.decode("utf-8-sig").replace("\r\n", "\n")
        return text, parse_program(tomllib.loads(text))
    except UnicodeDecodeError as error:
        raise BadProgram(["This file is not text in UTF-8."]) from error
    except tomllib.TOMLDecodeError as error:
        raise BadProgram([f"This file is not valid TOML: {error}."]) from error


def _typed(said: Mapping[str, str], errors: dict[str, str]) -> TermsDraft:
    existing = said.get("existing", "")
    if existing not in set(Existing):
        errors["existing"] = "Choose what becomes of subscriptions that began before."
    return TermsDraft(
        starts_on=said.get("starts_on", "").strip()[:20],
        existing=existing,
        months=said.get("months", "").strip()[:20],
        hold=said.get("hold", "").strip()[:20],
        window=said.get("window", "").strip()[:20],
        second_tier=said.get("second_tier", "").strip()[:20],
        claim_days=said.get("claim_days", "").strip()[:20],
        falls=said.get("falls") == "yes",
        tiers=tuple(
            TierDraft(
                *(
                    said.get(f"tier_{number}_{part}", "").strip()[:200]
                    for part in ("key", "name", "rate", "from")
                )
            )
            for number in range(TIERS_MOST)
            if f"tier_{number}_name" in said
        ),
        offers=tuple(
            OfferDraft(*(said.get(f"offer_{number}_{part}", "").strip()[:500] for part in OFFER_PARTS))
            for number in range(PROMOTIONS_MOST)
            if f"offer_{number}_name" in said
        ),
    )


@dataclass(frozen=True)
class _Reader:
    said: Mapping[str, str]
    errors: dict[str, str]

    def whole(self, name: str, lowest: int, highest: int, empty: int | None = None) -> int:
        text = self.said.get(name, "").strip()
        if not text and empty is not None:
            return empty
        if text.isascii() and text.isdecimal() and len(text) < 11 and lowest <= int(text) <= highest:
            return int(text)
        self.errors[name] = f"Write a whole number from {lowest} to {highest}."
        return lowest

    def percent(self, name: str, empty: int | None = None) -> int:
        """In basis points."""
        text = self.said.get(name, "").strip()
        if not text and empty is not None:
            return empty
        found = _PERCENT.fullmatch(text)
        bps = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
        if 0 <= bps <= 10_000:
            return bps
        self.errors[name] = "Write a share such as 30 or 32.5."
        return 0

    def picture_words(self, name: str, most: int) -> str:
        text = " ".join(self.said.get(name, "").split())
        if problem := picture_words_problem(text, most):
            self.errors[name] = f"It {problem}."
        return text

    def day(self, name: str, sentence: str) -> date:
        try:
            return date.fromisoformat(self.said.get(name, "").strip())
        except ValueError:
            self.errors[name] = sentence
            return date.min


def _tiers(draft: TermsDraft, read: _Reader) -> list[dict[str, Any]]:
    """A row without a name is taken out."""
    found, taken = [], {tier.key for tier in draft.tiers}
    for number, tier in enumerate(draft.tiers):
        if not tier.name:
            if tier.rate or tier.from_customers:
                read.errors[f"tier_{number}_name"] = "Give this tier a name, or empty its row."
            continue
        found.append(
            {
                "key": tier.key or _new_key(tier.name, taken),
                "name": tier.name[:NAME_MOST],
                "rate_bps": read.percent(f"tier_{number}_rate"),
                "from_customers": read.whole(f"tier_{number}_from", 0, 10**9),
            }
        )
    if not found:
        read.errors["tiers"] = "A program has at least one tier."
    return found


def _offers(draft: TermsDraft, read: _Reader, stood: ProgramTerms) -> list[dict[str, Any]]:
    found, taken = [], {offer.key for offer in draft.offers}
    known, language = {offer.key: offer for offer in stood.promotions}, stood.languages[0]
    for number, offer in enumerate(draft.offers):
        if not offer.name:
            if offer.codes or offer.starts_on or offer.ends_on:
                read.errors[f"offer_{number}_name"] = "Give this promotion a name, or empty its row."
            continue
        was = known.get(offer.key)
        codes = [code for code in offer.codes.replace(",", " ").split() if code]
        if not codes:
            read.errors[f"offer_{number}_codes"] = "Name the codes that belong to it."
        announced = read.whole(f"offer_{number}_announced", 0, 366, empty=ANNOUNCED_DAYS)
        headline = read.picture_words(f"offer_{number}_headline", HEADLINE_MOST)
        saving = read.picture_words(f"offer_{number}_saving", SAVING_MOST)
        found.append(
            {
                "key": offer.key or _new_key(offer.name, taken),
                "name": offer.name,
                "codes": codes,
                "starts_on": read.day(f"offer_{number}_starts_on", "Choose its first day."),
                "ends_on": read.day(f"offer_{number}_ends_on", "Choose its last day."),
                "tier": offer.tier or None,
                "announced_days": announced if announced != ANNOUNCED_DAYS else None,
                "percent": read.whole(f"offer_{number}_percent", 0, 100, empty=0) or None,
                "headline": _with(was.headlines if was else (), language, headline),
                "saving": _with(was.savings if was else (), language, saving),
            }
        )
    return found


def _with(texts: Iterable[tuple[str, str]], language: str, text: str) -> dict[str, str] | None:
    """By language; nothing where none is left."""
    said = {**dict(texts), language: text}
    return {code: words for code, words in said.items() if words} or None


def _new_key(name: str, taken: set[str]) -> str:
    stem = "-".join(re.findall("[a-z0-9]+", name.lower()))[:40] or "new"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    taken.add(key)
    return key


def _rewrite(document: tomlkit.TOMLDocument, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """A list of tables, each keeping what the form does not know of it."""
    known = {str(table["key"]): _plain(table) for table in document.get(name, ())}
    merged = [
        {key: value for key, value in {**known.get(row["key"], {}), **row}.items() if value is not None}
        for row in rows
    ]
    if merged == list(known.values()):
        return  # with the comments between them
    tables = tomlkit.aot()
    for row in merged:
        table = tomlkit.table()
        for key, value in row.items():
            table[key] = _in_one_line(value) if isinstance(value, dict) else value
        tables.append(table)
    if isinstance(document.get(name), AoT) and rows:
        document[name] = tables
        return
    if name in document:
        document.remove(name)
    if rows:
        # At the end, where no key of the file's root can follow it.
        document.append(name, tables)


def _in_one_line(texts: Mapping[str, str]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(texts)
    return table


def _plain(table: Table | Mapping[str, Any]) -> dict[str, Any]:
    return dict(table.unwrap()) if isinstance(table, Table) else dict(table)


# The field of the form that a problem of the file belongs to, and how it is said there.
FIELDS = (
    (
        "tiers must rise",
        "tiers",
        "Tiers must rise: each one needs more customers than the one before it, and pays no less.",
    ),
    ("tiers: the first", "tiers", "The first tier is there from the beginning: from 0 customers."),
    ("tiers", "tiers", ""),
    ("promotions", "offers", ""),
)


def _by_field(problems: Sequence[str]) -> dict[str, str]:
    """What no field can mend is about the file."""
    found: dict[str, str] = {}
    for problem in problems:
        named = ((name, said or problem) for start, name, said in FIELDS if problem.startswith(start))
        name, said = next(named, ("file", problem))
        found.setdefault(name, said)
    return found


def _tier_draft(tier: Tier) -> TierDraft:
    return TierDraft(tier.key, tier.name, _percent(tier.rate_bps), str(tier.from_customers))


def _offer_draft(offer: Promotion, language: str) -> OfferDraft:
    return OfferDraft(
        key=offer.key,
        name=offer.name,
        codes=" ".join(offer.codes),
        starts_on=offer.starts_on.isoformat(),
        ends_on=offer.ends_on.isoformat(),
        tier=offer.tier or "",
        announced=str(offer.announced_days),
        percent=str(offer.percent or ""),
        headline=offer.headline(language),
        saving=offer.saving(language),
    )


def _percent(bps: int) -> str:
    return f"{(Decimal(bps) / 100).normalize():f}"


def _with_room(rows: tuple[Any, ...], empty: Any, most: int) -> tuple[Any, ...]:
    return (*rows, empty)[:most]
