"""Files of others that we ship: listed with version, licence and SHA-256, and unchanged."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
LISTS = ("static/vendor/vendor.toml", "tests/vendor/vendor.toml", "assets_gen/fonts/fonts.toml")
OURS = {"vendor.toml", "fonts.toml"}


def listed_in(path: str) -> Iterator[tuple[str, str]]:
    """File and SHA-256 of everything that a list names."""
    for things in tomllib.loads((HOUSE / path).read_text()).values():
        for thing in things:
            yield from thing["sha256"].items() if "file" not in thing else [(thing["file"], thing["sha256"])]


def licences_in(path: str) -> Iterator[str]:
    for things in tomllib.loads((HOUSE / path).read_text()).values():
        for thing in things:
            yield thing.get("licence_text") or thing["licence"]


@pytest.mark.parametrize("path", LISTS)
def test_vendored_files_are_what_their_makers_published(path: str) -> None:
    folder, found = (HOUSE / path).parent, dict(listed_in(path))
    assert found
    assert {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in found} == found


@pytest.mark.parametrize("path", LISTS)
def test_every_file_beside_the_list_is_in_it_with_its_licence(path: str) -> None:
    folder, licences = (HOUSE / path).parent, set(licences_in(path))
    assert [licence for licence in licences if not (folder / licence).is_file()] == []
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert there - dict(listed_in(path)).keys() - licences - OURS == set()
