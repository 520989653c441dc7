"""Answers that change after they were sent: what was found out about them, and what was decided on them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from portal import db
from portal.enrollments.applying import change_answers
from portal.enrollments.auto_approval import keeps
from portal.enrollments.deciding import Made, decide, undo
from portal.enrollments.finding import unpacked
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.hints import Look
from portal.enrollments.rules import Verdict
from portal.enrollments.tables import Application
from portal.errors import Refused
from portal.programs.rules import AutoApproval
from tests.cast import BEGINNING, Cast
from tests.conftest import Stage

LATER = BEGINNING + timedelta(hours=1)
DORA_IN = Made(Verdict.APPROVE, tier="starter", slug="dora", code="DORA20")


@pytest.fixture
async def connected(stage: Stage, anyio_backend: str) -> AsyncIterator[None]:
    async with db.connected(stage.settings.database_url):
        yield


async def row_of(application: UUID) -> Application:
    row = await Application.objects().where(Application.id == application).first()
    assert row is not None
    return row


async def as_a_coupon_site(application: UUID) -> ApplicationDraft:
    kept = msgspec.json.decode((await row_of(application)).answers, type=ApplicationDraft)
    return replace(kept, name="Coupon Castle", web_address="https://couponcastle.example")


@pytest.mark.usefixtures("connected")
async def test_what_is_found_out_follows_what_the_answers_became(cast: Cast) -> None:
    dora = cast.dora.application
    assert Look.LOOK not in {hint.look for hint in unpacked((await row_of(dora)).hints)}
    await change_answers(dora, await as_a_coupon_site(dora), None, LATER)
    assert Look.LOOK in {hint.look for hint in unpacked((await row_of(dora)).hints)}


@pytest.mark.usefixtures("connected")
async def test_nobody_changes_what_a_decision_was_made_on(cast: Cast) -> None:
    """Also where nobody has opened it: a program's own rule reads no page."""
    dora = cast.dora.application
    decision = await decide(dora, None, DORA_IN, LATER)
    with pytest.raises(Refused, match="stand as you sent them"):
        await change_answers(dora, await as_a_coupon_site(dora), None, LATER)
    await undo(decision, cast.program, cast.mira.id, LATER)
    assert (await row_of(dora)).opened_at == LATER


@pytest.mark.parametrize(
    ("email", "web_address"),
    [
        ("lena@gmail.com", "https://gmail.com"),
        ("lena@gmail.com", "https://mail.gmail.com/lena"),
        ("lena@yahoo.co.uk", "https://co.uk"),
        ("lena@mailinglist.com", "https://com."),
    ],
)
def test_a_mailbox_that_anybody_can_open_is_nobodys_own_domain(email: str, web_address: str) -> None:
    rule = AutoApproval(kinds=("educator",), own_domain=True, at_most_a_day=2)
    draft = ApplicationDraft(name="Lena", email=email, web_address=web_address, kind="educator")
    assert not keeps(rule, draft, set())
