"""Who is signed in: the affiliate in a program, and what it promotes with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.enrollments.codes import CodeState
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment


@dataclass(frozen=True)
class Me:
    """The signed-in affiliate and what it promotes with."""

    affiliate_id: UUID
    enrollment_id: UUID
    program_id: UUID
    name: str
    email: str
    web_address: str
    state: EnrollmentState
    tier: str
    began_at: datetime
    link_id: UUID
    slug: str
    destination: str
    code: str
    percent_bps: int
    code_works: bool  # whether the vendor's checkout takes it


async def programs_of(affiliate_id: UUID) -> tuple[UUID, ...]:
    """The programs that took this affiliate in, those where it is active first."""
    rows = await Enrollment.raw(
        "SELECT program FROM enrollment WHERE affiliate = {} ORDER BY state, began_at", affiliate_id
    )
    return tuple(UUID(str(row["program"])) for row in rows)


async def me_of(affiliate_id: UUID, program_id: UUID) -> Me | None:
    """None while there is no enrollment: an account may exist before its approval."""
    rows = await Enrollment.raw(
        "SELECT e.id AS enrollment_id, e.program AS program_id, e.state, e.tier, e.began_at, "
        "a.name, a.email, a.web_address, l.id AS link_id, l.slug, l.destination, c.code, c.percent_bps, "
        "c.at_checkout FROM enrollment e JOIN affiliate a ON a.id = e.affiliate "
        "JOIN link l ON l.enrollment = e.id AND l.main "
        "LEFT JOIN discount_code c ON c.enrollment = e.id AND c.ended_at IS NULL "
        "WHERE e.affiliate = {} AND e.program = {} ORDER BY c.created_at DESC LIMIT 1",
        affiliate_id,
        program_id,
    )
    if not rows:
        return None
    row = rows[0]
    return Me(
        affiliate_id=affiliate_id,
        enrollment_id=UUID(str(row["enrollment_id"])),
        program_id=UUID(str(row["program_id"])),
        name=row["name"],
        email=row["email"],
        web_address=row["web_address"],
        state=EnrollmentState(row["state"]),
        tier=row["tier"],
        began_at=row["began_at"],
        link_id=UUID(str(row["link_id"])),
        slug=row["slug"],
        destination=row["destination"],
        code=row["code"] or "",
        percent_bps=row["percent_bps"] or 0,
        code_works=row["at_checkout"] == CodeState.MADE,
    )
