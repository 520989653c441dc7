"""What the portal is built on: pinned, hashed, above the versions with known holes, without an address."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.ours import our_texts

HOUSE = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
FLOORS = {
    "litestar": "2.22",
    "weasyprint": "70",
    "pillow": "13",
    "piccolo": "1.1.1",
    "jinja2": "3.1.6",
    "multipart": "1.3.1",
    "fonttools": "4.60.2",
    "h11": "0.16",
}
# pyjwt has had holes that none of our needs is worth; `htmx` on PyPI has nothing to do with htmx.
NEVER = ("pyjwt", "htmx")
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links|@ ", re.IGNORECASE)
CARRY_ADDRESSES = ("uv.lock", "pylock*.toml", "package-lock.json")


def pins(lock: str) -> Iterator[tuple[str, Version]]:
    for line in (HOUSE / lock).read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\"))
            (specifier,) = requirement.specifier
            yield requirement.name, Version(specifier.version)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert [line for line in (HOUSE / lock).read_text().splitlines() if ADDRESS.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_is_pinned_and_hashed(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (HOUSE / lock).read_text().strip())
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_version_is_below_its_floor(lock: str) -> None:
    found = dict(pins(lock))
    assert FLOORS.keys() - found.keys() - {"h11"} == set()
    assert {name: found[name] for name in FLOORS.keys() & found if found[name] < Version(FLOORS[name])} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_what_we_never_want_is_not_there(lock: str) -> None:
    assert not dict(pins(lock)).keys() & set(NEVER)


def test_tests_run_on_the_very_versions_that_people_get() -> None:
    assert set(pins("requirements.lock")) <= set(pins("requirements-dev.lock"))


def test_locks_hold_all_that_pyproject_asks_for() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    for lock, wanted in (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-dev.lock", project["dependency-groups"]["dev"]),
    ):
        found = dict(pins(lock))
        for requirement in map(Requirement, wanted):
            assert requirement.name in found, f"{requirement.name} is not in {lock}: compile it again"
            assert found[requirement.name] in requirement.specifier


def test_locks_that_carry_addresses_are_ignored_by_git() -> None:
    ignored = (HOUSE / ".gitignore").read_text().splitlines()
    assert set(CARRY_ADDRESSES) <= set(ignored)


def test_nothing_is_asked_for_that_nobody_uses() -> None:
    sources = [text for path, text in our_texts() if path.startswith(("portal/", "assets_gen/"))]
    imported = {
        name for text in sources for name in re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)
    }
    modules: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            modules.setdefault(canonicalize_name(name), set()).add(module)
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    asked = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    # The standard library's zoneinfo reads tzdata where the system has no time zones.
    assert {name for name in asked - {"tzdata"} if not modules[name] & imported} == set()


def test_whoever_installs_the_lock_has_all_that_we_import() -> None:
    """Whoever writes a line has the library already; only a new machine shows that the lock lacks it."""
    found = {canonicalize_name(name) for name, _ in pins("requirements.lock")}
    brought = {
        module
        for module, names in packages_distributions().items()
        if found & {canonicalize_name(name) for name in names}
    }
    # What reads QR codes and sheets back is for whoever draws designs, and says so.
    known = brought | set(sys.stdlib_module_names) | {"portal", "assets_gen", "zxingcpp", "pikepdf"}
    imported = {
        (path, name.partition(".")[0])
        for path, text in our_texts()
        if path.startswith(("portal/", "assets_gen/")) and path.endswith(".py")
        for node in ast.walk(ast.parse(text))
        for name in _names(node)
    }
    assert {(path, name) for path, name in imported if name not in known} == set()


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module]
    return []
