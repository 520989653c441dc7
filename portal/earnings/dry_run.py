"""What other terms would have changed: past events decided once more, in memory, by the engine itself.

Decided: only customers who paid since the day in question are read again, once and in bites, each under both
the terms that were and those that would have been; what differs is added to what the books say. Everything
before that day is the same either way. What a payment would have earned waits on disk for the tiers that
all of them together would have reached. Rejected: a copy of the database in which everything is booked
again, which takes as long as the history is, and comparing with sums of the books alone, which a sale that
arrives meanwhile would make look like a difference.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.earnings.dry_run_sales import Readers, Shelved
from portal.earnings.facts import Place
from portal.earnings.gather import chunks, customer_files, identity, known_about
from portal.earnings.history import Known
from portal.earnings.ledger import Due, dues_of
from portal.earnings.reach import span_of
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
    again = _Again(program, history, supposed(history, draft, start), start, (since, until), progress)
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
    start: datetime
    span: tuple[date, date]
    progress: Progress | None
    more: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    payments: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    _stood: dict[UUID, EnrollmentHistory] = field(default_factory=dict)
    _recruiters: dict[UUID, UUID] = field(default_factory=dict)
    _steps: Steps = field(default_factory=dict)
    _done: int = 0

    def __post_init__(self) -> None:
        self._readers = Readers(self.real, self.other)

    async def decide(self, customers: Collection[UUID]) -> None:
        """Reads every customer once, and what its payments earn then, once it is known which tiers were
        reached.

        Where an offer is for one tier, what counts depends on these: it is read until nothing changes.
        """
        rest = await _spans_of_others(self.program, customers)
        for _ in range(ROUNDS if self.other.offers_to_tiers else 1):
            with Shelved() as shelved:
                steps = await self._read(customers, rest, shelved)
                settled = steps == self._steps or not self.other.offers_to_tiers
                self._steps = steps
                if settled:
                    self._compare_all(shelved)
                    return
        with Shelved() as shelved:
            await self._read(customers, rest, shelved)
            self._compare_all(shelved)

    def tiers(self, enrollment: UUID, draft: ProgramTerms) -> tuple[str, str]:
        """The tier of today and the one that it would be, by key; empty where nobody bought."""
        stood = self._stood.get(enrollment)
        if stood is None:
            return "", ""
        today = Place(datetime.max.replace(tzinfo=UTC), "")
        then = replace(stood, steps=self._steps.get(enrollment, ()))
        return stood.standing(today, self.real.versions[-1]).tier, then.standing(today, draft).tier

    async def _read(
        self, customers: Collection[UUID], rest: Mapping[UUID, list[Span]], shelved: Shelved
    ) -> Steps:
        """Shelves every payment that may earn something else; answers the tiers that would be reached."""
        spans: dict[UUID, list[Span]] = defaultdict(list)
        for some in chunks(customers, BITE):
            files = await customer_files(self.program, some)
            known = await known_about(self.program, self.real, files)
            self._stood |= known.enrollments
            self._recruiters |= known.recruiters
            # The tiers that were are as good a beginning as any.
            then = self._as_supposed(known) if self._steps else replace(known, terms=self.other)
            for file in files:
                before, after = self._readers.both(file, known, then)
                for span in after.spans:
                    spans[span.enrollment].append(span)
                for was, would in zip(before.payments, after.payments, strict=True):
                    # What was paid before the new terms earns the same either way.
                    if was.payment.at >= self.start:
                        corrections = file.corrections.get(was.payment.external_id, ())
                        earned = self._sums(dues_of(was, corrections, known))
                        shelved.add(earned, would, corrections)
            await self._tell(len(files), len(customers))
        return {one: steps_of(spans[one] + rest[one], self.other) for one in spans.keys() | rest.keys()}

    def _as_supposed(self, known: Known) -> Known:
        return replace(known, terms=self.other, enrollments=self._stood_then(known.enrollments))

    def _stood_then(self, stood: Mapping[UUID, EnrollmentHistory]) -> dict[UUID, EnrollmentHistory]:
        return {one: replace(history, steps=self._steps.get(one, ())) for one, history in stood.items()}

    def _compare_all(self, shelved: Shelved) -> None:
        then = Known(self.other, {}, {}, self._stood_then(self._stood), {}, self._recruiters)
        for earned, would, corrections in shelved.all(self.other):
            changed = self._sums(dues_of(would, corrections, then))
            changed.subtract(earned)
            for key, minor in changed.items():
                if minor:
                    self.more[key] += minor
                    self.payments[key] += 1

    def _sums(self, dues: Iterable[Due]) -> Counter[tuple[UUID, str]]:
        since, until = self.span
        sums: Counter[tuple[UUID, str]] = Counter()
        for due in dues:
            if since <= due.booked_on <= until:
                sums[due.enrollment, due.amount.currency] += due.amount.minor
        return sums

    async def _tell(self, files: int, customers: int) -> None:
        """The first round is told; further ones are rare and find that all is read."""
        self._done = min(self._done + files, customers)
        if self.progress:
            await self.progress(self._done, customers)


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
