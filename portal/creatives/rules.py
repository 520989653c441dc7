"""What a brand kit may say, and how a picture is asked for."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from assets_gen.brand import drawable

EVERGREEN = "spotlight"  # the design that stands in for every other one
NAME_MOST = 60
TAGLINE_MOST = 60
ADDRESS_MOST = 300
UPLOAD_MOST = 5_000_000
HOST_MOST = 253
PATH_MOST = 200
_HOST = re.compile(r"[a-z0-9._-]+")

_FILE = re.compile(r"([0-9]+x[0-9]+(?:@2x)?|[a-z0-9]+(?:-[a-z0-9]+)?)\.([a-z]+)\Z")


@dataclass(frozen=True)
class Wanted:
    """A file of a design as its address names it: `1200x630@2x` or `flyer-bleed`, and a format."""

    shape: str
    form: str

    @property
    def file(self) -> str:
        return f"{self.shape}.{self.form}"


@dataclass(frozen=True, order=True)
class Place:
    """A page by its host and path. Without a host: one that its browser does not tell."""

    host: str
    path: str


def place_of(referrer: str, own_hosts: frozenset[str]) -> Place | None:
    """The page that shows a picture; None for the portal's own pages and for what stands in no public web."""
    try:
        parts = urlsplit(referrer)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or host in own_hosts or not _is_public(host):
        return None
    path = parts.path or "/"
    return Place(host, path[:PATH_MOST]) if path.isascii() and path.isprintable() else Place(host, "/")


def _is_public(host: str) -> bool:
    if len(host) > HOST_MOST or "." not in host or not _HOST.fullmatch(host):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host.endswith((".localhost", ".local", ".internal"))
    return False


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


class KitVerdict(StrEnum):
    """What a manager says to a changed brand kit."""

    APPROVED = "approved"
    RETURNED = "returned"


class Kind(StrEnum):
    """What a creative is for."""

    SOCIAL = "social"
    DISPLAY = "display"
    EMAIL = "email"
    PAPER = "paper"
    WORDS = "words"


KIND_NAMES = {
    Kind.SOCIAL: "Social posts",
    Kind.DISPLAY: "Banners",
    Kind.EMAIL: "E-mail",
    Kind.PAPER: "PDF",
    Kind.WORDS: "Words to copy",
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
