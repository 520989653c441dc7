"""The files that are ours, for the tests that read them all."""

from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[2]
FOLDERS = ("portal", "assets_gen", "templates", "static", "tests", "deploy", ".ci")
FILES = ("run", "test", "pyproject.toml", "README.md", "CHANGELOG.md", ".gitignore", ".dockerignore")
TEXT = {".py", ".sh", ".html", ".txt", ".css", ".js", ".toml", ".md", ".service", ".example", ".svg", ""}


def our_texts() -> Iterator[tuple[str, str]]:
    """Path and content of every text file that we wrote ourselves."""
    for folder in FOLDERS:
        for path in sorted((HOUSE / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and not {"vendor", "__pycache__"} & set(path.parts):
                yield str(path.relative_to(HOUSE)), path.read_text()
    for name in FILES:
        if (HOUSE / name).exists():
            yield name, (HOUSE / name).read_text()
