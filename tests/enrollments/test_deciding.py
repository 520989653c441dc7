"""A decision waits its minute: until then it can be taken back, and nobody outside notices anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from portal import db
from portal.audit.tables import AuditEntry
from portal.enrollments.actions import answer_more
from portal.enrollments.deciding import DECISION_DUE, Made, decide, settle, undo
from portal.enrollments.proposals import propose
from portal.enrollments.reviewing import open_application
from portal.enrollments.rules import ApplicationState, Verdict
from portal.enrollments.tables import Application, ApplicationQuestion, DiscountCode, Enrollment, Link
from portal.enrollments.taken import Taken
from portal.errors import Conflict, NotYours, Refused
from portal.ids import new_id
from portal.outbox.actions import Waiting, send_waiting
from portal.outbox.tables import Letter
from portal.programs.queries import terms_at
from tests.cast import BEGINNING, Cast, apply
from tests.conftest import Stage

MINUTE = timedelta(minutes=1)
OUTCOMES = {"application_approved", "application_declined", "application_question"}
DORA_IN = Made(Verdict.APPROVE, tier="starter", slug="dora", code="DORA20")
NOT_YET = Made(Verdict.DECLINE, reason="Your site has no articles yet.")
WHICH = Made(Verdict.ASK, reason="Which lists do you mail to?")


@pytest.fixture(autouse=True)
async def connected(stage: Stage, anyio_backend: str) -> AsyncIterator[None]:
    async with db.connected(stage.settings.database_url):
        yield


async def pass_time(cast: Cast, until: datetime) -> list[str]:
    """Lets the outbox work until then; gives back what left for Dora."""
    left: list[str] = []

    async def deliver(letter: Waiting) -> None:
        if letter.message == DECISION_DUE:
            await settle(letter, until)
        elif letter.to == cast.dora.email:
            left.append(letter.message)

    while await send_waiting(deliver, until):
        pass
    return left


async def state_of(application: UUID) -> str:
    row = await Application.select(Application.state).where(Application.id == application).first()
    assert row is not None
    return str(row["state"])


async def test_an_approval_takes_effect_when_its_minute_is_over(cast: Cast) -> None:
    await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    assert "application_approved" not in await pass_time(cast, BEGINNING + MINUTE / 2)
    assert await state_of(cast.dora.application) == ApplicationState.IN_REVIEW
    assert not await Link.exists().where(Link.slug == "dora")
    assert "application_approved" in await pass_time(cast, BEGINNING + MINUTE)
    assert await state_of(cast.dora.application) == ApplicationState.APPROVED
    assert await Link.exists().where(Link.slug == "dora")


@pytest.mark.parametrize("made", [DORA_IN, NOT_YET, WHICH], ids=lambda made: str(made.verdict))
async def test_what_is_taken_back_leaves_no_trace_outside(cast: Cast, made: Made) -> None:
    before = [await table.count() for table in (Enrollment, Link, DiscountCode, ApplicationQuestion)]
    decision = await decide(cast.dora.application, cast.mira.id, made, BEGINNING)
    await undo(decision, cast.program, cast.noor.id, BEGINNING + MINUTE / 2)
    assert not OUTCOMES & set(await pass_time(cast, BEGINNING + 10 * MINUTE))
    assert await state_of(cast.dora.application) == ApplicationState.IN_REVIEW
    assert before == [await table.count() for table in (Enrollment, Link, DiscountCode, ApplicationQuestion)]
    verbs = await AuditEntry.select(AuditEntry.verb).where(AuditEntry.subject == str(cast.dora.application))
    assert {f"decided_to_{made.verdict}", f"took_back_{made.verdict}"} <= {row["verb"] for row in verbs}


async def test_a_decision_that_was_taken_back_can_be_made_otherwise(cast: Cast) -> None:
    decision = await decide(cast.dora.application, cast.mira.id, NOT_YET, BEGINNING)
    await undo(decision, cast.program, cast.mira.id, BEGINNING)
    await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    await pass_time(cast, BEGINNING + MINUTE)
    assert await state_of(cast.dora.application) == ApplicationState.APPROVED


async def test_after_the_letter_has_left_the_decision_stands(cast: Cast) -> None:
    decision = await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    await pass_time(cast, BEGINNING + MINUTE)
    with pytest.raises(Refused, match="letter has left"):
        await undo(decision, cast.program, cast.mira.id, BEGINNING + MINUTE)
    assert await state_of(cast.dora.application) == ApplicationState.APPROVED


async def test_taking_back_twice_says_that_it_is_done(cast: Cast) -> None:
    decision = await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    results = await asyncio.gather(
        *(undo(decision, cast.program, cast.mira.id, BEGINNING) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, UUID) for result in results) == 1
    assert sum(isinstance(result, Refused) for result in results) == 2


async def test_taking_back_while_the_minute_ends_is_one_or_the_other(cast: Cast) -> None:
    decision = await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    taken_back, left = await asyncio.gather(
        undo(decision, cast.program, cast.mira.id, BEGINNING + MINUTE),
        pass_time(cast, BEGINNING + MINUTE),
        return_exceptions=True,
    )
    assert not isinstance(left, BaseException)
    left += await pass_time(cast, BEGINNING + MINUTE)
    approved = "application_approved" in left
    assert approved is isinstance(taken_back, Refused)
    assert await Link.exists().where(Link.slug == "dora") is approved


async def test_the_outbox_may_try_a_decision_twice(cast: Cast) -> None:
    decision = await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    due = Waiting(new_id(), DECISION_DUE, "", cast.program, {"decision": str(decision)}, BEGINNING, 1)
    await settle(due, BEGINNING + MINUTE)
    await settle(due, BEGINNING + MINUTE)
    assert await Enrollment.count().where(Enrollment.application == cast.dora.application) == 1
    letters = await Letter.count().where(
        (Letter.to == cast.dora.email) & (Letter.message == "application_approved")
    )
    assert letters == 1


async def test_an_approval_for_a_tier_that_is_gone_waits_again_and_says_why(
    cast: Cast,
) -> None:
    await decide(cast.dora.application, cast.mira.id, replace(DORA_IN, tier="legend"), BEGINNING)
    assert not OUTCOMES & set(await pass_time(cast, BEGINNING + MINUTE))
    assert await state_of(cast.dora.application) == ApplicationState.IN_REVIEW
    terms = await terms_at(cast.program, BEGINNING)
    seen = await open_application(
        cast.dora.application, cast.program, cast.mira.id, terms, None, (), BEGINNING + MINUTE
    )
    assert "this tier is not in them" in seen.fell_through
    assert seen.may_decide


async def test_the_second_manager_is_told_who_was_first(cast: Cast) -> None:
    await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    with pytest.raises(Refused, match=f"{cast.mira.name} has approved"):
        await decide(cast.dora.application, cast.noor.id, NOT_YET, BEGINNING)


async def test_two_managers_at_the_same_moment_make_one_decision(cast: Cast) -> None:
    attempts: list[Awaitable[UUID]] = [
        decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING),
        decide(cast.dora.application, cast.noor.id, NOT_YET, BEGINNING),
        decide(cast.dora.application, cast.mira.id, WHICH, BEGINNING),
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, UUID) for result in results) == 1
    assert sum(isinstance(result, Refused | Conflict) for result in results) == 2


async def test_a_link_that_a_waiting_decision_keeps_is_nobody_elses(cast: Cast) -> None:
    doris = await apply(cast.program, cast.terms, "Doris Klein", "doris@paperkite.example", BEGINNING)
    await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    for slug, code, field in (("dora", "DORIS20", "slug"), ("doris", "D0RA2O", "code")):
        wanted = Made(Verdict.APPROVE, tier="starter", slug=slug, code=code)
        with pytest.raises(Taken) as taken:
            await decide(doris.application, cast.noor.id, wanted, BEGINNING)
        assert taken.value.field == field
    proposal = await propose("Dora Jansen", cast.terms)
    assert (proposal.slug, proposal.code) == ("dora-jansen", "DORAJANSEN20")


async def test_whoever_is_asked_answers_and_is_back_in_the_queue(cast: Cast) -> None:
    await decide(cast.dora.application, cast.mira.id, WHICH, BEGINNING)
    assert "application_question" in await pass_time(cast, BEGINNING + MINUTE)
    assert await state_of(cast.dora.application) == ApplicationState.ASKED
    later = BEGINNING + timedelta(days=1)
    await answer_more(cast.dora.application, "Two lists of teachers, 900 people.", later)
    assert await state_of(cast.dora.application) == ApplicationState.IN_REVIEW
    with pytest.raises(Refused, match="no question to answer"):
        await answer_more(cast.dora.application, "And one more.", later)
    kept = await ApplicationQuestion.select().where(ApplicationQuestion.application == cast.dora.application)
    assert [row["answer"] for row in kept] == ["Two lists of teachers, 900 people."]


async def test_a_declined_applicant_may_come_back_from_the_day_that_was_given(cast: Cast) -> None:
    again = BEGINNING + timedelta(days=30)
    await decide(
        cast.dora.application,
        cast.mira.id,
        Made(Verdict.DECLINE, reason="Your site has no articles yet.", again_from=again),
        BEGINNING,
    )
    await pass_time(cast, BEGINNING + MINUTE)
    row = (
        await Application.select(Application.again_from)
        .where(Application.id == cast.dora.application)
        .first()
    )
    assert row is not None
    assert row["again_from"] == again


async def test_nobody_takes_back_a_decision_of_another_program(cast: Cast) -> None:
    decision = await decide(cast.dora.application, cast.mira.id, DORA_IN, BEGINNING)
    with pytest.raises(NotYours):
        await undo(decision, new_id(), cast.mira.id, BEGINNING)
