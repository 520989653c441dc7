"""From an application to an enrollment with its link and code."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Affiliate, Manager
from portal.db import append_only
from portal.programs.tables import Program, Terms


class Application(Table, tablename="application"):
    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    terms = ForeignKey(Terms, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=20, null=False)
    answers = Text(null=False)
    sent_at = Timestamptz(null=False, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Manager, null=True, default=None, on_delete=OnDelete.restrict)
    reason = Text(null=False, default="")
    again_from = Timestamptz(null=True, default=None)


class Enrollment(Table, tablename="enrollment"):
    """State and tier here are today's; their history stands in EnrollmentChange."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict)
    tier = Varchar(length=40, null=False)
    state = Varchar(length=20, null=False)
    began_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


class EnrollmentChange(Table, tablename="enrollment_change"):
    """What an enrollment was from a moment on. Sales are judged by it, so it is never edited."""

    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz(null=False, default=None)
    state = Varchar(length=20, null=False)
    tier = Varchar(length=40, null=False)
    because = Text(null=False, default="")


class Link(Table, tablename="link"):
    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    slug = Varchar(length=60, null=False)
    destination = Varchar(length=500, null=False)
    main = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)


class DiscountCode(Table, tablename="discount_code"):
    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    code = Varchar(length=40, null=False)
    code_key = Varchar(length=40, null=False)
    percent_bps = Integer(null=False)
    created_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = (
    # One person, one application at a time; unconfirmed and declined ones make room for the next.
    "CREATE UNIQUE INDEX IF NOT EXISTS application_open ON application (program, affiliate) "
    "WHERE state IN ('in_review', 'approved')",
    "CREATE INDEX IF NOT EXISTS application_affiliate ON application (affiliate)",
    "CREATE INDEX IF NOT EXISTS application_queue ON application (program, state, sent_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS enrollment_application ON enrollment (application)",
    "CREATE UNIQUE INDEX IF NOT EXISTS enrollment_affiliate ON enrollment (program, affiliate)",
    "CREATE INDEX IF NOT EXISTS enrollment_by_affiliate ON enrollment (affiliate)",
    "CREATE INDEX IF NOT EXISTS enrollment_change_at ON enrollment_change (enrollment, at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS link_slug ON link (slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS link_main ON link (enrollment) WHERE main",
    "CREATE INDEX IF NOT EXISTS link_enrollment ON link (enrollment)",
    "CREATE UNIQUE INDEX IF NOT EXISTS discount_code_key ON discount_code (code_key)",
    "CREATE INDEX IF NOT EXISTS discount_code_enrollment ON discount_code (enrollment)",
)
TRIGGERS = append_only("enrollment_change")
