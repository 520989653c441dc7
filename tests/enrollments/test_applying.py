"""Applying once, twice and again: what people are told, and what stays as it was."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from portal import db
from portal.accounts.tables import Affiliate
from portal.audit.actions import PORTAL
from portal.enrollments.actions import approve, decline, set_state
from portal.enrollments.applying import confirm_address, submit_application
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.proposals import free_code, free_slug
from portal.enrollments.queries import me_of
from portal.enrollments.rules import ApplicationState, EnrollmentState
from portal.enrollments.tables import Application, DiscountCode, Enrollment, Link
from portal.errors import Refused
from portal.outbox.tables import Letter
from tests.cast import BEGINNING, Cast
from tests.conftest import Stage

LENA = ApplicationDraft(
    name="Lena Hoffmann",
    email="Lena@Kurswerkstatt.example",
    web_address="https://kurswerkstatt.example",
    kind="educator",
    ways=("blog",),
    audience="Trainers.",
    consent=True,
)


@pytest.fixture
async def database(stage: Stage, anyio_backend: str):  # type: ignore[no-untyped-def]
    async with db.connected(stage.settings.database_url):
        yield


async def letters_to(email: str) -> list[str]:
    rows = await Letter.select(Letter.message).where(Letter.to == email).order_by(Letter.id)
    return [row["message"] for row in rows]


async def applications_of(email: str) -> list[Application]:
    return list(
        await Application.objects()
        .where(Application.affiliate.email_key == email.lower())
        .order_by(Application.sent_at)
    )


async def confirmed(cast: Cast, draft: ApplicationDraft) -> UUID:
    application = await submit_application(cast.program, cast.terms, draft, BEGINNING)
    assert application is not None
    await confirm_address(application, BEGINNING)
    return application


async def test_a_double_click_is_one_application_and_one_letter(database: None, cast: Cast) -> None:
    once, twice = await asyncio.gather(
        *(submit_application(cast.program, cast.terms, LENA, BEGINNING) for _ in range(2))
    )
    assert once == twice
    assert await letters_to(LENA.email) == ["confirm_address"]


async def test_nobody_can_change_what_somebody_else_confirms(database: None, cast: Cast) -> None:
    mine = await submit_application(cast.program, cast.terms, LENA, BEGINNING)
    assert mine is not None
    strangers = await submit_application(
        cast.program, cast.terms, replace(LENA, audience="Buy pills."), BEGINNING
    )
    assert strangers is not None
    await confirm_address(mine, BEGINNING)
    (waiting,) = [one for one in await applications_of(LENA.email) if one.state == ApplicationState.IN_REVIEW]
    assert msgspec.json.decode(waiting.answers)["audience"] == LENA.audience
    with pytest.raises(Refused, match="application already"):
        await confirm_address(strangers, BEGINNING)


async def test_letter_case_does_not_make_a_second_person(database: None, cast: Cast) -> None:
    await submit_application(cast.program, cast.terms, LENA, BEGINNING)
    await submit_application(cast.program, cast.terms, replace(LENA, email=LENA.email.lower()), BEGINNING)
    assert await Affiliate.count().where(Affiliate.email_key == LENA.email.lower()) == 1


async def test_whoever_waits_is_told_by_letter_and_nothing_changes(database: None, cast: Cast) -> None:
    identity = await confirmed(cast, LENA)
    await submit_application(cast.program, cast.terms, replace(LENA, name="Somebody Else"), BEGINNING)
    (application,) = await applications_of(LENA.email)
    assert (application.id, application.state) == (identity, ApplicationState.IN_REVIEW)
    assert msgspec.json.decode(application.answers)["name"] == "Lena Hoffmann"
    assert (await letters_to(LENA.email))[-1] == "application_exists"


async def test_a_stranger_cannot_rename_an_affiliate_by_applying_with_its_address(
    database: None, cast: Cast
) -> None:
    await submit_application(
        cast.program, cast.terms, replace(LENA, email=cast.ada.email, name="Mallory"), BEGINNING
    )
    me = await me_of(cast.ada.id, cast.program)
    assert me is not None
    assert me.name == cast.ada.name
    assert (await letters_to(cast.ada.email))[-1] == "application_exists"


async def test_a_declined_applicant_may_come_back_after_three_months(database: None, cast: Cast) -> None:
    identity = await confirmed(cast, LENA)
    await decline(identity, cast.mira.id, "Your site is not online yet.", BEGINNING)
    await submit_application(cast.program, cast.terms, LENA, BEGINNING + timedelta(days=89))
    assert len(await applications_of(LENA.email)) == 1
    await submit_application(cast.program, cast.terms, LENA, BEGINNING + timedelta(days=90))
    states = [application.state for application in await applications_of(LENA.email)]
    assert states == [ApplicationState.DECLINED, ApplicationState.UNCONFIRMED]


async def test_a_link_taken_meanwhile_leaves_the_application_undecided(database: None, cast: Cast) -> None:
    identity = await confirmed(cast, LENA)
    before = [await table.count() for table in (Enrollment, Link, DiscountCode, Letter)]
    for slug, code in ((cast.ada.slug, "LENA20"), ("lena", cast.ada.code)):
        with pytest.raises(Refused, match="taken meanwhile"):
            await approve(
                identity, cast.mira.id, cast.terms, tier="starter", slug=slug, code=code, now=BEGINNING
            )
    assert [await table.count() for table in (Enrollment, Link, DiscountCode, Letter)] == before
    assert (await applications_of(LENA.email))[0].state == ApplicationState.IN_REVIEW


async def test_proposals_step_aside_for_what_is_taken(database: None, cast: Cast) -> None:
    assert await free_slug("Ada Ohlsson") == "ada-ohlsson"
    assert await free_code("Ada Ohlsson", cast.terms) == "ADAOHLSSON20"


async def test_a_second_press_on_a_letters_button_changes_nothing(database: None, cast: Cast) -> None:
    identity = await confirmed(cast, LENA)
    await confirm_address(identity, BEGINNING + timedelta(hours=1))
    (application,) = await applications_of(LENA.email)
    assert application.confirmed_at == BEGINNING
    assert await letters_to(LENA.email) == ["confirm_address", "application_received"]


async def test_an_old_letters_link_is_refused_and_says_so(database: None, cast: Cast) -> None:
    application = await submit_application(cast.program, cast.terms, LENA, BEGINNING)
    assert application is not None
    with pytest.raises(Refused, match="too old"):
        await confirm_address(application, BEGINNING + timedelta(days=8))


async def test_an_ended_enrollment_stays_ended(database: None, cast: Cast) -> None:
    await set_state(cast.ben.enrollment, EnrollmentState.ENDED, "Left.", PORTAL, BEGINNING)
    with pytest.raises(Refused, match="has ended"):
        await set_state(cast.ben.enrollment, EnrollmentState.ACTIVE, "Back.", PORTAL, BEGINNING)
