"""A program's own words are kept alike on both engines: working copy, revisions, and who was first."""

from uuid import UUID

import msgspec
import pytest

from assets_gen import Design
from portal.creatives import wording_actions as actions
from portal.creatives.tables import WordingDraft
from portal.creatives.wording_kept import Kept, kept_words, spoken_by, wording_of
from portal.errors import Refused
from tests.cast import Cast
from tests.conftest import FrozenClock

SPLIT = Design.load("split")
MINE = {"headline": "Teach what you know"}


@pytest.fixture
def program(cast: Cast, bound: None) -> UUID:
    return cast.program


async def checked(program: UUID, language: str = "en") -> Kept:
    """As the check would leave it, without drawing."""
    report = msgspec.json.encode([]).decode()
    await WordingDraft.update({WordingDraft.report: report}, force=True)
    return await kept_words(program, "split", language)


async def test_revisions_are_counted_by_language_and_can_be_used_again(
    program: UUID, cast: Cast, clock: FrozenClock
) -> None:
    first = await kept_words(program, "split", "en")
    assert first == Kept("split", "en")
    assert await actions.save(program, first, MINE, 0)
    with pytest.raises(Refused, match="not checked yet"):
        await actions.publish(program, SPLIT, "en", cast.mira.id, clock())
    assert (await checked(program)).words == MINE
    assert await actions.publish(program, SPLIT, "en", cast.mira.id, clock()) == 1
    with pytest.raises(Refused, match="Nothing has changed"):
        await actions.publish(program, SPLIT, "en", cast.mira.id, clock())
    assert (await wording_of(program, "en")).own == {"split": MINE}
    assert (await wording_of(program, "de")).own == {}
    assert await spoken_by(program) == {"split": ("en",)}
    kept = await kept_words(program, "split", "en")
    assert await actions.use_again(program, kept, 0, kept.changes)
    await checked(program)
    assert await actions.publish(program, SPLIT, "en", cast.mira.id, clock()) == 2
    assert (await wording_of(program, "en")).design("split") == SPLIT
    assert await spoken_by(program) == {}
    kept = await kept_words(program, "split", "en")
    assert [one.number for one in kept.revisions] == [2, 1]
    assert await actions.use_again(program, kept, 1, kept.changes)
    assert (await kept_words(program, "split", "en")).words == MINE


async def test_whoever_saves_second_is_told(program: UUID) -> None:
    shown = await kept_words(program, "split", "en")
    assert await actions.save(program, shown, MINE, 0)
    assert not await actions.save(program, shown, {"headline": "Theirs"}, 0)
    kept = await kept_words(program, "split", "en")
    assert kept.words == MINE
    assert not await actions.save(program, kept, {"headline": "Late"}, kept.changes - 1)


async def test_a_table_leaves_what_it_does_not_name(program: UUID) -> None:
    shown = await kept_words(program, "split", "en")
    await actions.save(program, shown, {**MINE, "action": "Go"}, 0)
    await actions.take_file(program, "split", {"en": {"action": ""}, "de": {"action": "Los"}})
    assert (await kept_words(program, "split", "en")).words == MINE
    assert (await kept_words(program, "split", "de")).words == {"action": "Los"}
