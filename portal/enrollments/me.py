"""The dependency `me` of every page behind the affiliate's sign-in."""

from portal.enrollments.queries import Me, me_of
from portal.errors import Refused
from portal.web import Asking, who


async def provide_me(request: Asking) -> Me:
    """Raises Refused for an account that no program has taken in yet."""
    me = await me_of(who(request).known)
    if me is None:
        raise Refused("Your application is not approved yet. The link in our letter shows where it stands.")
    return me
