"""`python -m portal.earnings.dry_run_process RUN`: answers one dry run at low priority, and ends."""

import asyncio
import gc
import os
import sys
from uuid import UUID

from portal import db
from portal.clock import utc_now
from portal.earnings.dry_runs import work


async def main() -> None:
    os.nice(10)
    # Payments know nothing of each other: looking for rings among them every 700 costs a fifth of the time.
    gc.set_threshold(100_000, 20, 20)
    async with db.connected(os.environ["PORTAL_DATABASE_URL"]):
        await work(UUID(sys.argv[1]), utc_now)


if __name__ == "__main__":
    asyncio.run(main())
