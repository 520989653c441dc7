"""How e-mail leaves: to an SMTP server, or as .eml files in the data folder."""

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import aiosmtplib

from portal.outbox.actions import CannotSend
from portal.settings import Settings

Post = Callable[[UUID, EmailMessage], Awaitable[None]]


def mailbox_folder(settings: Settings) -> Path:
    return settings.data_dir / "mailbox"


def post_of(settings: Settings) -> tuple[Post, str]:
    """The way that the settings choose, and the address that letters come from."""
    if settings.smtp_url is None:
        return _into_folder(mailbox_folder(settings)), "portal@localhost"
    return _over_smtp(settings.smtp_url), parse_qs(urlsplit(settings.smtp_url).query)["from"][0]


def _into_folder(folder: Path) -> Post:
    async def post(letter: UUID, mail: EmailMessage) -> None:
        try:
            await asyncio.to_thread(_write, folder, f"{letter}.eml", mail.as_bytes())
        except OSError as error:
            raise CannotSend(f"The letter could not be written: {error.strerror}.") from error

    return post


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = folder / f".{name}.part"
    half.write_bytes(content)
    half.replace(folder / name)


def _over_smtp(url: str) -> Post:
    parts = urlsplit(url)
    tls, starttls = parts.scheme == "smtps", parts.scheme == "smtp+starttls"

    async def post(_: UUID, mail: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                mail,
                hostname=parts.hostname,
                port=parts.port or (465 if tls else 587 if starttls else 25),
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=tls,
                start_tls=starttls,
                timeout=20,
            )
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as refusal:
            raise CannotSend(
                f"The mail server refused it: {refusal}", for_good=_is_final(refusal)
            ) from refusal
        except (aiosmtplib.SMTPException, OSError) as error:
            raise CannotSend(f"The mail server did not take it: {error}") from error

    return post


def _is_final(refusal: aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientsRefused) -> bool:
    """5xx about this address will be the same tomorrow; 4xx, and trouble with signing in, may not."""
    if isinstance(refusal, aiosmtplib.SMTPRecipientsRefused):
        return all(recipient.code >= 500 for recipient in refusal.recipients)
    return isinstance(refusal, aiosmtplib.SMTPRecipientRefused) and refusal.code >= 500
