"""The audit log: who did what to whom. Append-only; each entry carries the hash of the one before."""

from piccolo.columns import BigInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults import TimestamptzNow
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

from portal.db import append_only


class AuditEntry(Table, tablename="audit_entry"):
    seq = BigInt(primary_key=True, default=None, null=False)
    at = Timestamptz(null=False, default=TimestamptzNow())
    actor_kind = Varchar(length=20, null=False)
    actor = Varchar(length=40, null=False)
    verb = Varchar(length=60, null=False)
    subject_kind = Varchar(length=40, null=False)
    subject = Varchar(length=80, null=False, index=True, index_method=IndexMethod.btree)
    before = Text(null=False)
    after = Text(null=False)
    digest = Varchar(length=64, null=False)


INDEXES: tuple[str, ...] = ()

TRIGGERS = append_only("audit_entry")
