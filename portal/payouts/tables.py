from piccolo.columns import UUID as UUIDColumn
from piccolo.columns import ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Manager
from portal.earnings.tables import Commission
from portal.programs.tables import Program


class PayoutRun(Table):
    """One month's payouts of a program: prepared by one manager, approved by another."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    month = Varchar(length=7)  # "2026-12"
    state = Varchar(length=12)  # earnings.rules.PayoutState
    prepared_by = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)
    prepared_at = Timestamptz(default=None)
    approved_by = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    approved_at = Timestamptz(null=True, default=None)
    paid_at = Timestamptz(null=True, default=None)


class Exclusion(Table):
    """A line that a manager left out of one run, with the reason. It comes back in the next month."""

    id = UUIDColumn(primary_key=True, default=None)
    run = ForeignKey(PayoutRun, null=False, on_delete=OnDelete.restrict)
    commission = ForeignKey(Commission, null=False, on_delete=OnDelete.restrict)
    manager = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)
    because = Text()
    at = Timestamptz(default=None)


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS payout_run_once ON payout_run (program, month)",
    "CREATE UNIQUE INDEX IF NOT EXISTS exclusion_once ON exclusion (run, commission)",
)
