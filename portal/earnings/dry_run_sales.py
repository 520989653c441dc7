"""Payments of a dry run: read under two histories of terms, and laid on disk until the tiers are known."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

import msgspec

from portal.earnings.facts import Dispute, Payment, Refund
from portal.earnings.gather import CustomerFile
from portal.earnings.history import Judged, Known
from portal.earnings.ledger import Correction
from portal.earnings.record import Reading, reading_of
from portal.earnings.rules import Because, Outcome, Subscription, Verdict
from portal.programs.rules import ProgramTerms, TermsHistory
from portal.referrals.rules import Credit

Earned = Mapping[tuple[UUID, str], int]  # by enrollment and currency
NO_SALE = Verdict(Outcome.NOT_A_SALE, Because())
SALE = Verdict(Outcome.SALE, Because())


class Readers:
    """Reads customers under two histories of terms, the second time only where these ask something else."""

    def __init__(self, one: TermsHistory, other: TermsHistory) -> None:
        self._one, self._other = one, other
        self._by_tier = one.offers_to_tiers or other.offers_to_tiers
        self._alike: dict[tuple[int, int], bool] = {}  # by the numbers of both versions

    def both(self, file: CustomerFile, known: Known, then: Known) -> tuple[Reading, Reading]:
        before = reading_of(file, known)
        if self._judged_alike(before):
            payments = [self._under_other(one) for one in before.payments]
            return before, Reading(file, before.subscriptions, payments, before.spans)
        return before, reading_of(file, then)

    def _judged_alike(self, reading: Reading) -> bool:
        """Whether both ask the same of these payments, whatever they then pay for them."""
        if self._by_tier:
            return False
        begun = {told.began_at for told in reading.subscriptions.values()}
        return all(self._ask_alike(self._one.at(moment), self._other.at(moment)) for moment in begun) and all(
            self._ask_alike(judged.terms, self._other_terms(judged)) for judged in reading.payments
        )

    def _ask_alike(self, one: ProgramTerms, other: ProgramTerms) -> bool:
        key = one.version, other.version
        if (found := self._alike.get(key)) is None:
            found = self._alike[key] = _asks_the_same(one, other)
        return found

    def _under_other(self, judged: Judged) -> Judged:
        return Judged(judged.payment, judged.verdict, self._other_terms(judged), judged.subscription)

    def _other_terms(self, judged: Judged) -> ProgramTerms:
        began_at = judged.subscription.began_at if judged.subscription else judged.payment.at
        return self._other.governing(began_at, judged.payment.at)


def _asks_the_same(one: ProgramTerms, other: ProgramTerms) -> bool:
    """No verdict asks for rates, steps and days of release. What is not named here is taken to matter."""
    return other == replace(
        one,
        tiers=other.tiers,
        hold_days=other.hold_days,
        second_tier_bps=other.second_tier_bps,
        tiers_fall=other.tiers_fall,
        existing_subscriptions=other.existing_subscriptions,
        starts_on=other.starts_on,
        version=other.version,
        terms_id=other.terms_id,
        starts_at=other.starts_at,
    )


def _bare(paid: Payment) -> Payment:
    """Without what its verdict was found by."""
    return Payment(
        at=paid.at,
        external_id=paid.external_id,
        customer=paid.customer,
        subscription=paid.subscription,
        charged=paid.charged,
        base=paid.base,
        tax=paid.tax,
        price_paid=paid.price_paid,
    )


@dataclass(frozen=True, slots=True)
class _Payment:
    """A payment that may earn something else."""

    earned: tuple[tuple[UUID, str, int], ...]
    payment: Payment
    counts: bool
    enrollment: UUID | None
    version: int
    refunds: tuple[Refund, ...]
    disputes: tuple[Dispute, ...]


class Shelved:
    """As many payments as there are, in a file that goes with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="portal-dry-run-")  # noqa: SIM115 - closed by __exit__
        self._encoder = msgspec.msgpack.Encoder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, earned: Earned, would: Judged, corrections: Iterable[Correction]) -> None:
        if not earned and not would.verdict.counts:
            return
        kept = list(corrections)
        piece = self._encoder.encode(
            _Payment(
                tuple((*key, minor) for key, minor in earned.items()),
                _bare(would.payment),
                would.verdict.counts,
                would.enrollment,
                would.terms.version,
                tuple(one for one in kept if isinstance(one, Refund)),
                tuple(one for one in kept if isinstance(one, Dispute)),
            )
        )
        self._file.write(len(piece).to_bytes(4, "big") + piece)

    def all(self, terms: TermsHistory) -> Iterator[tuple[Earned, Judged, Sequence[Correction]]]:
        versions = {version.version: version for version in terms.versions}
        decoder = msgspec.msgpack.Decoder(_Payment)
        self._file.seek(0)
        while size := self._file.read(4):
            kept = decoder.decode(self._file.read(int.from_bytes(size, "big")))
            payment = kept.payment
            bought = Subscription(payment.subscription or "", payment.at, credit=Credit(kept.enrollment))
            judged = Judged(payment, SALE if kept.counts else NO_SALE, versions[kept.version], bought)
            earned = {(enrollment, currency): minor for enrollment, currency, minor in kept.earned}
            yield earned, judged, (*kept.refunds, *kept.disputes)
