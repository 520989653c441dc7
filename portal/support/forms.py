"""What an affiliate tells of a missing sale, and what a manager answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from portal.support.rules import OLDEST

LINE_MOST, TEXT_MOST = 120, 500


@dataclass(frozen=True)
class ClaimDraft:
    """As it was typed. `errors` maps a field to its sentence and is empty for a good one."""

    order: str = ""
    customer: str = ""
    paid_on: str = ""
    why: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.paid_on)

    def wrong(self, name: str, sentence: str) -> "ClaimDraft":
        return replace(self, errors={**self.errors, name: sentence})


def parse_claim(said: Mapping[str, str], today: date) -> ClaimDraft:
    draft = ClaimDraft(
        order=" ".join(said.get("order", "").split()),
        customer=" ".join(said.get("customer", "").split()),
        paid_on=said.get("paid_on", "").strip()[:20],
        why=said.get("why", "").replace("\r\n", "\n").strip(),
    )
    errors = {}
    if not draft.order and not draft.customer:
        errors["order"] = "Give the order number, or say below what you know of the customer."
    for name, value, most in (
        ("order", draft.order, LINE_MOST),
        ("customer", draft.customer, LINE_MOST),
        ("why", draft.why, TEXT_MOST),
    ):
        if len(value) > most:
            errors[name] = f"Say it in {most} characters or fewer; it has {len(value)}."
    if not draft.why:
        errors["why"] = "Say how the customer came to you. It is what a manager goes by."
    errors |= _day_problem(draft.paid_on, today)
    return replace(draft, errors=errors)


def _day_problem(text: str, today: date) -> dict[str, str]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return {"paid_on": "Choose the day on which the customer paid, as near as you know it."}
    if day > today:
        return {"paid_on": "Choose a day that has come."}
    if today - day > OLDEST:
        return {"paid_on": "That is more than two years ago. Nobody can look so far back."}
    return {}
