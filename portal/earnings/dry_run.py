"""What other terms would have changed: past events decided once more, in memory, by the engine itself.

Decided: only customers who paid since the day in question are read again, in bites, each under both the terms
that were and those that would have been; what differs is added to what the books say. Everything before that
day is the same either way. Rejected: a copy of the database in which everything is booked again, which takes
as long as the history is, and comparing with sums of the books alone, which a sale that arrives meanwhile
would make look like a difference.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.earnings.facts import Place
from portal.earnings.gather import CustomerFile, chunks, customer_files, identity, known_about
from portal.earnings.history import Known
from portal.earnings.ledger import Account, account_of
from portal.earnings.reach import span_of
from portal.earnings.record import reading_of
from portal.earnings.rules import LineKind
from portal.earnings.tables import Commission, PayingSpan, Transaction
from portal.earnings.tiers import EnrollmentHistory, Span, Step, steps_of
from portal.ids import new_id
from portal.programs.queries import terms_history
from portal.programs.rules import ProgramTerms, TermsHistory

BITE = 500  # customers in memory at once
# A promotion of one tier makes tiers depend on verdicts and these on tiers. Each round settles a step more.
ROUNDS = 8

Progress = Callable[[int, int], Awaitable[None]]
Steps = Mapping[UUID, tuple[Step, ...]]


@dataclass(frozen=True)
class Outlook:
    """One affiliate in one currency: what was booked, and what would have been."""

    enrollment: UUID
    currency: str
    before: int
    after: int
    payments: int = 0
    tier_before: str = ""
    tier_after: str = ""

    @property
    def change(self) -> int:
        return self.after - self.before


def supposed(history: TermsHistory, draft: ProgramTerms, since: datetime) -> TermsHistory:
    """The versions as if the draft had started that day. What came later would never have come."""
    earlier = [one for one in history.versions if one.starts_at and one.starts_at < since]
    # Before the first version starts it counts all the same; so it must not begin with the draft.
    earlier = earlier or [replace(history.versions[0], starts_at=since - timedelta(days=1))]
    number = history.versions[-1].version + 1
    return TermsHistory.of([*earlier, replace(draft, version=number, terms_id=new_id(), starts_at=since)])


async def look_back(
    program: UUID,
    draft: ProgramTerms,
    since: date,
    until: date,
    progress: Progress | None = None,
) -> list[Outlook]:
    """What each affiliate's sales earned from `since` to `until`, and would have earned under the draft."""
    history = await terms_history(program)
    start = datetime.combine(since, time(), ZoneInfo(draft.timezone)).astimezone(UTC)
    again = _Again(program, history, supposed(history, draft, start), (since, until), progress)
    await again.decide(await _payers(program, start))
    booked = await _booked(program, since, until)
    return [
        Outlook(
            enrollment=enrollment,
            currency=currency,
            before=booked[enrollment, currency],
            after=booked[enrollment, currency] + again.more[enrollment, currency],
            payments=again.payments[enrollment, currency],
            tier_before=(tiers := again.tiers(enrollment, draft))[0],
            tier_after=tiers[1],
        )
        for enrollment, currency in sorted(booked.keys() | again.more.keys())
    ]


@dataclass
class _Again:
    """Past events of some customers, decided under two histories of terms."""

    program: UUID
    real: TermsHistory
    other: TermsHistory
    span: tuple[date, date]
    progress: Progress | None
    more: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    payments: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    _stood: dict[UUID, EnrollmentHistory] = field(default_factory=dict)
    _steps: Steps = field(default_factory=dict)
    _done: int = 0

    async def decide(self, customers: Collection[UUID]) -> None:
        offers = (offer for version in self.other.versions for offer in version.promotions)
        rounds = ROUNDS if any(offer.tier for offer in offers) else 1
        await self._find_steps(customers, rounds)
        async for files, known in self._bites(customers):
            self._stood |= known.enrollments
            then = self._as_supposed(known)
            for before, after in zip(_accounts(files, known), _accounts(files, then), strict=True):
                self._compare(before, after)
            await self._tell(len(files), len(customers), 1)

    def tiers(self, enrollment: UUID, draft: ProgramTerms) -> tuple[str, str]:
        """The tier of today and the one that it would be, by key; empty where nobody bought."""
        stood = self._stood.get(enrollment)
        if stood is None:
            return "", ""
        today = Place(datetime.max.replace(tzinfo=UTC), "")
        then = replace(stood, steps=self._steps.get(enrollment, ()))
        return stood.standing(today, self.real.versions[-1]).tier, then.standing(today, draft).tier

    async def _find_steps(self, customers: Collection[UUID], rounds: int) -> None:
        """Which tiers would have been reached, and when."""
        rest = await _spans_of_others(self.program, customers)
        for _ in range(rounds):
            spans: dict[UUID, list[Span]] = defaultdict(list)
            async for files, known in self._bites(customers):
                # The tiers that were are as good a beginning as any.
                then = self._as_supposed(known) if self._steps else replace(known, terms=self.other)
                for span in (span for file in files for span in reading_of(file, then).spans):
                    spans[span.enrollment].append(span)
                await self._tell(len(files), len(customers), 0)
            found = {one: steps_of(spans[one] + rest[one], self.other) for one in spans.keys() | rest.keys()}
            if found == self._steps:
                return
            self._steps = found

    def _as_supposed(self, known: Known) -> Known:
        stood = {
            one: replace(history, steps=self._steps.get(one, ()))
            for one, history in known.enrollments.items()
        }
        return replace(known, terms=self.other, enrollments=stood)

    async def _bites(self, customers: Collection[UUID]) -> AsyncIterator[tuple[list[CustomerFile], Known]]:
        for some in chunks(customers, BITE):
            files = await customer_files(self.program, some)
            yield files, await known_about(self.program, self.real, files)

    def _compare(self, before: Account, after: Account) -> None:
        changed = self._sums(after)
        changed.subtract(self._sums(before))
        for key, minor in changed.items():
            if minor:
                self.more[key] += minor
                self.payments[key] += 1

    def _sums(self, account: Account) -> Counter[tuple[UUID, str]]:
        since, until = self.span
        sums: Counter[tuple[UUID, str]] = Counter()
        for due in account.dues:
            if since <= due.booked_on <= until:
                sums[due.enrollment, due.amount.currency] += due.amount.minor
        return sums

    async def _tell(self, files: int, customers: int, half: int) -> None:
        """Two readings are two halves; further rounds of the first one don't count."""
        self._done = min(self._done + files, customers * (half + 1))
        if self.progress:
            await self.progress(self._done, customers * 2)


def _accounts(files: Iterable[CustomerFile], known: Known) -> list[Account]:
    return [
        account_of(one, file.corrections.get(one.payment.external_id, ()), known)
        for file in files
        for one in reading_of(file, known).payments
    ]


async def _payers(program: UUID, since: datetime) -> set[UUID]:
    rows = await Transaction.raw(
        "SELECT DISTINCT customer FROM money_event "
        "WHERE program = {} AND kind = 'payment' AND happened_at >= {} AND customer IS NOT NULL",
        program,
        since,
    )
    return {identity(row["customer"]) for row in rows}


async def _spans_of_others(program: UUID, customers: Collection[UUID]) -> dict[UUID, list[Span]]:
    """When customers counted who paid nothing since: the same under any terms from then on."""
    found: dict[UUID, list[Span]] = defaultdict(list)
    for row in await PayingSpan.select().where(PayingSpan.enrollment.program == program):
        if identity(row["customer"]) not in customers:
            found[identity(row["enrollment"])].append(span_of(row))
    return found


async def _booked(program: UUID, since: date, until: date) -> Counter[tuple[UUID, str]]:
    rows = await Commission.raw(
        "SELECT enrollment, currency, CAST(SUM(minor) AS BIGINT) AS minor FROM commission "
        "WHERE program = {} AND booked_on BETWEEN {} AND {} AND kind <> {} GROUP BY enrollment, currency",
        program,
        since,
        until,
        str(LineKind.ADJUSTMENT),
    )
    return Counter({(identity(row["enrollment"]), row["currency"]): int(row["minor"]) for row in rows})
