"""Brand kits, each change a new revision; the newest one counts."""

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.accounts.tables import Affiliate


class BrandKit(Table, tablename="brand_kit"):
    id = UUID(primary_key=True, default=None)
    affiliate = ForeignKey(Affiliate, null=False, on_delete=OnDelete.restrict)
    revision = Integer(null=False)
    name = Varchar(length=60, null=False)
    # Where storage keeps the cleaned logo; its name is the digest of what is in it.
    logo_key = Varchar(length=120, null=True, default=None)
    # JSON of KitColours: those chosen, "#RRGGBB" with the main one first, and those found in the logo.
    colours = Text(null=False, default="{}")
    web_address = Varchar(length=300, null=False, default="")
    tagline = Varchar(length=120, null=False, default="")
    created_at = Timestamptz(null=False, default=None)


INDEXES: tuple[str, ...] = (
    "CREATE UNIQUE INDEX IF NOT EXISTS brand_kit_revision ON brand_kit (affiliate, revision)",
)
