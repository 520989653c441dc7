"""Files of others that we ship: listed with version, licence and SHA-256, and unchanged."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HOUSE = Path(__file__).parents[2]
LISTS = ("static/vendor/vendor.toml", "assets_gen/fonts/fonts.toml")
OURS = {".toml", ".py", ".md"}


def entries(value: Any) -> Iterator[dict[str, Any]]:
    """Every table of the list that names a file and its hash, however deep it stands."""
    if isinstance(value, dict):
        if "sha256" in value:
            yield value
        for inner in value.values():
            yield from entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from entries(inner)


@pytest.mark.parametrize("listed", LISTS)
def test_vendored_files_are_what_their_makers_published(listed: str) -> None:
    folder = (HOUSE / listed).parent
    found = {entry["file"]: entry["sha256"] for entry in entries(tomllib.loads((HOUSE / listed).read_text()))}
    assert found
    assert {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in found} == found


@pytest.mark.parametrize("listed", LISTS)
def test_every_vendored_file_is_listed(listed: str) -> None:
    folder = (HOUSE / listed).parent
    found = {entry["file"] for entry in entries(tomllib.loads((HOUSE / listed).read_text()))}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    unlisted = {file for file in there - found if Path(file).suffix not in OURS and not is_licence(file)}
    assert unlisted == set()


def is_licence(file: str) -> bool:
    return "licen" in file.lower() or "OFL" in file
