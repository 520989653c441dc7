"""The render processes, seen from the portal: few, replaced when they hang, a short queue before them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from litestar import Litestar

from portal.creatives.jobs import (
    LENGTH,
    MOST,
    Answer,
    Job,
    WarmUp,
    answer_decoder,
    encoder,
)
from portal.errors import Busy

log = structlog.get_logger("portal")

WAITING = 32
SECONDS = 30.0
# Seconds for which work that can wait lets others go first.
QUIET = 5.0
# Warm soon, but not while the server itself is starting.
WARM_AFTER = 2.0


class TookTooLong(Exception):
    """The process was ended, or ended itself, over this job."""


class _Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def started(cls) -> "_Process":
        # A number library that takes every core would compete with the pages.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = (sys.executable, "-m", "portal.creatives.render_process")
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, env=environment, limit=MOST
            )
        )

    async def answer_to(self, job: Job) -> Answer:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise TookTooLong
        body = encoder.encode(job)
        stdin.write(len(body).to_bytes(LENGTH, "big") + body)
        await stdin.drain()
        size = int.from_bytes(await stdout.readexactly(LENGTH), "big")
        return answer_decoder.decode(await stdout.readexactly(size))

    async def end(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class Renderers:
    """Raises Busy when more than `waiting` jobs stand in line. Half of the cores draw."""

    def __init__(
        self, processes: int | None = None, *, waiting: int = WAITING, seconds: float = SECONDS
    ) -> None:
        self._idle: list[_Process] = []
        self._free = asyncio.Semaphore(processes or max(1, (os.cpu_count() or 1) // 2))
        self._in_line = 0
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._waiting = waiting
        self._seconds = seconds
        self._drawing: dict[str, asyncio.Task[bytes]] = {}
        self._closed = False

    async def answer_to(self, job: Job) -> Answer:
        """Raises Busy while the line is full, TookTooLong for a job that no process survives in time."""
        if self._in_line >= self._waiting:
            raise Busy("Many pictures are being drawn right now. Try again in a moment.", retry_after=3)
        self._in_line += 1
        self._nobody.clear()
        try:
            async with self._free:
                return await self._ask(job)
        finally:
            self._in_line -= 1
            if not self._in_line:
                self._nobody.set()

    async def once(self, name: str, draw: Callable[[], Awaitable[bytes]]) -> bytes:
        """Two who ask for the same picture at the same time wait for one drawing."""
        task = self._drawing.get(name)
        if task is None:
            task = asyncio.ensure_future(draw())
            self._drawing[name] = task
            task.add_done_callback(lambda _: self._drawing.pop(name, None))
        # Whoever goes away early must not take the picture from the others.
        return await asyncio.shield(task)

    async def quiet(self, at_most: float = QUIET) -> None:
        """Returns when nobody stands in line, or after `at_most` seconds all the same."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nobody.wait(), at_most)

    async def close(self) -> None:
        self._closed = True
        for process in self._idle:
            await process.end()

    async def _ask(self, job: Job) -> Answer:
        process = self._idle.pop() if self._idle else await _Process.started()
        whole = False
        try:
            async with asyncio.timeout(self._seconds):
                answer = await process.answer_to(job)
            whole = True
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            log.warning("render process ended", job=type(job).__name__, error=type(error).__name__)
            raise TookTooLong from error
        finally:
            if whole and not self._closed:
                self._idle.append(process)
            else:
                await process.end()
        return answer


@asynccontextmanager
async def rendering(app: Litestar) -> AsyncIterator[None]:
    renderers: Renderers = app.state.renderers
    warming = asyncio.create_task(_warm(renderers))
    try:
        yield
    finally:
        warming.cancel()
        with suppress(asyncio.CancelledError):
            await warming
        await renderers.close()


async def _warm(renderers: Renderers) -> None:
    await asyncio.sleep(WARM_AFTER)
    try:
        await renderers.answer_to(WarmUp())
    except (TookTooLong, Busy, OSError) as error:
        log.warning("render process is cold", error=type(error).__name__)
