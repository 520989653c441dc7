"""Programs that the tests need. `python -m tests.machine` prints the packages that are missing."""

import shutil
from pathlib import Path

POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def chromium() -> Path | None:
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return Path(found) if found else None


def counting_server() -> Path | None:
    """What several server processes count tries in."""
    found = next((path for name in ("valkey-server", "redis-server") if (path := shutil.which(name))), None)
    return Path(found) if found else None


def postgres_programs() -> Path | None:
    """The folder with PostgreSQL's initdb and postgres: the newest, for Debian keeps them off PATH."""
    kept_apart = [folder for pattern in POSTGRES_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    on_path = [Path(found).parent] if (found := shutil.which("postgres")) else []
    folders = (*sorted(kept_apart, reverse=True), *on_path)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def missing_packages() -> list[str]:
    missing = []
    if not chromium():
        missing.append("chromium")
    if not postgres_programs():
        missing.append("postgresql")
    if not counting_server():
        missing.append("redis-server")
    return missing


if __name__ == "__main__":
    print(*missing_packages())  # noqa: T201
