"""What the pages of this room share."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from litestar import Response

from portal.creatives.actions import Picture, Studio
from portal.creatives.designs_living import Library, library_of
from portal.creatives.kits import Holder, Kit
from portal.creatives.promotions import carrying
from portal.creatives.rules import wanted
from portal.errors import NotFound
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import Asking, settings_of

MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "pdf": "application/pdf"}


def studio_of(request: Asking) -> Studio:
    state = request.app.state
    if "studio" not in state:
        state.studio = Studio(state.storage, state.renderers)
    studio: Studio = state.studio
    return studio


async def pictures_of(
    request: Asking,
    kit: Kit,
    who: Holder,
    terms: ProgramTerms,
    files: Iterable[tuple[str, str]],
    library: Library,
) -> dict[str, Picture]:
    """By `design/file`."""
    base, studio = settings_of(request).base_url, studio_of(request)
    asked = [(design, file, wanted(file)) for design, file in files]
    return {
        f"{design}/{file}": await library.picture(studio, kit, who, terms, base, found, design)
        for design, file, found in asked
        if found
    }


@dataclass(frozen=True)
class Said:
    """What a picture's address says beside its name."""

    lang: str = ""
    promotion: str = ""


PLAIN = Said()


async def private_picture(
    request: Asking,
    kit: Kit,
    whose: Holder,
    file: str,
    seconds: int,
    now: datetime,
    *,
    said: Said = PLAIN,
    keep: bool = True,
) -> Response[bytes]:
    """`file` is `design/300x250.png`; `seconds` is how long the one who asks may keep it. Unless it is kept
    here too, it is drawn anew each time. Raises NotFound for what is no picture, and Busy.
    """
    design, _, name = file.partition("/")
    asked = wanted(name)
    if asked is None or asked.form == "pdf":
        raise NotFound
    terms = await terms_at(whose.program_id, now)
    studio, base = studio_of(request), settings_of(request).base_url
    whose = carrying(whose.speaking(said.lang, terms), terms, now, said.promotion)
    library = await library_of(whose, terms, now)
    picture = await library.picture(studio, kit, whose, terms, base, asked, design)
    drawn = await (studio.rendered(picture) if keep else studio.drawn(picture))
    headers = {"Cache-Control": f"private, max-age={seconds}"}
    return Response(drawn, media_type=MEDIA_TYPES[asked.form], headers=headers)


async def weights_of(request: Asking, pictures: Mapping[str, Picture]) -> dict[str, int | None]:
    """In bytes by file, of pictures by `design/file`."""
    found = await asyncio.gather(*map(studio_of(request).weight, pictures.values()))
    return {file.partition("/")[2]: weight for file, weight in zip(pictures, found, strict=True)}
