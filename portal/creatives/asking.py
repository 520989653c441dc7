"""What the pages of this room share."""

from collections.abc import Iterable

from portal.creatives.actions import Picture, Studio
from portal.creatives.kits import Holder, Kit
from portal.creatives.rules import wanted
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
    request: Asking, kit: Kit, who: Holder, terms: ProgramTerms, files: Iterable[tuple[str, str]]
) -> dict[str, Picture]:
    """By `design/file`."""
    base, studio = settings_of(request).base_url, studio_of(request)
    asked = [(design, file, wanted(file)) for design, file in files]
    return {
        f"{design}/{file}": await studio.picture_of(kit, who, terms, base, found, design)
        for design, file, found in asked
        if found
    }
