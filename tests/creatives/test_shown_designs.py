"""What managers publish reaches affiliates and readers on its days, and nothing that was pasted breaks."""

import html
import io
import re
from datetime import timedelta

import httpx
from PIL import Image

from assets_gen.lint import decoded
from portal.audit.tables import AuditEntry
from tests.cast import Cast
from tests.conftest import FrozenClock, People
from tests.creatives.finished import BOX, GOOD, SUMMER, banner, begins, places, publishes


async def test_a_picture_with_slots_reaches_ada_in_her_brand(
    mira: httpx.AsyncClient, ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    await begins(mira)
    assert "Summer sale" not in (await ada.get("/creatives")).text
    await places(mira, GOOD)
    assert "Nothing found" in (await mira.get(BOX)).text
    await mira.post(f"{SUMMER}/publish")
    page = html.unescape((await ada.get("/creatives")).text)
    assert "Summer sale 300 × 250" in page
    shown = re.search(r'src="(/c/ada/summer-sale/300x250.webp\?v=[^"]+)"', page)
    assert shown
    assert (await visitor.get(shown[1])).headers["Cache-Control"].endswith("immutable")
    drawn = await banner(visitor)
    assert decoded(drawn) == "http://127.0.0.1:8000/r/ada"
    assert Image.open(io.BytesIO(await banner(visitor, "300x250@2x.jpg"))).size == (600, 500)
    assert "summer-sale/300x250.png" in (await ada.get("/creatives/summer-sale/300x250")).text
    assert (await ada.get("/creatives/summer-sale/728x90")).status_code == 404


async def test_a_withdrawn_design_still_answers_with_its_replacement(
    mira: httpx.AsyncClient, ada: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    await publishes(mira)
    await mira.post(f"{SUMMER}/withdraw", data={"replacement": "ticket"})
    assert await banner(visitor) == await banner(visitor, design="ticket")
    assert "Summer sale" not in (await ada.get("/creatives")).text
    await mira.post(f"{SUMMER}/publish")
    await mira.post(f"{SUMMER}/withdraw", data={"replacement": ""})
    assert await banner(visitor) == await banner(visitor, design="spotlight")
    verbs = [row["verb"] for row in await AuditEntry.select().where(AuditEntry.subject == "summer-sale")]
    assert verbs == [
        "design_created", "design_published", "design_withdrawn", "design_published", "design_withdrawn"
    ]  # fmt: skip


async def test_a_design_shows_only_on_its_days_and_to_its_tier(
    people: People, ada: httpx.AsyncClient, visitor: httpx.AsyncClient, clock: FrozenClock, cast: Cast
) -> None:
    first, last = (clock() + timedelta(days=2)).date(), (clock() + timedelta(days=3)).date()
    await publishes(await people.signed_in(cast.mira), starts_on=first.isoformat(), ends_on=last.isoformat())
    evergreen = await banner(visitor, design="spotlight")
    assert await banner(visitor) == evergreen
    clock.forward(days=2)
    assert await banner(visitor) != evergreen
    assert "Summer sale" in (await ada.get("/creatives")).text
    assert "This design is new" in (await ada.get("/creatives/summer-sale/300x250")).text
    mira = await people.signed_in(cast.mira)  # a manager's session does not last two days
    await mira.post(SUMMER, data={"name": "Summer sale", "tier": cast.terms.tiers[1].key})
    assert await banner(visitor) == evergreen
    assert "Summer sale" not in (await ada.get("/creatives")).text
    await mira.post(SUMMER, data={"name": "Summer sale", "ends_on": last.isoformat()})
    clock.forward(days=2)
    assert await banner(visitor) == evergreen
