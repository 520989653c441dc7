"""Other libraries, where they are installed, at a picture like Spotlight's: for the benchmark alone."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

LINES = ("Run your whole", "business from", "one place", "20 % off your first three months")
WIDTH, HEIGHT = 1200, 630


def peers(logo: bytes) -> Iterator[tuple[str, Callable[[], object]]]:
    """(name, draws once). A library that is missing, or misses its system's half, is left out."""
    for name, module, made in (("pyvips", "pyvips", _vips), ("skia-python", "skia", _skia)):
        try:
            library = import_module(module)
        except (ImportError, OSError):
            continue
        yield name, made(library, logo)


def _vips(vips: Any, logo: bytes) -> Callable[[], object]:
    ground = vips.Image.black(WIDTH, HEIGHT, bands=3).new_from_image([38, 4, 38]).copy(interpretation="srgb")
    ground = ground.draw_circle([255, 122, 47], 900, 300, 230, fill=True).copy_memory()

    def draw() -> object:
        picture = ground
        mark = vips.Image.thumbnail_buffer(logo, 220)
        mark = mark if mark.hasalpha() else mark.bandjoin(255)
        picture = picture.composite2(mark, "over", x=80, y=60)
        for number, line in enumerate(LINES):
            mask = vips.Image.text(line, font="Inter Bold 40", dpi=120)
            ink = mask.new_from_image([250, 240, 250]).copy(interpretation="srgb").bandjoin(mask)
            picture = picture.composite2(ink, "over", x=80, y=170 + 90 * number)
        return picture.flatten().jpegsave_buffer(Q=90, subsample_mode="off")

    return draw


def _skia(skia: Any, logo: bytes) -> Callable[[], object]:
    def draw() -> object:
        surface = skia.Surface(WIDTH, HEIGHT)
        with surface as canvas:
            canvas.clear(skia.Color(38, 4, 38))
            canvas.drawCircle(900, 300, 230, skia.Paint(Color=skia.Color(255, 122, 47), AntiAlias=True))
            mark = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(logo))
            canvas.drawImageRect(mark, skia.Rect.MakeXYWH(80, 60, 220, 73))
            ink = skia.Paint(Color=skia.Color(250, 240, 250), AntiAlias=True)
            for number, line in enumerate(LINES):
                canvas.drawString(line, 80, 230 + 90 * number, skia.Font(skia.Typeface("Inter"), 72), ink)
        return surface.makeImageSnapshot().encodeToData(skia.EncodedImageFormat.kJPEG, 90)

    return draw
