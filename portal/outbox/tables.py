"""Letters that wait to be sent, kept in the same transaction as what they tell."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class Letter(Table, tablename="letter"):
    id = UUID(primary_key=True, default=None)
    message = Varchar(length=60, null=False)
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
)
