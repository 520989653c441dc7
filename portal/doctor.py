"""`portal doctor`: what is missing or weak on this machine and in its settings, in sentences that help."""

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import asyncpg
import httpx
from PIL import features

from assets_gen.fonts import face_for
from portal import db, machine
from portal.accounts.passkeys import is_possible
from portal.enrollments.stripe_codes import PATIENCE, Away, StripeCodes, StripeRefused
from portal.errors import PortalError
from portal.migrate import missing
from portal.settings import Settings
from portal.storage import Storage

PROBE = "doctor/probe"
MEGABYTE = 1_000_000
ROOM_LEAST = 200 * MEGABYTE
ROOM_WANTED = 2_000 * MEGABYTE


@dataclass(frozen=True)
class Finding:
    level: Literal["ok", "warning", "failure"]
    about: str
    sentence: str


def run_checks(settings: Settings) -> list[Finding]:
    """For the command line: it runs a loop of its own and binds the database."""
    return [
        *libraries(),
        text_shaping(),
        *fonts(),
        room(settings.data_dir),
        secret(settings.data_dir),
        address(settings),
        passkeys(settings),
        payments(settings),
        *asyncio.run(_services(settings)),
    ]


def libraries() -> Iterator[Finding]:
    for library in machine.LIBRARIES:
        if machine.is_present(library):
            yield Finding("ok", library.name, "Found.")
        else:
            yield Finding(
                "failure",
                library.name,
                f"Missing: {library.why}. {_install(library.package)} and start again.",
            )


def text_shaping() -> Finding:
    if features.check("raqm") and features.check("fribidi"):
        return Finding("ok", "Raqm", "Found: every script is shaped right on banners.")
    return Finding(
        "failure",
        "Raqm",
        f"Pillow cannot shape text, so Arabic and Hebrew names are drawn wrong. {_install('libfribidi0')}.",
    )


def fonts() -> Iterator[Finding]:
    if machine.has_fonts():
        yield Finding("ok", "Fonts", "The system has fonts for PDFs.")
    else:
        yield Finding(
            "failure",
            "Fonts",
            f"The system has no fonts, so PDFs come out empty. {_install(machine.FONT_PACKAGE)}.",
        )
    if face_for("漢", "name"):
        yield Finding("ok", "CJK fonts", "Chinese, Japanese and Korean names can be drawn.")
    else:
        yield Finding(
            "warning",
            "CJK fonts",
            "Chinese, Japanese and Korean names come out as boxes on banners. "
            f"{_install('fonts-noto-cjk')} if you have such affiliates.",
        )


def room(data_dir: Path) -> Finding:
    probe = data_dir / ".doctor"
    try:
        probe.write_bytes(b"probe")
        probe.unlink()
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        return Finding(
            "failure",
            "Disk",
            f"{data_dir} cannot be written: {error.strerror}. Give it to the user that runs the portal.",
        )
    said = f"{free // MEGABYTE:,} MB are free in {data_dir}."
    if free < ROOM_LEAST:
        return Finding("failure", "Disk", f"{said} Make room now: the next upload or booking may fail.")
    if free < ROOM_WANTED:
        return Finding("warning", "Disk", f"{said} Make room soon; 2,000 MB are a good reserve.")
    return Finding("ok", "Disk", said)


def secret(data_dir: Path) -> Finding:
    kept = data_dir / "secret"
    if not kept.exists():
        return Finding("ok", "Secret", "PORTAL_SECRET is set.")
    if kept.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return Finding("warning", "Secret", f"Others on this machine can read {kept}. Run: chmod 600 {kept}")
    return Finding("ok", "Secret", f"Kept in {kept}. Keep a copy: sealed links in letters depend on it.")


def address(settings: Settings) -> Finding:
    if settings.https or urlsplit(settings.base_url).hostname in {"127.0.0.1", "localhost", "::1"}:
        return Finding("ok", "Address", f"People reach the portal at {settings.base_url}.")
    return Finding(
        "warning",
        "Address",
        f"{settings.base_url} is not encrypted, so passwords can be read on the way. "
        "Put a proxy with a certificate in front and set PORTAL_BASE_URL to its https address.",
    )


def passkeys(settings: Settings) -> Finding:
    if is_possible(settings.base_url):
        return Finding("ok", "Passkeys", "People can sign in with their finger, face or device lock.")
    return Finding(
        "warning",
        "Passkeys",
        f"Browsers refuse passkeys at {settings.base_url}: they belong to a name behind https, or to "
        "localhost. Set PORTAL_BASE_URL to such an address. Passwords and links by mail work either way.",
    )


def payments(settings: Settings) -> Finding:
    if settings.stripe_webhook_secrets:
        return Finding("ok", "Payments", "Signed events of Stripe are accepted.")
    return Finding(
        "warning",
        "Payments",
        "No payment can arrive: set PORTAL_STRIPE_WEBHOOK_SECRET to the signing secret of Stripe's endpoint "
        f"for {settings.base_url}/webhooks/stripe.",
    )


async def _services(settings: Settings) -> list[Finding]:
    return [
        await database(settings),
        await storage(settings),
        await mail(settings),
        *await codes(settings),
    ]


async def database(settings: Settings) -> Finding:
    try:
        async with db.connected(settings.database_url):
            waiting = await missing()
    except (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return Finding(
            "failure",
            "Database",
            f"It does not answer: {error}. Check PORTAL_DATABASE_URL and that the server runs.",
        )
    if waiting:
        return Finding(
            "warning",
            "Database",
            f"It answers, and {len(waiting)} migrations wait. The next start runs them; "
            "or run: python -m portal migrate",
        )
    return Finding("ok", "Database", "It answers and is up to date.")


async def storage(settings: Settings) -> Finding:
    try:
        files = Storage(settings.storage_url)
        await files.put(PROBE, b"probe")
        kept = await files.get(PROBE)
        await files.delete(PROBE)
    except (PortalError, OSError, ValueError) as error:
        return Finding(
            "failure", "Files", f"Logos and banners cannot be kept: {error}. Check PORTAL_STORAGE_URL."
        )
    if kept != b"probe":
        return Finding("failure", "Files", "A file was kept and came back changed. Check PORTAL_STORAGE_URL.")
    return Finding("ok", "Files", "Logos and banners can be kept.")


async def mail(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return Finding(
            "warning",
            "Mail",
            f"Letters are not sent but kept as files in {settings.data_dir / 'mailbox'}. "
            "To send them, set PORTAL_SMTP_URL.",
        )
    parts = urlsplit(settings.smtp_url)
    port = parts.port or {"smtps": 465, "smtp+starttls": 587}.get(parts.scheme, 25)
    try:
        async with asyncio.timeout(10):
            _, writer = await asyncio.open_connection(
                parts.hostname, port, ssl=parts.scheme == "smtps" or None
            )
    except (OSError, TimeoutError) as error:
        return Finding(
            "failure",
            "Mail",
            f"{parts.hostname}:{port} does not answer: {str(error) or 'ten seconds passed'}. "
            "Letters wait in the outbox. Check PORTAL_SMTP_URL.",
        )
    writer.close()
    return Finding("ok", "Mail", f"{parts.hostname}:{port} answers.")


async def codes(settings: Settings) -> list[Finding]:
    """Whether each key of Stripe's API works. None of them is ever said."""
    if not settings.stripe_api_keys:
        return [
            Finding(
                "ok", "Codes", "Managers create them by hand; with PORTAL_STRIPE_API_KEY the portal does."
            )
        ]
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        return [
            await _code_key(StripeCodes(http, settings.stripe_api_url, key), key, f"Codes of {slug or 'all'}")
            for slug, key in settings.stripe_api_keys
        ]


async def _code_key(stripe: StripeCodes, key: str, about: str) -> Finding:
    try:
        await stripe.check()
    except Away as away:
        return Finding(
            "failure", about, f"{away} New codes wait. Check PORTAL_STRIPE_API_URL and the network."
        )
    except StripeRefused as refusal:
        return Finding("failure", about, str(refusal))
    if key.startswith("sk_"):
        return Finding(
            "warning",
            about,
            "The key works and may do everything at Stripe. A restricted one that writes coupons and "
            "promotion codes is enough.",
        )
    if "_test_" in key:
        return Finding("warning", about, "The key works in Stripe's test mode, where no customer's code is.")
    return Finding("ok", about, "The key works. Codes are created at Stripe.")


def _install(package: str) -> str:
    return f'Install it with "sudo apt-get install {package}"'
