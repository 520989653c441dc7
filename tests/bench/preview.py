"""How fast the Brand kit's preview follows a colour: `python -m tests.bench.preview`.

A real server, a kit with a logo and a photo. Each time another colour is typed: the panel is asked for, then
its three pictures at once, as a browser does. The form waits another tenth of a second for the next key.
"""

import argparse
import asyncio
import io
import random
import re
import tempfile
import time
from html import unescape
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from assets_gen.kits import kits
from portal import db
from portal.accounts.signing_in import Device, open_for_person
from portal.accounts.tables import Membership
from portal.clock import utc_now
from portal.migrate import migrate
from tests.bench.webhooks import servers
from tests.cast import gather_cast

GOAL = 300  # milliseconds
WARM_UP = 3
FORM = {"name": "Northbound", "second": "#F0C77E", "focus_x": "60", "focus_y": "40"}


async def ada(url: str) -> str:
    """A database with the cast, and Ada's cookie."""
    async with db.connected(url):
        await migrate()
        cast = await gather_cast(utc_now())
        place = await Membership.select(Membership.person).where(Membership.affiliate == cast.ada.id).first()
        assert place is not None
        session = await open_for_person(place["person"], Device("Bench", "127.0.0.1"), utc_now(), cast.ada.id)
        return f"session={session.token}"


def photo() -> bytes:
    """As large as a phone's, after this page has made it smaller."""
    soft = np.random.default_rng(1).integers(0, 255, (60, 48, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(soft).resize((1920, 2400), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


async def measure(base: str, cookie: str, times: int) -> None:
    luck = random.Random(1)  # noqa: S311 - colours, no secrets
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as client:
        logo = kits()["dark two-tone"][0].logo or b""
        files = {"logo": ("logo.png", logo), "photo": ("photo.jpg", photo())}
        saved = await client.post("/brand", data=FORM, files=files)
        assert saved.status_code == httpx.codes.SEE_OTHER, saved.text
        panels, wholes = [], []
        for _ in range(times + WARM_UP):
            typed = {**FORM, "main": f"#{luck.randrange(1 << 24):06X}"}
            began = time.perf_counter()
            panel = await client.get("/brand/preview", params=typed, headers={"HX-Request": "true"})
            panels.append(time.perf_counter() - began)
            sources = re.findall(r'src="(/brand/preview/[^"]+)"', panel.text)
            drawn = await asyncio.gather(*(client.get(unescape(source)) for source in sources))
            wholes.append(time.perf_counter() - began)
            assert [one.status_code for one in drawn] == [httpx.codes.OK] * 3
    say("the panel", panels[WARM_UP:])
    say("and its three pictures", wholes[WARM_UP:])


def say(name: str, waits: list[float]) -> None:
    ordered = sorted(waits)
    half, most = (ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95))
    verdict = "" if most < GOAL else "   over the goal"
    print(f"  {name:24} p50 {half:5.0f} ms   p95 {most:5.0f} ms{verdict}")  # noqa: T201


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=40)
    said = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/portal.sqlite"
        cookie = asyncio.run(ada(url))
        with servers(url, Path(folder), 1) as served:
            asyncio.run(measure(f"http://127.0.0.1:{served.ports[0]}", cookie, said.times))


if __name__ == "__main__":
    main()
