"""What everybody can read: enough contrast in the light and in the dark, and icons that are there."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
TOKENS = (HOUSE / "static/css/tokens.css").read_text()
STATES = ("held", "released", "in-payout", "paid", "reversed", "disputed", "wrong")
TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2: words, and the edges of fields and bars
PAIRS = (
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in ("paper", "surface", "sunken")),
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "link") for ground in ("accent-soft", "accent-faint")),
    *(("link", ground, TEXT) for ground in ("paper", "surface", "sunken")),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    *((state, f"{state}-ground", TEXT) for state in STATES),
    *((state, "surface", TEXT) for state in STATES),
    *(("ink-2", f"{state}-ground", TEXT) for state in STATES),
    *((edge, "surface", SHAPE) for edge in ("field-edge", "hatch", "held-edge", "accent")),
    ("field-edge", "paper", SHAPE),
)
NAMED = (
    r"""(?:icon|tile)\(\s*"([a-z0-9-]+)\"""",
    r"""\bicon="([a-z0-9-]+)\"""",
    r"""parts\.step\("\w*", "([a-z0-9-]+)\"""",
)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_it_can_be_read(ink: str, ground: str, least: float, scheme: int) -> None:
    one, other = luminance(colour(ink, scheme)), luminance(colour(ground, scheme))
    lighter, darker = max(one, other), min(one, other)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (HOUSE / "static/icons.svg").read_text()))
    pages = "\n".join(path.read_text() for path in (HOUSE / "templates").rglob("*.html"))
    named = {name for pattern in NAMED for name in re.findall(pattern, pages)}
    assert len(named) > 20
    assert named - drawn == set()


def colour(token: str, scheme: int) -> str:
    found = re.search(rf"--{token}: light-dark\((#\w{{6}}), (#\w{{6}})\);", TOKENS)
    assert found, f"--{token} has no light and dark colour"
    return found[scheme + 1]


def luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
