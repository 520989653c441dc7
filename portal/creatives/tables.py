"""Brand kits, each change a new revision, pages on which creatives were seen, managers' own designs and
their words in the built-in ones."""

from typing import Any

from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Affiliate, Manager, Person
from portal.db import append_only
from portal.enrollments.tables import Enrollment
from portal.programs.tables import Program


class BrandKit(Table, tablename="brand_kit"):
    id = UUID(primary_key=True, default=None)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    revision = Integer(null=False)
    name = Varchar(length=60, null=False)
    # Where storage keeps the cleaned logo; its name is the digest of what is in it.
    logo_key = Varchar(length=120, null=True, default=None)
    # The same for the logo that stands on dark grounds; only beside a logo.
    dark_logo_key = Varchar(length=120, null=True, default=None)
    photo_key = Varchar(length=120, null=True, default=None)
    # The point of the photo that always shows, in percent from its left and its top.
    focus_x = Integer(null=False, default=50)
    focus_y = Integer(null=False, default=38)
    # JSON of KitColours: those chosen, "#RRGGBB" with the main one first, and those found in the logo.
    colours = Text(null=False, default="{}")
    web_address = Varchar(length=300, null=False, default="")
    tagline = Varchar(length=120, null=False, default="")
    # None where the portal itself made it, and for those from before this was kept.
    saved_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict)
    # The earlier one that was brought back; always the one that was saved with what both say.
    same_as: ForeignKey[Any] = ForeignKey("self", null=True, default=None, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False, default=None)


class KitReview(Table, tablename="kit_review"):
    """What a manager of a program decided about a kit: once for it and for all that bring it back."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    kit = ForeignKey(BrandKit, null=False, on_delete=OnDelete.restrict)
    verdict = Varchar(length=12, null=False, default="")  # rules.KitVerdict
    reason = Text(null=False, default="")
    decided_by = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=False, default=None)


class CreativeHit(Table, tablename="creative_hit"):
    """How often a page showed a creative on one day. Nothing of the people who read it is kept."""

    id = UUID(primary_key=True, default=None)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    day = Date(null=False, default=None)  # in UTC
    design = Varchar(length=60, null=False, default="")
    shape = Varchar(length=20, null=False, default="")  # a size or a paper
    host = Varchar(length=255, null=False, default="")  # see places.Place
    path = Varchar(length=200, null=False, default="")
    placement = Varchar(length=80, null=False, default="")
    hits = Integer(null=False, default=0)


class ManagedDesign(Table, tablename="managed_design"):
    """A design of finished pictures that managers made for a program; its slug stands in living addresses."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    slug = Varchar(length=60, null=False)
    name = Varchar(length=60, null=False)
    tier = Varchar(length=40, null=False, default="")  # the lowest that may use it; empty: all
    starts_on = Date(null=True, default=None)  # first and last day, in the program's time zone
    ends_on = Date(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    replacement = Varchar(length=60, null=False, default="")  # a design's slug; empty: the evergreen one
    promotion = Varchar(length=60, null=False, default="")  # its key in the terms; empty: of none
    created_at = Timestamptz(null=False, default=None)
    created_by = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)


class DesignPicture(Table, tablename="design_picture"):
    """The working copy of one size. Publishing copies all of a design's into a revision."""

    id = UUID(primary_key=True, default=None)
    design = ForeignKey(ManagedDesign, null=False, on_delete=OnDelete.restrict)
    size = Varchar(length=12, null=False)
    picture_key = Varchar(length=120, null=False)  # where storage keeps the cleaned upload
    slots = Text(null=False, default="[]")  # JSON of assets_gen.slots.Slot
    report = Text(null=False, default="")  # JSON of assets_gen.slots_lint.Report; empty: not checked yet
    changes = Integer(null=False, default=0)  # counts up, so that two who edit at once notice


class DesignRevision(Table, tablename="design_revision"):
    """What was published, for ever."""

    id = UUID(primary_key=True, default=None)
    design = ForeignKey(ManagedDesign, null=False, on_delete=OnDelete.restrict)
    number = Integer(null=False)
    pictures = Text(null=False)  # JSON of designs_rules.KeptPicture
    published_at = Timestamptz(null=False, default=None)
    published_by = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)


class WordingDraft(Table, tablename="wording_draft"):
    """The working copy of what a program says in a built-in design, in one language."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    design = Varchar(length=60, null=False)
    language = Varchar(length=8, null=False)
    words = Text(null=False, default="{}")  # JSON: by slot; what is not there the design says itself
    report = Text(null=False, default="")  # JSON of assets_gen.wording.Finding; empty: not checked yet
    changes = Integer(null=False, default=0)  # counts up, so that two who edit at once notice


class WordingRevision(Table, tablename="wording_revision"):
    """What was published, for ever. No words: the design's own again."""

    id = UUID(primary_key=True, default=None)
    program = ForeignKey(Program, null=False, on_delete=OnDelete.restrict)
    design = Varchar(length=60, null=False)
    language = Varchar(length=8, null=False)
    number = Integer(null=False)
    words = Text(null=False)
    published_at = Timestamptz(null=False, default=None)
    published_by = ForeignKey(Manager, null=False, on_delete=OnDelete.restrict)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS brand_kit_revision ON brand_kit (affiliate, revision)",
    "CREATE UNIQUE INDEX IF NOT EXISTS kit_review_once ON kit_review (kit, program)",
    "CREATE INDEX IF NOT EXISTS kit_review_program ON kit_review (program, decided_at)",
    "CREATE INDEX IF NOT EXISTS brand_kit_saved ON brand_kit (created_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS creative_hit_once "
    "ON creative_hit (enrollment, day, design, shape, host, path, placement)",
    "CREATE INDEX IF NOT EXISTS creative_hit_day ON creative_hit (day)",
    "CREATE UNIQUE INDEX IF NOT EXISTS managed_design_slug ON managed_design (program, slug)",
    "CREATE UNIQUE INDEX IF NOT EXISTS design_picture_size ON design_picture (design, size)",
    "CREATE UNIQUE INDEX IF NOT EXISTS design_revision_number ON design_revision (design, number)",
    "CREATE UNIQUE INDEX IF NOT EXISTS wording_draft_once ON wording_draft (program, design, language)",
    "CREATE UNIQUE INDEX IF NOT EXISTS wording_revision_number "
    "ON wording_revision (program, language, design, number)",
)
TRIGGERS = append_only("design_revision", "wording_revision")
