"""Sample affiliates that every design must survive: logos and names as people really send them.

Their logos are drawn here, so that nobody's mark is used.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from assets_gen.brand import Brand, Offer, Plan
from assets_gen.intake import clean_logo
from assets_gen.languages import language
from assets_gen.text import Face, Setting, ink

PROGRAM = Brand("Kartra", colours=("#2433F0", "#FF7A2F"), mark="leaves")
_DISPLAY, _NAME = Face("display", -0.03), Face("name", -0.01)
_Colour = tuple[int, int, int, int]
_WHITE, _BLACK = (255, 255, 255, 255), (0, 0, 0, 255)
_GREEN, _SAND = ("#14574A", "#F0C77E"), ("#D9B36C", "#0E3B2E")
PLANS = (
    Plan("Essentials", "$59", "$47.20", "$588", "$49", "$470.40"),
    Plan("Growth", "$119", "$95.20", "$1,188", "$99", "$950.40", trial_days=30, trial_price="$1"),
    Plan("Scale", "$229", "$183.20", "$2,268", "$189", "$1,814.40", trial_days=14),
)
_OFFER = Offer(figure="20\u202f%", discount="off your first three months", plans=PLANS)
_COMPOUND = "Steuerberatungsgesellschaft Grünwald"
_LONG = "Die freundliche Gesellschaft für angewandte Unternehmerei AG"
# What the program says itself to the affiliates of a kit.
_SAID: dict[str, dict[str, Any]] = {
    "headline of 90 characters": {
        "headline": "Everything you need to plan, publish and sell your courses "
        "and coaching, one login for all",
    },
    "no code": {
        "figure": "",
        "discount": "",
        "plans": tuple(replace(plan, first_monthly="", first_yearly="") for plan in PLANS),
    },
    "German compound words": {
        "headline": "Geschäftskundenverwaltung und Zahlungserinnerungen",
        "language": "de",
        "figure": "20\u202f%",
        "discount": "Rabatt für Neukunden",
    },
}


def kits() -> dict[str, tuple[Brand, Offer]]:
    """Kit by name, each with an offer of its own link and code."""
    made = {
        "mark and two lines": (Brand("Growth Kitchen", _kitchen(), ("#FF7A2F", "#33092F")), "GROW20"),
        "wide wordmark": (Brand("Funnel Nerds", _word("FUNNEL NERDS WEEKLY", (226, 255, 46, 255))), "NERDS"),
        "tall mark": (Brand("Pillar", _pillar(), ("#0E7C66",)), "PILLAR15"),
        "white on transparent": (Brand("Northbound", _word("Northbound", _WHITE), _GREEN), "NORTH20"),
        "black on transparent": (Brand("Ada Lindqvist", _word("Ada Lindqvist", _BLACK), _SAND), "ADA20"),
        "photo on white": (Brand("Café Morgenstern", _photo()), "STERN"),
        "pale yellow": (Brand("Lemon Ledger", _word("lemonledger", (255, 243, 170, 255))), "LEMON20"),
        "near-black": (Brand("Obsidian Ops", _word("OBSIDIAN", (12, 12, 16, 255)), ("#0B0B0F",)), "OBSIDIAN"),
        "dark two-tone": (Brand("Northbound", _needle(), ("#14574A",)), "BOUND20"),
        "60-character name": (Brand(_LONG, colours=("#B3261E",)), "FREUND20"),
        "2-character name": (Brand("Jo", colours=("#7A5CFF",)), "JO"),
        "no logo, no colour": (Brand("Marta Reyes"), "MARTA20"),
        "code of 24 characters": (Brand("Studio Nine", _multi(), ("#E5484D",)), "STUDIONINE-BLACKFRIDAY26"),
        "Arabic": (Brand("مطبخ النمو", colours=("#0AA5A0",)), "NUMU20"),
        "round mark": (Brand("Halo Health", _halo(), ("#0F8B8D",)), "HALO20"),
        "64-px favicon": (Brand("Pixel Pages", _favicon()), "PIXEL20"),
        "4,000-px original": (Brand("Grand Atelier", _original(), ("#8A1C7C",)), "GRAND20"),
        "large transparent border": (Brand("Harbour", _harbour(), ("#1B4B8F",)), "HARBOUR20"),
        "multi-coloured": (Brand("Studio Nine", _multi()), "NINE20"),
        "neon": (Brand("Volt", _word("VOLT CLUB", (57, 255, 20, 255)), ("#39FF14", "#FF00E5")), "VOLT20"),
        "Japanese": (Brand("北風レビュー株式会社", colours=("#C8102E",)), "KITA20"),
        "Thai": (Brand("สตูดิโอเก้า", colours=("#5B2A86",)), "KAO20"),
        "emoji in the name": (Brand("Sprout 🌱 Studio", colours=("#2E9E44",)), "SPROUT20"),
        "no logo at all": (Brand("Marlow & Finch", colours=("#B8860B", "#2B2118")), "FINCH20"),
        "no code": (Brand("Rosa Almeida", colours=("#C2477F", "#2A1B3D")), ""),
        "headline of 90 characters": (Brand("Ben Okafor", colours=("#D1495B",)), "BEN20"),
        "German compound words": (Brand(_COMPOUND, colours=("#00538C",)), "GRUEN20"),
    }  # fmt: skip
    return {
        name: (
            brand,
            replace(
                _OFFER,
                link=f"http://127.0.0.1:8000/r/{code.lower()[:12] or 'rosa'}",
                code=code,
                **_SAID.get(name, {}),
            ),
        )
        for name, (brand, code) in made.items()
    }


def said_in(offer: Offer, code: str) -> Offer:
    """The same offer in another language, saving included; a headline of its own has only one."""
    if code == offer.language:
        return offer
    spoken = language(code)
    told = replace(offer, language=code, headline="")
    return replace(told, figure=spoken.figure(20), discount=spoken.discount) if offer.code else told


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _type(
    canvas: Image.Image, text: str, x: int, baseline: int, size: float, colour: _Colour, face: Face
) -> int:
    drawn = ink(Setting((text,), face, size, 1.2))
    canvas.paste(
        colour, (x + drawn.x, baseline + drawn.y, x + drawn.box[2], baseline + drawn.box[3]), drawn.mask
    )
    return x + drawn.box[2]


@lru_cache(maxsize=16)
def _word(text: str, colour: _Colour) -> bytes:
    canvas = Image.new("RGBA", (1600, 220))
    _type(canvas, text, 40, 160, 120, colour, _NAME)
    return _png(canvas)


def _shape(canvas: Image.Image, colour: _Colour, draw: Callable[[ImageDraw.ImageDraw, int], None]) -> None:
    mask = Image.new("L", (canvas.width * 4, canvas.height * 4))
    draw(ImageDraw.Draw(mask), 4)
    canvas.paste(colour, (0, 0), mask.reduce(4))


@lru_cache(maxsize=1)
def _kitchen() -> bytes:
    canvas = Image.new("RGBA", (900, 300))
    orange, dark, cream = (255, 122, 47, 255), (51, 9, 47, 255), (255, 236, 220, 255)
    _shape(canvas, orange, lambda d, k: d.ellipse((10 * k, 10 * k, 290 * k, 290 * k), fill=255))
    _shape(canvas, dark, lambda d, k: d.chord((62 * k, 70 * k, 238 * k, 246 * k), 0, 180, fill=255))
    _shape(canvas, cream, lambda d, k: d.chord((90 * k, 60 * k, 190 * k, 160 * k), 90, 200, fill=255))
    _type(canvas, "Growth", 340, 136, 120, cream, _DISPLAY)
    _type(canvas, "Kitchen", 340, 264, 120, cream, _DISPLAY)
    return _png(canvas)


@lru_cache(maxsize=1)
def _needle() -> bytes:
    canvas = Image.new("RGBA", (1040, 200))
    dark, light = (20, 87, 74, 255), (47, 143, 120, 255)
    _shape(
        canvas, dark, lambda d, k: d.polygon([(90 * k, 12 * k), (168 * k, 184 * k), (90 * k, 144 * k)], 255)
    )
    _shape(
        canvas, light, lambda d, k: d.polygon([(90 * k, 12 * k), (90 * k, 144 * k), (12 * k, 184 * k)], 255)
    )
    _type(canvas, "Northbound", 208, 146, 132, dark, _DISPLAY)
    return _png(canvas)


@lru_cache(maxsize=1)
def _pillar() -> bytes:
    canvas = Image.new("RGBA", (260, 640))
    for number, colour in enumerate(((14, 124, 102, 255), (30, 160, 130, 255), (120, 210, 180, 255))):
        block = Image.new("L", (140 * 4, 170 * 4))
        ImageDraw.Draw(block).rounded_rectangle((0, 0, 140 * 4 - 1, 170 * 4 - 1), 160, fill=255)
        canvas.paste(colour, (60, number * 200 + 20), block.reduce(4))
    return _png(canvas)


@lru_cache(maxsize=1)
def _photo() -> bytes:
    """A picture-like logo on white, as a JPEG straight from a phone."""
    y, x = np.mgrid[:600, :600] / 600.0
    rng = np.random.default_rng(4)
    red = 150 + 90 * np.sin(5 * x + 2 * y) * np.cos(3 * y)
    green = 90 + 70 * np.cos(4 * y - x)
    blue = 60 + 50 * np.sin(7 * x * y + 1)
    photo = np.dstack([red, green, blue]) + rng.normal(0, 9, (600, 600, 1))
    round_ = ((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.2)[..., None]
    pixels = np.where(round_, np.clip(photo, 0, 255), 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _multi() -> bytes:
    canvas = Image.new("RGB", (1000, 260), (255, 255, 255))
    for number, colour in enumerate(((229, 72, 77), (245, 166, 35), (48, 164, 108), (62, 99, 221))):
        left = 30 + number * 52
        ImageDraw.Draw(canvas).rounded_rectangle((left, 60 + number * 18, left + 42, 200), 10, fill=colour)
    _type(canvas, "Studio Nine", 270, 172, 120, (20, 20, 24, 255), _NAME)
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _halo() -> bytes:
    canvas = Image.new("RGBA", (420, 420))
    _shape(canvas, (15, 139, 141, 255), lambda d, k: d.ellipse((8 * k, 8 * k, 412 * k, 412 * k), fill=255))
    _shape(canvas, (255, 255, 255, 255), lambda d, k: d.ellipse((96 * k, 96 * k, 324 * k, 324 * k), fill=255))
    _shape(
        canvas, (242, 100, 25, 255), lambda d, k: d.ellipse((150 * k, 150 * k, 270 * k, 270 * k), fill=255)
    )
    return _png(canvas)


@lru_cache(maxsize=1)
def _favicon() -> bytes:
    canvas = Image.new("RGBA", (64, 64))
    _shape(
        canvas,
        (88, 60, 214, 255),
        lambda d, k: d.rounded_rectangle((2 * k, 2 * k, 62 * k, 62 * k), 12 * k, 255),
    )
    _shape(canvas, _WHITE, lambda d, k: d.rectangle((18 * k, 16 * k, 28 * k, 48 * k), 255))
    _shape(canvas, _WHITE, lambda d, k: d.ellipse((26 * k, 16 * k, 48 * k, 36 * k), 255))
    return clean_logo(_png(canvas)).data


@lru_cache(maxsize=1)
def _original() -> bytes:
    canvas = Image.new("RGBA", (4000, 900))
    canvas.paste((138, 28, 124, 255), (100, 150, 700, 750))
    _type(canvas, "Grand Atelier", 860, 590, 440, (40, 20, 44, 255), _NAME)
    return clean_logo(_png(canvas)).data


@lru_cache(maxsize=1)
def _harbour() -> bytes:
    """As drawing programs export it: a small mark in the middle of an empty page."""
    canvas = Image.new("RGBA", (1600, 1200))
    _type(canvas, "Harbour", 560, 630, 120, (27, 75, 143, 255), _DISPLAY)
    return clean_logo(_png(canvas)).data
