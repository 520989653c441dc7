"""What affiliates report and managers answer."""

from piccolo.columns import UUID, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Manager
from portal.earnings.tables import Transaction
from portal.enrollments.tables import Enrollment
from portal.programs.tables import Program


class Claim(Table):
    """A sale that was not credited, as its affiliate reports it."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    order_number = Varchar(length=120)
    order_key = Varchar(length=120)
    customer = Varchar(length=120)  # what the affiliate knows of the buyer
    paid_on = Date(default=None)
    why = Text()
    state = Varchar(length=12)  # rules.ClaimState
    reported_at = Timestamptz(default=None)
    answered_at = Timestamptz(null=True, default=None)
    answered_by = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    answer = Text()
    payment = ForeignKey(Transaction, null=True, default=None, on_delete=OnDelete.restrict)
    credited_since = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS claim_once ON claim (enrollment, order_key, paid_on) "
    "WHERE state = 'open'",
    "CREATE INDEX IF NOT EXISTS claim_enrollment ON claim (enrollment, reported_at)",
    "CREATE INDEX IF NOT EXISTS claim_program ON claim (program, state, reported_at)",
)
