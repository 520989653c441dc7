"""Gathers what hints are made of."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from portal.clock import local_date
from portal.enrollments.answers import Answers
from portal.enrollments.hints import SHARED_HOSTS, Earlier, Found, Hint, Other, hints_about, site_key
from portal.enrollments.rules import ApplicationState, EnrollmentState
from portal.enrollments.tables import Application, Enrollment
from portal.programs.rules import ProgramTerms

MOST = 200  # of other affiliates that are compared


async def find_hints(
    affiliate_id: UUID, program_id: UUID, answers: Answers, terms: ProgramTerms
) -> tuple[Hint, ...]:
    """What stands against an applicant, what speaks for it, what is good to know."""
    return hints_about(
        answers,
        Found(
            disposable=_is_disposable(answers.email),
            vendor=terms.name,
            others=await _others(affiliate_id, program_id, answers),
            earlier=await _declined(affiliate_id, program_id, terms),
        ),
    )


def packed(hints: tuple[Hint, ...]) -> str:
    return msgspec.json.encode(hints).decode()


def unpacked(text: str) -> tuple[Hint, ...]:
    return msgspec.json.decode(text, type=tuple[Hint, ...])


def _is_disposable(email: str) -> bool:
    # The list has 10,000 names; it is read when the first application comes.
    from disposable_email_domains import blocklist

    host = email.rpartition("@")[2].lower()
    parts = host.split(".")
    return any(".".join(parts[at:]) in blocklist for at in range(len(parts) - 1))


async def _others(affiliate_id: UUID, program_id: UUID, answers: Answers) -> tuple[Other, ...]:
    site = site_key(answers.web_address)
    mail_host = answers.email.rpartition("@")[2].lower()
    # Words are compared for those of the program alone, not for everybody who ever applied.
    rows = await Enrollment.raw(
        "WITH others AS MATERIALIZED (SELECT a.name, a.email, a.email_key, a.web_address, e.state "
        "FROM enrollment e JOIN affiliate a ON a.id = e.affiliate WHERE e.program = {} AND a.id <> {}) "
        "SELECT name, email, web_address, state FROM others "
        "WHERE lower(web_address) LIKE {} OR email_key LIKE {} OR lower(name) = {} LIMIT {}",
        program_id,
        affiliate_id,
        f"%{_plain(site)}%" if site and site not in SHARED_HOSTS else answers.web_address.lower(),
        f"{_plain(answers.email[:1].lower())}%@{_plain(mail_host)}",
        answers.name.lower(),
        MOST,
    )
    return tuple(_other(row) for row in rows)


async def _declined(affiliate_id: UUID, program_id: UUID, terms: ProgramTerms) -> tuple[Earlier, ...]:
    rows = (
        await Application.select(Application.decided_at, Application.reason, Application.again_from)
        .where(
            (Application.affiliate == affiliate_id)
            & (Application.program == program_id)
            & (Application.state == ApplicationState.DECLINED)
        )
        .order_by(Application.decided_at, ascending=False)
    )
    return tuple(
        Earlier(_day(row["decided_at"], terms), row["reason"], _day(row["again_from"], terms)) for row in rows
    )


def _day(moment: datetime, terms: ProgramTerms) -> date:
    return local_date(moment, terms.timezone)


def _other(row: dict[str, Any]) -> Other:
    return Other(row["name"], row["state"] == EnrollmentState.ENDED, row["email"], row["web_address"])


def _plain(text: str) -> str:
    """For LIKE. An underline that stands for any sign finds a few too many, and they are compared anyway."""
    return text.replace("\\", "").replace("%", "")
