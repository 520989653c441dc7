"""How fast are earnings pages in large books: `python -m tests.bench.earnings`.

The database is one that `tests.bench.seed` made. A real server answers; every page is asked for again and
again, one request after the other, by Ada, who has the most lines, and by her manager.
"""

import argparse
import asyncio
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx

from portal import db
from portal.accounts.rules import email_key
from portal.accounts.signing_in import Device, open_for_manager, open_for_person
from portal.accounts.tables import Manager, Membership, Person
from portal.clock import utc_now
from portal.earnings.forms import Cursor
from portal.earnings.tables import Commission, Entry
from tests.bench.seed import BOOKS
from tests.bench.webhooks import Served, servers

ADA = "ada@northbound.example"
GOAL = 0.050
WARM_UP = 3
DEVICE = Device("Bench", "127.0.0.1")


@dataclass(frozen=True)
class Known:
    """Whom to ask as, and one of Ada's sales with its order number."""

    ada: str
    mira: str
    enrollment: str
    sale: str
    order: str


async def ready(url: str) -> Known:
    async with db.connected(url):
        person = await Person.select(Person.id).where(Person.email_key == email_key(ADA)).first()
        manager = await Manager.select(Manager.id).order_by(Manager.created_at).first()
        assert person is not None
        assert manager is not None
        account = (
            await Membership.select(Membership.affiliate).where(Membership.person == person["id"]).first()
        )
        assert account is not None
        ada = await open_for_person(person["id"], DEVICE, utc_now(), account["affiliate"])
        mira = await open_for_manager(manager["id"], DEVICE, utc_now(), second_factor=True)
        entry = await Entry.raw(
            "SELECT e.enrollment, e.sale, t.external_id FROM ledger_entry e "
            "JOIN money_event t ON t.id = e.sale JOIN enrollment n ON n.id = e.enrollment "
            "WHERE n.affiliate = {} AND e.kind = 'refund' LIMIT 1",
            account["affiliate"],
        )
        lines = await Commission.count()
        mine = await Entry.raw(
            "SELECT COUNT(*) AS n FROM ledger_entry e WHERE e.enrollment = {} AND e.kind <> ''",
            entry[0]["enrollment"],
        )
        print(f"{db.dialect()}: {lines:,} lines, {int(mine[0]['n']):,} of them Ada's")  # noqa: T201
        told = entry[0]
        return Known(ada.token, mira.token, str(told["enrollment"]), str(told["sale"]), told["external_id"])


def pages(known: Known) -> dict[str, str]:
    day = utc_now().date()
    quarter, years = day - timedelta(days=90), day - timedelta(days=730)
    deep = Cursor(utc_now() - timedelta(days=730), UUID(known.sale))
    older = str(httpx.QueryParams({"after": str(deep)}))
    return {
        "earnings page": "/earnings",
        "held": "/earnings?state=held",
        "released": "/earnings?state=released",
        "in a payout": "/earnings?state=in_payout",
        "paid": "/earnings?state=paid",
        "disputed": "/earnings?state=disputed",
        "reversed": "/earnings?state=reversed",
        "not counted": "/earnings?state=not_counted",
        "by placement": "/earnings?from=at%3Ablog",
        "placement, paid": "/earnings?from=at%3Ablog&state=paid",
        "by bare link": "/earnings?from=link",
        "by code": "/earnings?from=code%3AADA20",
        "a quarter": f"/earnings?first={quarter}&last={day}",
        "two years": f"/earnings?first={years}&last={day}",
        "two years, paid": f"/earnings?first={years}&last={day}&state=paid",
        "two years, blog": f"/earnings?first={years}&last={day}&from=at%3Ablog",
        "currency": "/earnings?currency=USD",
        "order number": f"/earnings?q={known.order}",
        "months": "/earnings?by=month",
        "two years back": f"/earnings?{older}",
        "paid, years back": f"/earnings?state=paid&{older}",
        "page of a sale": f"/earnings/{known.sale}",
        "did not count": "/earnings/not-counted",
        "home": "/home",
        "managers: Ada": f"/manage/affiliates/{known.enrollment}",
        "managers: paid": f"/manage/affiliates/{known.enrollment}?state=paid",
        "managers: a sale": f"/manage/affiliates/{known.enrollment}/sales/{known.sale}",
    }


async def measure(served: Served, known: Known, times: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.ports[0]}", timeout=120) as client:
        for name, path in pages(known).items():
            cookie = f"session={known.mira if path.startswith('/manage') else known.ada}"
            waits, worked = [], 0.0
            for number in range(times + WARM_UP):
                if number == WARM_UP:
                    worked = served.worked()
                began = time.perf_counter()
                answer = await client.get(path, headers={"Cookie": cookie})
                waits.append(time.perf_counter() - began)
                assert answer.status_code == httpx.codes.OK, (path, answer.status_code)
            say(name, waits[WARM_UP:], (served.worked() - worked) / times)
        for kind in ("csv", "json", "xlsx"):
            began = time.perf_counter()
            path = f"/earnings/export/{kind}"
            async with client.stream("GET", path, headers={"Cookie": f"session={known.ada}"}) as answer:
                first, size = 0.0, 0
                async for piece in answer.aiter_raw():
                    first = first or time.perf_counter() - began
                    size += len(piece)
            whole = time.perf_counter() - began
            print(f"  {kind:16} first byte {first * 1000:6.0f} ms   whole {whole:6.1f} s   {size:,} bytes")  # noqa: T201


def say(name: str, waits: list[float], worked: float) -> None:
    ordered = sorted(waits)
    half, most = (ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95))
    verdict = "" if most < GOAL * 1000 else "   over the goal"
    print(  # noqa: T201
        f"  {name:16} p50 {half:6.1f} ms   p95 {most:6.1f} ms   processor {worked * 1000:5.1f} ms{verdict}",
        flush=True,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", default=BOOKS)
    arguments.add_argument("--times", type=int, default=60)
    said = arguments.parse_args()
    known = asyncio.run(ready(said.url))
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        servers(said.url, Path(folder), 1) as served,
    ):
        asyncio.run(measure(served, known, said.times))
        print(f"  load of the machine {os.getloadavg()[0]:.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
