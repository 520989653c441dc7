"""Dry runs that managers ask for: kept, worked on in a process of their own, and their answers."""

import asyncio
import os
import sys
import tomllib
from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import UUID

from portal import db
from portal.clock import Clock, local_date
from portal.earnings.dry_run import Outlook, look_back
from portal.earnings.gather import identity
from portal.earnings.reach import follow_terms
from portal.earnings.rules import RunState
from portal.earnings.store import insert
from portal.earnings.tables import DryRun, DryRunRow
from portal.errors import NotFound, Refused
from portal.ids import new_id
from portal.programs.actions import publish
from portal.programs.program_file import parse_program
from portal.programs.queries import terms_history

OPEN = (RunState.WAITING, RunState.WORKING)
OPEN_MOST = 3
TRIES = 3
SILENT = timedelta(seconds=60)  # whoever says nothing for so long has died
TELL_EVERY = timedelta(seconds=1)
DRY_RUN_LOCK = 7_431


async def ask(program: UUID, document: str, since: date, manager: UUID, now: datetime) -> UUID:
    """Keeps a draft and the question what it would have changed. Raises Refused while too many wait."""
    history = await terms_history(program)
    made = new_id()
    async with db.transaction():
        await db.exclusively("ask for a dry run", DRY_RUN_LOCK)
        waiting = await DryRun.count().where((DryRun.program == program) & DryRun.state.is_in(list(OPEN)))
        if waiting >= OPEN_MOST:
            raise Refused(f"{OPEN_MOST} dry runs are being worked on already. Wait until one is done.")
        await DryRun.insert(
            DryRun(
                id=made,
                program=program,
                asked_by=manager,
                based_on=history.versions[-1].version,
                document=document,
                since=since,
                until=local_date(now, history.at(now).timezone),
                state=RunState.WAITING,
                asked_at=now,
            )
        )
    return made


async def take_next(now: datetime) -> UUID | None:
    """The oldest one that nobody works on is the caller's now. What ended three processes is given up."""
    if not await DryRun.exists().where(DryRun.state.is_in(list(OPEN))):
        return None
    dead = (DryRun.state == RunState.WORKING) & (DryRun.seen_at < now - SILENT)
    async with db.transaction():
        await DryRun.update({DryRun.state: RunState.FAILED, DryRun.finished_at: now}).where(
            dead & (DryRun.tries >= TRIES)
        )
        query = DryRun.select(DryRun.id).where((DryRun.state == RunState.WAITING) | dead)
        rows = await db.for_update(query.order_by(DryRun.asked_at).limit(1), skip_locked=True)
        if not rows:
            return None
        await DryRun.update(
            {DryRun.state: RunState.WORKING, DryRun.seen_at: now, DryRun.tries: DryRun.tries + 1}
        ).where(DryRun.id == rows[0]["id"])
    return identity(rows[0]["id"])


async def work(run: UUID, clock: Clock) -> None:
    """Answers one dry run. It writes nothing but that answer."""
    row = (await DryRun.select().where(DryRun.id == run))[0]
    draft = parse_program(tomllib.loads(row["document"]))
    told_at = clock()

    async def progress(done: int, steps: int) -> None:
        nonlocal told_at
        if clock() - told_at >= TELL_EVERY or done == steps:
            told_at = clock()
            await DryRun.update({DryRun.seen_at: told_at, DryRun.done: done, DryRun.steps: steps}).where(
                DryRun.id == run
            )

    outlook = await look_back(identity(row["program"]), draft, row["since"], row["until"], progress)
    async with db.transaction():
        await DryRunRow.delete().where(DryRunRow.run == run)
        await insert(DryRunRow, [_values(run, one) for one in outlook])
        await DryRun.update({DryRun.state: RunState.DONE, DryRun.finished_at: clock()}).where(
            DryRun.id == run
        )


def _values(run: UUID, one: Outlook) -> dict[str, object]:
    return {
        "id": new_id(),
        "run": run,
        "enrollment": one.enrollment,
        "currency": one.currency,
        "before": one.before,
        "after": one.after,
        "payments": one.payments,
        "tier_before": one.tier_before,
        "tier_after": one.tier_after,
    }


async def publish_run(program: UUID, run: UUID, manager: UUID, now: datetime) -> int:
    """Makes the draft of a dry run that is done the next version; answers its number."""
    rows = await DryRun.select(DryRun.document, DryRun.based_on, DryRun.state).where(
        (DryRun.id == run) & (DryRun.program == program)
    )
    if not rows:
        raise NotFound
    if rows[0]["state"] != RunState.DONE:
        raise Refused("This dry run isn’t done yet. Wait for its answer before you publish.")
    async with db.transaction():
        version = await publish(program, rows[0]["document"], rows[0]["based_on"], manager, now)
        await follow_terms(program, now)
    return version


class DryRunner:
    """Starts a process for one dry run at a time, so that a long past slows nothing down."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._process: asyncio.subprocess.Process | None = None

    async def start_next(self, now: datetime) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        if (run := await take_next(now)) is not None:
            environment = {**os.environ, "PORTAL_DATABASE_URL": self._database_url}
            command = (sys.executable, "-m", "portal.earnings.dry_run_process", str(run))
            self._process = await asyncio.create_subprocess_exec(*command, env=environment)

    async def stop(self) -> None:
        """What was begun is begun again by the next worker."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
