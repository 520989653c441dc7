"""Brand kits, and whose picture an address shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns.combination import Where

from portal.creatives.forms import KitDraft
from portal.creatives.rules import name_to_draw
from portal.creatives.tables import BrandKit
from portal.enrollments.queries import Me
from portal.enrollments.tables import Link
from portal.programs.rules import ProgramTerms, Promotion

FOCUS = 50, 38  # where most portraits have the face
REVISION_MOST = 2**31  # beyond what the column holds


class KitColours(msgspec.Struct, frozen=True):
    """As stored with a kit. `found` are proposals from its logo."""

    chosen: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


NO_COLOURS = KitColours()


@dataclass(frozen=True)
class Kit:
    """The newest revision; 0 is what the account says before anything was saved."""

    revision: int
    name: str
    logo_key: str | None = None
    colours: KitColours = NO_COLOURS
    web_address: str = ""
    tagline: str = ""
    dark_logo_key: str | None = None
    photo_key: str | None = None
    focus: tuple[int, int] = FOCUS  # percent of the photo from its left and its top

    @classmethod
    def of_account(cls, name: str) -> "Kit":
        """What is shown for somebody who has saved nothing."""
        return cls(0, name_to_draw(name) or "Partner")

    @property
    def shown_colours(self) -> tuple[str, ...]:
        """Those chosen, else the two that speak loudest in the logo."""
        return self.colours.chosen or self.colours.found[:2]

    def typed(self, draft: KitDraft) -> "Kit":
        """As it would be with what is typed and not saved."""
        return replace(
            self,
            name=draft.name,
            colours=KitColours(draft.colours, self.colours.found),
            web_address=draft.web_address,
            tagline=draft.tagline,
            focus=draft.focus or self.focus,
        )

    def with_logo(self, key: str, colours: tuple[str, ...]) -> "Kit":
        return replace(self, logo_key=key, colours=KitColours(self.colours.chosen, colours))

    @property
    def without_logo(self) -> "Kit":
        """The colours that were found in it go too, and the logo for dark grounds."""
        return replace(self, logo_key=None, dark_logo_key=None, colours=KitColours(self.colours.chosen))

    @property
    def without_photo(self) -> "Kit":
        return replace(self, photo_key=None, focus=FOCUS)

    @property
    def draft(self) -> KitDraft:
        main, second = (*self.colours.chosen, "", "")[:2]
        across, down = map(str, self.focus)
        return KitDraft(self.name, self.web_address, self.tagline, main, second, across, down)


@dataclass(frozen=True)
class KeptKit:
    """A kit as it was saved."""

    id: UUID
    root: UUID  # the one that was saved with this first; itself, unless it was brought back
    kit: Kit
    saved_at: datetime
    saved_by: str  # a person's name; empty where it is not known
    first_saved: datetime | None  # where it was brought back


@dataclass(frozen=True)
class Holder:
    """Whose link a public address carries, and what stands on its pictures."""

    affiliate_id: UUID
    enrollment_id: UUID
    program_id: UUID
    name: str
    slug: str
    code: str
    percent_bps: int
    tier: str
    language: str = "en"  # of the picture
    asked: str = ""  # the language where it is not the program's first, and has to stand in the address
    unpublished: bool = False  # its pictures show a kit that the public does not see yet
    promotion: Promotion | None = None  # that its pictures speak of
    chosen_promotion: str = ""  # its key, where the affiliate looks at one
    is_ahead: bool = False  # what it looks at does not stand at its addresses today

    def speaking(self, asked: str, terms: ProgramTerms) -> "Holder":
        """In that language, or in the program's first where pictures are not made in it."""
        usual = terms.languages[0]
        spoken = asked if asked in terms.languages else usual
        return replace(self, language=spoken, asked="" if spoken == usual else spoken)


async def kit_of(affiliate_id: UUID, account_name: str) -> Kit:
    row = (
        await BrandKit.select()
        .where(BrandKit.affiliate == affiliate_id)
        .order_by(BrandKit.revision, ascending=False)
        .first()
    )
    return Kit.of_account(account_name) if row is None else _kit(row)


async def kept_kit(affiliate_id: UUID, revision: int) -> KeptKit | None:
    if not 0 < revision < REVISION_MOST:
        return None
    found = await _kept(affiliate_id, BrandKit.revision == revision, 1)
    return found[0] if found else None


async def kept_kits(affiliate_id: UUID, most: int) -> tuple[KeptKit, ...]:
    """The newest first."""
    return await _kept(affiliate_id, BrandKit.revision > 0, most)


async def _kept(affiliate_id: UUID, which: Where, most: int) -> tuple[KeptKit, ...]:
    rows = (
        await BrandKit.select(
            *BrandKit.all_columns(),
            BrandKit.saved_by.name.as_alias("person"),
            BrandKit.same_as.created_at.as_alias("first_saved"),
        )
        .where((BrandKit.affiliate == affiliate_id) & which)
        .order_by(BrandKit.revision, ascending=False)
        .limit(most)
    )
    return tuple(
        KeptKit(
            id=row["id"],
            root=row["same_as"] or row["id"],
            kit=_kit(row),
            saved_at=row["created_at"],
            saved_by=row["person"] or "",
            first_saved=row["first_saved"],
        )
        for row in rows
    )


def _kit(row: dict[str, Any]) -> Kit:
    return Kit(
        revision=row["revision"],
        name=row["name"],
        logo_key=row["logo_key"],
        dark_logo_key=row["dark_logo_key"],
        photo_key=row["photo_key"],
        focus=(row["focus_x"], row["focus_y"]),
        colours=msgspec.json.decode(row["colours"], type=KitColours),
        web_address=row["web_address"],
        tagline=row["tagline"],
    )


_HOLDER = """
    SELECT e.affiliate, e.id AS enrollment, e.program, e.tier, a.name, l.slug, c.code, c.percent_bps
    FROM link l JOIN enrollment e ON e.id = l.enrollment JOIN affiliate a ON a.id = e.affiliate
    LEFT JOIN discount_code c ON c.enrollment = e.id AND c.ended_at IS NULL
"""


async def holder_of(slug: str) -> Holder | None:
    """By the link's slug, which stands in the living addresses too."""
    return _holder(await Link.raw(f"{_HOLDER} WHERE l.slug = {{}}", slug))


async def holder_in(affiliate_id: UUID, program_id: UUID) -> Holder | None:
    which = f"{_HOLDER} WHERE e.affiliate = {{}} AND e.program = {{}}"
    return _holder(await Link.raw(which, affiliate_id, program_id))


def _holder(rows: Sequence[dict[str, Any]]) -> Holder | None:
    if not rows:
        return None
    row = rows[0]
    return Holder(
        affiliate_id=UUID(str(row["affiliate"])),
        enrollment_id=UUID(str(row["enrollment"])),
        program_id=UUID(str(row["program"])),
        name=row["name"],
        slug=row["slug"],
        code=row["code"] or "",
        percent_bps=row["percent_bps"] or 0,
        tier=row["tier"],
    )


def holder(me: Me) -> Holder:
    return Holder(
        me.affiliate_id, me.enrollment_id, me.program_id, me.name, me.slug, me.code, me.percent_bps, me.tier
    )
