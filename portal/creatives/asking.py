"""What the pages of this room share."""

from portal.creatives.actions import Studio
from portal.web import Asking


def studio_of(request: Asking) -> Studio:
    state = request.app.state
    if "studio" not in state:
        state.studio = Studio(state.storage, state.renderers)
    studio: Studio = state.studio
    return studio
