"""Whether a link or a code is somebody's already."""

from typing import Literal

from portal.enrollments.tables import DiscountCode, Link
from portal.enrollments.wording import twin_key
from portal.errors import Refused

Field = Literal["slug", "code"]


class Taken(Refused):
    """The link or the code that was wanted is somebody else's; `field` says which."""

    def __init__(self, field: Field, word: str, because: str = "is somebody else’s") -> None:
        what = "link" if field == "slug" else "code"
        super().__init__(f"The {what} {word} {because}. Choose another one; nothing was decided yet.")
        self.field = field


async def taken_by_others(slug: str, code: str) -> Field | None:
    """Which of the two an enrollment has. A code that reads like another one counts as the same."""
    if await Link.exists().where(Link.slug == slug):
        return "slug"
    if await DiscountCode.exists().where(DiscountCode.twin_key == twin_key(code)):
        return "code"
    return None
