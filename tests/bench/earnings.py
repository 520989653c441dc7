"""How fast are earnings pages in large books: `python -m tests.bench.earnings`.

The database is one that `tests.bench.seed` made. A real server answers; every page is asked for again and
again, one request after the other, by Ada, who has the most lines.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx

from portal import db
from portal.accounts.rules import email_key
from portal.accounts.signing_in import Device, open_for_person
from portal.accounts.tables import Membership, Person
from portal.clock import utc_now
from portal.earnings.tables import Commission, Entry
from tests.bench.seed import BOOKS
from tests.bench.webhooks import servers

ADA = "ada@northbound.example"
GOAL = 0.050


async def ready(url: str) -> tuple[str, str, str]:
    """Ada's cookie, one of her sales and its order number."""
    async with db.connected(url):
        person = await Person.select(Person.id).where(Person.email_key == email_key(ADA)).first()
        assert person is not None
        account = (
            await Membership.select(Membership.affiliate).where(Membership.person == person["id"]).first()
        )
        assert account is not None
        told = await open_for_person(
            person["id"], Device("Bench", "127.0.0.1"), utc_now(), account["affiliate"]
        )
        entry = await Entry.raw(
            "SELECT e.sale, t.external_id FROM ledger_entry e JOIN money_event t ON t.id = e.sale "
            "JOIN enrollment n ON n.id = e.enrollment WHERE n.affiliate = {} AND e.kind = 'refund' LIMIT 1",
            account["affiliate"],
        )
        lines = await Commission.count()
        mine = await Entry.raw(
            "SELECT COUNT(*) AS n FROM ledger_entry e JOIN enrollment n ON n.id = e.enrollment "
            "WHERE n.affiliate = {} AND e.kind <> ''",
            account["affiliate"],
        )
        print(f"{db.dialect()}: {lines:,} lines, {int(mine[0]['n']):,} of them Ada's")  # noqa: T201
        return told.token, str(entry[0]["sale"]), entry[0]["external_id"]


def pages(sale: str, order: str) -> dict[str, str]:
    return {
        "earnings page": "/earnings",
        "held": "/earnings?state=held",
        "released": "/earnings?state=released",
        "paid": "/earnings?state=paid",
        "reversed": "/earnings?state=reversed",
        "not counted": "/earnings?state=not_counted",
        "by placement": "/earnings?from=at%3Ablog",
        "placement, paid": "/earnings?from=at%3Ablog&state=paid",
        "a quarter": "/earnings?first=2026-01-01&last=2026-03-31",
        "order number": f"/earnings?q={order}",
        "months": "/earnings?by=month",
        "page of a sale": f"/earnings/{sale}",
        "did not count": "/earnings/not-counted",
        "home": "/home",
    }


async def measure(base: str, token: str, sale: str, order: str, times: int) -> None:
    async with httpx.AsyncClient(base_url=base, cookies={"session": token}, timeout=120) as client:
        for name, path in pages(sale, order).items():
            waits = []
            for _ in range(times + 3):
                began = time.perf_counter()
                answer = await client.get(path)
                waits.append(time.perf_counter() - began)
                assert answer.status_code == httpx.codes.OK, (path, answer.status_code)
            say(name, waits[3:])
        older = "/earnings?after=" + str(utc_now().replace(year=utc_now().year - 2).isoformat()) + "~" + sale
        waits = []
        for _ in range(times):
            began = time.perf_counter()
            await client.get(httpx.URL("/earnings", params=httpx.QueryParams(older.partition("?")[2])))
            waits.append(time.perf_counter() - began)
        say("two years back", waits)
        for kind in ("csv", "json", "xlsx"):
            began = time.perf_counter()
            async with client.stream("GET", f"/earnings/export/{kind}") as answer:
                first, size = 0.0, 0
                async for piece in answer.aiter_raw():
                    first = first or time.perf_counter() - began
                    size += len(piece)
            whole = time.perf_counter() - began
            print(f"  {kind:16} first byte {first * 1000:6.0f} ms   whole {whole:6.1f} s   {size:,} bytes")  # noqa: T201


def say(name: str, waits: list[float]) -> None:
    ordered = sorted(waits)
    half, most = (ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95))
    verdict = "" if most < GOAL * 1000 else "   over the goal"
    print(f"  {name:16} p50 {half:6.1f} ms   p95 {most:6.1f} ms{verdict}", flush=True)  # noqa: T201


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", default=BOOKS)
    arguments.add_argument("--times", type=int, default=60)
    said = arguments.parse_args()
    token, sale, order = asyncio.run(ready(said.url))
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        servers(said.url, Path(folder), 1) as ports,
    ):
        asyncio.run(measure(f"http://127.0.0.1:{ports[0]}", token, sale, order, said.times))


if __name__ == "__main__":
    main()
