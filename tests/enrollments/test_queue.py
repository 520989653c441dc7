"""The managers' queue: who waits longest, who is found by what, and what several decisions at once do."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.enrollments.applying import confirm_address, submit_application
from portal.enrollments.auto_approval import auto_approve, keeps
from portal.enrollments.deciding import Made, decide
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.hints import Look
from portal.enrollments.queue import Filters, queue_page
from portal.enrollments.rules import Verdict
from portal.enrollments.tables import Application, ApplicationDecision
from portal.programs.rules import APPLICANTS, AutoApproval
from tests.cast import BEGINNING, Cast, apply
from tests.conftest import FrozenClock, Stage

RULE = AutoApproval(kinds=("educator",), own_domain=True, at_most_a_day=2)


@pytest.fixture
async def connected(stage: Stage, anyio_backend: str) -> AsyncIterator[None]:
    async with db.connected(stage.settings.database_url):
        yield


def draft(name: str, **more: object) -> ApplicationDraft:
    key = name.split(maxsplit=1)[0].lower()
    plain = ApplicationDraft(
        name=name,
        email=f"hello@{key}.example",
        web_address=f"https://{key}.example",
        kind="educator",
        ways=("blog",),
        audience=f"Readers of {name}.",
        consent=True,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


async def waits(cast: Cast, who: ApplicationDraft, hours: int) -> UUID:
    """Somebody who confirmed so many hours after the beginning."""
    application = await submit_application(cast.program, cast.terms, who, BEGINNING)
    assert application is not None
    await confirm_address(application, BEGINNING + timedelta(hours=hours))
    return application


async def names(cast: Cast, filters: Filters, *, days: int = 1) -> list[str]:
    page = await queue_page(cast.program, cast.terms, filters, 1, BEGINNING + timedelta(days=days))
    return [row.name for row in page.rows]


@pytest.mark.usefixtures("connected")
async def test_whoever_waits_longest_stands_first_and_is_found_by_any_word(cast: Cast) -> None:
    await waits(cast, draft("Zora Lind", kind="creator", ways=("youtube",)), 2)
    await waits(cast, draft("Abel Rey"), 3)
    assert await names(cast, Filters()) == [cast.dora.name, "Zora Lind", "Abel Rey"]
    assert await names(cast, Filters(q="rey")) == ["Abel Rey"]
    assert await names(cast, Filters(q="readers zora")) == ["Zora Lind"]
    assert await names(cast, Filters(q="100%_")) == []
    assert await names(cast, Filters(kind="creator")) == ["Zora Lind"]
    assert await names(cast, Filters(way="youtube")) == ["Zora Lind"]
    assert await names(cast, Filters(q="way:youtube")) == []


@pytest.mark.usefixtures("connected")
async def test_those_with_something_to_look_at_and_those_who_are_late_can_be_picked_out(cast: Cast) -> None:
    await waits(cast, draft("Coupon Castle", web_address="couponcastle.example"), 2)
    assert await names(cast, Filters(hints=True)) == ["Coupon Castle"]
    assert await names(cast, Filters(late=True)) == []
    assert "Coupon Castle" in await names(cast, Filters(late=True), days=9)


@pytest.mark.usefixtures("connected")
async def test_what_is_decided_leaves_the_queue_at_once(cast: Cast) -> None:
    made = Made(Verdict.DECLINE, reason="Your site has no articles yet.")
    await decide(cast.dora.application, cast.mira.id, made, BEGINNING)
    page = await queue_page(cast.program, cast.terms, Filters(), 1, BEGINNING)
    assert (page.waiting, page.rows) == (0, ())
    assert [(one.name, one.by, one.seconds) for one in page.pending] == [(cast.dora.name, cast.mira.name, 60)]


async def test_a_manager_decides_several_and_hears_of_the_one_that_cannot_be(
    mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    doris = await apply(cast.program, cast.terms, "Doris Klein", "doris@paperkite.example", clock())
    ids = [str(cast.dora.application), str(doris.application)]
    page = await mira.get("/manage/applications/several", params={"pick": ids, "verdict": "approve"})
    proposed = dict(re.findall(r'name="slug-([0-9a-f-]+)"[^>]*value="([^"]+)"', page.text))
    assert len(set(proposed.values())) == 2
    form: dict[str, object] = {"pick": ids, "verdict": "approve"}
    for one, slug, code in ((ids[0], "dora", "DORA20"), (ids[1], cast.ada.slug, "DORIS20")):
        form |= {f"tier-{one}": "starter", f"slug-{one}": slug, f"code-{one}": code}
    answer = await mira.post("/manage/applications/several", data=form)
    assert answer.status_code == httpx.codes.CONFLICT
    assert f"Done: {cast.dora.name}" in answer.text
    assert "somebody else’s" in answer.text
    form[f"slug-{ids[1]}"] = "doris"
    assert (await mira.post("/manage/applications/several", data=form)).status_code == httpx.codes.SEE_OTHER
    assert await ApplicationDecision.count() == 2


async def test_link_and_code_are_checked_while_they_are_typed(mira: httpx.AsyncClient, cast: Cast) -> None:
    path = f"/manage/applications/{cast.dora.application}/check"
    free = await mira.get(path, params={"slug": "dora", "code": "DORA20"})
    assert "This link is free." in free.text
    taken = await mira.get(path, params={"slug": cast.ada.slug, "code": "DORA20"})
    assert "is somebody else’s" in taken.text
    assert "dora is free" in taken.text


async def test_managers_leave_each_other_notes(
    mira: httpx.AsyncClient, visitor: httpx.AsyncClient, cast: Cast
) -> None:
    path = f"/manage/applications/{cast.dora.application}"
    assert (await mira.post(f"{path}/notes", data={"note": " "})).status_code == 422
    await mira.post(f"{path}/notes", data={"note": "<b>Met her</b> in Lisbon."})
    page = (await mira.get(path)).text
    assert "&lt;b&gt;Met her&lt;/b&gt; in Lisbon." in page
    (note,) = re.findall(r"/notes/([0-9a-f-]+)/remove", page)
    await mira.post(f"{path}/notes/{note}/remove")
    assert "Lisbon" not in (await mira.get(path)).text


def test_a_rule_never_overlooks_a_finding() -> None:
    fine = draft("Lena Hoffmann")
    assert keeps(RULE, fine, set())
    assert keeps(RULE, fine, {Look.GOOD, Look.KNOW})
    assert not keeps(RULE, fine, {Look.LOOK})
    assert not keeps(RULE, replace(fine, kind="publisher"), set())
    assert not keeps(RULE, replace(fine, email="lena@gmail.com"), set())


@pytest.mark.usefixtures("connected")
async def test_without_a_rule_nobody_is_approved_but_by_a_manager(cast: Cast) -> None:
    await waits(cast, draft("Lena Hoffmann"), 1)
    assert await auto_approve(BEGINNING + timedelta(hours=2)) == 0


def test_the_program_file_knows_the_kinds_that_the_form_offers() -> None:
    from portal.enrollments.forms import KINDS

    assert tuple(KINDS) == APPLICANTS


@pytest.mark.usefixtures("connected")
async def test_a_program_may_approve_by_its_own_rule_and_only_so_many_a_day(cast: Cast) -> None:
    from portal.enrollments import auto_approval

    people = [await waits(cast, draft(name), 1) for name in ("Lena One", "Mara Two", "Nele Three")]
    terms = replace(cast.terms, auto_approval=RULE)
    done = await auto_approval._approve_in(cast.program, terms, RULE, BEGINNING + timedelta(hours=2))
    assert done == 2
    assert await auto_approval._approve_in(cast.program, terms, RULE, BEGINNING + timedelta(hours=3)) == 0
    rows = await ApplicationDecision.select(ApplicationDecision.application, ApplicationDecision.manager)
    assert {str(row["application"]) for row in rows} == {str(one) for one in people[:2]}
    assert {row["manager"] for row in rows} == {None}
    assert await Application.exists().where(Application.id == people[2])
