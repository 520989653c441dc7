"""What is kept of money. Events, facts, decisions and lines are only ever added; triggers refuse the rest.

`Subscription`, `DisputedTime`, `TierStep` and `PayingSpan` hold what follows from the facts, so that pages
need not work it out; they are rewritten whenever a late event changes what follows.
"""

from piccolo.columns import UUID as UUIDColumn
from piccolo.columns import BigInt, BigSerial, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Manager
from portal.db import Dialect, append_only
from portal.earnings import upkeep
from portal.enrollments.tables import Enrollment
from portal.programs.tables import Program, Terms
from portal.referrals.tables import Customer


class BillingEvent(Table):
    """What a billing system sent, word for word."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    source = Varchar(length=32)
    external_id = Varchar(length=255)
    kind = Varchar(length=80)  # the sender's word, such as invoice.paid
    meaning = Varchar(length=24)  # rules.Meaning: what it was understood as
    body = Text()
    digest = Varchar(length=64)
    happened_at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)


class ApiKey(Table):
    """A billing system's right to tell events. Its secret is kept nowhere: see keys.py."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    called = Varchar(length=80)
    kinds = Varchar(length=120)  # of api_events.KINDS, split by commas
    secret_hash = Varchar(length=64)
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class Subscription(Table):
    """What a customer buys, and the affiliate it is tied to."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict)
    external_id = Varchar(length=255)
    # Follows from the facts below.
    plan = Varchar(length=64, null=True, default=None)
    began_at = Timestamptz(null=True, default=None)
    trial_ends_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    enrollment = ForeignKey(Enrollment, null=True, default=None, on_delete=OnDelete.restrict)
    credited_by = Varchar(length=8, null=True, default=None)  # referrals.rules.CreditedBy
    click = Varchar(length=40, null=True, default=None)
    code = Varchar(length=64, null=True, default=None)
    awaits_click = Varchar(length=40, null=True, default=None)  # named at checkout, not stored yet
    placement = Varchar(length=80, default="")


class SubscriptionFact(Table):
    """One thing that was told about a subscription: a checkout, a change, its end."""

    id = UUIDColumn(primary_key=True, default=None)
    event = ForeignKey(BillingEvent, null=False, on_delete=OnDelete.restrict)
    subscription = ForeignKey(Subscription, null=False, on_delete=OnDelete.restrict)
    happened_at = Timestamptz(default=None)
    kind = Varchar(length=8)  # gather.CHECKOUT or gather.CHANGE
    fact = Text()  # JSON of facts.Checkout or facts.SubscriptionChange


class Ruling(Table):
    """A manager's word about a payment or a subscription. The subject is its external id."""

    id = UUIDColumn(primary_key=True, default=None)
    event = ForeignKey(BillingEvent, null=False, on_delete=OnDelete.restrict)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=8)  # gather.OVERRULE or gather.TIE
    subject = Varchar(length=255)
    fact = Text()  # JSON of facts.Overrule or facts.Tie


class Transaction(Table, tablename="money_event"):  # "transaction" is a word of SQL
    """One money event. A refund or dispute names the payment by `reference`, which may come later."""

    id = UUIDColumn(primary_key=True, default=None)
    event = ForeignKey(BillingEvent, null=False, on_delete=OnDelete.restrict)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    customer = ForeignKey(Customer, null=True, default=None, on_delete=OnDelete.restrict)
    subscription = ForeignKey(Subscription, null=True, default=None, on_delete=OnDelete.restrict)
    kind = Varchar(length=8)  # rules.TransactionKind
    external_id = Varchar(length=255)
    reference = Varchar(length=255)  # of a payment: its own id; else what it says about the payment
    happened_at = Timestamptz(default=None)
    currency = Varchar(length=3)
    charged = BigInt(default=0)  # minor units; of a refund: what went back; of a dispute: what is disputed
    base = BigInt(default=0)
    tax = BigInt(default=0)
    discount = BigInt(default=0)
    fact = Text()  # JSON of facts.Payment, facts.Refund or facts.Dispute


class PaymentName(Table):
    """Another name of a payment: refunds and disputes know it by its charge or payment intent."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    name = Varchar(length=255)
    payment = Varchar(length=255)


class Decision(Table):
    """The answer to one transaction. The newest one counts; earlier ones stay to be read."""

    id = UUIDColumn(primary_key=True, default=None)
    transaction = ForeignKey(Transaction, null=False, on_delete=OnDelete.restrict)
    seq = Integer(default=1)
    outcome = Varchar(length=32)  # rules.Outcome
    rule = Varchar(length=16)  # the section of the terms that decided
    enrollment = ForeignKey(Enrollment, null=True, default=None, on_delete=OnDelete.restrict)
    terms = ForeignKey(Terms, null=True, default=None, on_delete=OnDelete.restrict)
    because = Text()  # JSON of rules.Because: the values that sentences are made of
    arithmetic = Text()  # JSON of rules.Arithmetic
    rate_bps = Integer(null=True, default=None)
    decided_at = Timestamptz(default=None)


class Commission(Table):
    """One line in an affiliate's books. Never edited: what changes is a further line."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    transaction = ForeignKey(Transaction, null=False, on_delete=OnDelete.restrict)
    sale = ForeignKey(Transaction, null=False, on_delete=OnDelete.restrict)  # the payment it goes back to
    decision = ForeignKey(Decision, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=12)  # rules.LineKind
    minor = BigInt(default=0)
    currency = Varchar(length=3)
    rate_bps = Integer(default=0)
    base_minor = BigInt(default=0)
    booked_on = Date(default=None)  # the day it happened, in the program's time zone
    released_on = Date(default=None)
    created_at = Timestamptz(default=None)


class DisputedTime(Table):
    """How long a payment is or was in dispute; its lines that are not paid are disputed meanwhile."""

    id = UUIDColumn(primary_key=True, default=None)
    sale = ForeignKey(Transaction, null=False, on_delete=OnDelete.restrict)
    dispute = Varchar(length=255)
    opened_on = Date(default=None)
    closed_on = Date(null=True, default=None)


class TierStep(Table):
    """A tier that an enrollment's active paying customers reached, and the payment that reached it."""

    id = UUIDColumn(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    tier = Varchar(length=64)
    reached_at = Timestamptz(default=None)
    reached_by = Varchar(length=300)  # the place of that payment in the order of its moment
    customers = Integer(default=0)


class FallTold(Table):
    """That a letter told of a tier that will fall."""

    id = UUIDColumn(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    falls_at = Timestamptz(default=None)
    told_at = Timestamptz(default=None)


class PayingSpan(Table):
    """A time during which a customer counted as active and paying for an enrollment (rule 11)."""

    id = UUIDColumn(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict)
    began_at = Timestamptz(default=None)
    began_by = Varchar(length=300)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = Varchar(length=300, null=True, default=None)


class Payout(Table):
    """What one affiliate gets in one currency from one month's run."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    run_month = Varchar(length=7)  # "2026-12"
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    currency = Varchar(length=3)
    minor = BigInt(default=0)
    state = Varchar(length=12)  # timeline.PayoutState
    claimed_on = Date(default=None)
    approved_on = Date(null=True, default=None)
    paid_on = Date(null=True, default=None)


class PayoutLine(Table):
    """A payout's claim on a commission. Its line is in at most one payout, ever."""

    id = UUIDColumn(primary_key=True, default=None)
    payout = ForeignKey(Payout, null=False, on_delete=OnDelete.restrict)
    commission = ForeignKey(Commission, null=False, on_delete=OnDelete.restrict)


class Entry(Table, tablename="ledger_entry"):
    """A row of an affiliate's list: a line, or a payment that did not count. Triggers keep it (upkeep.py)."""

    id = UUIDColumn(primary_key=True, default=None)  # of the line, or of the payment that did not count
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Transaction, null=False, on_delete=OnDelete.restrict)
    sale = ForeignKey(Transaction, null=False, on_delete=OnDelete.restrict)
    currency = Varchar(length=3)
    at = Timestamptz(default=None)  # when it happened
    booked_on = Date(null=True, default=None)
    released_on = Date(null=True, default=None)
    minor = BigInt(default=0)
    kind = Varchar(length=12, default="")  # rules.LineKind; empty where nothing was booked
    look = Varchar(length=12, default="")  # upkeep: reversed, taken_back, not_counted or nothing
    run = Varchar(length=7, default="")  # the month of the run that took the line
    origin = Varchar(length=100, default="")  # code:ADA20, at:newsletter, link


class DaySum(Table, tablename="ledger_sum"):
    """Entries added up by day, release and run, so that no total reads all lines. Triggers keep it."""

    id = BigSerial(primary_key=True)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    currency = Varchar(length=3)
    look = Varchar(length=12, default="")
    run = Varchar(length=7, default="")
    booked_on = Date(default=None)  # where nothing was booked: the day of the payment in UTC
    released_on = Date(default=None)
    minor = BigInt(default=0)
    lines = Integer(default=0)
    sales = Integer(default=0)  # of these lines, those that are a sale's first


class Renewal(Table, tablename="renewal"):
    """What a subscription pays next if it goes on; without an enrollment it earns nobody anything."""

    id = UUIDColumn(primary_key=True, default=None)  # the subscription's
    enrollment = ForeignKey(Enrollment, null=True, default=None, on_delete=OnDelete.restrict)
    currency = Varchar(length=3)
    base = BigInt(default=0)
    months = Integer(default=1)  # of one period
    paid_on = Date(default=None)
    first_on = Date(null=True, default=None)  # its first sale
    began_at = Timestamptz(default=None)


class DryRun(Table, tablename="dry_run"):
    """New terms as a draft, and the question what they would have changed (dry_run.py)."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    asked_by = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)
    based_on = Integer(default=0)  # the newest version then: another one since makes this answer stale
    document = Text()  # the draft as a program file
    since = Date(default=None)
    until = Date(default=None)
    state = Varchar(length=12)  # rules.RunState
    asked_at = Timestamptz(default=None)
    seen_at = Timestamptz(null=True, default=None)  # the last sign of life of the process that works on it
    finished_at = Timestamptz(null=True, default=None)
    tries = Integer(default=0)
    done = Integer(default=0)
    steps = Integer(default=0)


class DryRunRow(Table, tablename="dry_run_row"):
    """What one affiliate earned in that time in one currency, and what it would have earned."""

    id = UUIDColumn(primary_key=True, default=None)
    run = ForeignKey(DryRun, null=False, on_delete=OnDelete.restrict)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    currency = Varchar(length=3)
    before = BigInt(default=0)
    after = BigInt(default=0)
    payments = Integer(default=0)  # those whose commission differs
    tier_before = Varchar(length=64, default="")
    tier_after = Varchar(length=64, default="")


INDEXES = (
    "CREATE INDEX IF NOT EXISTS dry_run_open ON dry_run (asked_at) WHERE state IN ('waiting', 'working')",
    "CREATE INDEX IF NOT EXISTS dry_run_program ON dry_run (program, asked_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS dry_run_row_once ON dry_run_row (run, enrollment, currency)",
    "CREATE UNIQUE INDEX IF NOT EXISTS billing_event_once ON billing_event (program, source, external_id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS subscription_once ON subscription (program, external_id)",
    "CREATE INDEX IF NOT EXISTS subscription_customer ON subscription (customer)",
    "CREATE INDEX IF NOT EXISTS subscription_enrollment ON subscription (enrollment)",
    "CREATE INDEX IF NOT EXISTS subscription_awaits ON subscription (awaits_click)",
    "CREATE INDEX IF NOT EXISTS subscription_fact_subscription ON subscription_fact (subscription)",
    "CREATE UNIQUE INDEX IF NOT EXISTS ruling_once ON ruling (event)",
    "CREATE INDEX IF NOT EXISTS ruling_subject ON ruling (program, subject)",
    "CREATE UNIQUE INDEX IF NOT EXISTS money_event_once ON money_event (program, external_id)",
    "CREATE INDEX IF NOT EXISTS money_event_reference ON money_event (program, reference)",
    "CREATE INDEX IF NOT EXISTS money_event_customer ON money_event (customer)",
    "CREATE INDEX IF NOT EXISTS money_event_subscription ON money_event (subscription, happened_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payment_name_once ON payment_name (program, name)",
    "CREATE INDEX IF NOT EXISTS payment_name_payment ON payment_name (program, payment)",
    'CREATE UNIQUE INDEX IF NOT EXISTS decision_once ON decision ("transaction", seq)',
    'CREATE INDEX IF NOT EXISTS decision_unknown ON decision ("transaction") '
    "WHERE outcome = 'unknown_plan'",
    "CREATE INDEX IF NOT EXISTS decision_enrollment ON decision (enrollment)",
    "CREATE INDEX IF NOT EXISTS decision_ruled ON decision (enrollment, decided_at) "
    """WHERE because LIKE '%"ruled"%'""",
    "CREATE INDEX IF NOT EXISTS commission_enrollment ON commission (enrollment, booked_on)",
    "CREATE INDEX IF NOT EXISTS commission_released ON commission (program, released_on)",
    'CREATE INDEX IF NOT EXISTS commission_transaction ON commission ("transaction")',
    "CREATE INDEX IF NOT EXISTS commission_sale ON commission (sale)",
    "CREATE UNIQUE INDEX IF NOT EXISTS disputed_time_once ON disputed_time (sale, dispute)",
    "CREATE INDEX IF NOT EXISTS disputed_time_open ON disputed_time (closed_on, sale)",
    "CREATE UNIQUE INDEX IF NOT EXISTS tier_step_place ON tier_step (enrollment, reached_at, reached_by)",
    "CREATE UNIQUE INDEX IF NOT EXISTS fall_told_once ON fall_told (enrollment, falls_at)",
    "CREATE INDEX IF NOT EXISTS paying_span_enrollment ON paying_span (enrollment)",
    "CREATE INDEX IF NOT EXISTS paying_span_customer ON paying_span (customer)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payout_once ON payout (enrollment, run_month, currency)",
    "CREATE UNIQUE INDEX IF NOT EXISTS payout_line_once ON payout_line (commission)",
    "CREATE INDEX IF NOT EXISTS payout_line_payout ON payout_line (payout)",
    "CREATE INDEX IF NOT EXISTS ledger_entry_list ON ledger_entry (enrollment, currency, at, id)",
    "CREATE INDEX IF NOT EXISTS ledger_entry_look ON ledger_entry (enrollment, currency, look, at, id) "
    "WHERE look <> ''",
    "CREATE INDEX IF NOT EXISTS ledger_entry_open ON ledger_entry (enrollment, currency, at, id) "
    "WHERE run = '' AND look = ''",
    "CREATE INDEX IF NOT EXISTS ledger_entry_run ON ledger_entry (enrollment, currency, at, id) "
    "WHERE run <> ''",
    # With all that chips are counted by: what came from one place is counted from the index alone.
    "CREATE INDEX IF NOT EXISTS ledger_entry_origin ON ledger_entry "
    "(enrollment, currency, origin, at, id, sale, look, run, booked_on, released_on, minor)",
    "CREATE INDEX IF NOT EXISTS ledger_entry_sale ON ledger_entry (sale)",
    "CREATE UNIQUE INDEX IF NOT EXISTS ledger_sum_once ON ledger_sum "
    "(enrollment, currency, look, run, booked_on, released_on)",
    "CREATE INDEX IF NOT EXISTS renewal_enrollment ON renewal (enrollment, currency)",
)

ONLY_ADDED = (
    "billing_event",
    "subscription_fact",
    "ruling",
    "money_event",
    "payment_name",
    "decision",
    "commission",
)

TRIGGERS: dict[Dialect, tuple[str, ...]] = {
    dialect: (*append_only(*ONLY_ADDED)[dialect], *triggers) for dialect, triggers in upkeep.TRIGGERS.items()
}
