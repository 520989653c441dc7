"""Which kit the public sees where managers look at changed ones first, and which of them wait.

A program's switch (`reviews_kits`) says whether they do. A kit from before it was switched on stays public,
and one that is brought back needs no second look: it has the decision of the one that was saved first.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.creatives.kits import Holder, KeptKit, Kit, holder, kept_kit, kept_kits, kit_of
from portal.creatives.rules import KitVerdict
from portal.creatives.tables import BrandKit, KitReview
from portal.enrollments.queries import Me
from portal.errors import NotFound
from portal.programs.queries import terms_history

MOST = 50
LATELY = 20


class Standing(StrEnum):
    PUBLIC = "public"
    WAITING = "waiting"
    RETURNED = "returned"


@dataclass(frozen=True)
class KitStanding:
    """What became of an affiliate's newest kit, in a program whose managers look first."""

    state: Standing
    newest: KeptKit
    public: KeptKit | None  # None: only the account's name, in the program's colours
    reason: str = ""
    decided_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        return self.state is Standing.PUBLIC


@dataclass(frozen=True)
class ReviewRow:
    """A kit that waits, or was decided about."""

    id: UUID
    name: str
    saved_at: datetime
    saved_by: str
    affiliate: str
    enrollment: UUID
    verdict: str = ""  # empty while it waits
    reason: str = ""
    decided_at: datetime | None = None
    decided_by: str = ""


@dataclass(frozen=True)
class KitReviewsPage:
    """creatives/staff_kits.html"""

    is_on: bool
    waiting: tuple[ReviewRow, ...]
    total: int
    decided: tuple[ReviewRow, ...]
    previews: tuple[tuple[str, str], ...]  # design and file
    refused: UUID | None = None  # the one whose reason is missing or too long
    error: str = ""
    typed: str = ""


async def reviewed_since(program_id: UUID, now: datetime) -> datetime | None:
    """None where kits are public at once."""
    return (await terms_history(program_id)).kits_reviewed_since(now)


async def public_kit(affiliate_id: UUID, account_name: str, program_id: UUID, since: datetime | None) -> Kit:
    """What everybody sees; `since` as `reviewed_since` tells it."""
    if since is None:
        return await kit_of(affiliate_id, account_name)
    public = await _approved(affiliate_id, program_id, since)
    return public.kit if public else Kit.of_account(account_name)


async def standing_of(affiliate_id: UUID, program_id: UUID, now: datetime) -> KitStanding | None:
    """None where nobody looks, and for somebody who has saved nothing."""
    since = await reviewed_since(program_id, now)
    newest = await kept_kits(affiliate_id, 1) if since else ()
    if since is None or not newest:
        return None
    kit, public = newest[0], await _approved(affiliate_id, program_id, since)
    if public is not None and public.id == kit.id:
        return KitStanding(Standing.PUBLIC, kit, public)
    decision = (
        await KitReview.select(KitReview.reason, KitReview.decided_at)
        .where((KitReview.kit == kit.root) & (KitReview.program == program_id))
        .first()
    )
    if decision is None:
        return KitStanding(Standing.WAITING, kit, public)
    return KitStanding(Standing.RETURNED, kit, public, decision["reason"], decision["decided_at"])


def own_holder(me: Me, standing: KitStanding | None) -> Holder:
    """As on the affiliate's own pages, which show its newest kit even before the public sees it."""
    return replace(holder(me), unpublished=standing is not None and not standing.is_public)


async def _approved(affiliate_id: UUID, program_id: UUID, since: datetime) -> KeptKit | None:
    rows = await BrandKit.raw(
        "SELECT MAX(k.revision) AS revision FROM brand_kit k "
        "JOIN brand_kit r ON r.id = COALESCE(k.same_as, k.id) "
        "LEFT JOIN kit_review v ON v.kit = r.id AND v.program = {} "
        "WHERE k.affiliate = {} AND (r.created_at < {} OR v.verdict = {})",
        program_id,
        affiliate_id,
        since,
        KitVerdict.APPROVED.value,
    )
    revision = rows[0]["revision"]
    return await kept_kit(affiliate_id, revision) if revision else None


@dataclass(frozen=True)
class WhoseKit:
    affiliate: UUID
    name: str
    email: str
    revision: int


async def whose_kit(program_id: UUID, kit: UUID) -> WhoseKit:
    """Raises NotFound for a kit of nobody in this program."""
    rows = await BrandKit.raw(
        "SELECT a.id, a.name, a.email, k.revision FROM brand_kit k JOIN affiliate a ON a.id = k.affiliate "
        "JOIN enrollment e ON e.affiliate = a.id WHERE k.id = {} AND e.program = {}",
        kit,
        program_id,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    return WhoseKit(UUID(str(row["id"])), row["name"], row["email"], row["revision"])


# The newest kit of each affiliate that is in the program, with its decision if there is one.
_NEWEST = """
    FROM brand_kit k
    JOIN brand_kit r ON r.id = COALESCE(k.same_as, k.id)
    JOIN enrollment e ON e.affiliate = k.affiliate
    JOIN affiliate a ON a.id = k.affiliate
    LEFT JOIN person p ON p.id = k.saved_by
    LEFT JOIN kit_review v ON v.kit = r.id AND v.program = e.program
    WHERE e.program = {} AND e.state <> 'ended' AND r.created_at >= {} AND v.id IS NULL
        AND NOT EXISTS (SELECT 1 FROM brand_kit n WHERE n.affiliate = k.affiliate AND n.revision > k.revision)
"""


async def waiting_kits(program_id: UUID, now: datetime) -> tuple[tuple[ReviewRow, ...], int]:
    """The one that waits longest first, and how many there are in all."""
    since = await reviewed_since(program_id, now)
    if since is None:
        return (), 0
    rows = await BrandKit.raw(
        "SELECT k.id, k.name, k.created_at, p.name AS person, a.name AS affiliate_name, e.id AS enrollment "
        f"{_NEWEST} ORDER BY k.created_at, k.id LIMIT {MOST}",
        program_id,
        since,
    )
    total = len(rows)
    if total == MOST:
        (counted,) = await BrandKit.raw(f"SELECT COUNT(*) AS kits {_NEWEST}", program_id, since)
        total = int(counted["kits"])
    return tuple(map(_row, rows)), total


async def decided_kits(program_id: UUID) -> tuple[ReviewRow, ...]:
    rows = await KitReview.raw(
        "SELECT k.id, k.name, k.created_at, p.name AS person, a.name AS affiliate_name, e.id AS enrollment, "
        "v.verdict, v.reason, v.decided_at, m.name AS manager FROM kit_review v "
        "JOIN brand_kit k ON k.id = v.kit JOIN affiliate a ON a.id = k.affiliate "
        "JOIN enrollment e ON e.affiliate = k.affiliate AND e.program = v.program "
        "LEFT JOIN person p ON p.id = k.saved_by JOIN manager m ON m.id = v.decided_by "
        "WHERE v.program = {} ORDER BY v.decided_at DESC, v.id LIMIT {}",
        program_id,
        LATELY,
    )
    return tuple(map(_row, rows))


def _row(row: dict[str, Any]) -> ReviewRow:
    return ReviewRow(
        id=UUID(str(row["id"])),
        name=row["name"],
        saved_at=row["created_at"],
        saved_by=row["person"] or "",
        affiliate=row["affiliate_name"],
        enrollment=UUID(str(row["enrollment"])),
        verdict=row.get("verdict") or "",
        reason=row.get("reason") or "",
        decided_at=row.get("decided_at"),
        decided_by=row.get("manager") or "",
    )
