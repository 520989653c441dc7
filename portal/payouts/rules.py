"""What a run may pay, and who may say so (domain.md, rule 10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.earnings.timeline import Month, PayoutState
from portal.errors import Refused
from portal.money import Money


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that no run has taken and nobody disputes."""

    id: UUID
    enrollment: UUID
    amount: Money
    released_on: date


@dataclass(frozen=True, slots=True)
class Payable:
    enrollment: UUID
    amount: Money
    lines: tuple[UUID, ...]


def payable(lines: Iterable[OpenLine], run: Month) -> list[Payable]:
    """What each affiliate gets in each currency: lines released up to the last day of the month before.

    A payout is never negative. Who would get nothing or less keeps all lines, and the next runs absorb them.
    """
    by_owner: dict[tuple[UUID, str], list[OpenLine]] = {}
    for line in lines:
        if line.released_on <= run.cut_off:
            by_owner.setdefault((line.enrollment, line.amount.currency), []).append(line)
    payouts = [
        Payable(
            enrollment,
            Money.total((line.amount for line in own), currency),
            tuple(sorted(line.id for line in own)),
        )
        for (enrollment, currency), own in sorted(by_owner.items())
    ]
    return [payout for payout in payouts if payout.amount.minor > 0]


def check_prepare(run: Month, today: date) -> None:
    """Lines are claimed only after the cut-off: until then a refund can still change what is released."""
    if today <= run.cut_off:
        raise Refused(
            f"The run for {run} takes what is released up to {run.cut_off}. Prepare it from the next day on."
        )


def check_approve(state: PayoutState, prepared_by: UUID, manager: UUID, *, second_manager: bool) -> None:
    if state is not PayoutState.PREPARED:
        raise Refused("This run is approved already.")
    if second_manager and prepared_by == manager:
        raise Refused("You prepared this run, so another manager approves it.")


def check_pay(state: PayoutState) -> None:
    if state is PayoutState.PREPARED:
        raise Refused("This run is not approved yet. It can be paid from then on.")
    if state is PayoutState.PAID:
        raise Refused("This run is marked as paid already.")


def check_open(state: PayoutState) -> None:
    """Lines can be left out only until the run is approved."""
    if state is not PayoutState.PREPARED:
        raise Refused("This run is approved already, so its lines stay as they are.")
