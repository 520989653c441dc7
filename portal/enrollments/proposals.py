"""What approving would make: links and codes that are still free."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice

from portal.enrollments.forms import DecisionDraft
from portal.enrollments.tables import Link
from portal.enrollments.wording import code_proposals, slug_proposals, twin_key
from portal.programs.rules import ProgramTerms

AT_ONCE = 8  # proposals for each name that one look at the tables tries


async def propose(name: str, terms: ProgramTerms) -> DecisionDraft:
    """The first tier, and the first link and code that nobody has."""
    (proposal,) = await propose_all([name], terms)
    return proposal


async def propose_all(names: Sequence[str], terms: ProgramTerms) -> tuple[DecisionDraft, ...]:
    """The same for several at once, none of whom gets what another one gets."""
    slugs = await _first_free([slug_proposals(name) for name in names], str, _taken_slugs)
    codes = await _first_free(
        [code_proposals(name, terms.code_percent, terms.code_pattern) for name in names],
        twin_key,
        _taken_twins,
    )
    tier = terms.first_tier.key
    return tuple(DecisionDraft(None, tier, slug, code) for slug, code in zip(slugs, codes, strict=True))


async def free_slug(name: str) -> str:
    return (await _first_free([slug_proposals(name)], str, _taken_slugs))[0]


async def free_code(name: str, terms: ProgramTerms) -> str:
    proposals = code_proposals(name, terms.code_percent, terms.code_pattern)
    return (await _first_free([proposals], twin_key, _taken_twins))[0]


async def _first_free(
    proposals: Sequence[Iterator[str]],
    key: Callable[[str], str],
    taken_of: Callable[[list[str]], Awaitable[set[str]]],
) -> list[str]:
    found: dict[int, str] = {}
    given: set[str] = set()
    while len(found) < len(proposals):
        tried = {at: list(islice(words, AT_ONCE)) for at, words in enumerate(proposals) if at not in found}
        taken = await taken_of([key(word) for words in tried.values() for word in words])
        for at, words in tried.items():
            if not words:
                raise AssertionError("every proposal for this name is taken")
            free = next((word for word in words if key(word) not in taken | given), None)
            if free is not None:
                found[at] = free
                given.add(key(free))
    return [found[at] for at in range(len(proposals))]


async def _taken_slugs(slugs: list[str]) -> set[str]:
    return await _taken("link", "slug", slugs)


async def _taken_twins(twins: list[str]) -> set[str]:
    return await _taken("discount_code", "twin_key", twins)


async def _taken(table: str, column: str, words: list[str]) -> set[str]:
    """By somebody's link or code, or kept by a decision whose minute is not over."""
    places = ", ".join("{}" for _ in words)
    rows = await Link.raw(
        f"SELECT {column} AS word FROM {table} WHERE {column} IN ({places}) "  # noqa: S608 - our words
        f"UNION SELECT {column} FROM application_decision WHERE settled_at IS NULL AND undone_at IS NULL "
        f"AND verdict = 'approve' AND {column} IN ({places})",
        *words,
        *words,
    )
    return {row["word"] for row in rows}
