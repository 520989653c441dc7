from piccolo.columns import UUID as UUIDColumn
from piccolo.columns import BigSerial, Boolean, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from portal.enrollments.tables import Enrollment, Link
from portal.programs.tables import Program


class Click(Table):
    """One visit through a link. Those that do not count are kept too, with the reason."""

    id = BigSerial(primary_key=True)
    token = Varchar(length=40, unique=True)  # goes to the vendor's checkout and comes back with the sale
    link = ForeignKey(Link, null=False, on_delete=OnDelete.restrict)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(default=None)
    placement = Varchar(length=80, default="")
    referrer_host = Varchar(length=255, default="")
    device = Varchar(length=16, default="")
    country = Varchar(length=2, default="")
    counted = Boolean(default=True)
    why_not = Varchar(length=16, default="")
    visitor_key = Varchar(length=64, default="")


class Customer(Table):
    """A buyer, known by the vendor's id. No name and no address is kept, only what tells people apart."""

    id = UUIDColumn(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    external_id = Varchar(length=255)
    country = Varchar(length=2, default="")
    first_seen_at = Timestamptz(default=None)


INDEXES = (
    "CREATE INDEX IF NOT EXISTS click_enrollment_at ON click (enrollment, at)",
    "CREATE INDEX IF NOT EXISTS click_counted ON click (enrollment, at) WHERE counted",
    "CREATE INDEX IF NOT EXISTS click_placement ON click (enrollment, placement) WHERE counted",
    "CREATE INDEX IF NOT EXISTS click_visitor_at ON click (visitor_key, at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS customer_program_external ON customer (program, external_id)",
)
