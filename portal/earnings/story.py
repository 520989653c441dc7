"""One sale told for people: its way along the dates, its arithmetic, and the checks that decided it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.earnings.facts import Payment
from portal.earnings.rules import Arithmetic, Because, LineKind, Outcome, TransactionKind
from portal.earnings.sentences import SHORT, correction_title, head_of, what_next, why_not
from portal.earnings.timeline import LineState, Month, PayWindow
from portal.money import Money
from portal.programs.rules import ProgramTerms
from portal.templating import day, money, rate


@dataclass(frozen=True)
class Stop:
    """A stop on the line of time; `then` draws the way to the next one."""

    icon: str
    date: str
    name: str
    words: str
    look: str = ""
    then: str = "past"
    percent: int = 0
    today: str = ""
    long: bool = False


@dataclass(frozen=True)
class Check:
    passed: bool
    name: str
    words: str


@dataclass(frozen=True)
class Happening:
    """A refund or a dispute of the payment, as it was decided."""

    on: date
    kind: TransactionKind
    outcome: Outcome
    amount: Money
    arithmetic: Arithmetic | None

    @property
    def change(self) -> Money:
        if self.arithmetic is None or self.arithmetic.due is None or self.arithmetic.booked_before is None:
            return Money.zero(self.amount.currency)
        return self.arithmetic.due - self.arithmetic.booked_before


@dataclass(frozen=True)
class Tale:
    """Everything that is known of a payment when its page is written."""

    payment: Payment
    paid_on: date
    outcome: Outcome
    because: Because
    arithmetic: Arithmetic | None
    terms: ProgramTerms
    today: date
    happenings: tuple[Happening, ...]
    trial: Money | None
    state: LineState | None  # of the sale's own line; None where nothing was booked
    released_on: date | None
    run: Month | None
    window: PayWindow | None
    taken_paid_on: date | None
    due: Money
    renews_on: date | None
    renewal: Money | None
    tier_words: str = ""
    got: Money | None = None  # what a payout took along of it, once that is paid
    after: Money | None = None  # what changed only after that payout, and which one it changes
    after_run: Month | None = None
    after_done: bool = False

    @property
    def counts(self) -> bool:
        return self.outcome is Outcome.SALE

    def day(self, at: date | datetime) -> str:
        return day(self.local(at) if isinstance(at, datetime) else at, self.today)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.terms.timezone))


# The line of time


def stops(tale: Tale) -> tuple[Stop, ...]:
    if not tale.counts:
        return (*_before(tale), *_not_counted(tale))
    return (*_before(tale), *_held(tale), *_to_the_payout(tale))


def _before(tale: Tale) -> list[Stop]:
    because, found = tale.because, []
    if because.code and because.began_at:
        words = "used at checkout; it ties this subscription to you"
        found.append(Stop("ticket-percent", tale.day(because.began_at), f"Code {because.code}", words))
    elif because.click_at:
        where = f"on your link, from {because.placement}" if because.placement else "on your link"
        when = f"{tale.day(because.click_at)}, {tale.local(because.click_at):%H:%M}"
        found.append(Stop("mouse-pointer-click", when, "Click", where))
    # A manager may let the trial itself count. Then nothing came before it.
    is_trial = because.ruled_at and because.trial_ends_at and tale.payment.at < because.trial_ends_at
    if because.trial_ends_at and because.began_at and tale.outcome is not Outcome.TRIAL and not is_trial:
        name = f"Trial, {money(tale.trial)}" if tale.trial else "Trial"
        words = "ties this subscription to you; a trial earns nothing"
        found.append(Stop("flask-conical", tale.day(because.began_at), name, words))
    return found


def _held(tale: Tale) -> list[Stop]:
    due, hold = tale.arithmetic.due if tale.arithmetic else tale.due, tale.terms.hold_days
    words = f"{money(tale.payment.charged)} paid: {money(due or tale.due)} booked, held for {hold} days"
    name = "Full price" if tale.because.given is None or tale.because.given.is_zero else "Paid with your code"
    if tale.because.ruled_at:
        name = "Counts after all"
    look = str(tale.state) if tale.state else ""
    found = [(tale.paid_on, Stop("banknote", tale.day(tale.paid_on), name, words, look))]
    found += [(one.on, _happening(tale, one)) for one in tale.happenings if not _is_late(tale, one)]
    return _along_the_hold(tale, found)


def _is_late(tale: Tale, one: Happening) -> bool:
    """After the release of what was earned, so that its stop stands behind it."""
    disputed = tale.state is LineState.DISPUTED
    return tale.released_on is not None and one.on > tale.released_on and not disputed


def _happening(tale: Tale, one: Happening) -> Stop:
    if one.kind is TransactionKind.DISPUTE:
        words = {
            Outcome.DISPUTED: "the customer’s bank asks for the money back; nothing is paid meanwhile",
            Outcome.DISPUTE_WON: "the bank decided for the vendor: what you earned stays yours",
            Outcome.DISPUTE_LOST: "the bank gave the money back to the customer",
        }.get(one.outcome, "")
        names = {Outcome.DISPUTED: "Dispute opened", Outcome.DISPUTE_WON: "Dispute won"}
        name = names.get(one.outcome, "Dispute lost")
        return Stop("scale", tale.day(one.on), name, words, "disputed" if name == "Dispute opened" else "")
    title = correction_title(LineKind.REFUND, one.outcome)
    back = f"{money(one.amount)} went back to the customer"
    left = one.arithmetic.due if one.arithmetic else None
    words = f"{back}; {money(left)} stays yours" if left and not left.is_zero else back
    return Stop("undo-2", tale.day(one.on), f"{title}, {money(one.change)}", words)


def _along_the_hold(tale: Tale, found: Sequence[tuple[date, Stop]]) -> list[Stop]:
    """Draws the amber bar from each stop to the next, up to the day of the release."""
    if tale.state is LineState.DISPUTED:
        stops = [stop for _, stop in found]
        return [*stops[:-1], replace(stops[-1], then="future")]
    told = []
    ends = [on for on, _ in found[1:]] + [tale.released_on or tale.today]
    for (start, stop), end in zip(found, ends, strict=True):
        then, percent, words = "past", 0, ""
        if tale.released_on and start < tale.released_on:
            then = "held" if end <= tale.today else "held_pale" if tale.today < start else "held_part"
            if then == "held_part":
                percent = (tale.today - start).days * 100 // max((end - start).days, 1)
                words = f"Today, day {(tale.today - tale.paid_on).days} of {tale.terms.hold_days}"
        told.append(replace(stop, then=then, percent=percent, today=words, long=then == "held_part"))
    return told


def _to_the_payout(tale: Tale) -> list[Stop]:
    if tale.state is LineState.DISPUTED and tale.due.minor > 0:
        words = "if it decides for the vendor, what you earned stays yours; if not, nothing of it is left"
        return [Stop("scale", "No date yet", "The bank decides", words, "future", "")]
    late = [(one.on, _happening(tale, one)) for one in tale.happenings if _is_late(tale, one)]
    if not (tale.released_on and tale.run and tale.window) or (tale.due.minor <= 0 and tale.got is None):
        return [replace(stop, then="" if stop is late[-1][1] else "past") for _, stop in late]
    paid_on, window, month = tale.taken_paid_on, tale.window, f"{tale.run.first_day:%B}"
    paid = tale.day(paid_on) if paid_on else f"{window.first.day}–{tale.day(window.last)}"
    first = tale.run.first_day
    ahead = "" if paid_on else "future"
    found = [
        (
            tale.released_on,
            Stop(
                "lock-open",
                tale.day(tale.released_on),
                "Released",
                "certain from here on",
                "" if tale.released_on <= tale.today else "future",
            ),
        ),
        (
            first,
            Stop(
                "list-checks",
                f"{first.day}–{tale.day(window.first.replace(day=window.first.day - 1))}",
                f"{month} run",
                f"all that is released by {tale.day(tale.run.cut_off)}, reviewed by a manager",
                ahead,
            ),
        ),
        (
            paid_on or window.first,
            Stop("landmark", paid, "Paid", money(tale.got or tale.due), "paid" if paid_on else "future"),
        ),
        *late,
    ]
    found.sort(key=lambda one: one[0])
    if tale.after and tale.after_run:
        found.append((tale.after_run.first_day, _taken_off(tale, tale.after, tale.after_run)))
    reached = [start <= tale.today for start, _ in found[1:]]
    ways = ["past" if one else "future" for one in reached]
    if not paid_on:
        # A run that is not paid is ahead, whatever its first day.
        ways = [
            way if nxt.look != "future" else "future" for way, (_, nxt) in zip(ways, found[1:], strict=True)
        ]
    return [replace(stop, then=way) for (_, stop), way in zip(found, [*ways, ""], strict=True)]


def _taken_off(tale: Tale, change: Money, run: Month) -> Stop:
    """What changed after the payout, in those that make up for it."""
    name = f"{run.first_day:%B} payout" if tale.after_done else "Next payouts"
    on = f"{run.first_day:%B %Y}" if tale.after_done else f"From {run.first_day:%B %Y} on"
    words = f"{money(abs(change))} {_made_up(tale, change)} what you get"
    return Stop("landmark", on, name, words, "paid" if tale.after_done else "future", "")


def _made_up(tale: Tale, change: Money) -> str:
    if change.minor > 0:
        return "was added to" if tale.after_done else "is added to"
    return "came off" if tale.after_done else "comes off"


def _not_counted(tale: Tale) -> list[Stop]:
    words = {
        Outcome.TRIAL: "a trial ties the customer to you and earns nothing yet",
        Outcome.DISCOUNTED: "a discount from outside the program; no commission was booked",
    }.get(tale.outcome, f"{SHORT[tale.outcome]}; no commission was booked")
    icon = "flask-conical" if tale.outcome is Outcome.TRIAL else "circle-slash"
    listed = tale.because.list_price
    name = f"{money(tale.payment.charged)} paid"
    if tale.outcome is Outcome.DISCOUNTED and listed:
        name = f"{money(tale.payment.price_paid)} paid, not {money(listed)}"
    here = Stop(icon, tale.day(tale.paid_on), name, words, "not_counted", "")
    if not (tale.renews_on and tale.renewal) or tale.renews_on <= tale.today:
        return [here]
    earns = f"at full price you earn {money(tale.renewal)}"
    return [
        replace(here, then="dots"),
        Stop("repeat", tale.day(tale.renews_on), "Next payment", earns, "future", ""),
    ]


# The checks, in the order in which they are made

YOURS = {Outcome.NO_REFERRAL, Outcome.CLICK_TOO_OLD, Outcome.NO_SUBSCRIPTION}
NEW = {Outcome.NOT_NEW, Outcome.SELF_REFERRAL}
RUNNING = {Outcome.SUBSCRIPTION_ENDED, Outcome.MONTHS_OVER}
ACTIVE = {Outcome.PAUSED, Outcome.ENDED, Outcome.NOT_YET_APPROVED}


FAILED = {
    Outcome.TRIAL: "It was a trial",
    Outcome.RULED_OUT: "A manager decided",
    Outcome.UNKNOWN_PLAN: "The price is of no plan",
    Outcome.ZERO: "Something was paid",
}


def checks(tale: Tale) -> tuple[Check, ...]:
    """Those that were passed, and the first that was not; what comes after it was never asked."""
    because, found = tale.because, list[Check]()
    for name, failures, words in (
        ("The customer is yours", YOURS, _why_yours(tale)),
        ("A new customer", NEW, "No earlier paid subscription, and not your own address."),
        ("The subscription runs", RUNNING, "It was active when this was paid."),
        ("Your account was active", ACTIVE, _why_active(tale)),
    ):
        if tale.outcome in failures:
            failed = why_not(tale.outcome, because, tale.terms, tale.today)
            return (*found, Check(False, name, failed))
        found.append(Check(True, name, words))
    if not tale.counts:
        failed = why_not(tale.outcome, because, tale.terms, tale.today)
        name = FAILED.get(tale.outcome, "The payment wasn’t at full price")
        return (*found, Check(False, name, failed))
    tier = tale.terms.tier(because.tier or "")
    full = _why_full(tale)
    later = tale.tier_words or "A later tier changes later sales only."
    rates = f"You were {tier.name} that day: {rate(tier.rate_bps)}. {later}"
    name = "A manager decided" if because.ruled_at else "Full price"
    return (*found, Check(True, name, full), Check(True, "Your rate that day", rates))


def _why_full(tale: Tale) -> str:
    because = tale.because
    if because.ruled and because.ruled_at:
        return f"A manager decided on {tale.day(because.ruled_at)} that it counts: {because.ruled}"
    return (
        "The plan’s list price is a sale."
        if because.given is None or because.given.is_zero
        else "The program gave the discount itself, so the lower price counts."
    )


def _why_yours(tale: Tale) -> str:
    because = tale.because
    if because.code:
        return f"Your code {because.code} was used at checkout."
    if because.click_at:
        return (
            f"Your click of {tale.day(because.click_at)} was the newest in the {because.window_days} days "
            "before the subscription began, and no other partner’s code was used."
        )
    return (
        f"A manager tied this subscription to you: {because.ruled}"
        if because.ruled
        else "It was credited to you."
    )


def _why_active(tale: Tale) -> str:
    since = tale.because.state_since
    return f"Active since {tale.day(since)}." if since else "Active when this was paid."


def head_sentence(tale: Tale, customer: str, plan: str) -> tuple[str, str]:
    """What happened, and the part of it that matters most."""
    if not tale.counts:
        return f"{customer} paid {head_of(tale.outcome)}", what_next(tale.outcome)
    start = f"{customer} paid for {plan} on {tale.day(tale.paid_on)}."
    if tale.got and tale.after and tale.after_run and tale.taken_paid_on:
        which = f"your {tale.after_run.first_day:%B} payout" if tale.after_done else "your next payouts"
        got = f"You got {money(tale.got)} on {tale.day(tale.taken_paid_on)}."
        changed = f"{money(abs(tale.after))} {_made_up(tale, tale.after)} {which}."
        return f"{start} {got} It was corrected since:", changed
    if tale.due.minor <= 0:
        return f"{start} The money went back, so nothing of it is left.", ""
    if tale.taken_paid_on:
        return f"{start} You got your share on", f"{tale.day(tale.taken_paid_on)}."
    if tale.state is LineState.DISPUTED or not tale.window:
        return f"{start} It is disputed; you get your share after the bank has decided for the vendor.", ""
    between = f"{tale.window.first.day} and {tale.day(tale.window.last)}."
    return f"{start} You get your share between", between
