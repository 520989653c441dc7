"""Whoever is approved brings a code, and the checkout has to take it: by the worker at Stripe, or by hand."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from portal.audit.actions import Actor
from portal.audit.tables import AuditEntry
from portal.enrollments import codes, errands
from portal.enrollments.actions import approve, set_state
from portal.enrollments.code_queries import count_unmade
from portal.enrollments.codes import CodeState
from portal.enrollments.errands import run_errands
from portal.enrollments.rules import EnrollmentState
from portal.enrollments.tables import DiscountCode
from portal.errors import Refused
from portal.settings import Settings
from portal.templating import rate
from portal.worker import Worker
from tests.cast import Applicant, Cast, apply
from tests.conftest import FrozenClock, Stage
from tests.postgres import free_port
from tests.stripe_api import KEY, Asked, StripeApi, stripe_api


@pytest.fixture
def stripe() -> Iterator[StripeApi]:
    with stripe_api() as api:
        yield api


@pytest.fixture
def settings(app: Litestar, stage: Stage, stripe: StripeApi) -> Settings:
    """Those of a portal with a key."""
    return with_key(stage.settings, stripe.url)


def with_key(settings: Settings, url: str) -> Settings:
    return replace(settings, stripe_api_keys=(("", KEY),), stripe_api_url=url)


async def takes_in(
    cast: Cast, clock: FrozenClock, who: Applicant | None = None, code: str = "DORA20", **terms: Any
) -> UUID:
    """Approves Dora, or somebody else; gives back the enrollment."""
    return await approve(
        (who or cast.dora).application,
        cast.mira.id,
        replace(cast.terms, **terms),
        tier=cast.terms.first_tier.key,
        slug=code.lower(),
        code=code,
        now=clock(),
    )


async def of(code: str) -> DiscountCode:
    kept = await DiscountCode.objects().get(DiscountCode.code == code)
    assert kept is not None
    return kept


async def state_of(code: str) -> CodeState:
    return CodeState((await of(code)).at_checkout)


def by(cast: Cast) -> Actor:
    return Actor("manager", str(cast.mira.id))


# --- at Stripe ---


async def test_a_new_partners_code_is_created_at_stripe(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    enrollment = await takes_in(cast, clock)
    assert stripe.asked == [], "approving speaks with nobody"
    await run_errands(settings, clock())
    kept = await of("DORA20")
    assert kept.at_checkout == CodeState.MADE
    (made,) = stripe.codes
    assert kept.stripe_id == made["id"]
    assert made["code"] == "DORA20"
    assert made["metadata"]["enrollment"] == str(enrollment)
    assert made["metadata"]["program"] == "kartra"
    (coupon,) = stripe.coupons.values()
    assert (coupon["id"], coupon["percent_off"], coupon["duration"]) == ("partners-kartra-20", 20, "once")


async def test_one_coupon_serves_all_codes_of_a_percentage(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    edda = await apply(cast.program, cast.terms, "Edda Lund", "edda@lund.example", clock())
    await takes_in(cast, clock)
    await takes_in(cast, clock, edda, "EDDA20")
    await run_errands(settings, clock())
    assert [code["code"] for code in stripe.codes] == ["DORA20", "EDDA20"]
    assert list(stripe.coupons) == ["partners-kartra-20"]
    assert len({one.once for one in stripe.made}) == len(stripe.made)


async def test_a_second_round_finds_nothing_left_to_do(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    asked = len(stripe.asked)
    await run_errands(settings, clock.forward(hours=1))
    assert len(stripe.asked) == asked


async def test_two_workers_create_it_once(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    await takes_in(cast, clock)
    await asyncio.gather(*(run_errands(settings, clock()) for _ in range(3)))
    assert [code["code"] for code in stripe.codes] == ["DORA20"]
    assert [one.path for one in stripe.made] == ["/v1/coupons", "/v1/promotion_codes"]


async def test_a_worker_that_died_after_stripe_had_created_it_is_followed_by_one_that_finds_it(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await takes_in(cast, clock)

    async def died(*_: Any, **__: Any) -> None:
        raise RuntimeError("the machine went down")

    with monkeypatch.context() as broken:
        broken.setattr(errands, "_settle", died)
        with pytest.raises(RuntimeError, match="went down"):
            await run_errands(settings, clock())
    await run_errands(settings, clock.forward(minutes=1))
    assert await state_of("DORA20") == CodeState.WAITING, "its lease runs"
    await run_errands(settings, clock.forward(minutes=10))
    assert await state_of("DORA20") == CodeState.MADE
    assert len(stripe.codes) == 1


async def test_a_code_that_people_created_there_with_the_same_percentage_is_taken_over(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    theirs = stripe.has_code("dora20", percent=20)
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    kept = await of("DORA20")
    assert (kept.at_checkout, kept.stripe_id) == (CodeState.MADE, theirs["id"])
    assert stripe.made == []


@pytest.mark.parametrize(
    ("percent", "more", "reason"),
    [
        (30.0, {}, "doesn’t take 20 % off"),
        (20.0, {"metadata": {"discount_code": "somebody-elses"}}, "another partner’s"),
    ],
)
async def test_one_that_is_something_else_is_refused_in_words(
    settings: Settings,
    stripe: StripeApi,
    cast: Cast,
    clock: FrozenClock,
    percent: float,
    more: dict[str, Any],
    reason: str,
) -> None:
    stripe.has_code("DORA20", percent=percent, **more)
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    kept = await of("DORA20")
    assert kept.at_checkout == CodeState.FAILED
    assert reason in kept.problem
    assert stripe.made == []


async def test_a_code_of_a_single_customer_stands_in_nobodys_way(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    stripe.has_code("DORA20", percent=50, customer="cus_9s6XKzkNRiz8i3", active=False)
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    assert await state_of("DORA20") == CodeState.MADE


async def test_a_coupon_that_takes_something_else_off_is_never_used(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    other = stripe.has_code("OTHER", percent=25)
    stripe.coupons["partners-kartra-20"] = stripe.coupons[other["promotion"]["coupon"]]
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    kept = await of("DORA20")
    assert kept.at_checkout == CodeState.FAILED
    assert "partners-kartra-20" in kept.problem


BUSY = {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}}
BROKEN = {"error": {"type": "api_error", "message": "Something went wrong on Stripe’s end."}}


@pytest.mark.parametrize(
    "trouble",
    [
        (429, BUSY),
        (500, BROKEN),
        (503, b""),
        (409, BUSY),
        (302, b""),
        (200, b"<html>maintenance</html>"),
        (200, {"object": "list"}),
        (200, b"\xff\xfe"),
        None,
    ],
    ids=["429", "500", "503", "409", "302", "html", "other shape", "no text", "hangs up"],
)
async def test_where_stripe_is_away_the_code_waits_and_is_then_created(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, trouble: tuple[int, Any] | None
) -> None:
    await takes_in(cast, clock)
    stripe.trouble = [trouble]
    await run_errands(settings, clock())
    kept = await of("DORA20")
    assert (kept.at_checkout, kept.tries) == (CodeState.WAITING, 1)
    assert kept.problem.startswith("Stripe")
    asked = len(stripe.asked)
    await run_errands(settings, clock())
    assert len(stripe.asked) == asked, "it is asked again later, not at once"
    await run_errands(settings, clock.forward(minutes=2))
    assert await state_of("DORA20") == CodeState.MADE
    assert (await of("DORA20")).problem == ""


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
async def test_whichever_answer_gets_lost_the_next_try_carries_on(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, lost: int
) -> None:
    """Looking for the code and the coupon, creating both: each was done, and nobody heard."""
    await takes_in(cast, clock)
    stripe.lost = lost
    await run_errands(settings, clock())
    assert await state_of("DORA20") == CodeState.WAITING
    await run_errands(settings, clock.forward(minutes=2))
    assert await state_of("DORA20") == CodeState.MADE
    assert len(stripe.codes) == len(stripe.coupons) == 1


async def test_a_server_that_stays_silent_holds_nobody_up(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "PATIENCE", httpx.Timeout(0.1))
    stripe.silent = threading.Event()
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    assert (await of("DORA20")).problem == "Stripe did not answer."


async def test_a_server_that_is_not_there_is_asked_less_and_less_often_and_then_a_manager_hears(
    settings: Settings, cast: Cast, clock: FrozenClock
) -> None:
    gone = with_key(settings, f"http://127.0.0.1:{free_port()}")
    await takes_in(cast, clock)
    for _ in range(codes.TRIES):
        assert await state_of("DORA20") == CodeState.WAITING
        await run_errands(gone, clock())
        clock.forward(hours=7)
    kept = await of("DORA20")
    assert kept.at_checkout == CodeState.FAILED
    assert kept.problem == "Stripe did not answer. It was asked 12 times."
    assert await count_unmade(cast.program) == 1


async def test_stripes_silence_ends_the_round(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    edda = await apply(cast.program, cast.terms, "Edda Lund", "edda@lund.example", clock())
    await takes_in(cast, clock)
    await takes_in(cast, clock, edda, "EDDA20")
    stripe.trouble = [(503, b"")]
    await run_errands(settings, clock())
    assert len(stripe.asked) == 1
    assert (await of("EDDA20")).tries == 0


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        ((401, {"error": {"message": f"Invalid API Key provided: {KEY}"}}), "doesn’t know the key"),
        (
            (403, {"error": {"message": f"The key {KEY} lacks permissions"}}),
            "write coupons and promotion codes",
        ),
        ((400, {"error": {"message": "Invalid   string: code."}}), "Stripe said: “Invalid string: code.”"),
        ((400, b"odd"), "Stripe refused it and answered 400."),
    ],
    ids=["401", "403", "400", "odd"],
)
async def test_what_stripe_refuses_a_manager_reads_without_the_key(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, answered: Any, reason: str
) -> None:
    await takes_in(cast, clock)
    stripe.trouble = [answered]
    await run_errands(settings, clock())
    kept = await of("DORA20")
    assert kept.at_checkout == CodeState.FAILED
    assert reason in kept.problem
    assert KEY not in kept.problem
    assert KEY not in repr(settings)


async def test_after_a_refusal_trying_again_is_a_new_request(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    theirs = stripe.has_code("DORA20", percent=30)
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    theirs["active"] = False
    await codes.try_again(UUID(str((await of("DORA20")).id)), cast.program, by(cast), clock())
    await run_errands(settings, clock.forward(minutes=1))
    assert await state_of("DORA20") == CodeState.MADE


async def test_a_programs_own_key_stands_before_that_of_no_program(
    stage: Stage, stripe: StripeApi, app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    stripe.key = "rk_live_ofKartra"
    keys = (("", KEY), ("kartra", "rk_live_ofKartra"), ("bloom", "rk_live_ofBloom"))
    await takes_in(cast, clock)
    await run_errands(replace(stage.settings, stripe_api_keys=keys, stripe_api_url=stripe.url), clock())
    assert await state_of("DORA20") == CodeState.MADE


async def test_the_worker_runs_the_errands(
    app: Litestar, settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    worker = Worker(settings, app.state.templates, app.state.houses, clock)
    await takes_in(cast, clock)
    await worker.do_chores()
    assert stripe.asked == []
    clock.forward(seconds=20)
    await worker.do_chores()
    assert await state_of("DORA20") == CodeState.MADE


# --- by hand ---


async def test_without_a_key_somebody_creates_it_by_hand(
    app: Litestar, stage: Stage, cast: Cast, clock: FrozenClock, mira: httpx.AsyncClient
) -> None:
    await takes_in(cast, clock)
    page = (await mira.get("/manage/codes")).text
    assert "To create by hand" in page, "before the worker has written it down too"
    await run_errands(stage.settings, clock())
    assert await state_of("DORA20") == CodeState.BY_HAND
    assert await count_unmade(cast.program) == 1
    page = (await mira.get("/manage/codes")).text
    assert "DORA20" in page
    assert f"{rate(2000)} off one payment" in page
    assert "Dora Jansen" in page
    answer = await mira.post(f"/manage/codes/{(await of('DORA20')).id}/made")
    assert answer.headers["Location"] == "/manage/codes"
    assert await state_of("DORA20") == CodeState.MADE
    assert "Every code works" in (await mira.get("/manage/codes")).text
    entry = await AuditEntry.objects().where(AuditEntry.verb == "code_made").first()
    assert entry is not None
    assert entry.actor == str(cast.mira.id)


async def test_a_key_that_comes_later_takes_the_work_over(
    app: Litestar, stage: Stage, settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    await takes_in(cast, clock)
    await run_errands(stage.settings, clock())
    await run_errands(settings, clock())
    assert await state_of("DORA20") == CodeState.MADE
    assert [code["code"] for code in stripe.codes] == ["DORA20"]


async def test_a_code_that_takes_nothing_off_is_created_by_hand_with_a_key_too(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, mira: httpx.AsyncClient
) -> None:
    await takes_in(cast, clock, code_percent=0, code="DORA")
    await run_errands(settings, clock())
    assert await state_of("DORA") == CodeState.BY_HAND
    assert stripe.asked == []
    assert "takes nothing off" in (await mira.get("/manage/codes")).text


async def test_what_stripe_refused_shows_its_reason_and_two_ways_on(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, mira: httpx.AsyncClient
) -> None:
    stripe.has_code("DORA20", percent=30)
    await takes_in(cast, clock)
    await run_errands(settings, clock())
    page = (await mira.get("/manage/codes")).text
    assert "Refused by Stripe" in page
    assert "doesn’t take 20 % off" in page
    code = (await of("DORA20")).id
    await mira.post(f"/manage/codes/{code}/again")
    assert await state_of("DORA20") == CodeState.WAITING
    twice = await mira.post(f"/manage/codes/{code}/again")
    assert twice.status_code == 409
    assert "somebody was faster" in twice.text
    await run_errands(settings, clock.forward(minutes=1))
    await mira.post("/manage/codes/again")
    assert await state_of("DORA20") == CodeState.WAITING
    await mira.post(f"/manage/codes/{code}/made")
    assert await state_of("DORA20") == CodeState.MADE
    assert (await mira.post(f"/manage/codes/{code}/made")).status_code == 409


async def test_a_manager_who_ticks_while_stripe_is_asked_keeps_the_last_word(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    await takes_in(cast, clock)
    await errands.sort_out(settings)
    errand = await errands.take(clock())
    assert errand is not None
    await codes.mark_made(errand.code_id, cast.program, by(cast), clock())
    await errands._settle(errand, CodeState.FAILED, clock(), problem="too late")
    kept = await of("DORA20")
    assert (kept.at_checkout, kept.problem) == (CodeState.MADE, "")


async def test_an_affiliate_reads_whether_the_code_works(
    app: Litestar, stage: Stage, cast: Cast, clock: FrozenClock, ada: httpx.AsyncClient
) -> None:
    assert "Not yet" not in (await ada.get("/links")).text
    await DiscountCode.update({DiscountCode.at_checkout: CodeState.BY_HAND}).where(
        DiscountCode.code == cast.ada.code
    )
    page = (await ada.get("/links")).text
    assert "Not yet" in page
    assert "setting it up" in page
    assert "setting it up" in (await ada.get("/home")).text


async def test_hundreds_of_codes_show_the_oldest_fifty_and_say_how_many_there_are(
    app: Litestar, cast: Cast, clock: FrozenClock, mira: httpx.AsyncClient
) -> None:
    first = await of(cast.ada.code)
    rows = [
        {**first.to_dict(), "code": f"MANY{number}", "code_key": f"many{number}", "at_checkout": "by_hand"}
        for number in range(120)
    ]
    await DiscountCode.insert(
        *(DiscountCode(**{**row, "id": UUID(int=number + 1)}) for number, row in enumerate(rows))
    )
    page = (await mira.get("/manage/codes")).text
    assert page.count('data-copy="MANY') == 50
    assert "oldest 50 of 120" in page


# --- when a partnership ends ---


async def ends(enrollment: UUID, cast: Cast, clock: FrozenClock) -> None:
    await set_state(enrollment, EnrollmentState.ENDED, "asked for it", by(cast), clock())


async def test_the_code_of_a_partnership_that_ends_is_switched_off_at_stripe(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    enrollment = await takes_in(cast, clock)
    await run_errands(settings, clock())
    await ends(enrollment, cast, clock)
    assert await state_of("DORA20") == CodeState.LEAVING
    await run_errands(settings, clock.forward(minutes=1))
    assert await state_of("DORA20") == CodeState.GONE
    assert [code["active"] for code in stripe.codes] == [False]


async def test_one_that_people_created_is_theirs_to_switch_off(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock, mira: httpx.AsyncClient
) -> None:
    stripe.has_code(cast.ada.code, percent=20)
    await ends(cast.ada.enrollment, cast, clock)
    await run_errands(settings, clock())
    assert [code["active"] for code in stripe.codes] == [True]
    page = (await mira.get("/manage/codes")).text
    assert "To switch off by hand" in page
    assert cast.ada.code in page
    code = (await of(cast.ada.code)).id
    assert (await mira.post(f"/manage/codes/{code}/made")).status_code == 409
    await mira.post(f"/manage/codes/{code}/off")
    assert await state_of(cast.ada.code) == CodeState.GONE
    assert (await mira.post(f"/manage/codes/{code}/off")).status_code == 409


async def test_one_that_ends_before_anybody_created_it_is_simply_gone(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    enrollment = await takes_in(cast, clock)
    await ends(enrollment, cast, clock)
    await run_errands(settings, clock())
    assert await state_of("DORA20") == CodeState.GONE
    assert stripe.asked == []


async def test_one_that_ends_while_stripe_creates_it_is_switched_off_after_all(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    enrollment = await takes_in(cast, clock)
    loop = asyncio.get_running_loop()

    def meanwhile(asked: Asked) -> None:
        if asked.path == "/v1/promotion_codes" and asked.method == "POST":
            asyncio.run_coroutine_threadsafe(ends(enrollment, cast, clock), loop).result(5)

    stripe.meanwhile = meanwhile
    await run_errands(settings, clock())
    await run_errands(settings, clock.forward(minutes=6))
    assert await state_of("DORA20") == CodeState.GONE
    assert [code["active"] for code in stripe.codes] == [False]


async def test_a_pause_leaves_the_code_alone(
    settings: Settings, stripe: StripeApi, cast: Cast, clock: FrozenClock
) -> None:
    await set_state(cast.ada.enrollment, EnrollmentState.PAUSED, "a break", by(cast), clock())
    await run_errands(settings, clock())
    assert await state_of(cast.ada.code) == CodeState.MADE
    assert stripe.asked == []


async def test_without_a_key_somebody_switches_it_off_by_hand(
    app: Litestar, stage: Stage, cast: Cast, clock: FrozenClock
) -> None:
    await ends(cast.ada.enrollment, cast, clock)
    await run_errands(stage.settings, clock())
    assert await state_of(cast.ada.code) == CodeState.OFF_BY_HAND
    with pytest.raises(Refused, match="has ended"):
        await codes.mark_made(UUID(str((await of(cast.ada.code)).id)), cast.program, by(cast), clock())
