"""How many signed webhooks a second are booked: `python -m tests.bench.webhooks`.

Real servers (`portal serve`) on real disks, PostgreSQL with fsync; every delivery is its own HTTP request
and waits for its 200. Events come in the order of their time, shuffled within a minute's worth. At the end
`portal verify` reads the books.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import asyncpg

from portal import db
from portal.clock import utc_now
from portal.earnings import samples
from portal.earnings.samples import Bill
from portal.earnings.tables import BillingEvent, Commission
from portal.enrollments.tables import Enrollment
from portal.ids import new_id
from portal.migrate import migrate
from portal.money import Money
from portal.referrals.tables import Click
from tests.cast import gather_cast
from tests.earnings.books import main_link
from tests.postgres import free_port, postgres_server

SECRET = "whsec_bench"
GROWTH = Money(11_900, "USD")
A_MINUTE = 50  # events
REAL = ("max_connections=200", "jit=off")  # as it comes: every commit waits for the disk


@dataclass(frozen=True)
class Measured:
    seconds: float
    answers: int
    wrong: int
    waits: list[float]

    def __str__(self) -> str:
        ordered = sorted(self.waits)
        half, most = (ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95))
        rate = self.answers / self.seconds
        return (
            f"{rate:7.0f} a second   p50 {half:5.0f} ms   p95 {most:5.0f} ms   {self.wrong} not answered 200"
        )


async def stage(url: str, events: int) -> list[bytes]:
    """A migrated database with its cast and clicks; answers the bodies that will be told."""
    now = utc_now().replace(microsecond=0)
    async with db.connected(url):
        await migrate()
        cast = await gather_cast(now - timedelta(days=200))
        partners = [cast.ada, cast.ben]
        links = [await main_link(partner) for partner in partners]
        bodies: list[bytes] = []
        customers = max(1, events // 5)
        async with db.transaction():
            for number in range(customers):
                click, partner = f"click{new_id().hex[-20:]}", number % len(partners)
                at = now - timedelta(days=90, minutes=number)
                await Click.insert(
                    Click(token=click, link=links[partner], enrollment=partners[partner].enrollment, at=at)
                )
                bodies += told_of(f"{number:06}", click, at + timedelta(minutes=30))
    return in_time(bodies)


def in_time(bodies: list[bytes]) -> list[bytes]:
    """As a billing system sends them: by time, but not exactly."""
    luck = random.Random(1)  # noqa: S311 - an order, not a secret
    ordered = sorted(bodies, key=lambda body: json.loads(body)["created"])
    minutes = [ordered[start : start + A_MINUTE] for start in range(0, len(ordered), A_MINUTE)]
    for minute in minutes:
        luck.shuffle(minute)
    return [body for minute in minutes for body in minute]


def told_of(who: str, click: str, at: datetime) -> Iterator[bytes]:
    """Five events of one customer: a checkout, its subscription, three months paid."""
    customer, subscription = f"cus_{who}", f"sub_{who}"
    yield samples.checkout_completed(at, customer, subscription, click=click, email=f"{who}@buyers.example")
    yield samples.subscription_said(
        "created", at, customer, subscription, began_at=at, price="price_growth_monthly", amount=GROWTH
    )
    for month in range(3):
        paid_at = at + timedelta(days=30 * month)
        yield samples.invoice_paid(
            Bill(
                f"in_{who}_{month}",
                paid_at,
                customer,
                subscription,
                "price_growth_monthly",
                GROWTH,
                first=month == 0,
            )
        )


def processor_time(session: int) -> float:
    """Seconds that a server and its workers have worked so far: unlike waits, others can't spoil them."""
    ticks = 0
    for told in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = told.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    ports: list[int]
    sessions: list[int]

    def worked(self) -> float:
        return sum(map(processor_time, self.sessions))


@contextmanager
def servers(url: str, folder: Path, count: int) -> Iterator[Served]:
    ports, running = [free_port() for _ in range(count)], []
    try:
        for port in ports:
            environment = os.environ | {
                "PORTAL_DATA_DIR": str(folder),
                "PORTAL_DATABASE_URL": url,
                "PORTAL_PORT": str(port),
                "PORTAL_STRIPE_WEBHOOK_SECRET": SECRET,
            }
            command = [sys.executable, "-m", "portal", "serve", "--no-worker"]
            running.append(
                subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
            )
            _wait_until_ready(port)
        yield Served(ports, [server.pid for server in running])
    finally:
        for server in running:
            server.send_signal(signal.SIGTERM)
        for server in running:
            server.wait(timeout=30)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not start.")


async def deliver(bodies: list[bytes], ports: list[int], connections: int) -> Measured:
    """Every connection sends one delivery after the other, like so many of Stripe's senders."""
    now = utc_now()
    requests = [
        (
            f"POST /webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Stripe-Signature: {samples.signature(body, SECRET, now)}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for body in bodies
    ]
    waiting = iter(requests)
    statuses: list[bytes] = []
    waits: list[float] = []

    async def sender(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            await reader.readexactly(length)
            waits.append(time.perf_counter() - began)
            statuses.append(head[9:12])
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(sender(ports[number % len(ports)]) for number in range(connections)))
    seconds = time.perf_counter() - began
    return Measured(seconds, len(statuses), sum(status != b"200" for status in statuses), waits)


async def booked(url: str, bodies: list[bytes]) -> str:
    async with db.connected(url):
        events, lines = await BillingEvent.count(), await Commission.count()
        tiers = await Enrollment.select(Enrollment.tier).where(Enrollment.tier != "starter")
    whole = "all" if events == len(bodies) else f"{events} of {len(bodies)}"
    return f"{whole} events stored, {lines} lines, {len(tiers)} tiers reached"


def verified(url: str, folder: Path) -> str:
    environment = os.environ | {"PORTAL_DATA_DIR": str(folder), "PORTAL_DATABASE_URL": url}
    command = [sys.executable, "-m", "portal", "verify"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[-1]


def measure(engine: str, processes: int, events: int, connections: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        url = f"sqlite:///{folder / 'portal.sqlite'}"
        if engine == "postgres":
            server = stack.enter_context(postgres_server(REAL))
            asyncio.run(_create(server))
            url = f"{server}/bench"
        bodies = asyncio.run(stage(url, events))
        with servers(url, folder, processes) as served:
            before = served.worked()
            measured = asyncio.run(deliver(bodies, served.ports, connections))
            worked = served.worked() - before
        told = asyncio.run(booked(url, bodies))
        print(f"{engine:9} {processes} process{'es' if processes > 1 else '  '} {measured}")  # noqa: T201
        each, load = worked / len(bodies) * 1000, os.getloadavg()[0]
        print(f"          {each:.1f} ms of processor each, load {load:.1f}")  # noqa: T201
        print(f"          {told}. {verified(url, folder)}", flush=True)  # noqa: T201


async def _create(server: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute("CREATE DATABASE bench")
    await connection.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--engine", choices=["sqlite", "postgres"], action="append")
    arguments.add_argument("--processes", type=int, action="append")
    arguments.add_argument("--events", type=int, default=3_000)
    arguments.add_argument("--connections", type=int, default=32)
    said = arguments.parse_args()
    for engine in said.engine or ["sqlite", "postgres"]:
        for processes in said.processes or [1, 2]:
            measure(engine, processes, said.events, said.connections)


if __name__ == "__main__":
    main()
