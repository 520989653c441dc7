"""Templates compile once; what was kept by an earlier version of the portal is not used."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from portal.templating import CompiledOnce, mailbox


def said_by(folder: Path, text: str) -> str:
    loader = DictLoader({"page.html": text})
    environment = Environment(loader=loader, bytecode_cache=CompiledOnce(folder), autoescape=True)
    return environment.get_template("page.html").render()


def test_a_compiled_template_serves_the_next_process(tmp_path: Path) -> None:
    assert said_by(tmp_path, "Hello {{ 1 + 1 }}") == "Hello 2"
    (kept,) = tmp_path.glob("*.jinja")
    kept.write_bytes(kept.read_bytes().replace(b"Hello", b"Howdy"))
    assert said_by(tmp_path, "Hello {{ 1 + 1 }}") == "Howdy 2", "it came from the folder"


def test_a_changed_template_is_compiled_again(tmp_path: Path) -> None:
    said_by(tmp_path, "Hello")
    assert said_by(tmp_path, "Goodbye") == "Goodbye"


def test_what_another_version_or_an_accident_left_is_compiled_again(tmp_path: Path) -> None:
    said_by(tmp_path, "Hello")
    (kept,) = tmp_path.glob("*.jinja")
    for left in (b"", b"damaged", b"\0" * 32 + kept.read_bytes()[32:]):
        kept.write_bytes(left)
        assert said_by(tmp_path, "Hello") == "Hello"


def test_without_a_folder_it_does_without(tmp_path: Path) -> None:
    assert said_by(tmp_path / "nowhere", "Hello") == "Hello"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("lena@kurswerkstatt.example", "lena@kurswerkstatt.example"),
        ("info@bücher.example", "info@bücher.example"),
        ("info@xn--bcher-kva.example", "info@bücher.example"),
        ("yuki@日本語レビュー.example", "yuki@日本語レビュー.example"),
        ("sara@مثال.example", "sara@مثال.example"),
        # Cyrillic letters that look Latin, and scripts that nobody mixes.
        ("ada@арр.example", "ada@xn--80a6aa.example"),
        ("ada@pаypal.example", "ada@xn--pypal-4ve.example"),
        ("no address", "no address"),
    ],
)
def test_addresses_are_readable_and_no_lookalike_passes(address: str, shown: str) -> None:
    assert mailbox(address) == shown
