"""The mailbox: letters of a portal without a mail server, for whoever sits at this machine."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath

from portal.errors import NotFound
from portal.outbox.post import mailbox_folder
from portal.outbox.queries import LetterPage, LetterRow, MailboxPage
from portal.settings import is_loopback
from portal.web import HTML, Asking, Page, settings_of, show

MOST = 100

# A letter's style is inlined, as mail programs want it. It runs nothing; links open in the whole window.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True)
class _Read:
    row: LetterRow
    mail: EmailMessage


async def only_at_this_machine(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Letters open accounts: the page exists only for a browser on this machine that asks for it by name.

    A proxy or tunnel in front says so in its headers; a page elsewhere that points its name here, in Host.
    """
    peer = connection.client.host if connection.client else ""
    forwarded = {"x-forwarded-for", "x-forwarded-host", "forwarded", "via"} & set(connection.headers)
    host = urlsplit(f"//{connection.headers.get('Host', '')}").hostname
    here = is_loopback(peer) and is_loopback(host) and not forwarded
    if not (settings_of(connection).has_mailbox and here):
        raise NotFound


@get("/")
async def mailbox(request: Asking, now: NamedDependency[datetime]) -> Page:
    letters = await asyncio.to_thread(_newest, mailbox_folder(settings_of(request)))
    page = MailboxPage(tuple(read.row for read in letters), request.app.state.sign_in_hints(now))
    return show(request, "outbox/mailbox.html", page=page)


@get("/{letter:uuid}")
async def letter(request: Asking, letter: FromPath[UUID]) -> Page:
    read = await _letter(request, letter)
    page = LetterPage(
        letter=read.row,
        sender=str(read.mail["From"]),
        text=_part(read.mail, "plain"),
        html_src=f"/mailbox/{letter}/html",
    )
    return show(request, "outbox/letter.html", page=page)


@get("/{letter:uuid}/html")
async def letter_html(request: Asking, letter: FromPath[UUID]) -> Response[str]:
    read = await _letter(request, letter)
    html = _part(read.mail, "html").replace("<head>", '<head><base target="_top">', 1)
    headers = {
        "Content-Security-Policy": LETTER_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
    }
    return Response(html, media_type=HTML, headers=headers)


async def _letter(request: Asking, identity: UUID) -> _Read:
    path = mailbox_folder(settings_of(request)) / f"{identity}.eml"
    try:
        return await asyncio.to_thread(_read, path)
    except FileNotFoundError as error:
        raise NotFound from error


def _newest(folder: Path) -> list[_Read]:
    # Names are UUIDv7s, so they sort by time; reading stops at what a page shows.
    paths = sorted(folder.glob("*.eml"), reverse=True)[:MOST] if folder.is_dir() else []
    return sorted((_read(path) for path in paths), key=lambda read: read.row.at, reverse=True)


def _read(path: Path) -> _Read:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    at = mail["Date"].datetime.astimezone(UTC)
    return _Read(LetterRow(id=UUID(path.stem), to=str(mail["To"]), subject=str(mail["Subject"]), at=at), mail)


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()) if body else ""


mailbox_router = Router(
    "/mailbox", route_handlers=[mailbox, letter, letter_html], guards=[only_at_this_machine]
)
