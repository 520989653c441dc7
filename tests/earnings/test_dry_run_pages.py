"""Mira drafts new terms, sees who would gain and who would lose, and publishes them, or not."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from portal.clock import utc_now
from portal.earnings.dry_runs import DryRunner, ask, take_next, work
from portal.earnings.tables import Commission, DryRun
from portal.enrollments.agreeing import announce_terms
from portal.programs.actions import publish
from portal.programs.queries import terms_history
from tests.cast import BEGINNING, KARTRA, Cast
from tests.conftest import FrozenClock
from tests.letters import sent_letters
from tests.pages import filled_in
from tests.programs.test_publishing import later
from tests.sales import click_on, sell

STRIPE_SECRET = "whsec_tests"
NEW = "/manage/program/terms/new"
SINCE = "2026-01-01"


@pytest.fixture
async def sold(app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock) -> None:
    """Ada sells a month of Growth for $119.00."""
    click = await click_on(visitor, cast.ada.slug)
    await app.state.clicks.settled()
    await sell(visitor, click, STRIPE_SECRET, clock())


async def drafted(mira: httpx.AsyncClient, **changes: str) -> httpx.Response:
    form = filled_in(await mira.get(NEW))
    return await mira.post(NEW, data={**form, "verb": "", "since": SINCE, **changes})


async def answered(answer: httpx.Response, clock: FrozenClock) -> str:
    """Where the dry run stands, once the worker is through with it."""
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
    path = answer.headers["Location"]
    await work(UUID(path.rpartition("/")[2]), clock)
    return str(path)


async def test_mira_sees_what_her_draft_would_have_cost_and_publishes_it(
    app: Litestar, mira: httpx.AsyncClient, sold: None, cast: Cast, clock: FrozenClock
) -> None:
    path = await answered(await drafted(mira, tier_0_rate="32", starts_on="2026-06-01"), clock)
    page = (await mira.get(path)).text
    assert "Starter 32\u00a0% instead of 30\u00a0%" in page
    assert "It would have cost $2.38 more." in page
    assert "1 of 1 affiliate would have earned more, nobody less." in page
    assert "<del>Starter: 30\u00a0% of each payment.</del>" in page
    table = (await mira.get(f"{path}/affiliates.csv")).text
    assert "Ada Lindqvist,ada@northbound.example,USD,35.70,38.08,2.38,1,Starter,Starter" in table
    done = await mira.post(f"{path}/publish", data={"program": "kartra"}, follow_redirects=True)
    assert "Version 2 of the terms is published." in done.text
    assert "published by <bdi>Mira Voss</bdi>" in done.text
    newest = (await terms_history(cast.program)).versions[-1]
    assert (newest.first_tier.rate_bps, newest.starts_on) == (3_200, date(2026, 6, 1))
    await announce_terms(clock())
    told = [letter for letter in await sent_letters(app, clock()) if "New terms" in letter["Subject"]]
    assert len(told) == 3
    # What is booked stays booked.
    assert [row["minor"] for row in await Commission.select(Commission.minor)] == [3_570]


async def test_a_draft_that_changes_no_rule_changes_nothing(
    mira: httpx.AsyncClient, sold: None, clock: FrozenClock
) -> None:
    page = (await mira.get(await answered(await drafted(mira), clock))).text
    assert "It would have changed nothing." in page
    assert "Nobody would have earned more or less." in page


async def test_without_a_past_the_page_says_so(mira: httpx.AsyncClient, clock: FrozenClock) -> None:
    page = (await mira.get(await answered(await drafted(mira, hold="30"), clock))).text
    assert "No sales in that time" in page


async def test_a_draft_goes_on_from_where_it_was(mira: httpx.AsyncClient, clock: FrozenClock) -> None:
    path = await answered(await drafted(mira, hold="31"), clock)
    again = await mira.get(f"{NEW}?from={path.rpartition('/')[2]}")
    assert filled_in(again)["hold"] == "31"
    assert "Held for 31 days instead of 45" in again.text


async def test_what_was_typed_wrong_comes_back_with_its_sentence(mira: httpx.AsyncClient) -> None:
    answer = await drafted(mira, hold="long", tier_1_name="Friends", since="2030-01-01")
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Write a whole number from 0 to 366." in answer.text
    assert "Choose a day that has come" in answer.text
    assert filled_in(answer)["tier_1_name"] == "Friends"
    assert await DryRun.count() == 0


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "Choose a program file first."),
        (b"not a file", "not valid TOML"),
        (KARTRA.read_bytes().replace(b"hold_days = 45", b"hold_days = -1"), "rules.hold_days must be"),
        (
            KARTRA.read_bytes().replace(b'slug = "kartra"', b'slug = "bloom"'),
            "for the program &#39;bloom&#39;",
        ),
    ],
)
async def test_a_file_that_cannot_be_used_says_why(
    mira: httpx.AsyncClient, file: bytes, sentence: str
) -> None:
    answer = await mira.post(NEW, data={"verb": "file", "since": SINCE}, files={"file": ("new.toml", file)})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert sentence in answer.text


async def test_a_file_that_is_too_large_is_refused(mira: httpx.AsyncClient) -> None:
    answer = await mira.post(NEW, data={"verb": "file"}, files={"file": ("new.toml", b"#" * 70_000)})
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_a_file_is_looked_back_on_like_a_draft(
    mira: httpx.AsyncClient, sold: None, clock: FrozenClock
) -> None:
    file = later(months_paid=12).replace("rate_bps = 3000", "rate_bps = 2500").encode()
    sent = await mira.post(NEW, data={"verb": "file", "since": SINCE}, files={"file": ("new.toml", file)})
    page = (await mira.get(await answered(sent, clock))).text
    assert "It would have saved $5.95." in page


async def test_whoever_publishes_second_is_told_and_changes_nothing(
    mira: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    path = await answered(await drafted(mira, hold="30", starts_on="2026-06-01"), clock)
    await publish(cast.program, later(hold_days=20), 1, cast.noor.id, clock())
    assert "Version 2 was published after this dry run" in (await mira.get(path)).text
    refused = await mira.post(f"{path}/publish", data={"program": "kartra"})
    assert refused.status_code == httpx.codes.CONFLICT
    assert "Make the dry run again" in refused.text
    assert len((await terms_history(cast.program)).versions) == 2
    # The same draft once more, against what stands now.
    again = await answered(await mira.post(f"{path}/again", data={"since": SINCE}), clock)
    assert "Held for 30 days instead of 20" in (await mira.get(again)).text


async def test_rules_that_would_begin_in_the_past_can_be_tried_and_not_published(
    mira: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = await answered(await drafted(mira, hold="30", starts_on="2026-02-01"), clock)
    page = (await mira.get(path)).text
    assert "has come already" in page
    assert "/publish" not in page


async def test_nothing_is_published_before_its_answer(mira: httpx.AsyncClient) -> None:
    path = (await drafted(mira, hold="30")).headers["Location"]
    assert "It waits for the worker" in (await mira.get(path)).text
    assert (await mira.get(f"{path}/affiliates.csv")).status_code == httpx.codes.NOT_FOUND
    assert (await mira.post(f"{path}/publish")).status_code == httpx.codes.CONFLICT


async def test_only_so_many_wait_at_once(mira: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await drafted(mira, hold="30")).status_code == httpx.codes.SEE_OTHER
    assert (await drafted(mira, hold="30")).status_code == httpx.codes.CONFLICT


async def test_one_worker_takes_it_and_another_one_takes_over_from_a_dead_one(
    cast: Cast, bound: None
) -> None:
    asked = await ask(cast.program, later(), date(2026, 1, 1), cast.mira.id, BEGINNING)
    now = BEGINNING
    for _ in range(3):
        assert await take_next(now) == asked
        assert await take_next(now) is None
        now += timedelta(minutes=2)
    assert await take_next(now) is None
    assert (await DryRun.select(DryRun.state))[0]["state"] == "failed"


@pytest.mark.slow
async def test_a_process_of_its_own_answers(
    app: Litestar, sold: None, cast: Cast, clock: FrozenClock
) -> None:
    asked = await ask(cast.program, later(hold_days=20), date(2026, 1, 1), cast.mira.id, clock())
    runner = DryRunner(app.state.settings.database_url)
    await runner.start_next(utc_now())
    for _ in range(200):
        if await DryRun.exists().where((DryRun.id == asked) & (DryRun.state == "done")):
            break
        await asyncio.sleep(0.05)
    await runner.stop()
    assert await DryRun.exists().where((DryRun.id == asked) & (DryRun.state == "done"))
