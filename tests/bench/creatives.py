"""How fast pictures are drawn and given out: `python -m tests.bench.creatives [rounds]`

Each line is a ratio within this run and its goal, then what was measured. pyvips and skia-python draw a like
picture where they are installed (`pip install pyvips-binary pyvips skia-python`); nothing else needs them.
"""

import asyncio
import io
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
from litestar import Litestar, Response, get
from PIL import Image

from assets_gen import Brand, Design, Offer, Size, render_banner, render_sheet
from assets_gen.banner import compose
from assets_gen.design import names
from assets_gen.draw import painted
from assets_gen.encode import jpeg, png
from assets_gen.kits import PROGRAM, kits
from assets_gen.layout import arranged
from assets_gen.papers import PAPERS
from assets_gen.sheets import press
from portal import db
from portal.app import create_app
from portal.creatives.jobs import DrawBanner
from portal.creatives.renderers import Renderers
from portal.migrate import migrate
from tests.bench.peers import peers
from tests.cast import BEGINNING, gather_cast, session_of
from tests.conftest import FrozenClock, settings_for

ROUNDS = 3
AFFILIATES = 500
SPOTLIGHT = Design.load("spotlight")
WIDE = Size(1200, 630)


def say(what: str, measured: float, goal: float, told: str, *, least: bool = False) -> None:
    met = measured >= goal if least else measured <= goal
    sign = "≥" if least else "≤"
    sys.stdout.write(
        f"{what:58} {measured:7.2f}  goal {sign} {goal:<5g} {'met ' if met else 'MISS'}  {told}\n"
    )
    sys.stdout.flush()


def spent(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def newcomers(count: int) -> Iterator[tuple[Brand, Offer]]:
    """Affiliates whom no cache has met: names, colours and codes of their own, logos of the sample kits."""
    known = [pair for pair in kits().values() if pair[0].logo is not None]
    for number in range(count):
        brand, offer = known[number % len(known)]
        colour = f"#{(number * 2_654_435_761) & 0xFFFFFF:06x}"
        code = f"NEW{number}"
        link = f"http://127.0.0.1:8000/r/new{number}"
        yield (
            replace(
                brand, name=f"{brand.name} {number}"[:60], colours=(colour,), logo=_touched(brand, number)
            ),
            replace(offer, code=code, link=link),
        )


def _touched(brand: Brand, number: int) -> bytes:
    """The same logo as other bytes: one pixel of it says whose it is."""
    with Image.open(io.BytesIO(brand.logo or b"")) as logo:
        picture = logo.convert("RGBA")
    picture.putpixel((0, 0), (number % 256, number // 256, 0, 0))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def banners(rounds: int) -> None:
    """Every design in every size, for affiliates who come for the first time to a warm process."""
    known, told = kits()["mark and two lines"]
    for name in names():
        for size in Design.load(name).sizes:
            compose(Design.load(name), size, known, PROGRAM, told)
    arranging, painting, encoding = list[float](), list[float](), list[float]()
    packing, level_six, again = list[float](), list[float](), list[float]()
    people = newcomers(rounds * len(names()))
    for _ in range(rounds):
        for name in names():
            design, (brand, offer) = Design.load(name), next(people)
            for size in design.sizes:
                began = time.perf_counter()
                scene, palette = arranged(design, size, brand, PROGRAM, offer)
                between = time.perf_counter()
                picture = painted(scene, palette)
                arranging.append((between - began) * 1_000)
                painting.append((time.perf_counter() - between) * 1_000)
                again.append(spent(lambda: painted(scene, palette)))  # noqa: B023
                encoding.append(spent(lambda: jpeg(picture, size.weight_limit)))  # noqa: B023
                packing.append(spent(lambda: png(picture)))  # noqa: B023
                level_six.append(spent(lambda: picture.save(io.BytesIO(), "PNG", compress_level=6)))  # noqa: B023
    compose_ms = statistics.mean(arranging) + statistics.mean(painting)
    encoder = statistics.mean(encoding)
    say(
        "JPEG banner, new affiliate: all of it ÷ the encoder",
        (compose_ms + encoder) / encoder,
        3,
        f"{compose_ms + encoder:.1f} ms of which the encoder takes {encoder:.1f}",
    )
    say(
        "compose alone, ms",
        compose_ms,
        6,
        f"arranging {statistics.mean(arranging):.1f} (the first picture of a kit {max(arranging):.0f}), "
        f"painting {statistics.mean(painting):.1f}",
    )
    each = len(SPOTLIGHT.sizes)
    first, later = arranging[::each], [ms for at, ms in enumerate(arranging) if at % each]
    sys.stdout.write(
        f"    Where compose goes: a logo is read, cut out and relit once for all its pictures "
        f"({statistics.mean(first):.0f} ms with the first, {statistics.mean(later):.1f} later); "
        f"masks of new boxes take {max(0.0, statistics.mean(painting) - statistics.mean(again)):.1f} ms, "
        f"laying them on {statistics.mean(again):.1f}.\n"
    )
    say(
        "PNG ÷ Pillow's level 6",
        statistics.mean(packing) / statistics.mean(level_six),
        0.25,
        f"{statistics.mean(packing):.1f} and {statistics.mean(level_six):.1f} ms",
    )


def paper(rounds: int) -> None:
    brand, offer = kits()["mark and two lines"]

    def warm() -> None:
        render_sheet(SPOTLIGHT, "a4", brand, PROGRAM, offer)

    def naive() -> None:
        press.forget_faces()
        warm()

    warm()
    kept = min(spent(warm) for _ in range(rounds + 2))
    fresh = min(spent(naive) for _ in range(rounds + 2))
    say("one-pager, warm ÷ style and fonts read anew", kept / fresh, 0.6, f"{kept:.0f} and {fresh:.0f} ms")
    for name in ("flyer", "comparison-a4", "mediakit-a4"):
        render_sheet(SPOTLIGHT, name, brand, PROGRAM, offer)
        took = min(spent(lambda: render_sheet(SPOTLIGHT, name, brand, PROGRAM, offer)) for _ in range(rounds))  # noqa: B023
        sys.stdout.write(f"    {PAPERS[name].kind}: {took:.0f} ms\n")


def many_affiliates() -> None:
    took = [
        spent(lambda: render_banner(SPOTLIGHT, WIDE, brand, PROGRAM, offer, "jpg"))  # noqa: B023
        for brand, offer in newcomers(AFFILIATES)
    ]
    first, last = statistics.mean(took[:100]), statistics.mean(took[400:])
    say("affiliates 400 to 500 ÷ the first 100", last / first, 1.1, f"{last:.1f} and {first:.1f} ms each")


async def cold_process() -> None:
    brand, offer = kits()["mark and two lines"]
    renderers = Renderers(1)
    began = time.perf_counter()
    await renderers.answer_to(DrawBanner("spotlight", str(WIDE), "jpg", brand, PROGRAM, offer))
    took = time.perf_counter() - began
    await renderers.close()
    say("first picture of a cold render process, s", took, 1, "from its start to the bytes")


async def pages(rounds: int) -> None:
    """What drawing costs those who only read pages, and what a picture costs that is there already."""
    with tempfile.TemporaryDirectory() as folder:
        usual = {"PORTAL_PICTURES_REMEMBERED": "5"}
        settings = settings_for(f"sqlite:///{folder}/bench.sqlite", Path(folder), **usual)
        async with db.connected(settings.database_url):
            await migrate()
            cast = await gather_cast(BEGINNING)
        clock = FrozenClock(BEGINNING)
        app = create_app(settings, clock=clock, own_worker=False)
        async with app.lifespan(), _client(app, settings.base_url) as ada:
            ada.cookies.set("session", await session_of(cast.ada, clock()))
            idle = await _slowest(ada, 60 * rounds)
            async with asyncio.TaskGroup() as both:
                drawing = [both.create_task(_draw_on(app, client)) for client in range(2)]
                busy = await _slowest(ada, 60 * rounds)
                for task in drawing:
                    task.cancel()
            say(
                "page p99 while two draw without pause ÷ idle",
                busy / idle,
                2,
                f"{busy:.0f} and {idle:.0f} ms",
            )
            # The render processes end what was cancelled before somebody else is measured.
            await app.state.renderers.quiet(30)
            picture = "/c/ada/spotlight/300x250.png"
            async with _client(app, settings.base_url) as reader:
                plain = (await reader.get(picture)).content
                hits = await _a_second(reader, picture, 200 * rounds)
        async with _client(_bytes_app(plain), settings.base_url) as nobody:
            bare = await _a_second(nobody, "/picture", 200 * rounds)
        say(
            "a picture that is there ÷ a handler that returns bytes",
            hits / bare,
            0.8,
            f"{hits:.0f} and {bare:.0f} requests a second, in process",
            least=True,
        )


def _client(app: Litestar, base: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=base, timeout=60)


def _bytes_app(data: bytes) -> Litestar:
    @get("/picture")
    async def picture() -> Response[bytes]:
        return Response(data, media_type="image/png")

    return Litestar([picture], openapi_config=None)


async def _slowest(client: httpx.AsyncClient, times: int) -> float:
    took = []
    for _ in range(times + 5):
        began = time.perf_counter()
        (await client.get("/links")).raise_for_status()
        took.append((time.perf_counter() - began) * 1_000)
    return sorted(took[5:])[int(times * 0.99)]


async def _draw_on(app: Litestar, number: int) -> None:
    brand, offer = kits()["mark and two lines"]
    while True:
        job = DrawBanner("spotlight", str(WIDE), "png", replace(brand, name=f"Ada {number}"), PROGRAM, offer)
        await app.state.renderers.answer_to(job)


async def _a_second(client: httpx.AsyncClient, path: str, times: int) -> float:
    for _ in range(20):
        (await client.get(path)).raise_for_status()
    began = time.perf_counter()
    for _ in range(times):
        await client.get(path)
    return times / (time.perf_counter() - began)


def others(rounds: int) -> None:
    """The same 1200 x 630 by other libraries: a ground, a disc, a logo, four lines of type, a JPEG."""
    brand, offer = kits()["mark and two lines"]
    render_banner(SPOTLIGHT, WIDE, brand, PROGRAM, offer, "jpg")
    own = [
        spent(lambda: render_banner(SPOTLIGHT, WIDE, one, PROGRAM, told, "jpg"))  # noqa: B023
        for one, told in newcomers(rounds + 5)
    ]
    sys.stdout.write(f"1200 x 630 as JPEG for a new affiliate: {statistics.median(own):.1f} ms here")
    for name, draw in peers(brand.logo or b""):
        draw()
        took = statistics.median(spent(draw) for _ in range(rounds + 5))
        sys.stdout.write(f", {took:.1f} ms {name}")
    sys.stdout.write("\n")


def main(rounds: int) -> None:
    logging.disable(logging.INFO)
    banners(rounds)
    paper(rounds)
    many_affiliates()
    asyncio.run(cold_process())
    asyncio.run(pages(rounds))
    others(rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
