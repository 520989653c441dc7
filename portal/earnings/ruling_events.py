"""A manager's rulings as they are stored among the events."""

import msgspec

from portal.earnings.facts import Adjustment, Event, Malformed, Meaning, Overrule, Tie


class _Told(msgspec.Struct):
    kind: str
    fact: msgspec.Raw


KINDS: dict[str, type[Overrule] | type[Tie] | type[Adjustment]] = {
    "overrule": Overrule,
    "tie": Tie,
    "adjustment": Adjustment,
}


def read(body: bytes) -> Event:
    """The ruling that a stored body holds. Raises `Malformed`."""
    try:
        told = msgspec.json.decode(body, type=_Told)
        fact: Overrule | Tie | Adjustment = msgspec.json.decode(told.fact, type=KINDS[told.kind])
    except (msgspec.DecodeError, KeyError) as wrong:
        raise Malformed(f"This is no ruling: {wrong}") from wrong
    return Event(fact.external_id, f"ruling.{told.kind}", fact.at, Meaning.RULING, (fact,))
