"""Whatever people and networks send: a clear answer in the house's page, nothing changed, nothing lost."""

import json
import re
from datetime import timedelta
from io import BytesIO

import httpx
import pytest
from litestar import Litestar
from PIL import Image

from portal.audit.tables import AuditEntry
from portal.creatives.tables import BrandKit
from portal.earnings.tables import BillingEvent, Transaction
from portal.enrollments.rules import ApplicationState
from portal.enrollments.tables import Application, DiscountCode, Enrollment, Link
from portal.outbox.tables import Letter
from portal.referrals.tables import Click
from tests.cast import PASSWORD, Cast
from tests.conftest import STRIPE_SECRET, FrozenClock, People
from tests.letters import path_in, sent_letters
from tests.pages import filled_in
from tests.sales import BROWSER, tell
from tests.stripe import checkout_completed, signature
from tests.stripe import event as event_of

APPLICATION = {
    "name": "Edda Holm",
    "email": "edda@slowmail.example",
    "web_address": "slowmail.example",
    "kind": "reviewer",
    "ways": "blog",
    "audience": "People who write letters.",
    "consent": "yes",
}


def is_our_page(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, headings_of(answer)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert [word for word in ("Kartra", *words) if word not in answer.text] == [], headings_of(answer)


def headings_of(answer: httpx.Response) -> list[str]:
    return re.findall(r"<(?:h1|p)[^>]*>([^<]+)", answer.text)[:6]


async def apply(visitor: httpx.AsyncClient, clock: FrozenClock, **changes: str) -> httpx.Response:
    """Opens the form, takes a minute, and sends it."""
    form = filled_in(await visitor.get("/apply"))
    clock.forward(minutes=1)
    return await visitor.post(
        "/p/kartra/apply", data={**form, **APPLICATION, **changes}, follow_redirects=True
    )


async def applied(app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock) -> str:
    """Edda's application is sent; gives back the path in her letter."""
    is_our_page(await apply(visitor, clock), 200, "mailbox", APPLICATION["email"])
    letter = next(mail for mail in await sent_letters(app, clock()) if mail["To"] == APPLICATION["email"])
    return path_in(letter, "/apply/confirm/")


async def state_of(email: str) -> str:
    rows = await Application.raw(
        "SELECT ap.state FROM application ap JOIN affiliate a ON a.id = ap.affiliate WHERE a.email = {}",
        email,
    )
    return str(rows[0]["state"])


async def everything() -> dict[str, int]:
    tables = (Application, Enrollment, Link, DiscountCode, BillingEvent, Transaction, Letter)
    return {table._meta.tablename: int(await table.count()) for table in tables}


# Addresses


@pytest.mark.parametrize("slug", ["nobody", "ADA-2", "%F0%9F%A6%8A", "a" * 300])
async def test_an_unknown_link(app: Litestar, visitor: httpx.AsyncClient, slug: str) -> None:
    answer = await visitor.get(f"/r/{slug}", headers={"User-Agent": BROWSER})
    is_our_page(answer, 404, "This link leads nowhere")
    await app.state.clicks.settled()
    assert await Click.count() == 0


@pytest.mark.parametrize("path", ["/earnings/not-an-id", "/earnings/0190a000-0000-7000-8000-000000000000"])
async def test_a_sale_that_is_not_there(ada: httpx.AsyncClient, path: str) -> None:
    is_our_page(await ada.get(path), 404, "Nothing is at this address")


# The application


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Type your name"),
        ("email", "edda at slowmail", "This is not an e-mail address"),
        ("web_address", "javascript:alert(1)", "Write it like northbound.example"),
        ("kind", "spy", "Choose what describes you best"),
        ("consent", "", "agrees to the terms"),
    ],
)
async def test_an_application_that_is_not_right_comes_back_as_it_was_typed(
    visitor: httpx.AsyncClient, clock: FrozenClock, field: str, value: str, sentence: str
) -> None:
    before = await everything()
    answer = await apply(visitor, clock, **{field: value})
    is_our_page(answer, 422, sentence)
    kept = filled_in(answer)
    typed = {**APPLICATION, field: value, "web_address": kept["web_address"]}
    assert {name: kept.get(name, "") for name in typed if name != "kind"} == {
        name: text for name, text in typed.items() if name != "kind"
    }
    assert await everything() == before


async def test_naughty_text_appears_as_text(visitor: httpx.AsyncClient, clock: FrozenClock) -> None:
    answer = await apply(visitor, clock, name="<script>alert('Robert'); DROP TABLE</script>", email="")
    is_our_page(answer, 422, "&lt;script&gt;")
    assert "<script>alert" not in answer.text


async def test_a_robot_that_fills_in_everything_applies_for_nothing(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    before = await everything()
    form = filled_in(await visitor.get("/apply"))
    await visitor.post("/p/kartra/apply", data={**form, **APPLICATION})
    clock.forward(minutes=1)
    await visitor.post("/p/kartra/apply", data={**form, **APPLICATION, "company": "Robots Inc."})
    await visitor.post("/p/kartra/apply", data={**form, **APPLICATION, "opened": "an hour ago"})
    assert await everything() == before


async def test_an_address_that_is_taken_is_told_by_letter_only(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    new = await apply(visitor, clock)
    before = await everything()
    typed = cast.ada.email.replace("ada", "ADA")
    taken = await apply(visitor, clock, email=typed, name="Not Ada")
    assert taken.text.replace(typed, "") == new.text.replace(APPLICATION["email"], "")
    assert await everything() == {**before, "letter": before["letter"] + 1}
    letters = await sent_letters(app, clock())
    assert letters[-1]["To"] == cast.ada.email


# Letters


async def test_a_letters_link_works_once(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = await applied(app, visitor, clock)
    assert (await visitor.post(path)).status_code == httpx.codes.SEE_OTHER
    before = await everything()
    for answer in (
        await visitor.get(path, follow_redirects=True),
        await visitor.post(path, follow_redirects=True),
    ):
        is_our_page(answer, 200, "We have your application")
    assert await everything() == before
    assert await state_of(APPLICATION["email"]) == ApplicationState.IN_REVIEW


async def test_opening_a_letters_link_does_nothing_by_itself(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = await applied(app, visitor, clock)
    for _ in range(3):  # mail programs and their scanners open links too
        is_our_page(await visitor.get(path), 200, "Confirm your address")
    assert await state_of(APPLICATION["email"]) == ApplicationState.UNCONFIRMED


async def test_an_old_link_says_that_it_is_old(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    path = await applied(app, visitor, clock)
    clock.forward(days=8)
    for answer in (await visitor.get(path), await visitor.post(path)):
        is_our_page(answer, 409, "too old")
    assert await state_of(APPLICATION["email"]) == ApplicationState.UNCONFIRMED


@pytest.mark.parametrize("beginning", ["/apply/confirm/", "/apply/status/", "/signin/password/"])
@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "🦊"])
async def test_a_made_up_link_opens_nothing(visitor: httpx.AsyncClient, beginning: str, token: str) -> None:
    answer = await visitor.get(beginning + token)
    assert answer.status_code in {404, 409}
    is_our_page(answer, answer.status_code)


async def test_a_password_link_ends_when_it_is_used(
    app: Litestar, people: People, cast: Cast, clock: FrozenClock
) -> None:
    visitor, thief = await people.visitor(), await people.visitor()
    await visitor.post("/signin/forgot", data={"email": cast.ada.email})
    letter = (await sent_letters(app, clock()))[-1]
    path = path_in(letter, "/signin/password/")
    weak = await visitor.post(path, data={"password": "short"})
    is_our_page(weak, 422, "12 characters or more")
    assert (
        await visitor.post(path, data={"password": "nine slow otters"})
    ).status_code == httpx.codes.SEE_OTHER
    is_our_page(await thief.post(path, data={"password": "stolen by a thief"}), 409, "used already")
    assert (await thief.get("/home")).status_code == httpx.codes.SEE_OTHER
    old = await thief.post("/signin", data={"email": cast.ada.email, "password": PASSWORD})
    assert old.status_code == httpx.codes.UNPROCESSABLE_ENTITY


# Deciding


async def test_a_second_approval_is_told_who_was_first(
    people: People, cast: Cast, mira: httpx.AsyncClient
) -> None:
    noor = await people.signed_in(cast.noor)
    path = f"/manage/applications/{cast.dora.application}"
    form = {"verdict": "approve", "tier": "starter", "slug": "dora", "code": "DORA20"}
    assert (await mira.post(path, data=form)).status_code == httpx.codes.SEE_OTHER
    before = await everything()
    for again in (
        form,
        {**form, "slug": "dora-2", "code": "DORAX20"},
        {"verdict": "decline", "reason": "There is nothing to read on your site yet."},
    ):
        is_our_page(await noor.post(path, data=again), 409, "Mira Voss")
    assert await everything() == before
    assert await state_of(cast.dora.email) == ApplicationState.IN_REVIEW  # until its minute is over


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"slug": "ada"}, 409, "The link ada is somebody else’s"),
        ({"code": "ada20"}, 409, "The code ADA20 is somebody else’s"),
        ({"slug": "admin"}, 422, "kept for the portal"),
        ({"slug": "Dora & Co"}, 422, "small letters"),
        ({"tier": "emperor"}, 422, "tier"),
        ({"verdict": "shrug"}, 422, "Dora Jansen"),
    ],
)
async def test_an_approval_that_cannot_be_keeps_what_was_typed(
    mira: httpx.AsyncClient, cast: Cast, change: dict[str, str], status: int, sentence: str
) -> None:
    before = await everything()
    form = {"verdict": "approve", "tier": "starter", "slug": "dora", "code": "DORA20", **change}
    answer = await mira.post(f"/manage/applications/{cast.dora.application}", data=form)
    is_our_page(answer, status, sentence)
    kept = filled_in(answer)
    assert (kept["slug"], kept["code"]) == (form["slug"].lower(), form["code"].upper())
    assert await everything() == before


# The webhook


async def test_a_forged_stale_or_altered_event_changes_nothing_and_leaves_a_trace(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    now = clock.forward(minutes=1)
    event = checkout_completed(now, customer="cus_1", subscription="sub_1", email="buyer@shop.example")
    body = json.dumps(event).encode()
    signed = signature(body, STRIPE_SECRET, now)
    before = await everything()
    posts = [
        await tell(visitor, event, "whsec_wrong", now),
        await tell(visitor, event, STRIPE_SECRET, now - timedelta(seconds=301)),
        await visitor.post("/webhooks/stripe", content=body.replace(b"cus_1", b"cus_2"), headers=signed),
        await visitor.post("/webhooks/stripe", content=body),
        await visitor.post("/webhooks/stripe", content=b"{", headers=signature(b"{", STRIPE_SECRET, now)),
    ]
    for answer in posts:
        assert answer.status_code == httpx.codes.BAD_REQUEST
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.json()["error"]
    assert await everything() == before
    assert await AuditEntry.count().where(AuditEntry.at == now) == len(posts)


async def test_an_event_that_comes_twice_counts_once_and_one_that_changed_is_a_conflict(
    visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    now = clock()
    event = checkout_completed(now, customer="cus_1", subscription="sub_1", email="buyer@shop.example")
    first = await tell(visitor, event, STRIPE_SECRET, now)
    again = await tell(visitor, event, STRIPE_SECRET, now)
    assert (first.status_code, again.status_code) == (200, 200)
    event["data"]["object"]["customer"] = "cus_2"
    changed = await tell(visitor, event, STRIPE_SECRET, now)
    assert changed.status_code == httpx.codes.CONFLICT
    assert changed.json()["error"]
    assert await BillingEvent.count() == 1


async def test_an_event_that_nobody_knows_is_kept(visitor: httpx.AsyncClient, clock: FrozenClock) -> None:
    now = clock()
    unknown = event_of("radar.early_fraud_warning.created", now, {"id": "issfr_1"})
    assert (await tell(visitor, unknown, STRIPE_SECRET, now)).status_code == httpx.codes.OK
    assert await BillingEvent.count() == 1


# The logo


def png(width: int, height: int) -> bytes:
    file = BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("what", "content", "status"),
    [
        ("words", b"This is not a picture.", 422),
        ("half a picture", png(600, 600)[:60], 422),
        ("a bomb", png(20_000, 20_000), 422),
        ("a drawing", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 422),
        ("too many bytes", png(100, 100) + bytes(5_200_000), 422),
        ("far too many bytes", bytes(17_000_000), 413),
    ],
)
async def test_a_logo_that_cannot_be_used_changes_nothing(
    ada: httpx.AsyncClient, what: str, content: bytes, status: int
) -> None:
    kept = await BrandKit.select()
    answer = await ada.post(
        "/brand",
        data={"name": "Northbound", "tagline": "Typed and not lost"},
        files={"logo": ("logo.png", content, "image/png")},
    )
    is_our_page(answer, status)
    if status == httpx.codes.UNPROCESSABLE_ENTITY:
        assert filled_in(answer)["tagline"] == "Typed and not lost"
        assert "logo-error" in answer.text
    assert await BrandKit.select() == kept


async def test_a_size_that_is_not_offered_is_told_what_is(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    is_our_page(await ada.get("/creatives/evergreen/1x1"), 404)
    is_our_page(await visitor.get("/c/nobody/evergreen/300x250.png"), 404)
