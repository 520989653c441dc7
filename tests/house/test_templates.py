"""Pages live under a Content-Security-Policy without unsafe-*, and carry nothing of other hosts."""

import re
from datetime import date
from pathlib import Path

import pytest
from jinja2 import Environment

from portal.templating import TEMPLATES, make_environment

LETTERS = TEMPLATES / "mail"  # mail has no scripts and no policy; its style is put inline on purpose
FILES = (path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
ALL = sorted(str(path.relative_to(TEMPLATES)) for path in FILES)
PAGES = [name for name in ALL if LETTERS not in (TEMPLATES / name).parents]
BREAKS_THE_POLICY = {
    "an inline style": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "a handler attribute": r"<[^>]*\s(?:on\w+|hx-on[\w:-]*)\s*=",
    "a javascript: address": r"javascript:",
}
OTHER_HOSTS = re.compile(r"""(?:src|href|action|poster|hx-(?:get|post))\s*=\s*["']?(?:https?:)?//""")
# A picture that we draw ourselves may stand in a page as it is.
UNSAFE = re.compile(r"(?<!_svg)(?<!_svg )\|\s*safe\b|\bautoescape\s+false\b")


@pytest.fixture(scope="module")
def environment() -> Environment:
    return make_environment(lambda name: f"/static/{name}", lambda: date(2026, 3, 2))


def test_there_are_templates() -> None:
    assert len(PAGES) > 10


@pytest.mark.parametrize("name", ALL)
def test_it_compiles(name: str, environment: Environment) -> None:
    environment.get_template(name)


@pytest.mark.parametrize("what", BREAKS_THE_POLICY)
def test_no_page_has(what: str) -> None:
    pattern = re.compile(BREAKS_THE_POLICY[what], re.IGNORECASE)
    assert [(name, found[0]) for name in PAGES if (found := pattern.search(read(name)))] == []


def test_no_page_loads_or_posts_to_another_host() -> None:
    assert [name for name in PAGES if OTHER_HOSTS.search(read(name))] == []


def test_no_template_switches_escaping_off() -> None:
    assert [name for name in ALL if name.endswith(".html") and UNSAFE.search(read(name))] == []


def test_every_letter_has_subject_text_and_html() -> None:
    parts = {"subject.txt", "body.txt", "body.html"}
    letters = {
        path.name: {part.name for part in path.iterdir()} for path in LETTERS.iterdir() if path.is_dir()
    }
    assert letters == dict.fromkeys(letters, parts)


def read(name: str) -> str:
    return Path(TEMPLATES / name).read_text()
