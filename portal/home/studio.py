"""The live studio: a visitor's name on real banners, for a moment and in memory only."""

from collections import OrderedDict
from xml.sax.saxutils import escape

from assets_gen import Brand, Offer, Size
from portal.creatives.actions import PICTURES, Picture, Studio, check_offered, program_brand
from portal.creatives.rules import wanted
from portal.creatives.wording_rules import Wording
from portal.enrollments.wording import code_proposals
from portal.errors import Busy, NotFound, TooMany
from portal.home.forms import Try
from portal.limits import RateLimits
from portal.programs.rules import ProgramTerms

MEMORY = 24_000_000  # bytes of pictures
# Three pictures a name, a name every two seconds for a while: more than a person types, less than a machine.
DRAWINGS = "120/2minutes"


class Wall:
    """The pictures that were drawn last, under what is in them. Visitors can't fill a disk with it."""

    def __init__(
        self, studio: Studio, limits: RateLimits, *, limit: str = DRAWINGS, room: int = MEMORY
    ) -> None:
        self._studio, self._limits, self._limit, self._room = studio, limits, limit, room
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    async def drawn(self, picture: Picture, network: str) -> bytes:
        """Raises TooMany for a network that asks for too many new ones, Busy and NotFound."""
        name = f"{picture.version}.{picture.wanted.form}"
        kept = self._kept.get(name)
        if kept is not None:
            self._kept.move_to_end(name)
            return kept
        await self._limits.spend(self._limit, "studio", network)
        drawn = await self._studio.drawn_once(picture)
        self._keep(name, drawn)
        return drawn

    def _keep(self, name: str, drawn: bytes) -> None:
        self._size += len(drawn) - len(self._kept.pop(name, b""))
        self._kept[name] = drawn
        while self._size > self._room:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone)


def picture_of(terms: ProgramTerms, wording: Wording, trying: Try, file: str, base: str) -> Picture:
    """Raises NotFound for a size or format that the design does not have."""
    design, asked = wording.design(trying.design), wanted(file)
    if asked is None or asked.form not in PICTURES or "@" in asked.shape:
        raise NotFound
    check_offered(design, asked)
    figure = f"{terms.code_percent}\u202f%" if terms.code_percent else ""
    return Picture(
        design,
        asked,
        Brand(trying.name, colours=(trying.hex,)),
        program_brand(terms),
        Offer(
            link=f"{base}/p/{terms.slug}",
            code=next(code_proposals(trying.name, terms.code_percent, terms.code_pattern)) if figure else "",
            figure=figure,
            discount="off your first payment" if figure else "",
        ),
    )


def stand_in(size: Size, name: str, program: str, problem: Busy | TooMany) -> bytes:
    """What stands there while the real picture can't be drawn: both names, and when to try again."""
    middle, small = size.width // 2, max(11, min(size.width // 30, size.height // 6, 28))
    words = f"Many banners are being drawn. Try again in {problem.retry_after} seconds."
    rows = ((0.42, f"{name[:40]} × {program}", 600), (0.7, words, 400))
    texts = "".join(
        f'<text x="{middle}" y="{round(size.height * at)}" font-size="{small}" font-weight="{weight}" '
        f'font-family="sans-serif" fill="#e9eaec" text-anchor="middle">{escape(text)}</text>'
        for at, text, weight in rows
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size.width}" height="{size.height}">'
        f'<rect width="100%" height="100%" fill="#1d2025"/>{texts}</svg>'
    ).encode()
