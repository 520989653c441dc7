"""Words that have no place in our files."""

import re

import pytest

from tests.house.ours import our_texts

# Split here, so that this file does not hold what it looks for.
REGISTRIES = ("pypi." + "org", "python" + "hosted", "npm" + "js.", "deb." + "debian", "js" + "delivr")
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" * 3, "Not" + "ImplementedError", "Lorem " + "ipsum")
MACHINE = re.compile(r"(?<![\w.$}/-])/(?:root|work|home/\w+)/")
SKIPPED = re.compile(r"pytest\.(?:mark\.)?(?:skip|xfail)\w*\b")


@pytest.mark.parametrize("word", REGISTRIES + UNFINISHED)
def test_no_file_says(word: str) -> None:
    assert [path for path, text in our_texts() if word in text] == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert [(path, found[0]) for path, text in our_texts() if (found := MACHINE.search(text))] == []


def test_no_test_is_skipped() -> None:
    mine = "tests/house/test_words.py"
    assert [path for path, text in our_texts() if path != mine and SKIPPED.search(text)] == []
