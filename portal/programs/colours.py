"""The stylesheet that puts a program's accent into its frame, with every contrast reached by calculation."""

import hashlib
from functools import lru_cache

from assets_gen.colour import Colour, Rgb, contrast, readable
from portal.web import OWN_LOOK, Look

TEXT = 4.5  # WCAG 2.2 AA
# The grounds of tokens.css that accent and links stand on, the hardest of each scheme.
LIGHT, DARK = (0xF4, 0xF3, 0xF0), (0x1D, 0x20, 0x25)
SOFT_LIGHT, SOFT_DARK = (0.955, 0.02), (0.27, 0.05)  # lightness and most chroma of tinted grounds
WHITE, NIGHT = (0xFF, 0xFF, 0xFF), (0x0F, 0x11, 0x14)


def look_of(slug: str, accent: str) -> Look:
    if accent.upper() == OWN_LOOK.mark.upper():
        return OWN_LOOK
    brand = Colour.parse(accent)
    light, dark = _readable_on_soft(brand, LIGHT), _readable_on_soft(brand, DARK)
    return Look(
        sheet=f"/p/{slug}/colours/{sheet_name(accent)}",
        mark=brand.hex,
        on_mark=_hex(_on(brand.rgb)),
        light=light.hex,
        on_light=_hex(_on(light.rgb)),
        dark=dark.hex,
        on_dark=_hex(_on(dark.rgb)),
        link=light.hex,
        link_dark=dark.hex,
    )


def sheet_name(accent: str) -> str:
    """It changes with what the sheet says, which can so be kept for ever."""
    return hashlib.sha256(stylesheet(accent).encode()).hexdigest()[:12] + ".css"


@lru_cache(maxsize=256)
def stylesheet(accent: str) -> str:
    """The accent tokens of tokens.css, made from one colour for light and dark."""
    brand = Colour.parse(accent)
    light, dark = _readable_on_soft(brand, LIGHT), _readable_on_soft(brand, DARK)
    on_light, on_dark = _on(light.rgb), _on(dark.rgb)
    tokens = {
        "accent": (light.hex, dark.hex),
        "accent-hover": (_further(light, on_light).hex, _further(dark, on_dark).hex),
        "on-accent": (_hex(on_light), _hex(on_dark)),
        "link": (light.hex, dark.hex),
        "accent-soft": (_soft(brand, *SOFT_LIGHT).hex, _soft(brand, *SOFT_DARK).hex),
        "accent-faint": (_soft(brand, 0.982, 0.008).hex, _soft(brand, 0.235, 0.03).hex),
        "ring": (f"{light.hex}38", f"{dark.hex}4d"),
    }
    pairs = "".join(f"--{name}:light-dark({one},{other});" for name, (one, other) in tokens.items())
    return f"@layer tokens{{:root{{{pairs}--mark:{brand.hex};--on-mark:{_hex(_on(brand.rgb))};}}}}"


def _readable_on_soft(brand: Colour, ground: Rgb) -> Colour:
    """Read on the plain ground and on the tinted one, which is the harder of the two in the dark."""
    soft = _soft(brand, *(SOFT_LIGHT if ground == LIGHT else SOFT_DARK))
    return readable(readable(brand, ground, TEXT), soft.rgb, TEXT)


def _soft(brand: Colour, lightness: float, chroma: float) -> Colour:
    return brand.at(lightness, min(chroma, brand.chroma))


def _on(ground: Rgb) -> Rgb:
    return WHITE if contrast(WHITE, ground) >= TEXT else NIGHT


def _further(colour: Colour, words: Rgb) -> Colour:
    """A shade away from the words on it, so that they stay readable."""
    step = -0.05 if words == WHITE else 0.05
    return colour.at(min(1.0, max(0.0, colour.lightness + step)))


def _hex(rgb: Rgb) -> str:
    return "#{:02X}{:02X}{:02X}".format(*rgb)
