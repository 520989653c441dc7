"""Programs and the dated versions of their terms."""

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Manager
from portal.db import append_only


class Program(Table, tablename="program"):
    id = UUID(primary_key=True, default=None)
    slug = Varchar(length=60, null=False)
    name = Varchar(length=120, null=False)
    vendor = Varchar(length=120, null=False)
    created_at = Timestamptz(null=False, default=None)


class Terms(Table, tablename="terms"):
    """One version of a program's file, whole and for ever; `program_file.parse_program` reads it."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False)
    starts_at = Timestamptz(null=False, default=None)
    document = Text(null=False)  # the TOML, as it was written
    digest = Varchar(length=64, null=False)
    loaded_at = Timestamptz(null=False, default=None)
    # None where a program file on the machine brought it.
    published_by = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)


class ApplicationForm(Table, tablename="application_form"):
    """One version of the questions that a program adds to its application form; the newest one is asked."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False)
    questions = Text(null=False)  # JSON
    created_at = Timestamptz(null=False, default=None)
    # None where the program file brought them.
    created_by = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS program_slug ON program (slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS terms_version ON terms (program, version)",
    "CREATE UNIQUE INDEX IF NOT EXISTS application_form_version ON application_form (program, version)",
)
TRIGGERS = append_only("terms", "application_form")
