"""Two managers, a double click, a second tab: an application is decided once, and the other one is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from uuid import UUID

import pytest

from portal import db
from portal.audit.tables import AuditEntry
from portal.enrollments.actions import approve, decline
from portal.enrollments.tables import DiscountCode, Enrollment, Link
from portal.errors import Conflict, Refused
from portal.outbox.tables import Letter
from tests.cast import BEGINNING, Cast, Staff, apply
from tests.conftest import Stage


@pytest.fixture(autouse=True)
async def connected(stage: Stage, anyio_backend: str) -> AsyncIterator[None]:
    async with db.connected(stage.settings.database_url):
        yield


def approval(cast: Cast, manager: Staff, *, slug: str = "dora", code: str = "DORA20") -> Awaitable[UUID]:
    return approve(
        cast.dora.application, manager.id, cast.terms, tier="starter", slug=slug, code=code, now=BEGINNING
    )


async def outcomes(*attempts: Awaitable[object]) -> tuple[list[object], list[str]]:
    """What was done, and what the others were told. Anything but a refusal is raised."""
    done: list[object] = []
    told: list[str] = []
    for result in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(result, Refused | Conflict):
            told.append(result.sentence)
        elif isinstance(result, BaseException):
            raise result
        else:
            done.append(result)
    return done, told


async def test_two_managers_approve_at_once_and_one_enrollment_comes_to_be(cast: Cast) -> None:
    done, told = await outcomes(
        approval(cast, cast.mira), approval(cast, cast.noor, slug="dora-jansen", code="DORAJANSEN20")
    )
    (enrollment,) = done
    (sentence,) = told
    assert sentence.startswith((cast.mira.name, cast.noor.name))
    assert await Enrollment.count().where(Enrollment.application == cast.dora.application) == 1
    assert await Link.count().where(Link.enrollment == enrollment) == 1
    assert await DiscountCode.count().where(DiscountCode.enrollment == enrollment) == 1


async def test_a_double_click_approves_once_and_sends_one_letter(cast: Cast) -> None:
    done, told = await outcomes(*(approval(cast, cast.mira) for _ in range(5)))
    assert (len(done), len(told)) == (1, 4)
    assert await letters_to(cast.dora.email, "application_approved") == 1
    decided = (AuditEntry.verb == "approved") & (AuditEntry.subject == str(cast.dora.application))
    assert await AuditEntry.count().where(decided) == 1


async def test_one_approves_while_the_other_declines(cast: Cast) -> None:
    reason = "Your site has no articles yet."
    done, told = await outcomes(
        approval(cast, cast.mira), decline(cast.dora.application, cast.noor.id, reason, BEGINNING)
    )
    assert (len(done), len(told)) == (1, 1)
    letters = [
        await letters_to(cast.dora.email, f"application_{verdict}") for verdict in ("approved", "declined")
    ]
    assert sorted(letters) == [0, 1]
    assert letters[0] == await Enrollment.count().where(Enrollment.application == cast.dora.application)


async def test_two_applicants_cannot_get_the_same_link(cast: Cast) -> None:
    doris = await apply(cast.program, cast.terms, "Doris Klein", "doris@paperkite.example", BEGINNING)
    second = approve(
        doris.application,
        cast.noor.id,
        cast.terms,
        tier="starter",
        slug="dora",
        code="DORIS20",
        now=BEGINNING,
    )
    done, told = await outcomes(approval(cast, cast.mira), second)
    assert (len(done), len(told)) == (1, 1)
    assert await Link.count().where(Link.slug == "dora") == 1
    waiting = [await letters_to(to, "application_approved") for to in (cast.dora.email, doris.email)]
    assert sum(waiting) == 1


async def letters_to(address: str, message: str) -> int:
    return int(await Letter.count().where((Letter.to == address) & (Letter.message == message)))
