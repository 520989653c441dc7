"""The managers' first page: what waits, what is owed, what comes, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.accounts.tables import Manager
from portal.audit.tables import AuditEntry
from portal.clock import local_date
from portal.creatives.kit_reviews import waiting_kits
from portal.earnings.owed import Owed, owed_by, unknown_prices
from portal.earnings.tables import DaySum
from portal.earnings.timeline import LineState, Month, PayoutState, PayWindow, pay_window
from portal.enrollments.queue import Filters, Queue, queue_page
from portal.enrollments.tables import Application
from portal.money import Money
from portal.outbox.tables import Letter
from portal.payouts.tables import PayoutRun
from portal.programs.rules import ProgramTerms, TermsHistory
from portal.support.queries import open_claims
from portal.templating import day, money

MOST = 50
NAMES = 3
DONE = 6
SAID = {
    "approved": "{who} approved {whom}",
    "declined": "{who} declined {whom}",
    "asked": "{who} asked {whom} a question",
    "noted": "{who} left a note about {whom}",
}


@dataclass(frozen=True)
class Waiting:
    icon: str
    what: str  # count and noun
    who: str  # one sentence that names people
    due: date | None
    when: str
    late: bool = False
    soon: bool = False  # today or tomorrow
    href: str = ""
    verb: str = ""


@dataclass(frozen=True)
class Coming:
    when: str
    at: date
    what: str
    words: str


@dataclass(frozen=True)
class Done:
    who: str  # a manager's name; empty for the portal
    words: str
    at: datetime | None


@dataclass(frozen=True)
class TodayPage:
    """home/today.html"""

    today: date
    sentence: str
    waiting: tuple[Waiting, ...]
    owed: Owed
    others: tuple[Owed, ...]  # of other currencies
    run: Month  # the next one to be paid
    window: PayWindow
    coming: tuple[Coming, ...]
    done_since: str
    done: tuple[Done, ...]


async def today_page(me: UUID, program_id: UUID, history: TermsHistory, now: datetime) -> TodayPage:
    terms = history.at(now)
    today = local_date(now, terms.timezone)
    queue = await queue_page(program_id, terms, Filters(), 1, now)
    run, state = await _next_run(program_id, today, terms)
    window = pay_window(run, terms)
    owed = await owed_by(program_id, today, run.cut_off)
    main = owed.pop(terms.currency, Owed(terms.currency, {}, 0, Money(0, terms.currency)))
    waiting = [
        *_applications(queue, today),
        *_run(run, state, window, main, today),
        *await _claims(program_id),
        *await _kits(program_id, now),
        *await _prices(program_id, terms, today),
        *await _letters(program_id),
    ]
    waiting.sort(key=lambda one: (one.due or date.max, not one.href))
    since = _working_day_before(today)
    return TodayPage(
        today=today,
        sentence=_sentence(waiting),
        waiting=tuple(waiting),
        owed=main,
        others=tuple(owed.values()),
        run=run,
        window=window,
        coming=_coming(run, window, main, tuple(owed.values()), history, now, today),
        done_since="yesterday" if (today - since).days == 1 else f"{since:%A}",
        done=await _done(me, program_id, terms, since),
    )


def _sentence(waiting: Sequence[Waiting]) -> str:
    if not waiting:
        return "Nothing waits for you."
    late = [one for one in waiting if one.late]
    if late:
        return f"{late[0].what} {'is' if late[0].what.startswith('1 ') else 'are'} late, so begin there."
    soon = waiting[0]
    if soon.soon:
        return f"{soon.when}, the rest has time." if len(waiting) > 1 else f"{soon.when}."
    return "All of it has time."


def _applications(queue: Queue, today: date) -> list[Waiting]:
    if not queue.waiting or not queue.rows:
        return []
    first = queue.rows[0].due
    urgent = sum(row.due <= max(first, today) for row in queue.rows)
    late = first < today
    if late:
        when = f"{_spelled(sum(row.due < today for row in queue.rows))} late"
    else:
        when = f"{_spelled(urgent)} due {_near(first, today)}"
    return [
        Waiting(
            "inbox",
            _count(queue.waiting, "application"),
            f"{_names([row.name for row in queue.rows], queue.waiting)}, the oldest first",
            first,
            when,
            late=late,
            soon=not late and (first - today).days <= 1,
            href="/manage/applications",
            verb="Review",
        )
    ]


def _run(run: Month, state: PayoutState | None, window: PayWindow, owed: Owed, today: date) -> list[Waiting]:
    name = f"{run.first_day:%B} run"
    if state is PayoutState.PREPARED:
        words = f"{money(owed.amount(LineState.IN_PAYOUT))} is prepared. Another manager approves it"
    elif state is PayoutState.APPROVED:
        words = f"{money(owed.amount(LineState.IN_PAYOUT))} is approved and not paid yet"
    elif today > run.cut_off and owed.by_cut_off.minor > 0:
        words = f"{money(owed.by_cut_off)} was released in time and can be prepared"
    else:
        return []
    when = f"By {day(window.last, today)}"
    return [Waiting("landmark", name, words, window.last, when, late=window.last < today)]


async def _prices(program_id: UUID, terms: ProgramTerms, today: date) -> list[Waiting]:
    found = await unknown_prices(program_id, MOST)
    if not found:
        return []
    first = found[0]
    on = day(local_date(first.at, terms.timezone), today)
    words = f"{money(first.amount)} on {on}" + (f", referred by {first.whose}" if first.whose else "")
    if len(found) > 1:
        words += f", and {len(found) - 1} more"
    count = f"{MOST} or more payments" if len(found) == MOST else _count(len(found), "payment")
    return [Waiting("banknote", f"{count} with a price that no plan lists", words, None, "No date")]


async def _claims(program_id: UUID) -> list[Waiting]:
    number = await open_claims(program_id)
    if not number:
        return []
    words = "Affiliates miss these in their books, the one that waits longest first"
    return [
        Waiting(
            "search",
            _count(number, "missing sale"),
            words,
            None,
            "No date",
            href="/manage/claims",
            verb="Look",
        )
    ]


async def _kits(program_id: UUID, now: datetime) -> list[Waiting]:
    found, number = await waiting_kits(program_id, now)
    if not found:
        return []
    whose = _names([one.affiliate for one in found], number)
    return [
        Waiting(
            "swatch-book",
            _count(number, "brand kit"),
            f"Changed by {whose}. Pictures follow once you approve",
            None,
            "No date",
            href="/manage/kits",
            verb="Look",
        )
    ]


async def _letters(program_id: UUID) -> list[Waiting]:
    rows = (
        await Letter.select(Letter.to)
        .where(Letter.given_up_at.is_not_null() & ((Letter.program == program_id) | Letter.program.is_null()))
        .order_by(Letter.given_up_at)
        .limit(MOST)
    )
    if not rows:
        return []
    to = list(dict.fromkeys(row["to"] for row in rows))
    what = f"{_count(len(rows), 'letter')} could not be delivered"
    words = f"{_names(to, len(to))}. The address may be wrong"
    return [Waiting("mail", what, words, None, "No date", href="/manage/letters", verb="Look")]


async def _next_run(program_id: UUID, today: date, terms: ProgramTerms) -> tuple[Month, PayoutState | None]:
    """The oldest that is not paid, else the next that will be."""
    rows = (
        await PayoutRun.select(PayoutRun.month, PayoutRun.state)
        .where(PayoutRun.program == program_id)
        .order_by(PayoutRun.month, ascending=False)
        .limit(3)
    )
    unpaid = [row for row in rows if row["state"] != PayoutState.PAID]
    if unpaid:
        return Month.parse(unpaid[-1]["month"]), PayoutState(unpaid[-1]["state"])
    run = Month.of(today)
    if today > pay_window(run, terms).last or (rows and rows[0]["month"] >= str(run)):
        run = run.plus(1)
    return run, None


def _coming(
    run: Month,
    window: PayWindow,
    owed: Owed,
    others: Sequence[Owed],
    history: TermsHistory,
    now: datetime,
    today: date,
) -> tuple[Coming, ...]:
    terms = history.at(now)
    found = []
    if run.cut_off >= today:
        words = f"What is released until then is paid in {run.first_day:%B}"
        title = f"Last day that counts for {run.first_day:%B}"
        found.append(Coming(_short(run.cut_off, today), run.cut_off, title, words))
    if window.last >= today:
        sums = [money(one.by_cut_off) for one in (owed, *others) if one.by_cut_off.minor > 0]
        words = f"{' and '.join(sums)} as of today" if sums else "Nothing is due in it as of today"
        found.append(Coming(_span(window.first, window.last, today), window.first, "Pay window", words))
    for offer in terms.promotions:
        if offer.ends_on >= today:
            words = "Runs now" if offer.starts_on <= today else "Begins then"
            found.append(
                Coming(_span(offer.starts_on, offer.ends_on, today), offer.starts_on, offer.name, words)
            )
    for version in history.versions:
        if version.starts_at and version.starts_at > now:
            at = local_date(version.starts_at, terms.timezone)
            found.append(
                Coming(_short(at, today), at, f"Terms, version {version.version}", "Begins to count")
            )
    return tuple(sorted(found, key=lambda one: one.at))


async def _done(me: UUID, program_id: UUID, terms: ProgramTerms, since: date) -> tuple[Done, ...]:
    start = datetime.combine(since, time(), ZoneInfo(terms.timezone)).astimezone(UTC)
    # The log grows at its end, so the newest entries are the first ones of its key.
    entries = (
        await AuditEntry.select(AuditEntry.at, AuditEntry.actor, AuditEntry.actor_kind)
        .columns(AuditEntry.verb, AuditEntry.subject)
        .where(
            (AuditEntry.at >= start)
            & (AuditEntry.subject_kind == "application")
            & AuditEntry.verb.is_in(list(SAID))
        )
        .order_by(AuditEntry.seq, ascending=False)
        .limit(MOST)
    )
    about = await _whom(program_id, [entry["subject"] for entry in entries])
    managers = {str(row["id"]): row["name"] for row in await Manager.select(Manager.id, Manager.name)}
    done = []
    for entry in [entry for entry in entries if entry["subject"] in about][:DONE]:
        name = managers.get(entry["actor"], "")
        who = "You" if entry["actor"] == str(me) else name or "The program’s own rule"
        words = SAID[entry["verb"]].format(who=who, whom=about[entry["subject"]])
        done.append(Done(name, words, entry["at"].astimezone(ZoneInfo(terms.timezone))))
    return (*done, *await _sales(program_id, since))


async def _whom(program_id: UUID, applications: Sequence[str]) -> dict[str, str]:
    if not applications:
        return {}
    rows = await Application.select(Application.id, Application.affiliate.name.as_alias("name")).where(
        (Application.program == program_id) & Application.id.is_in([UUID(one) for one in applications])
    )
    return {str(row["id"]): row["name"] for row in rows}


async def _sales(program_id: UUID, since: date) -> list[Done]:
    rows = await DaySum.raw(
        "SELECT SUM(s.sales) AS sales FROM ledger_sum s JOIN enrollment e ON e.id = s.enrollment "
        "WHERE e.program = {} AND s.booked_on >= {}",
        program_id,
        since,
    )
    sales = int(rows[0]["sales"] or 0)
    return (
        [Done("", f"{_count(sales, 'sale')} came in and {'is' if sales == 1 else 'are'} booked", None)]
        if sales
        else []
    )


def _working_day_before(today: date) -> date:
    before = today - timedelta(days=1)
    while before.weekday() > 4:
        before -= timedelta(days=1)
    return before


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _spelled(number: int) -> str:
    words = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    return words[number] if 0 < number < len(words) else str(number)


def _near(at: date, today: date) -> str:
    return {0: "today", 1: "tomorrow"}.get((at - today).days, f"on {day(at, today)}")


def _names(names: Sequence[str], total: int) -> str:
    """`Ada and Ben`, `Ada, Ben and Cleo`, `Ada, Ben, Cleo and 4 more`."""
    shown = list(names[:NAMES])
    rest = total - len(shown)
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _short(at: date, today: date) -> str:
    return f"{at.day} {at:%b}" + (f" {at.year}" if at.year != today.year else "")


def _span(first: date, last: date, today: date) -> str:
    if first == last:
        return _short(first, today)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_short(last, today)}"
    return f"{_short(first, today)} – {_short(last, today)}"
