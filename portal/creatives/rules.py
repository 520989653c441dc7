"""What a brand kit may say, and how a picture is asked for."""

import re
from dataclasses import dataclass
from enum import StrEnum

from assets_gen.brand import drawable

NAME_MOST = 60
TAGLINE_MOST = 60
ADDRESS_MOST = 300
UPLOAD_MOST = 5_000_000

_FILE = re.compile(r"([0-9a-z]+(?:x[0-9]+)?(?:@2x)?)\.([a-z]+)\Z")


@dataclass(frozen=True)
class Wanted:
    """A file of a design as its address names it: `1200x630@2x` or `a4`, and a format."""

    shape: str
    form: str

    @property
    def file(self) -> str:
        return f"{self.shape}.{self.form}"


def name_to_draw(text: str) -> str:
    """A name as pictures show it: at most 60 characters, nothing invisible. Empty if nothing is left."""
    return drawable(text, NAME_MOST)


def wanted(file: str) -> Wanted | None:
    """From `300x250.png`; None where it cannot be the name of any file."""
    match = _FILE.match(file)
    if match is None:
        return None
    form = "jpg" if match[2] == "jpeg" else match[2]
    return Wanted(match[1], form)


class Kind(StrEnum):
    """What a creative is for."""

    SOCIAL = "social"
    DISPLAY = "display"
    EMAIL = "email"
    PAPER = "paper"


KIND_NAMES = {
    Kind.SOCIAL: "Social posts",
    Kind.DISPLAY: "Banners",
    Kind.EMAIL: "E-mail",
    Kind.PAPER: "PDF",
}
_SOCIAL = frozenset("1200x630 1080x1080 1080x1350 1080x1920 1280x720 1500x500 1000x1500".split())
_EMAIL = frozenset(("600x200", "600x300"))


def kind_of(shape: str) -> Kind:
    """Of a size; a paper is what has no size."""
    if "x" not in shape:
        return Kind.PAPER
    if shape in _SOCIAL:
        return Kind.SOCIAL
    return Kind.EMAIL if shape in _EMAIL else Kind.DISPLAY
