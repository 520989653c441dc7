"""From a waiting letter to a whole e-mail: subject, text and HTML from templates/mail/<message>/."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import css_inline
import idna
from jinja2 import Environment

from portal.ids import sealed
from portal.outbox.actions import Waiting
from portal.settings import Settings
from portal.web import House

_INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


# Where the links of letters lead. Each address carries an id and our seal, made when the letter leaves,
# so that neither the database nor the outbox holds anything that opens an account.
ADDRESSES = {
    "confirm": "/apply/confirm/",
    "status": "/apply/status/",
    "draft": "/apply/draft/",
    "password": "/signin/password/",
    "link": "/signin/link/",
    "email": "/signin/address/",
    "invitation": "/invitation/",
    "letters": "/letters/",
}
# The value of a letter that can be switched off: the id of its accounts.tables.LetterChoice.
SWITCH_OFF = "switch_off"


@dataclass(frozen=True)
class MailPage:
    """What every mail template gets: the values that were posted, the program and the portal's address."""

    values: dict[str, Any]
    house: House
    base_url: str
    secret: bytes = field(repr=False)

    def address(self, purpose: str, identity: str) -> str:
        """The whole address of a link in this letter; `purpose` is one of `ADDRESSES`."""
        return self.base_url + ADDRESSES[purpose] + sealed(self.secret, purpose, UUID(identity))

    @property
    def off_address(self) -> str:
        """Where this kind of letter is switched off; empty for letters that everybody needs."""
        choice = self.values.get(SWITCH_OFF)
        return self.address("letters", choice) if choice else ""


def compose(
    environment: Environment, letter: Waiting, house: House, settings: Settings, sender: str
) -> EmailMessage:
    """An e-mail with text and HTML. Its Message-ID is the letter's own, so that a repeat is known as one."""
    page = MailPage(letter.values, house, settings.base_url, settings.secret)

    def part(name: str) -> str:
        return environment.get_template(f"mail/{letter.message}/{name}").render(page=page, **letter.values)

    mail = EmailMessage()
    mail["Subject"] = " ".join(part("subject.txt").split())
    mail["From"] = sender
    mail["To"] = _ascii_domain(letter.to)
    mail["Date"] = format_datetime(letter.created_at)
    mail["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    if house.contact:
        mail["Reply-To"] = house.contact
    if page.off_address:
        # RFC 8058: the mail program's own button, one press and without opening a page.
        mail["List-Unsubscribe"] = f"<{page.off_address}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(part("body.txt"))
    mail.add_alternative(_INLINER.inline(part("body.html")), subtype="html")
    return mail


def _ascii_domain(address: str) -> str:
    """Mail servers know international domains by their ASCII spelling only."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode()}"
