"""The worker: sends waiting letters, and does what comes round again. In the server, or its own process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from jinja2 import Environment

from portal.accounts.actions import (
    LINK_ASKED,
    PASSWORD_ASKED,
    answer_link_question,
    answer_password_question,
)
from portal.accounts.own import ADDRESS_ASKED, answer_address_question
from portal.accounts.passkeys import forget_old
from portal.audit.seals import seal_log
from portal.clock import Clock
from portal.creatives.hits import forget_hits
from portal.creatives.room import make_room
from portal.earnings.actions import catch_up
from portal.earnings.dry_runs import DryRunner
from portal.earnings.falls import watch_tiers
from portal.enrollments.agreeing import announce_terms
from portal.enrollments.applying import (
    APPLICATION_ASKED,
    answer_application_question,
    answer_sent_application,
)
from portal.enrollments.auto_approval import auto_approve
from portal.enrollments.deciding import DECISION_DUE, settle
from portal.enrollments.drafts import APPLICATION_SENT, clear_drafts, remind_writers
from portal.enrollments.errands import run_errands
from portal.home.first_letters import write_first_letters
from portal.outbox.actions import Waiting, send_waiting
from portal.outbox.letters import compose
from portal.outbox.post import post_of
from portal.settings import Settings
from portal.storage import Storage
from portal.web import Houses

log = structlog.get_logger("portal.worker")

AT_ONCE = 20  # letters before the worker looks up
REST = 1.0  # seconds between two looks into an empty outbox


@dataclass(frozen=True)
class Chore:
    """What comes round again. It is told the time, and its second run finds nothing left to do."""

    every: timedelta
    do: Callable[[datetime], Awaitable[object]]


CHORES = (
    # A checkout can be told before its click is stored: what waited for one is looked at again.
    Chore(timedelta(seconds=30), catch_up),
    Chore(timedelta(seconds=30), auto_approve),
    Chore(timedelta(minutes=10), remind_writers),
    Chore(timedelta(minutes=10), announce_terms),
    Chore(timedelta(minutes=5), write_first_letters),
    Chore(timedelta(hours=1), clear_drafts),
    Chore(timedelta(hours=1), forget_old),
    Chore(timedelta(hours=1), watch_tiers),
    Chore(timedelta(hours=6), forget_hits),
)

# These are no letters but questions: answered with one where there is somebody to answer, so that asking
# takes the same time for a known and an unknown address.
QUESTIONS: dict[str, Callable[[Waiting, datetime], Awaitable[None]]] = {
    PASSWORD_ASKED: answer_password_question,
    LINK_ASKED: answer_link_question,
    APPLICATION_SENT: answer_sent_application,
    APPLICATION_ASKED: answer_application_question,
    # A decision about an application takes effect when its minute is over.
    DECISION_DUE: settle,
    ADDRESS_ASKED: answer_address_question,
}


class Worker:
    def __init__(
        self,
        settings: Settings,
        environment: Environment,
        houses: Houses,
        clock: Clock,
        storage: Storage | None = None,
    ) -> None:
        self._settings, self._environment, self._houses, self._clock = settings, environment, houses, clock
        self._storage = storage or Storage(settings.storage_url)
        self._post, self._sender = post_of(settings)
        self._dry_runs = DryRunner(settings.database_url)
        chores = (
            *CHORES,
            Chore(timedelta(minutes=10), self._seal_audit),
            Chore(timedelta(minutes=5), self._make_room),
            Chore(timedelta(seconds=15), partial(run_errands, settings)),
            Chore(timedelta(seconds=1), self._dry_runs.start_next),
        )
        self._done_at = dict.fromkeys(chores, clock())
        self._stopping = asyncio.Event()

    async def send_due(self) -> int:
        """One round; gives back how many letters were tried."""
        return await send_waiting(self._deliver, self._clock(), at_most=AT_ONCE)

    async def do_chores(self) -> None:
        """Those whose time has come."""
        now = self._clock()
        for chore, done_at in self._done_at.items():
            if now - done_at >= chore.every:
                self._done_at[chore] = now
                await chore.do(now)

    async def run(self) -> None:
        """Until it is told to stop. A round that fails is logged, and the next one comes."""
        while not self._stopping.is_set():
            try:
                await self.do_chores()
                busy = await self.send_due() > 0
            except Exception:
                log.exception("a round of the worker failed")
                busy = False
            if not busy:
                await self._rest()
        await self._dry_runs.stop()

    def stop(self) -> None:
        """The letter in hand is finished first: one that is sent and not marked would be sent again."""
        self._stopping.set()

    async def _seal_audit(self, _: datetime) -> None:
        await seal_log(self._settings)

    async def _make_room(self, _: datetime) -> None:
        await make_room(self._storage, self._settings.pictures_limit)

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), REST)

    async def _deliver(self, letter: Waiting) -> None:
        if answer := QUESTIONS.get(letter.message):
            await answer(letter, self._clock())
            return
        house = self._houses.of(letter.program)
        mail = compose(self._environment, letter, house, self._settings, self._sender)
        await self._post(letter.id, mail)


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task
