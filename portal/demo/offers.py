"""The demo's promotion: it begins in nine days, so its creatives can be looked at before."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import tomlkit

from portal.clock import local_date
from portal.demo import DEMO_PROGRAM
from portal.programs.actions import publish

PUBLISHED = timedelta(days=20)  # ago


async def announce_a_week(program_id: UUID, timezone: str, manager_id: UUID, now: datetime) -> None:
    """In a second version of the terms, which changes nothing else."""
    today = local_date(now, timezone)
    document: Any = tomlkit.parse(await asyncio.to_thread(DEMO_PROGRAM.read_text, "utf-8"))
    document["program"]["starts_on"] = local_date(now - PUBLISHED, timezone) + timedelta(days=1)
    week = {
        "key": "half-price-week",
        "name": "Half-price week",
        "codes": ["HALF50"],
        "starts_on": today + timedelta(days=9),
        "ends_on": today + timedelta(days=15),
        "percent": 50,
        "headline": {
            "en": "Your whole business, at half the price",
            "de": "Ihr ganzes Geschäft zum halben Preis",
        },
        "saving": {"en": "off your first month", "de": "Rabatt auf den ersten Monat"},
    }
    document["promotions"] = [week]
    await publish(program_id, tomlkit.dumps(document), 1, manager_id, now - PUBLISHED)
