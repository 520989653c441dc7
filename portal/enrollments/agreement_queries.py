"""The terms as people read them, who agreed to which version, and who still has to."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from portal.clock import local_date
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import Enrollment, TermsAcceptance
from portal.programs.queries import publishers_of, terms_history
from portal.programs.rules import ProgramTerms, TermsHistory
from portal.programs.terms_words import Change, Rule, changes, rules_of


@dataclass(frozen=True)
class VersionRow:
    version: int
    starts_on: date
    changes: tuple[Change, ...]
    in_force: bool
    by: str = ""  # the manager who published it on the pages
    agreed: int = 0  # active and paused affiliates who agreed to it, or to a later one that changes nothing


@dataclass(frozen=True)
class TermsPage:
    """enrollments/terms.html: one version in full, and all versions with what each changed."""

    program: str
    path: str
    version: int
    starts_on: date
    in_force: bool
    newest: int
    rules: tuple[Rule, ...]
    versions: tuple[VersionRow, ...]  # newest first
    contact: str


@dataclass(frozen=True)
class NewTerms:
    """What an affiliate has not agreed to yet, against what it agreed to last."""

    program: str
    version: int
    starts_on: date
    begun: bool
    changes: tuple[Change, ...]
    agreed_to: int
    contact: str
    path: str


@dataclass(frozen=True)
class AgreementPage:
    """enrollments/agreement.html"""

    new: NewTerms | None
    agreed_to: int
    path: str
    may_agree: bool


@dataclass(frozen=True)
class StaffTermsPage:
    """enrollments/staff_terms.html: the versions, and how many agreed to each."""

    versions: tuple[VersionRow, ...]
    affiliates: int  # active and paused
    path: str


async def terms_page(program_id: UUID, version: int | None, now: datetime) -> TermsPage | None:
    """None for a version that there is not."""
    history = await terms_history(program_id)
    current = history.at(now)
    shown = next((one for one in history.versions if one.version == (version or current.version)), None)
    if shown is None:
        return None
    return TermsPage(
        program=shown.name,
        path=_path(current),
        version=shown.version,
        starts_on=shown.starts_on,
        in_force=shown.version == current.version,
        newest=history.versions[-1].version,
        rules=rules_of(shown),
        versions=_rows(history, now),
        contact=current.contact,
    )


async def staff_terms_page(program_id: UUID, now: datetime) -> StaffTermsPage:
    history = await terms_history(program_id)
    rows = await TermsAcceptance.raw(
        "SELECT t.version, COUNT(*) AS agreed FROM ("
        "SELECT a.affiliate, MAX(v.version) AS version FROM terms_acceptance a "
        "JOIN terms v ON v.id = a.terms "
        "JOIN enrollment e ON e.affiliate = a.affiliate AND e.program = a.program AND e.state <> 'ended' "
        "WHERE a.program = {} GROUP BY a.affiliate) t GROUP BY t.version",
        program_id,
    )
    newest = {row["version"]: row["agreed"] for row in rows}
    affiliates = await Enrollment.count().where(
        (Enrollment.program == program_id) & (Enrollment.state != EnrollmentState.ENDED)
    )
    agreed = {
        one.version: sum(
            number for version, number in newest.items() if _holds(history, version, one.version)
        )
        for one in history.versions
    }
    by = await publishers_of(program_id)
    rows_shown = tuple(replace(row, by=by.get(row.version, "")) for row in _rows(history, now, agreed))
    return StaffTermsPage(rows_shown, int(affiliates), _path(history.versions[-1]))


async def agreement_page(
    affiliate_id: UUID, program_id: UUID, now: datetime, *, may_agree: bool
) -> AgreementPage:
    history = await terms_history(program_id)
    agreed = await agreed_to(affiliate_id, program_id)
    new = news(history, agreed, now)
    return AgreementPage(new, agreed, _path(history.at(now)), may_agree)


async def new_terms(affiliate_id: UUID, program_id: UUID, now: datetime) -> NewTerms | None:
    """None while everything that counts is agreed to."""
    return news(await terms_history(program_id), await agreed_to(affiliate_id, program_id), now)


async def agreed_to(affiliate_id: UUID, program_id: UUID) -> int:
    """The newest version that was agreed to; 0 for none."""
    rows = await TermsAcceptance.raw(
        "SELECT MAX(v.version) AS version FROM terms_acceptance t JOIN terms v ON v.id = t.terms "
        "WHERE t.affiliate = {} AND t.program = {}",
        affiliate_id,
        program_id,
    )
    return int(rows[0]["version"] or 0)


def news(history: TermsHistory, agreed: int, now: datetime) -> NewTerms | None:
    """A version that changes no rule needs nobody's word: it is agreed to with the one before."""
    newest = history.versions[-1]
    if agreed >= newest.version:
        return None
    last = next((one for one in history.versions if one.version == agreed), history.versions[0])
    differs = changes(last, newest)
    if not differs:
        return None
    return NewTerms(
        program=newest.name,
        version=newest.version,
        starts_on=newest.starts_on,
        begun=newest.starts_on <= local_date(now, newest.timezone),
        changes=differs,
        agreed_to=last.version,
        contact=newest.contact,
        path=_path(newest),
    )


def _holds(history: TermsHistory, agreed: int, version: int) -> bool:
    """Whether whoever agreed to one version has agreed to the other one with it."""
    by_number = {one.version: one for one in history.versions}
    return agreed >= version or not changes(by_number[agreed], by_number[version])


def _rows(
    history: TermsHistory, now: datetime, agreed: dict[int, int] | None = None
) -> tuple[VersionRow, ...]:
    current = history.at(now).version
    earlier = (None, *history.versions)
    return tuple(
        VersionRow(
            version=one.version,
            starts_on=one.starts_on,
            changes=changes(before, one) if before else (),
            in_force=one.version == current,
            agreed=(agreed or {}).get(one.version, 0),
        )
        for before, one in reversed(list(zip(earlier, history.versions, strict=False)))
    )


def _path(terms: ProgramTerms) -> str:
    return f"/p/{terms.slug}/terms"
