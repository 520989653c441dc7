"""A design that Mira makes of a finished picture, as her browser would."""

import io
import re

import httpx
from PIL import Image, ImageDraw

SUMMER = "/manage/designs/summer-sale"
BOX = f"{SUMMER}/300x250"
GOOD = {
    "kind-0": "logo",
    "left-0": "18",
    "top-0": "16",
    "width-0": "264",
    "height-0": "48",
    "align-0": "left",
    "kind-1": "code",
    "left-1": "18",
    "top-1": "74",
    "width-1": "264",
    "height-1": "22",
    "kind-2": "qr",
    "left-2": "186",
    "top-2": "136",
    "width-2": "96",
    "height-2": "96",
}


def picture(width: int = 300, height: int = 250, form: str = "PNG", ground: str = "#102A43") -> bytes:
    made = Image.new("RGB", (width, height), ground)
    ImageDraw.Draw(made).rectangle((0, height * 0.4, width, height * 0.45), fill="#F0B429")
    buffer = io.BytesIO()
    made.save(buffer, form)
    return buffer.getvalue()


async def sends(client: httpx.AsyncClient, *contents: bytes) -> httpx.Response:
    files = [("pictures", (f"{number}.png", content, "image/png")) for number, content in enumerate(contents)]
    return await client.post(f"{SUMMER}/pictures", files=files)


async def begins(mira: httpx.AsyncClient, **more: str) -> None:
    answer = await mira.post("/manage/designs/new", data={"name": "Summer sale", **more})
    assert answer.headers["Location"] == SUMMER, answer.text
    answer = await sends(mira, picture())
    assert answer.headers["Location"] == BOX, answer.text


async def places(mira: httpx.AsyncClient, slots: dict[str, str], verb: str = "save") -> httpx.Response:
    """With the number of changes that the page shows, as a browser does."""
    page = (await mira.get(BOX)).text
    changes = re.search(r'name="changes" value="(\d+)"', page)
    assert changes
    return await mira.post(BOX, data={"changes": changes[1], "verb": verb, **slots})


async def publishes(mira: httpx.AsyncClient, **more: str) -> None:
    await begins(mira, **more)
    await places(mira, GOOD)
    answer = await mira.post(f"{SUMMER}/publish")
    assert answer.status_code == 303, answer.text


async def banner(client: httpx.AsyncClient, file: str = "300x250.png", design: str = "summer-sale") -> bytes:
    answer = await client.get(f"/c/ada/{design}/{file}")
    assert answer.status_code == 200, answer.text
    return answer.content
