"""What a manager writes about money."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.earnings.facts import AdjustmentKind
from portal.money import Money, NotMoney

LONGEST_REASON = 500


@dataclass(frozen=True)
class AdjustmentDraft:
    """A bonus or a correction, as it was typed."""

    kind: str = AdjustmentKind.BONUS
    amount: str = ""
    currency: str = ""
    reason: str = ""


def read_adjustment(form: Mapping[str, str], home_currency: str) -> AdjustmentDraft:
    return AdjustmentDraft(
        kind=form.get("kind", AdjustmentKind.BONUS),
        amount=form.get("amount", "").strip()[:40],
        currency=(form.get("currency", "").strip().upper() or home_currency)[:3],
        reason=" ".join(form.get("reason", "").split())[: LONGEST_REASON + 1],
    )


def amount_of(draft: AdjustmentDraft) -> Money | None:
    """None where it is no amount. People write a minus sign, spaces and thousands as they like."""
    text = draft.amount.replace("\u2212", "-").replace(",", "").replace(" ", "")
    try:
        return Money.from_decimal_text(text, draft.currency)
    except NotMoney:
        return None


def problems(draft: AdjustmentDraft) -> dict[str, str]:
    """By field; nothing where it can be booked."""
    found = {}
    amount = amount_of(draft)
    if draft.kind not in set(AdjustmentKind):
        found["kind"] = "Choose a bonus or a correction."
    if amount is None:
        found["amount"] = "Write an amount such as 25.00, with the digits that its currency has."
    elif amount.is_zero:
        found["amount"] = "Give an amount that is more than nothing."
    elif draft.kind == AdjustmentKind.BONUS and amount.minor < 0:
        found["amount"] = "A bonus gives. To take something back, make a correction."
    found |= reason_problem(draft.reason)
    return found


def reason_problem(reason: str) -> dict[str, str]:
    if not reason.strip():
        return {"reason": "Say why. The affiliate reads it."}
    if len(reason) > LONGEST_REASON:
        return {"reason": f"Say it in {LONGEST_REASON} characters or fewer."}
    return {}
