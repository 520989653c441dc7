"""Two programs in one installation: Ada is in both, Ben in one, and nothing of one shows in the other."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from portal import db
from portal.earnings.tables import Commission
from portal.enrollments import actions as enrollments
from portal.programs.actions import load_program, load_programs
from portal.programs.program_file import BadProgram
from portal.programs.queries import all_programs, program_by_slug, terms_at
from portal.programs.rules import ProgramTerms
from tests.cast import BEGINNING, KARTRA, Cast, apply
from tests.conftest import STRIPE_SECRET, FrozenClock, Opening, Stage
from tests.letters import path_in, sent_letters, text_of
from tests.pages import filled_in
from tests.sales import click_on, sell
from tests.stripe import checkout_completed, invoice_paid, signature

BLOOM = Path(__file__).with_name("bloom.toml")


@dataclass(frozen=True)
class Bloom:
    program: UUID
    terms: ProgramTerms
    enrollment: UUID


@pytest.fixture
async def bloom(stage: Stage, clock: FrozenClock, anyio_backend: str) -> Bloom:
    """Bloom is there, and took Ada in a day after Kartra did."""
    cast, now = stage.cast, clock.forward(days=1)
    async with db.connected(stage.settings.database_url):
        await load_program(BLOOM, now)
        program = await program_by_slug("bloom")
        terms = await terms_at(program.id, now)
        sent = await apply(program.id, terms, cast.ada.name, cast.ada.email, now)
        enrollment = await enrollments.approve(
            sent.application, cast.mira.id, terms, tier="seed", slug="ada-blooms", code="ADABLOOM10", now=now
        )
    return Bloom(program.id, terms, enrollment)


@pytest.fixture
async def app(stage: Stage, bloom: Bloom, opened: Opening, anyio_backend: str) -> AsyncIterator[Litestar]:
    """Started again after the new program file came."""
    async with opened(stage.settings) as app:
        yield app


async def test_the_front_page_lists_them_and_each_has_its_own(visitor: httpx.AsyncClient) -> None:
    front = (await visitor.get("/")).text
    assert 'href="/p/kartra"' in front
    assert 'href="/p/bloom"' in front
    page = (await visitor.get("/p/bloom")).text
    assert "Bloom partner program" in page
    assert "Kartra" not in page
    assert "€29.50" in page
    assert 'href="/p/bloom/apply' in page
    assert (await visitor.get("/p/nobody")).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=BLO", "/p/bloom", "/p/kartra"),
        ("category=Marketing+software", "/p/kartra", "/p/bloom"),
        ("q=genesis", "/p/kartra", "/p/bloom"),
        ("q=a&category=Shops", "/p/bloom", "/p/kartra"),
    ],
)
async def test_the_list_is_searched_by_name_and_category(
    visitor: httpx.AsyncClient, query: str, shown: str, hidden: str
) -> None:
    page = (await visitor.get(f"/?{query}")).text
    assert f'href="{shown}"' in page
    assert f'href="{hidden}"' not in page


async def test_a_search_that_finds_nothing_says_so_and_keeps_what_was_typed(
    visitor: httpx.AsyncClient,
) -> None:
    page = (await visitor.get("/", params={"q": '"><script>x', "category": "Nowhere"})).text
    assert "No program found" in page
    assert 'value="&#34;&gt;&lt;script&gt;x"' in page


async def test_a_program_shows_in_its_own_colours(visitor: httpx.AsyncClient, app: Litestar) -> None:
    page = (await visitor.get("/p/bloom")).text
    sheet = app.state.houses.by_slug("bloom").look.sheet
    assert f'href="{sheet}"' in page
    answer = await visitor.get(sheet)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "--mark:#E0662A" in answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    assert sheet not in (await visitor.get("/p/kartra")).text
    assert (await visitor.get("/p/bloom/colours/other.css")).status_code == HTTPStatus.NOT_FOUND


async def test_ada_goes_from_one_program_to_the_other(ada: httpx.AsyncClient, cast: Cast) -> None:
    first = (await ada.get("/links")).text
    assert f"/r/{cast.ada.slug}" in first
    assert "ada-blooms" not in first
    answer = await ada.post("/programs/bloom/open", data={"from": "/links"})
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/links")
    second = (await ada.get("/links")).text
    assert "/r/ada-blooms" in second
    assert "ADABLOOM10" in second
    assert cast.ada.code not in second
    assert "Bloom partner program</title>" in second


@pytest.mark.parametrize("came_from", ["https://evil.example/", "//evil.example", "/p/kartra", "", "/"])
async def test_the_switch_leads_home_from_anywhere_else(ada: httpx.AsyncClient, came_from: str) -> None:
    answer = await ada.post("/programs/bloom/open", data={"from": came_from})
    assert answer.headers["Location"] == "/home"


async def test_ben_is_in_one_and_reaches_only_that(ben: httpx.AsyncClient, cast: Cast) -> None:
    assert (await ben.post("/programs/bloom/open")).status_code == HTTPStatus.NOT_FOUND
    page = (await ben.get("/links")).text
    assert f"/r/{cast.ben.slug}" in page
    assert "/programs/" not in page
    assert "Join another program" in page


async def test_mira_sees_the_applications_and_affiliates_of_the_program_that_she_opened(
    mira: httpx.AsyncClient, cast: Cast, bloom: Bloom, clock: FrozenClock
) -> None:
    await apply(bloom.program, bloom.terms, "Finn Berger", "finn@kiln.example", clock())
    assert "Finn Berger" not in (await mira.get("/manage/applications")).text
    assert "Ben Okafor" in (await mira.get("/manage/affiliates")).text
    answer = await mira.post("/programs/bloom/open", data={"from": "/manage/affiliates"})
    assert answer.headers["Location"] == "/manage/affiliates"
    assert "Finn Berger" in (await mira.get("/manage/applications")).text
    affiliates = (await mira.get("/manage/affiliates")).text
    assert "Ben Okafor" not in affiliates
    assert "Ada Lindqvist" in affiliates
    other = await mira.get(f"/manage/applications/{cast.dora.application}")
    assert other.status_code == HTTPStatus.NOT_FOUND


async def test_a_form_changes_the_program_that_it_was_shown_for(
    mira: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    """Two tabs share a session: what one of them opens must not turn the form in the other."""
    new = "/manage/program/questions/new"
    await mira.post("/programs/kartra/open")
    form = filled_in(await mira.get(new))
    await mira.post("/programs/bloom/open")
    blooms = {**filled_in(await mira.get(new)), "label": "Which list?", "kind": "short_text"}
    # Two programs are often at the same version.
    answer = await mira.post(new, data={**blooms, "program": form.get("program", "")})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "You have opened Bloom meanwhile" in answer.text
    assert (await mira.post(new, data=blooms)).status_code == HTTPStatus.SEE_OTHER
    await ada.post("/programs/bloom/open")
    agreed = await ada.post("/agreement", data={"version": "1", "program": "kartra"})
    assert agreed.status_code == HTTPStatus.CONFLICT


async def test_what_one_program_pays_is_not_in_the_others_books(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, app: Litestar, cast: Cast, clock: FrozenClock
) -> None:
    click = await click_on(visitor, cast.ada.slug)
    await app.state.clicks.settled()
    sale = await sell(visitor, click, STRIPE_SECRET, clock.forward(hours=1))
    assert "$35.70" in (await ada.get("/earnings")).text
    assert (await ada.get(f"/earnings/{sale}")).status_code == HTTPStatus.OK
    await ada.post("/programs/bloom/open")
    assert "35.70" not in (await ada.get("/earnings")).text
    assert (await ada.get(f"/earnings/{sale}")).status_code == HTTPStatus.NOT_FOUND


async def test_each_program_hears_its_own_billing(
    visitor: httpx.AsyncClient, app: Litestar, bloom: Bloom, clock: FrozenClock
) -> None:
    click = await click_on(visitor, "ada-blooms")
    await app.state.clicks.settled()
    now = clock.forward(hours=1)
    begun = checkout_completed(
        now, customer="cus_1", subscription="sub_1", click=click, email="x@buyer.example"
    )
    paid = invoice_paid(
        now,
        customer="cus_1",
        subscription="sub_1",
        email="x@buyer.example",
        price="price_shop",
        cents=2_950,
        shape="since",
    )
    paid["data"]["object"]["currency"] = "eur"
    for event in (begun, paid):
        # One Stripe account may tell both: each keeps the event for itself.
        assert await told(visitor, "kartra", event, clock) == "booked"
        assert await told(visitor, "bloom", event, clock) == "booked"
        assert await told(visitor, "bloom", event, clock) == "known"
    lines = await Commission.select(Commission.enrollment, Commission.minor, Commission.currency)
    assert [(line["minor"], line["currency"]) for line in lines] == [(856, "EUR")]
    assert {UUID(str(line["enrollment"])) for line in lines} == {bloom.enrollment}


async def told(client: httpx.AsyncClient, slug: str, event: dict[str, Any], clock: FrozenClock) -> str:
    body = json.dumps(event).encode()
    answer = await client.post(
        f"/webhooks/stripe/{slug}", content=body, headers=signature(body, STRIPE_SECRET, clock())
    )
    assert answer.status_code == HTTPStatus.OK, answer.text
    return str(answer.json()["received"])


async def test_letters_name_their_program_and_reach_its_people(
    app: Litestar, bloom: Bloom, clock: FrozenClock, cast: Cast
) -> None:
    letters = await sent_letters(app, clock())
    for_ada = [letter for letter in letters if letter["To"] == cast.ada.email]
    assert len(for_ada) > 3
    for letter in for_ada:
        mine, other = ("Bloom", "Kartra") if "Bloom" in letter["Subject"] else ("Kartra", "Bloom")
        assert mine in letter["Subject"]
        assert other not in letter.as_string()
        assert (
            letter["Reply-To"]
            == {
                "Bloom": "partners@bloom.example",
                "Kartra": "affiliates@genesisdigital.co",
            }[mine]
        )
    assert len([letter for letter in for_ada if "Bloom" in letter["Subject"]]) == 3


async def test_whoever_has_an_account_is_not_asked_for_another_password(
    app: Litestar, clock: FrozenClock, cast: Cast
) -> None:
    letters = [one for one in await sent_letters(app, clock()) if one["To"] == cast.ada.email]
    welcome = [one for one in letters if "your link and code" in one["Subject"]]
    first, second = welcome
    assert "Choose a password" in text_of(first)
    assert "Choose a password" not in text_of(second)
    assert path_in(second, "/signin") == "/signin"


async def test_a_letter_about_the_account_names_no_program(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock, cast: Cast
) -> None:
    await visitor.post("/signin/forgot", data={"email": cast.ada.email})
    letter = (await sent_letters(app, clock()))[-1]
    assert letter["Subject"] == "Choose a new password for your partner portal"
    assert letter["Reply-To"] is None
    assert "Partner programs" in text_of(letter)


async def test_the_status_page_speaks_of_its_own_program(
    app: Litestar, visitor: httpx.AsyncClient, bloom: Bloom, clock: FrozenClock
) -> None:
    await apply(bloom.program, bloom.terms, "Finn Berger", "finn@kiln.example", clock())
    letter = (await sent_letters(app, clock()))[-1]
    page = (await visitor.get(path_in(letter, "/apply/status/"))).text
    assert "Bloom partner program</title>" in page
    assert "Kartra" not in page


async def test_each_file_of_the_folder_is_a_program(database: str, tmp_path: Path) -> None:
    for file in (KARTRA, BLOOM):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    await load_programs(tmp_path, BEGINNING)
    assert {program.slug for program in await all_programs()} == {"kartra", "bloom"}


async def test_all_broken_files_are_named_at_once_and_none_is_loaded(database: str, tmp_path: Path) -> None:
    bloom = BLOOM.read_text(encoding="utf-8")
    (tmp_path / "a.toml").write_text(bloom, encoding="utf-8")
    (tmp_path / "b.toml").write_text(bloom, encoding="utf-8")
    (tmp_path / "c.toml").write_text("[program]\nname = = 1\n", encoding="utf-8")
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadProgram) as refused:
        await load_programs(tmp_path, BEGINNING)
    told = str(refused.value)
    assert "b.toml: program.slug is 'bloom', which is a.toml's already." in told
    assert "c.toml is not valid TOML" in told
    assert "line 2" in told
    assert "d.toml is not text in UTF-8." in told
    assert await all_programs() == ()
