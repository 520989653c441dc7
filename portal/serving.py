"""Starting the portal: migrations, program files, the demo, then the server."""

import asyncio
import multiprocessing
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import datetime
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from obstore.exceptions import BaseError

from portal import db
from portal.accounts.tables import Affiliate, Manager
from portal.clock import utc_now
from portal.demo import DEMO_PROGRAM
from portal.demo.people import kept_hints
from portal.errors import CannotStart
from portal.limits import RateLimits
from portal.migrate import migrate
from portal.programs.actions import load_program, load_programs
from portal.programs.queries import all_programs, program_by_slug
from portal.settings import Settings
from portal.storage import Storage


def check_place(settings: Settings) -> None:
    """What can be known without the database. Raises CannotStart."""
    _must_be_free(settings.host, settings.port)
    try:
        Storage(settings.storage_url)
    except (OSError, BaseError) as error:
        raise CannotStart(f"PORTAL_STORAGE_URL can't be used: {error}") from error


async def prepare(settings: Settings, *, demo: bool) -> None:
    """Everything that has to be true before the first request. Raises CannotStart."""
    async with aclosing(RateLimits(settings.rate_limit_url)) as limits:
        if not await limits.answer():
            raise CannotStart("The server of PORTAL_RATE_LIMIT_URL does not answer. Start it first.")
    try:
        async with db.connected(settings.database_url):
            await migrate()
            now = utc_now()
            await load_terms(settings.data_dir / "programs", now)
            # A portal without a program could show nothing; the shipped one shows how its file looks.
            if not await all_programs():
                await load_program(DEMO_PROGRAM, now)
            if demo and not await Manager.exists() and not await Affiliate.exists():
                # The rest of the portal takes a second to import, and only a first start needs it here.
                from portal.demo.seed import seed_demo

                await seed_demo(settings, now)
    except Exception as error:
        if db.is_away(error):
            raise CannotStart(f"The database of PORTAL_DATABASE_URL does not answer: {error}") from error
        raise


async def load_terms(folder: Path, now: datetime) -> None:
    """Program files that changed, and what their new terms make of tiers."""
    async with db.transaction():
        for slug in await load_programs(folder, now):
            # What books takes a while to import, and few starts bring new terms.
            from portal.earnings.reach import follow_terms

            await follow_terms((await program_by_slug(slug)).id, now)


async def has_managers(settings: Settings) -> bool:
    async with db.connected(settings.database_url):
        return await Manager.exists()


def welcome(settings: Settings, *, has_managers: bool) -> str:
    lines = [f"The portal is at {settings.base_url}"]
    if settings.has_mailbox:
        lines.append(f"Letters are at  {settings.base_url}/mailbox")
    people = sign_ins(settings)
    if not people and not has_managers:
        people = f"Nobody can sign in yet: {_command(settings)} manager add you@example.com"
    return "\n".join([*lines, people]).rstrip()


def _command(settings: Settings) -> str:
    """The command line of this very portal, ready to be copied."""
    return f"PORTAL_DATA_DIR={shlex.quote(str(settings.data_dir))} {shlex.quote(sys.executable)} -m portal"


def sign_ins(settings: Settings, now: datetime | None = None) -> str:
    """How to sign in to the demo, with the one-time code of this moment; empty without a demo."""
    hints = kept_hints(settings, now or utc_now())
    lines = [
        f"  {hint.role:<10}{hint.email:<34}{hint.password}" + (f"   code {hint.code}" if hint.code else "")
        for hint in hints
    ]
    if any(hint.code for hint in hints):
        lines.append(f"  Codes change every 30 seconds. New ones: the mailbox, or {_command(settings)} demo")
    return "\n".join(["Sign in as", *lines]) if lines else ""


def serve_until_stopped(settings: Settings, *, own_worker: bool, processes: int) -> None:
    if processes > 1 and settings.rate_limit_url.startswith("memory"):
        raise CannotStart("More than one process needs limits that they share. Set PORTAL_RATE_LIMIT_URL.")
    # Not forked: what this process has used by now (a pool of threads, the object store's runtime) would be
    # there in a forked one, and dead.
    multiprocessing.set_start_method("spawn")
    # Server processes read the same environment.
    os.environ["PORTAL_DATA_DIR"] = str(settings.data_dir)
    Granian(
        "portal.app:served" if own_worker else "portal.app:served_without_worker",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=processes,
        log_enabled=False,
        respawn_failed_workers=True,
    ).serve()


def when_open(settings: Settings, then: Callable[[], None]) -> None:
    """Calls back, from a thread, once somebody can open the portal; never if it does not get that far."""

    def wait() -> None:
        while True:
            with suppress(OSError), socket.create_connection((settings.host, settings.port), timeout=1):
                return then()
            time.sleep(0.05)

    threading.Thread(target=wait, daemon=True).start()


def _must_be_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} can't be used: {error.strerror}. "
                "Choose another one with --port or PORTAL_PORT."
            ) from error


async def work_until_stopped(settings: Settings) -> None:
    from portal.app import houses_of, start_logging
    from portal.static_files import StaticFiles
    from portal.templating import make_environment
    from portal.worker import Worker, working

    start_logging()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with db.connected(settings.database_url):
        houses = await houses_of(settings, utc_now())
        environment = make_environment(StaticFiles().address, lambda: utc_now().date())
        async with working(Worker(settings, environment, houses, utc_now)):
            await stopped.wait()
