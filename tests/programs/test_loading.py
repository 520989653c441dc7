"""Program files become versions of terms; what was promised is never rewritten."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.programs.actions import load_program
from portal.programs.program_file import BadProgram
from portal.programs.queries import program_by_slug, terms_history
from tests.cast import BEGINNING, KARTRA


def changed(folder: Path, *replacements: tuple[str, str]) -> Path:
    text = KARTRA.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "kartra.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def versions() -> list[tuple[int, int, datetime | None]]:
    program = await program_by_slug("kartra")
    history = await terms_history(program.id)
    return [(terms.version, terms.tiers[0].rate_bps, terms.starts_at) for terms in history.versions]


async def test_the_same_file_twice_is_one_version(database: str) -> None:
    assert await load_program(KARTRA, BEGINNING)
    assert not await load_program(KARTRA, BEGINNING)
    assert await versions() == [(1, 3_000, datetime(2025, 1, 1, tzinfo=UTC))]


async def test_new_rules_from_a_later_day_are_a_second_version(database: str, tmp_path: Path) -> None:
    await load_program(KARTRA, BEGINNING)
    later = changed(
        tmp_path, ("starts_on = 2025-01-01", "starts_on = 2026-06-01"), ("rate_bps = 3000", "rate_bps = 3200")
    )
    assert await load_program(later, BEGINNING)
    assert [(version, rate) for version, rate, _ in await versions()] == [(1, 3_000), (2, 3_200)]


async def test_other_rules_under_the_same_day_are_refused(database: str, tmp_path: Path) -> None:
    await load_program(KARTRA, BEGINNING)
    with pytest.raises(BadProgram, match="later date"):
        await load_program(changed(tmp_path, ("rate_bps = 3000", "rate_bps = 2000")), BEGINNING)
    assert len(await versions()) == 1


async def test_other_rules_from_a_day_that_has_come_are_refused(database: str, tmp_path: Path) -> None:
    await load_program(KARTRA, BEGINNING)
    past = changed(
        tmp_path, ("starts_on = 2025-01-01", "starts_on = 2026-02-01"), ("rate_bps = 3000", "rate_bps = 2000")
    )
    with pytest.raises(BadProgram, match="has come already"):
        await load_program(past, BEGINNING)
    assert len(await versions()) == 1


async def test_other_words_under_the_same_day_are_fine(database: str, tmp_path: Path) -> None:
    await load_program(KARTRA, BEGINNING)
    reworded = changed(tmp_path, ("Send someone to Kartra", "Do send someone to Kartra"))
    assert await load_program(reworded, BEGINNING)
    assert len(await versions()) == 2


async def test_a_broken_file_is_named_and_changes_nothing(database: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[program\n", encoding="utf-8")
    with pytest.raises(BadProgram, match=r"broken\.toml"):
        await load_program(path, BEGINNING)
