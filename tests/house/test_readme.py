"""What the README tells people to type is there."""

import re
from pathlib import Path

import pytest

from portal.__main__ import main
from portal.settings import KNOWN

HOUSE = Path(__file__).parents[2]
README = HOUSE / "README.md"
PORTAL = re.compile(r"python -m portal ([a-z-]+)(?: ([a-z-]+))?")
PICTURES = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
BIGGEST_PICTURE = 300_000


@pytest.fixture(scope="module")
def readme() -> str:
    return README.read_text()


def commands(text: str) -> list[str]:
    blocks = re.findall(r"```(?:sh|console|shell)?\n(.*?)```", text, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_it_shows_the_two_commands_first(readme: str) -> None:
    first = [command.split()[0] for command in commands(readme)[:2]]
    assert first == ["./run", "./test"]


def test_every_command_of_the_portal_exists(readme: str) -> None:
    for name, second in PORTAL.findall(readme):
        command = main.commands[name]
        if second and hasattr(command, "commands"):
            assert second in command.commands


def test_every_script_that_it_names_is_there_and_can_be_run(readme: str) -> None:
    scripts = {word for command in commands(readme) for word in command.split() if word.startswith("./")}
    assert scripts >= {"./run", "./test"}
    assert [script for script in scripts if not (HOUSE / script).stat().st_mode & 0o111] == []


def test_every_setting_that_it_names_exists_and_none_is_missing(readme: str) -> None:
    assert set(re.findall(r"PORTAL_[A-Z_]+", readme)) == KNOWN


def test_its_pictures_are_there_small_and_described(readme: str) -> None:
    pictures = PICTURES.findall(readme)
    assert pictures
    for described, path in pictures:
        assert described
        assert (HOUSE / path).stat().st_size < BIGGEST_PICTURE
