"""However events are permuted, repeated and split, the books end as the second opinion says (rule 14)."""

import random
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import db
from portal.earnings.actions import Delivery, receive, receive_many
from portal.earnings.books import books_on
from portal.earnings.sources import MANAGER, STRIPE, read
from portal.earnings.tables import Decision
from portal.earnings.verify import book_problems
from portal.referrals.tables import Click
from tests.cast import Cast
from tests.earnings.books import NOW, main_link
from tests.earnings.effort import examples
from tests.earnings.happened import History
from tests.earnings.histories import histories, ruled, token, told
from tests.earnings.houses import open_house
from tests.earnings.model import books_of
from tests.earnings.named_histories import NAMED

Deliver = Callable[[Cast, list[bytes]], Awaitable[None]]
DAYS = [date(2027, 1, 5) + timedelta(days=days) for days in (0, 17, 44, 45, 46, 75, 90, 120, 300)]
# Those that storing could do wrong by itself; the others are looked at without a database.
STORED = [
    *["an offer that lifts"] * 4,
    "fewer customers are enough",
    "new terms are followed",
    "somebody was recruited",
    "moved as a whole",
    "moved from a day on",
    "overruled",
]
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
    low_tiers: Cast, history: History, seed: int, since_2025: bool
) -> None:
    await check(low_tiers, history, random.Random(seed), since_2025=since_2025)  # noqa: S311


async def test_a_history_with_a_name_ends_so_in_the_database_too(low_tiers: Cast) -> None:
    for number, name in enumerate(STORED):
        await check(low_tiers, NAMED[name], random.Random(number), since_2025=bool(number % 2))  # noqa: S311


async def check(cast: Cast, history: History, luck: random.Random, *, since_2025: bool) -> None:
    codes = {"ada": cast.ada.code, "ben": cast.ben.code}
    owners = {"ada": cast.ada.enrollment, "ben": cast.ben.enrollment}
    bodies = [(STRIPE, body) for body in told(history, codes, since_2025)]
    bodies += [(MANAGER, body) for body in ruled(history, owners)]
    bodies += luck.sample(bodies, len(bodies) // 3)
    luck.shuffle(bodies)
    cut = luck.randint(0, len(bodies))
    try:
        async with db.transaction():
            await open_house(cast, history.house)
            await _keep_clicks(cast, history)
            for source, body in bodies[:cut]:
                await receive(cast.program, Delivery(read(source, body), body), NOW, source)
            for source in (STRIPE, MANAGER):
                rest = [
                    Delivery(read(source, body), body) for sender, body in bodies[cut:] if sender == source
                ]
                await receive_many(cast.program, rest, NOW, source)
            await _compare(cast, history)
            raise Undo  # noqa: TRY301
    except Undo:
        return


async def _keep_clicks(cast: Cast, history: History) -> None:
    links = {"ada": await main_link(cast.ada), "ben": await main_link(cast.ben)}
    owners = {"ada": cast.ada.enrollment, "ben": cast.ben.enrollment}
    for sub in history.subs:
        if sub.click:
            whose, at = sub.click
            await Click.insert(Click(token=token(sub), link=links[whose], enrollment=owners[whose], at=at))


async def _compare(cast: Cast, history: History) -> None:
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
