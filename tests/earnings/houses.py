"""Makes a history's program the one that stands: its terms in versions, and who recruited whom."""

from functools import lru_cache
from typing import Any

import tomlkit

from portal.enrollments.tables import Enrollment
from portal.programs.actions import publish
from portal.programs.tables import Terms
from tests.cast import BEGINNING, KARTRA, Cast
from tests.earnings.happened import PLAIN, House, Version
from tests.earnings.histories import OFFER


async def open_house(cast: Cast, house: House) -> None:
    """What `low_tiers` brought are the terms of the plain one."""
    if house is not PLAIN:
        number = await Terms.count()
        for version in house.versions:
            number = await publish(cast.program, _document(version), number, cast.mira.id, BEGINNING)
    for who, by in house.recruiter:
        await Enrollment.update({Enrollment.recruited_by: getattr(cast, by).enrollment}).where(
            Enrollment.id == getattr(cast, who).enrollment
        )


@lru_cache(maxsize=256)
def _document(said: Version) -> str:
    document: Any = tomlkit.parse(KARTRA.read_text())
    document["program"]["starts_on"] = said.starts
    rules = document["rules"]
    rules["hold_days"], rules["second_tier_bps"], rules["tiers_fall"] = said.hold, said.second, said.falls
    rules["existing_subscriptions"] = "follow" if said.follow else "keep"
    keys = [str(tier["key"]) for tier in document["tiers"]]
    del document["tiers"][len(said.rates) :]
    for tier, rate, least in zip(document["tiers"], said.rates, said.thresholds, strict=True):
        tier["rate_bps"], tier["from_customers"] = rate, least
    offers = tomlkit.aot()
    for number, offer in enumerate(said.offers):
        table = tomlkit.table()
        table.update({"key": f"offer-{number}", "name": "Spring", "codes": [OFFER]})
        table.update({"starts_on": offer.first, "ends_on": offer.last})
        if offer.tier is not None:
            table["tier"] = keys[offer.tier]
        offers.append(table)
    if said.offers:
        document.append("promotions", offers)
    return tomlkit.dumps(document)
