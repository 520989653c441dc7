"""Style, types and imports are promises too, so they are tests: one closing line speaks for everything."""

import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
LINT_IMPORTS = "import importlinter.cli as cli; cli.lint_imports_command(['--no-logo', '--no-cache'])"


def expect_silence_from(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], check=False, cwd=HOUSE, capture_output=True, text=True, timeout=300
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def test_style_holds() -> None:
    expect_silence_from("-m", "ruff", "check", "--output-format=concise")


@pytest.mark.slow
def test_types_hold() -> None:
    expect_silence_from("-m", "mypy")


def test_imports_point_down() -> None:
    expect_silence_from("-c", LINT_IMPORTS)
