"""Letters that wait to be sent, kept in the same transaction as what they tell."""

from typing import Any

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

# By name, because programs stand above the outbox.
PROGRAM = LazyTableReference("Program", module_path="portal.programs.tables")


class Letter(Table, tablename="letter"):
    id = UUID(primary_key=True, default=None)
    message = Varchar(length=60, null=False)
    # Whose letter it is; none where it speaks of an account.
    program: ForeignKey[Any] = ForeignKey(PROGRAM, null=True, default=None, on_delete=OnDelete.restrict)
    to = Varchar(length=320, null=False)
    values = Text(null=False)
    created_at = Timestamptz(null=False, default=None)
    send_after = Timestamptz(null=False, default=None)
    attempts = Integer(null=False, default=0)
    sent_at = Timestamptz(null=True, default=None)
    given_up_at = Timestamptz(null=True, default=None)
    last_problem = Text(null=False, default="")


INDEXES: tuple[str, ...] = (
    "CREATE INDEX IF NOT EXISTS letter_waiting ON letter (send_after) "
    "WHERE sent_at IS NULL AND given_up_at IS NULL",
    "CREATE INDEX IF NOT EXISTS letter_given_up ON letter (given_up_at) WHERE given_up_at IS NOT NULL",
)
