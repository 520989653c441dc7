"""Managers who want to see changed brand kits first: what is public, what waits, and what is said."""

import re
import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import httpx
import pytest
import tomlkit
from litestar import Litestar

from portal.audit.tables import AuditEntry
from portal.creatives.kit_reviews import waiting_kits
from portal.creatives.tables import BrandKit, KitReview
from portal.programs.actions import publish
from portal.programs.queries import terms_history
from tests.cast import KARTRA, Cast
from tests.conftest import FrozenClock, People
from tests.creatives.test_brand_kit import FORM, KITCHEN, picture_of, upload
from tests.creatives.test_kit_history import undone
from tests.letters import sent_letters


async def reviews(cast: Cast, clock: FrozenClock, people: People, *, on: bool = True) -> httpx.AsyncClient:
    """A version of the terms with the switch, in force from the next day on. Gives back Mira on that day."""
    clock.forward(days=1)
    document: Any = tomlkit.parse(KARTRA.read_text(encoding="utf-8"))
    document["program"]["starts_on"] = date(clock().year, clock().month, clock().day)
    document["rules"]["reviews_kits"] = on
    newest = (await terms_history(cast.program)).versions[-1].version
    await publish(cast.program, tomlkit.dumps(document), newest, cast.mira.id, clock())
    clock.forward(hours=1)
    return await people.signed_in(cast.mira)


async def waiting(client: httpx.AsyncClient) -> list[str]:
    """The kits on the managers' page, by the address that decides about each."""
    return re.findall(r'action="(/manage/kits/[^"]+)"', (await client.get("/manage/kits")).text)


async def test_a_changed_kit_is_public_only_once_a_manager_has_approved_it(
    ada: httpx.AsyncClient,
    people: People,
    visitor: httpx.AsyncClient,
    app: Litestar,
    cast: Cast,
    clock: FrozenClock,
) -> None:
    await ada.post("/brand", data=FORM)
    before = await picture_of(visitor)
    mira = await reviews(cast, clock, people)
    # What was public when the switch came stays so.
    assert await picture_of(visitor) == before
    assert await waiting(mira) == []

    await upload(ada, KITCHEN)
    assert await picture_of(visitor) == before
    page = (await ada.get("/brand")).text
    assert "The public sees it once it is approved" in page
    assert "waits for approval" in page
    assert "the public sees the kit of 2\N{NO-BREAK SPACE}March" in page
    assert "/creatives/preview/voice/300x250@2x.webp" in page
    own = await ada.get("/creatives/preview/spotlight/300x250.png")
    assert own.content != before
    packed = await ada.get("/creatives/zip?design=spotlight&kind=email&form=png")
    with zipfile.ZipFile(BytesIO(packed.content)) as files:
        taken_along = files.read("kartra-ada/spotlight/600x200.png")
    assert taken_along == (await visitor.get("/c/ada/spotlight/600x200.png")).content

    assert "1 brand kit" in (await mira.get("/manage")).text
    (kit,) = await waiting(mira)
    shown = await mira.get(f"{kit}/spotlight/300x250.png")
    assert shown.content == own.content
    form = {"program": "kartra", "verb": "approve"}
    assert (await mira.post(kit, data=form)).status_code == 303
    assert await picture_of(visitor) == own.content
    assert "waits for approval" not in (await ada.get("/creatives")).text
    assert await waiting(mira) == []
    assert "Your brand kit is public" in [str(mail["Subject"]) for mail in await sent_letters(app, clock())]
    assert await AuditEntry.count().where(AuditEntry.verb == "approved_kit") == 1
    # Whoever comes second is told who was first.
    again = await mira.post(kit, data=form)
    assert again.status_code == 409
    assert "Mira Voss has decided" in again.text


async def test_a_kit_that_is_sent_back_says_why_and_undo_needs_no_second_look(
    ada: httpx.AsyncClient,
    people: People,
    visitor: httpx.AsyncClient,
    app: Litestar,
    cast: Cast,
    clock: FrozenClock,
) -> None:
    plain = await picture_of(visitor)
    mira = await reviews(cast, clock, people)
    await ada.post("/brand", data={**FORM, "name": "Kartra Official", "main": "#14574A"})
    # With no kit approved yet, the account's name stands in the program's colours.
    assert await picture_of(visitor) == plain
    assert "no kit of yours is approved yet" in (await ada.get("/brand")).text
    (kit,) = await waiting(mira)
    silent = await mira.post(kit, data={"program": "kartra", "verb": "return", "reason": " "})
    assert silent.status_code == 422
    assert "Say why" in silent.text
    sent = {"program": "kartra", "verb": "return", "reason": "You are not Kartra."}
    assert (await mira.post(kit, data=sent)).status_code == 303
    page = (await ada.get("/brand")).text
    assert "was sent back on 3\N{NO-BREAK SPACE}March" in page
    assert "You are not Kartra." in page
    (letter,) = [mail for mail in await sent_letters(app, clock()) if "brand kit" in str(mail["Subject"])]
    assert "You are not Kartra." in letter.as_string()

    await ada.post("/brand", data={**FORM, "main": "#14574A"})
    (mended,) = await waiting(mira)
    await mira.post(mended, data={"program": "kartra", "verb": "approve"})
    approved = await picture_of(visitor)
    assert approved != plain
    await ada.post("/brand", data={**FORM, "main": "#AA0000"})
    assert len(await waiting(mira)) == 1
    await undone(ada)
    # What comes back has been approved already.
    assert await waiting(mira) == []
    assert await picture_of(visitor) == approved
    assert "waits for approval" not in (await ada.get("/brand")).text


async def test_a_kit_that_changed_meanwhile_is_not_approved_unseen(
    ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock
) -> None:
    mira = await reviews(cast, clock, people)
    await ada.post("/brand", data=FORM)
    (seen,) = await waiting(mira)
    await ada.post("/brand", data={**FORM, "name": "Something else"})
    answer = await mira.post(seen, data={"program": "kartra", "verb": "approve"})
    assert answer.status_code == 409
    assert "changed again meanwhile" in answer.text
    assert await KitReview.count() == 0
    assert len(await waiting(mira)) == 1


@pytest.mark.parametrize("on_first", [False, True])
async def test_without_the_switch_nothing_waits(
    ada: httpx.AsyncClient, people: People, cast: Cast, clock: FrozenClock, on_first: bool
) -> None:
    if on_first:
        await reviews(cast, clock, people)
    await ada.post("/brand", data=FORM)
    mira = await reviews(cast, clock, people, on=False)
    assert "public at once" in (await mira.get("/manage/kits")).text
    assert await waiting_kits(cast.program, clock()) == ((), 0)
    assert "waits for approval" not in (await ada.get("/brand")).text
    (kit,) = await BrandKit.select(BrandKit.id)
    answer = await mira.post(f"/manage/kits/{kit['id']}", data={"program": "kartra", "verb": "approve"})
    assert answer.status_code == 409
