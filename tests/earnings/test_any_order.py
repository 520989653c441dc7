"""However events are permuted, repeated and split, the books end as the second opinion says (rule 14)."""

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import db
from portal.earnings.actions import receive, receive_many
from portal.earnings.books import books_on
from portal.earnings.tables import Decision
from portal.earnings.verify import book_problems
from portal.referrals.tables import Click
from tests.cast import Cast
from tests.earnings.books import NOW, delivery, main_link
from tests.earnings.effort import examples
from tests.earnings.histories import histories, token, told
from tests.earnings.model import Sub, books_of

Deliver = Callable[[Cast, list[bytes]], Awaitable[None]]
DAYS = [date(2027, 1, 5) + timedelta(days=days) for days in (0, 17, 44, 45, 46, 75, 90, 120, 300)]
MANY = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


class Undo(Exception):
    """Not an error: each history begins with the same books."""


@MANY
@given(history=histories(), seed=st.integers(0, 2**32), since_2025=st.booleans())
async def test_every_order_ends_in_the_same_books(
    low_tiers: Cast, history: list[Sub], seed: int, since_2025: bool
) -> None:
    await check(low_tiers, history, random.Random(seed), since_2025=since_2025)  # noqa: S311


async def check(cast: Cast, history: list[Sub], luck: random.Random, *, since_2025: bool) -> None:
    codes = {"ada": cast.ada.code, "ben": cast.ben.code}
    bodies = list(told(history, codes, since_2025))
    bodies += luck.sample(bodies, len(bodies) // 3)
    luck.shuffle(bodies)
    cut = luck.randint(0, len(bodies))
    try:
        async with db.transaction():
            await _keep_clicks(cast, history)
            for body in bodies[:cut]:
                await receive(cast.program, delivery(body), NOW)
            await receive_many(cast.program, [delivery(body) for body in bodies[cut:]], NOW)
            await _compare(cast, history)
            raise Undo  # noqa: TRY301
    except Undo:
        return


async def _keep_clicks(cast: Cast, history: list[Sub]) -> None:
    links = {"ada": await main_link(cast.ada), "ben": await main_link(cast.ben)}
    owners = {"ada": cast.ada.enrollment, "ben": cast.ben.enrollment}
    for sub in history:
        if sub.click:
            whose, at = sub.click
            await Click.insert(Click(token=token(sub), link=links[whose], enrollment=owners[whose], at=at))


async def _compare(cast: Cast, history: list[Sub]) -> None:
    wanted = books_of(history)
    names = {cast.ada.enrollment: "ada", cast.ben.enrollment: "ben"}
    rows = await Decision.select(Decision.transaction.external_id, Decision.outcome).order_by(Decision.seq)
    decided = {_plain(row["transaction.external_id"]): row["outcome"] for row in rows}
    assert decided == wanted.outcomes
    sums: dict[tuple[str, str], int] = {}
    for line in await books_on(date(2029, 1, 1)):
        key = (_plain(line.transaction), names[line.enrollment])
        sums[key] = sums.get(key, 0) + line.minor
    assert {key: minor for key, minor in sums.items() if minor} == wanted.amounts()
    for day in sorted({*DAYS, *wanted.turning_days()}):
        states: dict[tuple[str, str], int] = {}
        for line in await books_on(day):
            place = (names[line.enrollment], str(line.state))
            states[place] = states.get(place, 0) + line.minor
        assert {key: minor for key, minor in states.items() if minor} == wanted.states(day), day
    assert await book_problems(NOW) == []


def _plain(external_id: str) -> str:
    """`ch_in_c0s0_1:500` and `dp_in_c0s0_1:lost` as the second opinion names them."""
    name, _, step = external_id.partition(":")
    return f"{name[3:]}/{step}" if step else name
