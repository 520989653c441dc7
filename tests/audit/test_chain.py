"""The audit log shows when somebody changed or removed an entry."""

from dataclasses import replace

from portal.audit.actions import record
from portal.audit.queries import audit_problems
from portal.audit.rules import START, Actor, Entry, broken_links, chained
from tests.cast import BEGINNING

MIRA = Actor("manager", "mira")


def chain(count: int) -> list[tuple[Entry, str]]:
    links, previous = [], START
    for seq in range(1, count + 1):
        entry = Entry(seq, BEGINNING, MIRA, "approved", "application", f"app-{seq}", "", "{}")
        previous = chained(previous, entry)
        links.append((entry, previous))
    return links


def test_a_whole_log_has_no_problems() -> None:
    assert broken_links(chain(5)) == []


def test_a_changed_entry_is_named() -> None:
    links = chain(5)
    links[2] = (replace(links[2][0], verb="declined"), links[2][1])
    assert any("Entry 3 " in problem for problem in broken_links(links))


def test_a_removed_entry_is_missed() -> None:
    links = chain(5)
    del links[2]
    assert any("jumps from entry 2 to 4" in problem for problem in broken_links(links))


def test_fields_cannot_borrow_from_their_neighbours() -> None:
    one = Entry(1, BEGINNING, MIRA, "ab", "c", "d", "", "")
    assert chained(START, one) != chained(START, replace(one, verb="a", subject_kind="bc"))


async def test_entries_read_back_from_the_database_follow_each_other(database: str) -> None:
    for number in range(3):
        await record(MIRA, "noted", "affiliate", str(number), BEGINNING, before={"b": 1, "a": 2}, after="ÄÖ")
    assert await audit_problems() == []
