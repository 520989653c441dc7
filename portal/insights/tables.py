"""How many people opened a program's page, by day and source. Nothing of the people is kept."""

from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Varchar
from piccolo.table import Table

from portal.programs.tables import Program


class PageVisits(Table, tablename="page_visits"):
    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    day = Date(null=False, default=None)  # in the program's time zone
    source = Varchar(length=120, null=False, default="")  # see rules.source_of
    visits = Integer(null=False, default=0)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS page_visits_once ON page_visits (program, day, source)",
)
