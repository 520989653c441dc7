"""What other terms would have changed is what the books would say if they had been in force."""

import random
import tomllib
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import db
from portal.earnings.actions import receive_many
from portal.earnings.dry_run import look_back
from portal.earnings.rules import LineKind
from portal.earnings.tables import Commission
from portal.enrollments.tables import Enrollment
from portal.programs.actions import publish
from portal.programs.program_file import parse_program
from portal.programs.rules import ProgramTerms
from portal.programs.tables import Terms
from tests.cast import BEGINNING, Cast
from tests.earnings.books import NOW, Desk, at, delivery
from tests.earnings.effort import examples
from tests.earnings.happened import History
from tests.earnings.histories import histories, told
from tests.earnings.test_any_order import Undo, _keep_clicks

SINCE, UNTIL = date(2027, 1, 25), date(2029, 1, 1)
Sums = dict[tuple[UUID, str], int]


async def newest() -> Terms:
    kept = await Terms.objects().order_by(Terms.version, ascending=False).first()
    assert kept is not None
    return kept


async def draft_with(since: date = SINCE, **rules: Any) -> tuple[str, ProgramTerms]:
    """The terms in force but for these rules, as a file and read."""
    document: Any = tomlkit.parse((await newest()).document)
    document["program"]["starts_on"] = since
    for part, key in (("rates", "rate_bps"), ("steps", "from_customers")):
        for tier, value in zip(document["tiers"], rules.pop(part, ()), strict=False):
            tier[key] = value
    document["rules"].update(rules)
    text = tomlkit.dumps(document)
    return text, parse_program(tomllib.loads(text))


async def books(since: date = SINCE, until: date = UNTIL) -> Sums:
    rows = await Commission.select(
        Commission.enrollment, Commission.currency, Commission.minor, Commission.kind, Commission.booked_on
    )
    sums: Counter[tuple[UUID, str]] = Counter()
    for row in rows:
        if since <= row["booked_on"] <= until and row["kind"] != LineKind.ADJUSTMENT:
            sums[UUID(str(row["enrollment"])), row["currency"]] += row["minor"]
    return {key: minor for key, minor in sums.items() if minor}


def some_terms(luck: random.Random) -> dict[str, Any]:
    low = luck.choice([1_000, 2_500, 3_000, 3_200])
    return {
        "rates": [low, low + luck.choice([0, 500]), luck.choice([3_700, 5_000])],
        "steps": luck.choice([[0, 2, 3], [0, 1, 2], [0, 3, 9]]),
        "months_paid": luck.choice([0, 0, 1, 2]),
        "hold_days": luck.choice([10, 45, 90]),
        "existing_subscriptions": luck.choice(["keep", "follow"]),
        "second_tier_bps": luck.choice([0, 500]),
        "tiers_fall": luck.choice([True, False]),
    }


@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(history=histories(), seed=st.integers(0, 2**32))
async def test_a_dry_run_says_what_the_books_would_say(low_tiers: Cast, history: History, seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311
    text, terms = await draft_with(**some_terms(luck))
    bodies = list(told(history, {"ada": low_tiers.ada.code, "ben": low_tiers.ben.code}, since_2025=True))
    before: Sums = {}
    after: Sums = {}
    async with undone():
        await _happen(low_tiers, history, bodies)
        outlook = await look_back(low_tiers.program, terms, SINCE, UNTIL)
        before, stood = {(one.enrollment, one.currency): one.before for one in outlook}, await books()
        after = {(one.enrollment, one.currency): one.after for one in outlook if one.after}
        assert {key: minor for key, minor in before.items() if minor} == stood
        assert await books() == stood
        _, same = await draft_with()
        assert {one.change for one in await look_back(low_tiers.program, same, SINCE, UNTIL)} <= {0}
    async with undone():
        await publish(low_tiers.program, text, (await newest()).version, low_tiers.mira.id, BEGINNING)
        await _happen(low_tiers, history, bodies)
        assert await books() == after


class undone:  # noqa: N801 - read as a word: async with undone()
    """A transaction of which nothing stays."""

    async def __aenter__(self) -> None:
        self._transaction = db.transaction()
        await self._transaction.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> bool:
        undo = Undo() if error is None else error
        try:
            await self._transaction.__aexit__(type(undo), undo, None)
        except Undo:
            return True
        return False


async def _happen(cast: Cast, history: History, bodies: list[bytes]) -> None:
    await Enrollment.update({Enrollment.recruited_by: cast.ada.enrollment}).where(
        Enrollment.id == cast.ben.enrollment
    )
    await _keep_clicks(cast, history)
    await receive_many(cast.program, [delivery(body) for body in bodies], NOW)


async def test_ada_would_have_earned_a_tenth_more(cast: Cast, bound: None) -> None:
    desk = Desk(cast)
    click = await desk.click(cast.ada, at("1 Jan"))
    first, second = desk.bill(at("2 Jan"), "eve"), desk.bill(at("2 Feb"), "eve", 2, first=False)
    await desk.tell(desk.checkout(at("2 Jan"), "eve", click=click), desk.paid(first), desk.paid(second))
    await desk.tell(desk.refunded(first, at("9 Jan"), total=1_900))
    _, higher = await draft_with(date(2027, 1, 2), rates=[3_300])
    (one,) = await look_back(cast.program, higher, date(2027, 1, 2), date(2027, 2, 2))
    assert (one.before, one.after, one.payments) == (6_570, 7_227, 2)


async def test_who_began_before_keeps_its_terms_or_follows(cast: Cast, bound: None) -> None:
    desk = Desk(cast)
    click = await desk.click(cast.ada, at("1 Jan"))
    bills = [desk.bill(at("2 Jan") + timedelta(days=31 * n), "eve", n + 1, first=n == 0) for n in range(3)]
    await desk.tell(desk.checkout(at("2 Jan"), "eve", click=click), *map(desk.paid, bills))
    changes = {}
    for existing in ("keep", "follow"):
        _, draft = await draft_with(date(2027, 2, 1), rates=[4_000] * 3, existing_subscriptions=existing)
        (one,) = await look_back(cast.program, draft, date(2027, 2, 1), date(2027, 3, 31))
        changes[existing] = one.change
    # Two payments of $119.00 since February, at 40 % instead of 30 %.
    assert changes == {"keep": 0, "follow": 2_380}


async def test_nothing_that_happened_is_nothing_that_changes(cast: Cast, bound: None) -> None:
    _, draft = await draft_with(rates=[4_000] * 3)
    assert await look_back(cast.program, draft, SINCE, UNTIL) == []
