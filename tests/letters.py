"""Sends what waits in the outbox and reads it, as the person who got it would."""

import email
import email.policy
import re
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from litestar import Litestar

from portal.outbox.post import mailbox_folder
from portal.settings import Settings


async def sent_letters(app: Litestar, now: datetime) -> list[EmailMessage]:
    """Has the worker of this app do its round; gives back all letters of the portal, oldest first."""
    from portal.worker import Worker

    state = app.state
    worker = Worker(state.settings, state.templates, state.houses, lambda: now)
    while await worker.send_due():
        pass
    return letters_in(state.settings)


def letters_in(settings: Settings) -> list[EmailMessage]:
    # Their names are the letters' ids, which sort by time.
    files = sorted(mailbox_folder(settings).glob("*.eml"))
    return [read_letter(file) for file in files]


def read_letter(file: Path) -> EmailMessage:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def path_in(letter: EmailMessage, beginning: str) -> str:
    """The path of the first address in the letter's text that begins with `beginning`."""
    addresses = re.findall(r"https?://\S+", text_of(letter))
    paths = (str(urlsplit(address.rstrip(".,)>")).path) for address in addresses)
    return next(path for path in paths if path.startswith(beginning))
