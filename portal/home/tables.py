"""What is kept of an affiliate's first week: what it told us, and which letters went out."""

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz
from piccolo.table import Table

from portal.enrollments.tables import Enrollment


class FirstWeek(Table, tablename="first_week"):
    """Made with the first thing that there is to keep. Clicks, sales and kits are read where they are."""

    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    placed_at = Timestamptz(null=True, default=None)  # by the affiliate's own word
    put_away_at = Timestamptz(null=True, default=None)
    nudged_at = Timestamptz(null=True, default=None)
    click_told_at = Timestamptz(null=True, default=None)
    sale_told_at = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = ("CREATE UNIQUE INDEX IF NOT EXISTS first_week_once ON first_week (enrollment)",)
