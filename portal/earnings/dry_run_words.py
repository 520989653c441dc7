"""What a dry run found, in words and as a file."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from portal.clock import local_date
from portal.earnings.dry_run import look_back
from portal.earnings.exports import harmless
from portal.enrollments.tables import Enrollment
from portal.errors import Refused
from portal.money import Money
from portal.programs.queries import all_programs, terms_history
from portal.programs.rules import Existing, ProgramTerms
from portal.programs.terms_words import headline
from portal.templating import money

HEADS = (
    "Affiliate",
    "E-mail",
    "Currency",
    "Earned",
    "With these terms",
    "Change",
    "Payments that differ",
    "Tier today",
    "Tier with these terms",
)


@dataclass(frozen=True)
class Sums:
    """All affiliates of one currency."""

    before: Money
    after: Money
    payments: int

    @property
    def change(self) -> Money:
        return self.after - self.before


@dataclass(frozen=True)
class People:
    """How many affiliates earn more, less or the same; whoever has both, in two currencies, counts twice."""

    more: int = 0
    less: int = 0
    all: int = 0
    other_tier: int = 0


@dataclass(frozen=True)
class Row:
    """One affiliate in one currency, with tiers by name."""

    name: str
    email: str
    before: Money
    after: Money
    payments: int
    tier_before: str
    tier_after: str
    enrollment: str = ""

    @property
    def change(self) -> Money:
        return self.after - self.before


@dataclass(frozen=True)
class Told:
    """A whole answer, for the command line."""

    title: str
    since: date
    until: date
    existing: Existing
    sums: tuple[Sums, ...]
    people: People
    rows: tuple[Row, ...]


def year_before(day: date) -> date:
    """The same day of the year before; of 29 February the day after."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def span_problem(since: date, today: date) -> str | None:
    if since > today:
        return "Choose a day that has come: what is to come cannot be looked back on."
    if since < today - timedelta(days=3_660):
        return "Choose a day of the last ten years."
    return None


def verdict(sums: Iterable[Sums]) -> str:
    """What all of it would have cost or saved; each currency by itself."""
    changed = [one.change for one in sums if one.change.minor]
    more = _listed([money(amount) for amount in changed if amount.minor > 0])
    less = _listed([money(-amount) for amount in changed if amount.minor < 0])
    if more and less:
        return f"It would have cost {more} more and saved {less}."
    if more:
        return f"It would have cost {more} more."
    return f"It would have saved {less}." if less else "In all it would have cost the same."


def people_words(people: People) -> str:
    if not people.all:
        return "Nobody earned anything in that time, so there is nothing to compare."
    of = f"of {people.all} affiliate{'' if people.all == 1 else 's'}"
    if not (people.more or people.less):
        said = "Nobody would have earned more or less."
    elif people.more and people.less:
        said = f"{people.more} {of} would have earned more, {people.less} less."
    else:
        number, which, other = (people.more, "more", "less") if people.more else (people.less, "less", "more")
        said = f"{number} {of} would have earned {which}, nobody {other}."
    if people.other_tier:
        said += f" {people.other_tier} would be in another tier today."
    return said


def existing_words(existing: Existing, since: str) -> str:
    if existing is Existing.KEEP:
        return (
            f"Subscriptions that began before {since} keep the terms that they began under, so their "
            "rates stay here as they were; tiers count all customers."
        )
    return f"Subscriptions that began before {since} follow: their payments from that day on are here too."


def csv_of(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for row in rows:
        writer.writerow(
            (
                harmless(row.name),
                harmless(row.email),
                row.before.currency,
                row.before.decimal_text(),
                row.after.decimal_text(),
                row.change.decimal_text(),
                row.payments,
                harmless(row.tier_before),
                harmless(row.tier_after),
            )
        )
    return text.getvalue()


def console_lines(told: Told) -> list[str]:
    lines = [
        told.title,
        f"If these terms had applied since {told.since:%-d %B %Y}, until {told.until:%-d %B %Y}:",
        f"{verdict(told.sums)} {people_words(told.people)}",
        existing_words(told.existing, f"{told.since:%-d %B %Y}"),
    ]
    lines += [
        f"  {one.before.currency}  earned {money(one.before)}, with these terms {money(one.after)}, "
        f"change {money(one.change)}, {one.payments} payments differ"
        for one in told.sums
    ]
    lines += [f"  {money(row.change):>14}  {row.name}" for row in told.rows[:10] if row.change.minor]
    return lines


async def told(terms: ProgramTerms, since: date | None, now: datetime) -> Told:
    """The answer at once, kept nowhere. Raises Refused where there is no past to look back on."""
    program = next((one for one in await all_programs() if one.slug == terms.slug), None)
    if program is None:
        raise Refused(f"There is no program {terms.slug!r} yet, so it has no past to look back on.")
    history = await terms_history(program.id)
    today = local_date(now, terms.timezone)
    since = since or year_before(today)
    if problem := span_problem(since, today):
        raise Refused(problem)
    outlook = await look_back(program.id, terms, since, today)
    people = await Enrollment.select(
        Enrollment.id, Enrollment.affiliate.name, Enrollment.affiliate.email
    ).where(Enrollment.program == program.id)
    named = {str(one["id"]): one for one in people}
    standing = history.versions[-1]
    rows = [
        Row(
            named[str(one.enrollment)]["affiliate.name"],
            named[str(one.enrollment)]["affiliate.email"],
            Money(one.before, one.currency),
            Money(one.after, one.currency),
            one.payments,
            standing.tier(one.tier_before).name if one.tier_before else "",
            terms.tier(one.tier_after).name if one.tier_after else "",
        )
        for one in outlook
    ]
    rows.sort(key=lambda row: (-abs(row.change.minor), row.name))
    return Told(
        headline(standing, terms),
        since,
        today,
        terms.existing_subscriptions,
        _sums(rows),
        People(
            more=len({one.enrollment for one in outlook if one.change > 0}),
            less=len({one.enrollment for one in outlook if one.change < 0}),
            all=len({one.enrollment for one in outlook}),
            other_tier=len({one.enrollment for one in outlook if one.tier_before != one.tier_after}),
        ),
        tuple(rows),
    )


def _sums(rows: Sequence[Row]) -> tuple[Sums, ...]:
    ordered = sorted(rows, key=lambda row: row.before.currency)
    return tuple(
        Sums(
            Money.total((row.before for row in some), currency),
            Money.total((row.after for row in some), currency),
            sum(row.payments for row in some),
        )
        for currency, group in groupby(ordered, key=lambda row: row.before.currency)
        if (some := list(group))
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
